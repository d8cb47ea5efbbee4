"""The panels below the lesson of a concept's page, in their order. The other panels are chapters of the lesson.

A new panel is an entry here and a template of its name, templates/panels/NAME.html. Values that the template shows and
no other panel has yet come from `page/context.py`; texts that an author writes get a field in `concept/model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PANELS", "Panel"]


@dataclass(frozen=True)
class Panel:
    """One panel: its name (the HTML id and the template), its title, and what it is for, in a sentence."""

    name: str
    title: str
    purpose: str
    after: bool = True
    """Whether it is for after the first pass."""


PANELS = (
    Panel("math", "Math", "The picture in symbols. Every numbered equation has a key of its own.", after=False),
    Panel("code", "Code", "The equations as a program. It ran when this page was built.", after=False),
    Panel("claims", "Claim review", "Statements about this idea, their sources, and what our own runs found."),
    Panel(
        "misconceptions", "Misconceptions", "True or false? Say so first; then see the answer, and the check that ran."
    ),
    Panel("practice", "Practice loop", "Answer before you look. Nudges come one at a time; you mark yourself."),
    Panel("research", "Research room", "Pick one object of this page and work on a question about it."),
    Panel("map", "Learning map", "Where this idea belongs, and what this page consists of."),
    Panel("next", "Next edge", "Where this leads."),
)
