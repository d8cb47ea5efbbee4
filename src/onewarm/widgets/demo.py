"""Any concept's demo as a widget: names the concept, and every value of the demo's model is a two-way trait."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from onewarm.notebook.concept.demo_bundle import bundle_demo
from onewarm.notebook.concept.yaml import nearest, read_yaml
from onewarm.widgets.plain import plain

__all__ = ["DemoWidget"]


class _Trait(traitlets.TraitType[Any, Any]):
    """A value that goes to the page and back, checked on the way in by the widget's own `check`."""

    def validate(self, obj: Any, value: Any) -> Any:
        return obj.check(self.name, plain(self.name or "", value))


class DemoWidget(anywidget.AnyWidget):
    """The demo of a concept, the same file as on its page, with every value of its model as a trait.

    Moving something in the page sets the trait in Python, and setting the trait moves the page; `observe` tells of
    both. `state` is what the demo reports (its whole state, who moved it, and what it computed) and takes any part of
    a state; `address` is the query string with which the page of the concept opens in the same state.

    Args:
        concept: key of a concept of ours, "optimization/label-smoothing" with or without "concept:" before it; or the
            folder of one of yours, which holds concept.yaml and demo.js.
        values: start values, by the names in `demo.model` of concept.yaml; numbers, text, lists, or arrays.

    Raises:
        LookupError: there is no such concept, or it has no demo.
        TypeError, ValueError: a value that the demo does not have or cannot show, by name.
        ConceptError: a demo.js that does not become one module (file, line, remedy).

    Example:
        >>> lab = DemoWidget("optimization/label-smoothing", alpha=0.2)
        >>> lab.alpha, lab.label
        (0.2, 0)
        >>> lab.label = 2
        >>> lab.label = "cat"
        Traceback (most recent call last):
        TypeError: label is 'cat': this demo takes a number there

    Source: the contract is in onewarm/notebook/demos/README.md; https://anywidget.dev
    """

    state = traitlets.Dict().tag(sync=True)
    address = traitlets.Unicode("").tag(sync=True)
    concept: str | Path | None = None
    file = "demo.js"
    starts: Mapping[str, Any] | None = None  # instead of demo.model of concept.yaml

    def __init__(self, concept: str | Path | None = None, **values: Any) -> None:
        concept = type(self).concept if concept is None else concept
        if concept is None:
            raise TypeError('DemoWidget needs a concept: a key such as "optimization/label-smoothing", or a folder')
        folder = _folder(concept)
        if not (folder / self.file).is_file():
            raise LookupError(f"{folder} has no {self.file}: this concept has no demo yet")
        read = _ours if folder.is_relative_to(_concepts()) else _read
        module, model = read(folder, self.file)
        model = model if self.starts is None else dict(self.starts)
        self._starts: dict[str, Any] = {name: value for name, value in model.items() if name not in _OWN}
        for name in values:
            if name not in (*self._starts, "state", "address"):
                raise TypeError(f"{name} is no value of this demo. {nearest(name, self._starts)}")
        start = {name: plain(name, value) for name, value in {**self._starts, **values}.items()}
        traits = {name: _Trait(self.check(name, start.pop(name))).tag(sync=True) for name in self._starts}
        self.add_traits(_esm=traitlets.Unicode(module).tag(sync=True), **traits)
        super().__init__(**start)

    def check(self, name: str, value: Any) -> Any:
        """The value for this trait, or an error that names it; a subclass may know more."""
        wanted, found = _kind(self._starts.get(name)), _kind(value)
        if wanted not in (found, "nothing") and not (found == "nothing" and wanted in ("list", "mapping")):
            raise TypeError(f"{name} is {value!r}: this demo takes a {wanted} there")
        return value

    @traitlets.validate("state")
    def _state(self, proposal: Mapping[str, Any]) -> Any:
        return plain("state", proposal["value"])


_OWN = ("state", "address")
_KINDS = ((bool, "truth value"), (int | float, "number"), (str, "text"), (list, "list"), (dict, "mapping"))


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "nothing")


def _read(folder: Path, file: str) -> tuple[str, dict[str, Any]]:
    """The demo as one module, and its model's start values."""
    document = read_yaml(folder / "concept.yaml").value
    return bundle_demo(folder / file), document.get("demo", {}).get("model", {})


_ours = cache(_read)  # ours do not change; a user's may, between one widget and the next


def _concepts() -> Path:
    return Path(str(files("onewarm") / "concepts"))


def _folder(concept: str | Path) -> Path:
    """The folder of the concept with this key, or this folder itself."""
    path = Path(concept)
    if (path / "concept.yaml").is_file():
        return path
    key = str(concept).removeprefix("concept:")
    ours = {
        f"{folder.parent.parent.name}/{folder.parent.name}": folder.parent
        for folder in _concepts().glob("*/*/concept.yaml")
    }
    if isinstance(concept, Path) or key not in ours:
        raise LookupError(f"there is no concept {str(concept)!r}, and no folder of a concept. {nearest(key, ours)}")
    return ours[key]
