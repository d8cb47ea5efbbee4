"""Answers come after questions: what gives a question's answer away may not stand above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from onewarm.notebook.concept.model import ConceptFile
from onewarm.notebook.concept.model.lesson import Ask, LessonStep
from onewarm.notebook.concept.values import Values, filled_text
from onewarm.notebook.concept.yaml import Document, Fault, Place, key_text
from onewarm.notebook.text.latex import LatexError
from onewarm.notebook.text.markdown import plain_text

__all__ = ["answer_faults", "given_away"]

Texts = list[tuple[Place, str]]


def given_away(text: str, ask: Ask) -> tuple[str, ...]:
    """Those of the question's `gives_away` that a text has: numbers as a whole, words in any case.

    >>> from onewarm.notebook.concept.model.lesson import Ask
    >>> ask = Ask.model_construct(gives_away=("3.82", "no lowest"))
    >>> given_away("It is 3.8187, at 13.82; there is No Lowest place.", ask)
    ('no lowest',)
    """
    return tuple(words for words in ask.gives_away if _pattern(words).search(text))


def _pattern(words: str) -> re.Pattern[str]:
    text = r"\s+".join(re.escape(word) for word in words.replace("−", "-").split())
    return re.compile(rf"(?<![\w.]){text}(?![\w]|\.\d)", re.IGNORECASE)


def answer_faults(document: Document, file: ConceptFile, values: Values) -> Iterator[Fault]:
    """Questions of the lesson whose answer stands in a text above them.

    Above a question are the title, the summary, what one will be able to do, the steps before it with their questions,
    answers and what these reveal, and the text of its own step.
    """
    above: Texts = [(("title",), file.title), (("summary",), file.summary)]
    above += [(("lesson", "able", i), text) for i, text in enumerate(file.lesson.able)]
    for i, chapter in enumerate(file.lesson.chapters):
        above.append((("lesson", "chapters", i, "title"), chapter.title))
        for j, step in enumerate(chapter.steps):
            place: Place = ("lesson", "chapters", i, "steps", j)
            above += [((*place, "title"), step.title), ((*place, "text"), step.text)]
            if step.ask is not None:
                yield from _asked(document, place, step.ask, above, values)
                above += _told(place, step)


def _asked(document: Document, place: Place, ask: Ask, above: Texts, values: Values) -> Iterator[Fault]:
    for where, text in above:
        if found := given_away(_shown(text, values), ask):
            problem = f"'{found[0]}', which answers the question, stands before it in {key_text(where)}"
            yield document.fault((*place, "ask", "question"), problem, "Take it out there, or ask earlier.")


def _told(place: Place, step: LessonStep) -> Texts:
    """What a reader who has answered has read of a step's question."""
    ask = step.ask
    assert ask is not None
    told: Texts = [((*place, "ask", "question"), ask.question), ((*place, "ask", "reveal"), ask.reveal)]
    for i, answer in enumerate(ask.answers):
        told += [((*place, "ask", "answers", i, name), getattr(answer, name)) for name in ("text", "feedback")]
    return told


def _shown(text: str, values: Values) -> str:
    text = filled_text(text, values)
    with suppress(LatexError):  # the check of texts reports it
        text = plain_text(text)
    return text.replace("−", "-")
