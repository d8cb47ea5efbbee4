"""Checks of a lesson that the schema cannot express: names, panels, the states and objects that its steps show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from onewarm.notebook.concept.model import ConceptFile
from onewarm.notebook.concept.yaml import Document, Fault, Place, nearest

__all__ = ["lesson_faults"]

_PANELS = ("storyboard", "intuition", "inquiry", "demo")


def lesson_faults(
    document: Document, file: ConceptFile, *, chapters: bool, states: bool, highlights: bool
) -> Iterator[Fault]:
    """Faults of the lesson.

    Args:
        document: concept.yaml.
        file: its contents.
        chapters: whether the list of chapters is complete, so that a missing one can be told.
        states: whether the list of demo states is complete, so that an unknown one can be told.
        highlights: the same of the demo's highlights.
    """
    lesson = file.lesson
    at: Place = ("lesson", "chapters")
    yield from _repeated(document, [((*at, i, "name"), c.name) for i, c in enumerate(lesson.chapters)])
    steps = [((*at, i, "steps", j), s) for i, c in enumerate(lesson.chapters) for j, s in enumerate(c.steps)]
    yield from _repeated(document, [((*place, "name"), step.name) for place, step in steps])
    if chapters:
        yield from _panels(document, lesson.chapters)
    known_states, known_highlights = [s.name for s in file.demo.states], list(file.demo.highlights)
    shown: list[tuple[Place, Any]] = list(steps)
    for place, step in steps:
        if (ask := step.ask) is None:
            continue
        shown.append(((*place, "ask"), ask))
        shown += [((*place, "ask", "answers", i), answer) for i, answer in enumerate(ask.answers)]
        yield from _question(document, (*place, "ask"), ask)
    for place, part in shown:
        state, highlight = getattr(part, "state", None), part.highlight
        if states and state and state not in known_states:
            yield document.fault((*place, "state"), f"no demo state '{state}'", nearest(state, known_states))
        if highlights and highlight and highlight not in known_highlights:
            remedy = nearest(highlight, known_highlights)
            yield document.fault((*place, "highlight"), f"no highlight '{highlight}'", remedy)


def _panels(document: Document, chapters: Any) -> Iterator[Fault]:
    place: Place = ("lesson", "chapters")
    found = [c.panel for c in chapters]
    for panel in _PANELS:
        if found.count(panel) != 1:
            problem = f"{found.count(panel)} chapters have the panel '{panel}'"
            yield document.fault(place, problem, f"Write `panel: {panel}` in one of them.")
    if found and found[0] != "storyboard":
        yield document.fault((*place, 0), "the first chapter is not the storyboard", "Write `panel: storyboard` there.")
    elif found and chapters[0].steps and chapters[0].steps[0].ask is None:
        yield document.fault((*place, 0, "steps", 0), "the first step asks nothing", "Add `ask:` to it.")
    if found and found[-1] != "demo":
        yield document.fault((*place, len(found) - 1), "the last chapter is not the demo", "Write `panel: demo` there.")


def _question(document: Document, place: Place, ask: Any) -> Iterator[Fault]:
    names = [answer.name for answer in ask.answers]
    yield from _repeated(document, [((*place, "answers", i, "name"), name) for i, name in enumerate(names)])
    if ask.correct and ask.correct not in names:
        yield document.fault((*place, "correct"), f"no answer '{ask.correct}'", nearest(ask.correct, names))
    ranged = [answer for answer in ask.answers if answer.between]
    if ask.kind in ("flag", "number") and not ranged:
        remedy = "Write `between: [from, to]` in an answer."
        yield document.fault((*place, "answers"), f"no answer has a range, as a {ask.kind} needs", remedy)
    if ask.kind == "point":
        for i, answer in enumerate(ask.answers):
            if not answer.highlight:
                remedy = "Name one of `demo.highlights`."
                yield document.fault((*place, "answers", i), "no highlight, as an answer to point at needs", remedy)


def _repeated(document: Document, places: Iterable[tuple[Place, str]]) -> Iterator[Fault]:
    first: dict[str, Place] = {}
    for place, name in places:
        if name and name in first:
            line = document.lines.get(first[name], 1)
            yield document.fault(place, f"duplicate name '{name}'", f"Line {line} has it already; keep or rename one.")
        first.setdefault(name, place)
