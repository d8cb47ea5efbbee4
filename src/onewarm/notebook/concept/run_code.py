"""Runs the Python of a concept's page: its code, the checks of its misconceptions, the numbers of its practice."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

from onewarm.notebook.concept.model import Concept, ConceptFile
from onewarm.notebook.concept.sandbox import numbers_missing, run_snippet, value_of
from onewarm.notebook.concept.yaml import ConceptError, Document, Fault, Place, read_yaml

__all__ = ["Hearing", "Outputs", "check_outputs"]


@dataclass(frozen=True)
class Outputs:
    """What the page's code printed, and what each misconception's check printed, by name."""

    code: str
    checks: Mapping[str, str]


def check_outputs(concept: Concept) -> Outputs:
    """Run the concept's code, checks and expressions; ConceptError where one fails or contradicts the page."""
    hearing = Hearing(concept.folder, concept, concept.code_text)
    if hearing.faults:
        raise ConceptError(hearing.faults)
    return hearing.outputs


class Hearing:
    """Runs everything, once: `outputs` is what was printed, `faults` is what failed or contradicts the page."""

    def __init__(
        self, folder: Path, file: ConceptFile, code_text: str | None, document: Document | None = None
    ) -> None:
        self.folder, self.file = folder, file
        self._known = document
        self.faults: list[Fault] = []
        checks = {}
        if code_text is not None:
            self._code(code_text)
        for i, item in enumerate(file.misconceptions):
            checks[item.name] = self._check(i, item.check, item.correction)
        for i, question in enumerate(file.practice):
            if question.number is not None:
                self.faults += self._number(i, question.number.expression)
        self.outputs = Outputs(file.code.output.strip("\n"), checks)

    @cached_property
    def _document(self) -> Document:
        return self._known or read_yaml(self.folder / "concept.yaml")  # its lines are needed for faults alone

    def _code(self, text: str) -> None:
        file = self.folder / "witness.py"
        printed, failed = _run(text, str(file))
        if failed:
            line, problem = failed
            self.faults.append(Fault(file, line or 1, "", problem, "Mend the code."))
            return
        wanted = self.file.code.output
        if not wanted or printed.strip() == wanted.strip():
            return
        place: Place = ("code", "output")
        lines = zip_longest(printed.strip().splitlines(), wanted.strip().splitlines())
        for i, (is_, says) in enumerate(lines):
            if is_ != says:
                told = "nothing" if is_ is None else f"`{is_}`"
                where = "nothing" if says is None else f"`{says}`"
                problem = f"witness.py printed {told} as line {i + 1}, code.output says {where}"
                fault = self._document.fault(place, problem, "Correct the code or the output.")
                self.faults.append(_at(fault, self._document, place, i))
                return

    def _check(self, i: int, code: str, correction: str) -> str:
        place: Place = ("misconceptions", i, "check")
        printed, failed = _run(code, f"<check {i}>")
        if failed:
            line, problem = failed
            fault = self._document.fault(place, problem, "Mend the check.")
            self.faults.append(_at(fault, self._document, place, (line or 1) - 1))
        elif not printed.strip():
            remedy = "Let it print the number that settles the matter."
            self.faults.append(self._document.fault(place, "it printed nothing", remedy))
        elif missing := numbers_missing(correction, printed):
            shown = "; ".join(printed.splitlines())
            problem = f"it printed `{shown}`, but the correction speaks of {', '.join(missing)}"
            self.faults.append(self._document.fault(place, problem, "Correct the one or the other."))
        return printed

    def _number(self, i: int, expression: str) -> Iterator[Fault]:
        number = self.file.practice[i].number
        assert number is not None
        place: Place = ("practice", i, "number")
        try:
            value = value_of(expression)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            yield self._document.fault((*place, "expression"), problem, "Mend the expression.")
            return
        numbers = all(isinstance(one, float | int) for one in (number.value, number.tolerance))
        if numbers and not abs(value - number.value) <= number.tolerance:
            problem = f"the expression gives {value:.6g}, which is not {number.value:g} within {number.tolerance:g}"
            yield self._document.fault((*place, "value"), problem, "Correct the one or the other.")


def _at(fault: Fault, document: Document, place: Place, below: int) -> Fault:
    """The fault moved to a line of a block text."""
    start = document.text_lines.get(place, fault.line)
    line = start + below if start > document.lines.get(place, start) else fault.line
    return Fault(fault.file, line, fault.key, fault.problem, fault.remedy)


def _run(code: str, name: str) -> tuple[str, tuple[int | None, str] | None]:
    """What the code prints, and the line and the problem where it fails."""
    try:
        return run_snippet(code, name=name).strip("\n"), None
    except SyntaxError as error:
        return "", (error.lineno, error.msg)
    except (Exception, SystemExit) as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == name]
        problem = f"{type(error).__name__}: {error}"
        return "", (lines[-1] if lines else None, problem.splitlines()[0])
