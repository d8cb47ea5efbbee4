"""Which columns hold predictions and truth: by usual names, by what their first rows hold, or as the user says."""

from onewarm.tables.columns.choice import Choice, Layout
from onewarm.tables.columns.find import find_layout, find_truth
from onewarm.tables.columns.head import Head

__all__ = ["Choice", "Head", "Layout", "find_layout", "find_truth"]
