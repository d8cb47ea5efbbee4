"""Checks of arguments: arrays of one library, labels in range, probabilities, numbers.

Each error names the argument, the first offending row, its value and a remedy. Values that a tracer hides
(``jax.jit``, ``torch.compile``, ``vmap``) cannot be read and are not checked.
"""

from onewarm.checks.arrays import (
    Array,
    array_namespace,
    as_array,
    concrete,
    constant,
    device,
    first_true,
    float_dtype,
    hidden,
    index_dtype,
    is_array_api_obj,
    is_jax,
    is_tensor,
    item,
    namespace,
    place,
)
from onewarm.checks.foreign import names_foreign
from onewarm.checks.numbers import alpha, count, number, per_row, positive, share, undifferentiated
from onewarm.checks.rows import SUM_TOLERANCE, at, bad_logits, labels, probabilities, sum_tolerance
from onewarm.checks.visible import visible

__all__ = [
    "SUM_TOLERANCE",
    "Array",
    "alpha",
    "array_namespace",
    "as_array",
    "at",
    "bad_logits",
    "concrete",
    "constant",
    "count",
    "device",
    "first_true",
    "float_dtype",
    "hidden",
    "index_dtype",
    "is_array_api_obj",
    "is_jax",
    "is_tensor",
    "item",
    "labels",
    "names_foreign",
    "namespace",
    "number",
    "per_row",
    "place",
    "positive",
    "probabilities",
    "share",
    "sum_tolerance",
    "undifferentiated",
    "visible",
]
