"""What the parts of concept.yaml are made of.

`Text` is Markdown with `$...$` for inline math and `{{ value:NAME FORMAT }}` for a number that values.py computes;
`Plain` is text without markup. A `name` is a slug that is unique in its list; the key and the anchor of the object are
computed from it (see `onewarm.notebook.concept.keys`). The docstrings of the fields become the descriptions in the
JSON Schema, which editors show.
"""

from typing import Annotated, Literal

from onewarm.errors import needs
from onewarm.notebook.concept.keys import CLAIM_PATTERN, CONCEPT_PATTERN, KEY_PATTERN, NAME_PATTERN

with needs("onewarm.notebook", "notebook"):
    from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints


class Markdown:
    """Marks a field as Markdown: its formulas and links are checked, and it becomes HTML when the page is built."""


MARKDOWN = Markdown()
Plain = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Text = Annotated[Plain, MARKDOWN]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
ConceptKey = Annotated[str, StringConstraints(pattern=CONCEPT_PATTERN)]
ClaimKey = Annotated[str, StringConstraints(pattern=CLAIM_PATTERN)]
Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
VALUE_NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]*$"
HTTPS_PATTERN = r"^https://\S+$"
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Level = Literal["concrete", "why", "neighbour"]
Kind = Literal["concept", "equation", "source", "code", "claim", "misconception", "demo-state"]
State = dict[str, JsonValue]


class Part(BaseModel):
    """Base of every part: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
