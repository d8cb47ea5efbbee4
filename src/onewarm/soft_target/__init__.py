"""The target value, its algebra and its parts; and what frameworks are told of it."""

from onewarm.soft_target import frameworks as _frameworks  # noqa: F401  # tells them
from onewarm.soft_target.algebra import concat, from_table, join, unchecked, uniform, whole_row
from onewarm.soft_target.bucket import BucketTarget, bucket
from onewarm.soft_target.row_arrays import times
from onewarm.soft_target.value import SoftTarget

__all__ = [
    "BucketTarget",
    "SoftTarget",
    "bucket",
    "concat",
    "from_table",
    "join",
    "times",
    "unchecked",
    "uniform",
    "whole_row",
]
