"""The schema of concept.yaml, as frozen types; `ConceptFile` is the whole."""

from onewarm.notebook.concept.model.edges import Edge
from onewarm.notebook.concept.model.file import ConceptFile
from onewarm.notebook.concept.model.parts import HTTPS_PATTERN, MARKDOWN, VALUE_NAME_PATTERN, Kind, Level, Part
from onewarm.notebook.concept.model.research import ResearchQuestion

__all__ = [
    "HTTPS_PATTERN",
    "MARKDOWN",
    "VALUE_NAME_PATTERN",
    "ConceptFile",
    "Edge",
    "Kind",
    "Level",
    "Part",
    "ResearchQuestion",
]
