"""The target value, its algebra and its parts."""

from onewarm.soft_target.algebra import from_table, join, pool_tables, unchecked, uniform
from onewarm.soft_target.row_arrays import times, widen
from onewarm.soft_target.value import SoftTarget

__all__ = ["SoftTarget", "from_table", "join", "pool_tables", "times", "unchecked", "uniform", "widen"]
