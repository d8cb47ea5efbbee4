"""A teacher's largest probabilities and its tail as one event: that none of the named classes occurs."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.soft_target.parts import PARTS
from onewarm.soft_target.value import SoftTarget


class BucketTarget(SoftTarget):
    """What ``top_k(tail="bucket")`` returns: a target over J + 1 events of each row, the named classes and the rest.

    ``loss[i] = -sum_j w[i, j] log p[i, c_j] - (1 - sum_j w[i, j]) log(1 - sum_j p[i, c_j])``

    The second logarithm is not linear in the target's mass, so that no target over the K classes has this loss. But
    the events are classes of their own, whose logits :meth:`events` makes: the losses that take a BucketTarget call
    it. Targets over classes do not mix with it.
    """

    class_index: Array
    of: int
    _names = (*PARTS, "class_index")
    _static = ("num_classes", "of")

    def __init__(self, class_index: Array, weight: Array, of: int) -> None:
        xp = array_namespace(weight)
        events = xp.arange(int(weight.shape[1]), dtype=class_index.dtype, device=device(class_index))
        index = xp.broadcast_to(events[None, :], tuple(weight.shape))
        self.__dict__.update(class_index=class_index, of=of)
        super().__init__(index=index, weight=weight, num_classes=int(weight.shape[1]))

    def over_events(self) -> SoftTarget:
        """The target over the events alone, for the logits that :meth:`events` returns."""
        return SoftTarget(index=self.index, weight=self.weight, num_classes=self.num_classes)

    def events(self, logits: Array, axis: int = -1) -> Array:
        """Logits (..., J + 1) of the events: those of the named classes, and ``logsumexp`` over all others.

        In float32 or better. Their softmax gives the probabilities of the events.

        Args:
            logits: (..., K), one row for each of the target.
            axis: of the classes.

        Example:
            >>> import numpy as np
            >>> from onewarm.target import top_k
            >>> target = top_k(np.array([[2, 0]]), np.array([[0.6, 0.2]]), num_classes=4, tail="bucket")
            >>> target.events(np.log(np.array([[0.1, 0.2, 0.3, 0.4]]))).round(3)
            array([[-1.204, -2.303, -0.511]])
        """
        xp = array_namespace(logits)
        z = logits if axis in (-1, len(logits.shape) - 1) else xp.moveaxis(logits, axis, -1)
        shape, classes = tuple(z.shape[:-1]), int(z.shape[-1])
        if classes != self.of:
            raise InputError(f"target names some of {self.of} classes, logits have {classes}: expected the same")
        z = xp.reshape(z, (-1, classes))
        if z.shape[0] != self.index.shape[0]:
            raise InputError(f"target has {len(self)} rows, logits have {z.shape[0]}: expected one a row")
        z = xp.astype(z, xp.result_type(z.dtype, xp.float32), copy=False)
        named = xp.take_along_axis(z, self.class_index, axis=1)
        others = xp.where(self._is_named(xp, classes), -xp.inf, z)
        top = xp.max(others, axis=1, keepdims=True)
        top = xp.where(xp.isfinite(top), top, 0.0)
        total = xp.sum(xp.exp(others - top), axis=1, keepdims=True)
        some = total > 0
        rest = xp.where(some, top + xp.log(xp.where(some, total, 1.0)), -xp.inf)
        return xp.reshape(xp.concat([named, rest], axis=1), (*shape, self.num_classes))

    def gradient(self, logits: Array, events_gradient: Array, axis: int = -1) -> Array:
        """The gradient in the logits of a loss whose gradient in :meth:`events` is given, in the logits' dtype."""
        xp = array_namespace(logits)
        z = logits if axis in (-1, len(logits.shape) - 1) else xp.moveaxis(logits, axis, -1)
        shape, classes = tuple(z.shape), self.of
        g = xp.reshape(events_gradient, (-1, self.num_classes))
        rest = xp.reshape(self.events(logits, axis), (-1, self.num_classes))[:, -1:]
        z = xp.astype(xp.reshape(z, (-1, classes)), g.dtype, copy=False)
        share = xp.exp(z - xp.where(xp.isfinite(rest), rest, xp.inf))
        found = g[:, -1:] * xp.where(self._is_named(xp, classes), 0.0, share)
        labels = xp.arange(classes, dtype=self.class_index.dtype, device=device(self.class_index))
        for j in range(self.class_index.shape[1]):
            found = found + xp.where(self.class_index[:, j, None] == labels, g[:, j, None], 0.0)
        found = xp.astype(xp.reshape(found, shape), logits.dtype, copy=False)
        return found if z is logits or axis in (-1, len(logits.shape) - 1) else xp.moveaxis(found, -1, axis)

    def save(self, path: str | os.PathLike[str]) -> NoReturn:
        """Not offered: save the index and the probabilities that it was made of."""
        raise InputError("a target with tail='bucket' is not saved: save the index and weight that it was made of")

    def _is_named(self, xp: Any, classes: int) -> Array:
        """Which classes of each row are named, (N, K)."""
        labels = xp.arange(classes, dtype=self.class_index.dtype, device=device(self.class_index))
        named = self.class_index[:, :1] == labels
        for j in range(1, self.class_index.shape[1]):
            named = named | (self.class_index[:, j, None] == labels)
        return named


def bucket(class_index: Array, weight: Array, tail: Array, num_classes: int) -> SoftTarget:
    """The target of checked classes (N, J), their weights, and the mass (N,) of all others as one event.

    Where that is a single class, or none, it is a target over the K classes.
    """
    xp = array_namespace(weight)
    named = int(class_index.shape[1])
    twice = xp.sort(class_index, axis=1)
    if (bad := checks.first_true(twice[:, 1:] == twice[:, :-1])) is not None:
        value = checks.item(twice, bad)
        raise InputError(f"index[{bad[0]}] names class {value} twice: with tail='bucket' name each class once")
    if named == num_classes:
        return SoftTarget(index=class_index, weight=weight, num_classes=num_classes)
    if named == num_classes - 1:
        total = num_classes * (num_classes - 1) // 2
        last = total - xp.sum(class_index, axis=1, keepdims=True)
        index = xp.concat([class_index, xp.astype(last, class_index.dtype)], axis=1)
        return SoftTarget(index=index, weight=xp.concat([weight, tail[:, None]], axis=1), num_classes=num_classes)
    return BucketTarget(class_index, xp.concat([weight, tail[:, None]], axis=1), num_classes)
