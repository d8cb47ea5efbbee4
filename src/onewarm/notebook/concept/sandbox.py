"""Runs a concept's own Python (witness.py, checks, expressions) and returns what it prints.

A concept folder is code of its author, run with the reader's rights, as any Python module is.
"""

import contextlib
import io
import re
from typing import Any

import numpy as np

import onewarm as ow

_BACKTICKED = re.compile(r"`([^`\n]+)`")
_NUMBER = re.compile(r"(?<![\w.])[-−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])")


def run_snippet(code: str, *, name: str = "<snippet>") -> str:
    """What the code prints; `ow` (onewarm) and `np` (NumPy) are there. Whatever it raises comes through.

    >>> run_snippet("print(np.arange(3).sum())")
    '3\\n'
    """
    compiled = compile(code, name, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compiled, _names())
    return out.getvalue()


def value_of(expression: str) -> float:
    """The number that an expression over `ow` and `np` gives.

    >>> value_of("np.log(1 + 10 * (1 - .1) / .1)").__round__(4)
    4.5109
    """
    return float(eval(compile(expression.strip(), "<expression>", "eval"), _names()))


def numbers_missing(text: str, printed: str) -> tuple[str, ...]:
    """Numbers in backticks in the text that the printed output does not have, in the text's order.

    A leading zero does not count: `.5` is the 0.5 that Python prints.

    >>> numbers_missing("The floor is `0.5003`, not `0.4`.", "floor .5003")
    ('0.4',)
    """
    have = {_plain(n) for n in _NUMBER.findall(printed)}
    wanted = [n for quoted in _BACKTICKED.findall(text) for n in _NUMBER.findall(quoted)]
    return tuple(n for n in wanted if _plain(n) not in have)


def _plain(number: str) -> str:
    return re.sub(r"^(-?)0+(?=[.\d])", r"\1", number.replace("−", "-"))


def _names() -> dict[str, Any]:
    return {"__name__": "__snippet__", "np": np, "ow": ow}
