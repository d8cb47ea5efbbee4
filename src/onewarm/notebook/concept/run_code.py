"""Runs the Python of a concept's page: its code, the checks of its statements, the numbers of its practice.

This is no sandbox: the code of a concept folder runs with the rights of whoever builds the page, as any Python module
does.
"""

from __future__ import annotations

import contextlib
import io
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

import onewarm as ow
from onewarm.notebook.concept.exercises import exercise_faults
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.concept.model import ConceptFile
from onewarm.notebook.concept.values import Values
from onewarm.notebook.concept.yaml import ConceptError, Document, Fault, Place, read_yaml

__all__ = ["Outputs", "PageCode", "numbers_missing", "page_outputs", "run_code"]

_BACKTICKED = re.compile(r"`([^`\n]+)`")
_NUMBER = re.compile(r"(?<![\w.])[-−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])")


def run_code(code: str, *, name: str = "<snippet>") -> str:
    """What the code prints. It finds `ow` (onewarm) and `np` (NumPy); exceptions that it raises are passed on.

    >>> run_code("print(np.arange(3).sum())")
    '3\\n'
    """
    compiled = compile(code, name, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compiled, _globals())
    return out.getvalue()


def numbers_missing(text: str, printed: str) -> tuple[str, ...]:
    """The numbers in backticks in a text that are not among the printed numbers, in the text's order.

    Leading zeros are ignored: `.5` in the text is the 0.5 that Python prints.

    >>> numbers_missing("The floor is `0.5003`, not `0.4`.", "floor .5003")
    ('0.4',)
    """
    present = {_without_leading_zeros(number) for number in _NUMBER.findall(printed)}
    quoted_numbers = [number for quoted in _BACKTICKED.findall(text) for number in _NUMBER.findall(quoted)]
    return tuple(number for number in quoted_numbers if _without_leading_zeros(number) not in present)


@dataclass(frozen=True)
class Outputs:
    """What the page's code printed, and what the check of each misconception and true statement printed, by name."""

    code: str
    checks: Mapping[str, str]


def page_outputs(concept: Concept) -> Outputs:
    """What the concept's code and checks print.

    Raises:
        ConceptError: code, a check or an expression fails, or its result contradicts the page.
    """
    code = PageCode(concept.folder, concept, concept.code_text, values=concept.values)
    if code.faults:
        raise ConceptError(code.faults)
    return code.outputs


class PageCode:
    """All code of a page, run once: `outputs` is what it printed, `faults` is what failed or contradicts the page."""

    def __init__(
        self,
        folder: Path,
        file: ConceptFile,
        code_text: str | None,
        document: Document | None = None,
        values: Values | None = None,
    ) -> None:
        self.folder, self.file = folder, file
        self._given_document = document
        self.faults: list[Fault] = []
        checks = {}
        if code_text is not None:
            self._run_witness(code_text)
        for i, item in enumerate(file.misconceptions):
            checks[item.name] = self._run_check(
                ("misconceptions", i, "check"), item.check, item.correction, "correction"
            )
        for i, right in enumerate(file.true_statements):
            checks[right.name] = self._run_check(("true_statements", i, "check"), right.check, right.why, "reason")
        for i, question in enumerate(file.practice):
            if isinstance(question.draw, dict) and isinstance(question.compute, dict):
                self.faults += exercise_faults(self._document, i, question, values or {})
        self.outputs = Outputs(file.code.output.strip("\n"), checks)

    @cached_property
    def _document(self) -> Document:
        return self._given_document or read_yaml(self.folder / "concept.yaml")  # only a fault needs its lines

    def _run_witness(self, text: str) -> None:
        file = self.folder / "witness.py"
        printed, failure = _run(text, str(file))
        if failure:
            line, problem = failure
            self.faults.append(Fault(file, line or 1, "", problem, "Correct the code."))
            return
        expected = self.file.code.output
        if not expected or printed.strip() == expected.strip():
            return
        place: Place = ("code", "output")
        lines = zip_longest(printed.strip().splitlines(), expected.strip().splitlines())
        for i, (printed_line, wanted_line) in enumerate(lines):
            if printed_line != wanted_line:
                actual = "nothing" if printed_line is None else f"`{printed_line}`"
                expected = "nothing" if wanted_line is None else f"`{wanted_line}`"
                problem = f"witness.py printed {actual} as line {i + 1}, code.output has {expected}"
                fault = self._document.fault(place, problem, "Correct the code or the output.")
                self.faults.append(_at_line(fault, self._document, place, i))
                return

    def _run_check(self, place: Place, code: str, text: str, kind: str) -> str:
        """What a check prints; `text` is the correction or reason that quotes its numbers, `kind` which of the two."""
        printed, failure = _run(code, f"<check {place[1]}>")
        if failure:
            line, problem = failure
            fault = self._document.fault(place, problem, "Correct the check.")
            self.faults.append(_at_line(fault, self._document, place, (line or 1) - 1))
        elif not printed.strip():
            remedy = "Print the number that decides about the statement."
            self.faults.append(self._document.fault(place, "the check printed nothing", remedy))
        elif missing := numbers_missing(text, printed):
            shown = "; ".join(printed.splitlines())
            problem = f"the check printed `{shown}`, but the {kind} has {', '.join(missing)} in backticks"
            self.faults.append(self._document.fault(place, problem, f"Correct the check or the {kind}."))
        return printed


def _at_line(fault: Fault, document: Document, place: Place, below: int) -> Fault:
    """The fault, moved `below` lines down from the start of the block text at `place`."""
    start = document.text_lines.get(place, fault.line)
    line = start + below if start > document.lines.get(place, start) else fault.line
    return Fault(fault.file, line, fault.key, fault.problem, fault.remedy)


def _run(code: str, name: str) -> tuple[str, tuple[int | None, str] | None]:
    """What the code prints, and the line and the problem if it fails."""
    try:
        return run_code(code, name=name).strip("\n"), None
    except SyntaxError as error:
        return "", (error.lineno, error.msg)
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
        problem = f"{type(error).__name__}: {error}"
        return "", (lines[-1] if lines else None, problem.splitlines()[0])


def _without_leading_zeros(number: str) -> str:
    return re.sub(r"^(-?)0+(?=[.\d])", r"\1", number.replace("−", "-"))


def _globals() -> dict[str, Any]:
    return {"__name__": "__snippet__", "np": np, "ow": ow}
