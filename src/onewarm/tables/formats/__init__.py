"""File formats, and what is in memory, read as batches of columns in bounded memory."""

from onewarm.tables.formats.memory import open_memory
from onewarm.tables.formats.registry import SUFFIXES, open_source

__all__ = ["SUFFIXES", "open_memory", "open_source"]
