"""A model in a Python file of the user's: `FILE.py:NAME`."""

from __future__ import annotations

import difflib
import re
import runpy
import sys
from pathlib import Path
from typing import Any

from onewarm.errors import InputError
from onewarm.study.models.user_errors import user_code


def is_python_file(model: str) -> bool:
    """Whether a model's name is that of a file, `FILE.py:NAME` or `FILE.py`.

    >>> is_python_file("nets.py:make"), is_python_file("mlp")
    (True, False)
    """
    return re.search(r"\.pyw?(:|$)", model) is not None


def from_python_file(model: str) -> Any:
    """What `FILE.py:NAME` names, after running the file: a factory, an estimator.

    The file is run as `python FILE.py` would run it, except that `__name__` is not `"__main__"`; it may import what
    lies beside it.

    Raises InputError where there is no such file or name in it, and where the file raises: with its line.
    """
    found = re.fullmatch(r"(.+\.pyw?)(?::(.*))?", model)
    path = Path(found[1] if found else model)
    name = found[2] if found else None
    if not path.is_file():
        beside = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, beside, n=1)
        raise InputError(f"model: no file {str(path)!r}{_near(str(path.with_name(near[0])) if near else None)}")
    folder = str(path.parent.absolute())
    if folder not in sys.path:
        sys.path.append(folder)
    with user_code(f"model: {path} does not run"):
        try:
            # Under a name of its own, which no module has: worker processes get its functions by value.
            names = runpy.run_path(str(path.absolute()), run_name=f"model_in_{path.stem}")
        except SystemExit as error:
            raise InputError(f"model: {path} ended Python, with sys.exit({error.code!r})") from error
    own = [key for key, value in names.items() if not key.startswith("_") and callable(value) and _is_own(value, path)]
    offered = f"; it has {', '.join(own)}" if own else ""
    if not name:
        example = own[0] if own else "factory"
        raise InputError(f"model: which of {path}? Write {path}:{example}, its name after a colon{offered}")
    if name not in names:
        near = difflib.get_close_matches(name, [key for key in names if not key.startswith("__")], n=1)
        raise InputError(f"model: {path} has no {name!r}{_near(near[0] if near else None)}{offered}")
    return names[name]


def _is_own(value: Any, path: Path) -> bool:
    return getattr(value, "__module__", None) == f"model_in_{path.stem}"


def _near(name: str | None) -> str:
    return f"; did you mean {name!r}?" if name else ""
