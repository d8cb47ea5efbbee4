"""The panels of a concept's page, in their order.

A new panel is an entry here and a template of its name, templates/panels/NAME.html. Values that the template shows and
no other panel has yet come from `page/context.py`; texts that an author writes get a field in `concept/model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LESSON_PANELS", "PANELS", "Panel"]


@dataclass(frozen=True)
class Panel:
    """One panel: its name (the HTML id and the template), its title, and what it is for, in a sentence."""

    name: str
    title: str
    purpose: str


PANELS = (
    Panel("map", "Learning map", "Where this idea belongs, and what this page consists of."),
    Panel("intuition", "Intuition", "The idea as a picture, before any formula."),
    Panel("math", "Math", "The picture in symbols. Every numbered equation has a key of its own."),
    Panel("code", "Code", "The equations as a program. It ran when this page was built."),
    Panel("demo", "Interactive demo", "Change one thing and watch how everything else responds."),
    Panel("storyboard", "Mechanism storyboard", "Say what you expect. Then watch what happens, step by step."),
    Panel("inquiry", "Visual inquiry", "A question that the picture can answer. Choose where to look."),
    Panel("claims", "Claim review", "Statements about this idea, their sources, and what our own runs found."),
    Panel(
        "misconceptions", "Misconceptions", "True or false? Say so first; then see the answer, and the check that ran."
    ),
    Panel("practice", "Practice loop", "Answer before you look. Nudges come one at a time; you mark yourself."),
    Panel("research", "Research room", "Pick one object of this page and work on a question about it."),
    Panel("next", "Next edge", "Where this leads."),
)

_FIRST = ("math", "code")
_AFTER = ("claims", "misconceptions", "practice", "research", "map", "next")
LESSON_PANELS = {
    part: tuple(panel for name in names for panel in PANELS if panel.name == name)
    for part, names in (("first", _FIRST), ("after", _AFTER))
}
"""The panels below the lesson of a page: those of the first pass, and those for after it. The others are chapters."""
