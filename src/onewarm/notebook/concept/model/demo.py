"""The demo: what it starts with, and its named states."""

from onewarm.errors import needs
from onewarm.notebook.concept.model.parts import Name, Part, Plain, State, Text

with needs("onewarm.notebook", "notebook"):
    from pydantic import Field


class DemoState(Part):
    """A named state of the demo."""

    name: Name
    """Slug, unique among the states."""
    title: Plain
    """Title of the state; plain text."""
    text: Text
    """What to look at in this state."""
    state: State
    """Values for some of the keys of `demo.model`, each of the same type as there."""


class Demo(Part):
    """The demo's initial model and its named states."""

    notes: Text
    """Shown while there is no demo.js: what the demo would show."""
    model: State = Field(default_factory=dict)
    """Names and start values of what the demo can change."""
    highlights: tuple[Name, ...] = ()
    """Names of visible objects of the demo; a step, an answer or a reveal can highlight one."""
    states: tuple[DemoState, ...] = ()
    """Named states, for the steps of the lesson and the list at its end."""
