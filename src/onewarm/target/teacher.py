"""Targets from the probabilities of a teacher: all of them, or the largest."""

from __future__ import annotations

from typing import Literal

import numpy as np

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target import SoftTarget, bucket, from_table, join, uniform


def top_k(
    index: Array,
    weight: Array,
    *,
    num_classes: int,
    tail: Literal["drop", "uniform", "bucket"] | Array = "uniform",
    normalize: bool = False,
) -> SoftTarget:
    """A teacher's largest probabilities, and its tail spread: ``sum_j w_j onehot(c_j) + (1 - sum_j w_j) tail``.

    Args:
        index: integers (..., J), the classes kept.
        weight: (..., J), their probabilities; a row sums to at most 1. Half precision is kept in float32.
        num_classes: K.
        tail: ``"uniform"`` or a row (K,), over which the remaining mass is spread, or ``"drop"``: the row's mass is
            then below 1. ``"bucket"`` makes it one event, that none of the kept classes occurs, whose probability
            the student is to match as a whole: ``-sum_j w_j log p_j - (1 - sum_j w_j) log(1 - sum_j p_j)``. The result
            is a :class:`onewarm.soft_target.BucketTarget`, over J + 1 events, which :func:`onewarm.cross_entropy` and
            :func:`onewarm.torch.distillation` take; elsewhere pass ``target.events(logits)`` for the logits.
        normalize: scale a given tail to sum 1; counts of classes will do then.

    Raises:
        TypeError: an index that is not integer.
        ValueError: a class out of range, a negative or non-finite weight, a row above 1, a tail of the wrong shape.

    Example:
        >>> import numpy as np
        >>> top_k(np.array([[2, 0]]), np.array([[0.6, 0.2]]), num_classes=4).dense()
        array([[0.25, 0.05, 0.65, 0.05]])

    Source: the bucket is the top-k divergence of verl#7856;
        Anshumann et al., "Sparse Logit Sampling", ACL 2025 (why dropping the tail biases the student).
    """
    num_classes = checks.count(num_classes, "num_classes")
    weight = checks.as_array(weight, index)
    xp = checks.namespace(index=index, weight=weight)
    if not xp.isdtype(weight.dtype, "real floating"):
        raise TypeError(f"weight has dtype {weight.dtype}: expected floating point")
    tolerance = checks.sum_tolerance(weight.dtype, int(weight.shape[-1])) if len(weight.shape) else 0
    weight = xp.astype(weight, xp.result_type(weight.dtype, xp.float32), copy=False)
    by_row = tuple(weight.shape[:-1])
    if len(by_row) > 1 and tuple(index.shape) == tuple(weight.shape):
        index, weight = (xp.reshape(array, (-1, array.shape[-1])) for array in (index, weight))
    kept = SoftTarget(index=index, weight=weight, num_classes=num_classes)
    if (bad := checks.first_true((index < 0) | (index >= num_classes))) is not None:
        value = checks.item(index, bad)
        raise InputError(f"{_at('index', bad, by_row)} is {value}, outside 0..{num_classes - 1}")
    if (bad := checks.first_true(~xp.isfinite(weight) | (weight < 0))) is not None:
        value = checks.item(weight, bad)
        raise InputError(f"{_at('weight', bad, by_row)} is {value:g}: probabilities are finite and not negative")
    total = kept.mass()
    if (bad := checks.first_true(total > 1 + tolerance)) is not None:
        value = checks.item(total, bad)
        raise InputError(f"{_at('weight', bad, by_row)} sums to {value:g}, above 1: pass probabilities")
    if isinstance(tail, str):
        if tail == "drop":
            return kept
        if tail == "bucket":
            return bucket(kept.index, kept.weight, xp.where(total < 1, 1 - total, 0.0), num_classes)
        if tail != "uniform":
            raise InputError(
                f"tail is {tail!r}: expected 'drop', 'uniform', 'bucket' or a row of shape ({num_classes},)"
            )
        row = uniform(kept)
    else:
        tail = checks.as_array(tail, weight)
        if tuple(tail.shape) != (num_classes,):
            raise InputError(f"tail has shape {tuple(tail.shape)}: expected ({num_classes},), 'drop' or 'uniform'")
        row = xp.astype(checks.probabilities(tail[None, :], "tail", normalize=normalize), weight.dtype)
    left = xp.where(total < 1, 1 - total, 0.0)
    return join(xp, kept, from_table(xp, row, left[:, None]))


def soft(probabilities: Array, *, normalize: bool = False) -> SoftTarget:
    """A given distribution for each row, such as a teacher's softmax: the table itself, row i for row i, uncopied.

    Args:
        probabilities: (..., K), finite, not negative, rows that sum to 1: to 1e-3, and to 1e-2 where they were rounded
            to half precision, as a bfloat16 softmax is (also after ``.float()``). Such rows are taken as they are.
        normalize: scale rows to sum 1 instead of refusing them.

    Raises:
        TypeError: not floating point.
        ValueError: wrong shape, a negative or non-finite entry, a row that does not sum to 1.

    Example:
        >>> import numpy as np
        >>> soft(np.array([[0.5, 0.25, 0.25]])).entropy().round(4)
        array([1.0397])

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """
    return from_rows(checks.probabilities(probabilities, normalize=normalize, any_shape=True))


def from_rows(table: Array) -> SoftTarget:
    """The target whose rows are those of a table (..., K), in C order, unchecked."""
    xp = array_namespace(table)
    table = table if len(table.shape) == 2 else xp.reshape(table, (-1, table.shape[-1]))
    rows = xp.arange(table.shape[0], device=device(table))
    dtype = checks.float_dtype(xp, device(table))
    return SoftTarget(
        index=xp.zeros((table.shape[0], 0), dtype=rows.dtype, device=device(table)),
        weight=xp.zeros((table.shape[0], 0), dtype=dtype, device=device(table)),
        table=table,
        table_index=rows[:, None],
        table_weight=xp.ones((table.shape[0], 1), dtype=dtype, device=device(table)),
        num_classes=int(table.shape[1]),
    )


def _at(name: str, place: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """An entry of rows (N, J) as the user writes it, whose rows are of the given leading shape."""
    row = tuple(int(i) for i in np.unravel_index(place[0], shape))
    return checks.at(name, (*row, *place[1:]))
