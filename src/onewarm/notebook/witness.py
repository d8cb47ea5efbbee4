"""Runs the Python of a concept's page: its code and the checks of its misconceptions."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass

from onewarm.notebook.concept_model import Concept
from onewarm.notebook.snippets import numbers_missing, run_snippet

__all__ = ["Outputs", "WitnessError", "check_outputs"]


class WitnessError(RuntimeError):
    """Code of a page that fails, or prints something else than the page says: names file, line and remedy."""


@dataclass(frozen=True)
class Outputs:
    """What the page's code printed, and what each misconception's check printed, by name."""

    code: str
    checks: Mapping[str, str]


def check_outputs(concept: Concept) -> Outputs:
    """Run the concept's code and checks; WitnessError where one fails or contradicts the page."""
    file = concept.folder / "witness.py"
    printed = _run(concept.code_text, str(file), str(file))
    if printed.strip() != concept.code.output.strip():
        raise WitnessError(
            f"{file}: it printed\n{_indented(printed)}\nbut concept.yaml, code.output, says\n"
            f"{_indented(concept.code.output)}\nCorrect the code or the output."
        )
    checks = {}
    for item in concept.misconceptions:
        where = f"{concept.folder / 'concept.yaml'}: the check of misconception '{item.name}'"
        checks[item.name] = printed = _run(item.check, f"<check {item.name}>", where)
        if not printed.strip():
            raise WitnessError(f"{where} printed nothing. Let it print the number that settles the matter.")
        if missing := numbers_missing(item.correction, printed):
            raise WitnessError(
                f"{where} printed\n{_indented(printed)}\nbut the correction speaks of {', '.join(missing)}. "
                "Correct the one or the other."
            )
    return Outputs(concept.code.output.strip("\n"), checks)


def _run(code: str, name: str, where: str) -> str:
    try:
        return run_snippet(code, name=name).strip("\n")
    except SyntaxError as error:
        raise WitnessError(f"{where}, line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == name]
        at = f", line {lines[-1]}" if lines else ""
        raise WitnessError(f"{where}{at}: {type(error).__name__}: {error}") from error


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.strip("\n").splitlines()) or "    (nothing)"
