"""The lesson of a page, as its template shows it: chapters, their steps with states, and the questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from onewarm.notebook.concept.load import Concept
from onewarm.notebook.concept.model.lesson import Answer, Ask, Chapter, LessonStep
from onewarm.notebook.text.markdown import plain_text

__all__ = ["chapter_id", "lesson_view"]

Render = Callable[[str], Markup]


def chapter_id(chapter: Chapter) -> str:
    """The HTML id of a chapter: that of the panel that it is, else its own."""
    return chapter.panel or f"chapter-{chapter.name}"


def lesson_view(
    concept: Concept, inline: Render, block: Render, state_json: Callable[[str | None], str]
) -> dict[str, Any]:
    """The lesson as HTML.

    Args:
        concept: the concept.
        inline: a text as HTML without a paragraph around it.
        block: a text as paragraphs.
        state_json: the values of a demo state, by its name.
    """
    lesson = concept.lesson

    def answer(item: Answer, ask: Ask) -> dict[str, Any]:
        low, high = item.between or ("", "")
        return {
            "name": item.name,
            "text": inline(item.text),
            "plain": plain_text(item.text),
            "feedback": block(item.feedback),
            "ending": block(item.ending) if item.ending else "",
            "low": low,
            "high": high,
            "highlight": item.highlight or "",
            "correct": item.name == ask.correct,
        }

    def question(ask: Ask) -> dict[str, Any]:
        return {
            "kind": ask.kind,
            "question": inline(ask.question),
            "answers": [answer(item, ask) for item in ask.answers],
            "correct": ask.correct,
            "start": ask.start,
            "low": ask.low,
            "high": ask.high,
            "step": ask.step,
            "reveal": block(ask.reveal),
            "json": state_json(ask.state),
            "highlight": ask.highlight or "",
        }

    def step(item: LessonStep) -> dict[str, Any]:
        return {
            "name": item.name,
            "id": f"step-{item.name}",
            "title": item.title,
            "text": block(item.text),
            "json": state_json(item.state),
            "highlight": item.highlight or "",
            "ask": question(item.ask) if item.ask else None,
        }

    return {
        "minutes": lesson.minutes,
        "able": [inline(text) for text in lesson.able],
        "chapters": [
            {
                "id": chapter_id(chapter),
                "title": chapter.title,
                "panel": chapter.panel or "",
                "steps": [step(item) for item in chapter.steps],
            }
            for chapter in lesson.chapters
        ],
    }
