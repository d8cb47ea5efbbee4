"""File formats, each read as batches of columns in bounded memory."""

from onewarm.tables.formats.registry import SUFFIXES, open_source

__all__ = ["SUFFIXES", "open_source"]
