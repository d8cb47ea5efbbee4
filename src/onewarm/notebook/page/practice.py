"""The exercises of a page, each with every set of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from onewarm.notebook.concept.exercises import Variant, variants
from onewarm.notebook.concept.load import Concept
from onewarm.notebook.concept.model.practice import Question
from onewarm.notebook.concept.values import filled_text

__all__ = ["practice_view"]

_LEVELS = {"concrete": "A concrete answer", "why": "Why it holds", "neighbour": "A neighbouring idea"}
Render = Callable[[str], Markup]


def practice_view(concept: Concept, inline: Render, block: Render) -> list[dict[str, Any]]:
    """What the practice panel shows of each exercise; `variants` has its texts and right number for each set."""
    return [_exercise(question, concept, inline, block) for question in concept.practice]


def _exercise(question: Question, concept: Concept, inline: Render, block: Render) -> dict[str, Any]:
    number = question.number
    return {
        "name": question.name,
        "level": _LEVELS[question.level],
        "reasons": number is not None and question.level != "concrete",
        "tolerance": f"{number.tolerance:g}" if number is not None else "",
        "variants": [_variant(question, variant, inline, block) for variant in variants(question, concept.values)],
    }


def _variant(question: Question, variant: Variant, inline: Render, block: Render) -> dict[str, Any]:
    def fill(text: str) -> str:
        return filled_text(text, variant.values)

    return {
        "value": repr(variant.answer) if variant.answer is not None else "",
        "question": block(fill(question.question)),
        "answer": block(fill(question.answer)),
        "nudges": [block(fill(nudge)) for nudge in question.nudges],
        "rubric": [inline(fill(line)) for line in question.rubric],
    }
