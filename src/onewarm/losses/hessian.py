"""The loss with its first two derivatives in each logit, and the model's probabilities: what boosting asks for."""

from __future__ import annotations

from typing import NamedTuple

from onewarm.checks import Array, array_namespace
from onewarm.definition import checked, divisor, losses_of, reduce, row_parts, slopes_of
from onewarm.leading_shape import as_rows
from onewarm.loss_options import Normalizer, Reduction, loss_options
from onewarm.target import SoftTarget


class LossDerivatives(NamedTuple):
    """A loss and what belongs to each of its logits, in their shape and dtype."""

    loss: Array  # a scalar, or the leading shape for reduction="none"
    gradient: Array  # s p - t
    hessian: Array  # the diagonal, s p (1 - p)
    probabilities: Array  # p, the softmax; 0 in rows without mass


def cross_entropy_with_hessian(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
) -> LossDerivatives:
    """:func:`onewarm.cross_entropy` with its gradient ``s p - t``, the Hessian's diagonal ``s p (1 - p)``, and p.

    With a z-loss c and L = logsumexp(z) the diagonal is ``s p (1 - p) (1 + 2 c L) + 2 c s p^2``. Gradient and Hessian
    are those of the returned value: divided by the normalizer for ``"mean"``, row by row for ``"none"``.

    Args, Raises: as :func:`onewarm.cross_entropy`.

    Returns:
        ``(loss, gradient, hessian, probabilities)``.

    Example:
        >>> import numpy as np
        >>> found = cross_entropy_with_hessian(np.zeros((1, 2)), np.array([0]))
        >>> found.gradient.tolist(), found.hessian.tolist(), found.probabilities.tolist()
        ([[-0.5, 0.5]], [[0.25, 0.25]], [[0.5, 0.5]])
    """
    options = loss_options(reduction, normalizer, z_loss)
    logits, target, layout = as_rows(logits, target, axis)
    target = checked(logits, target)
    xp = array_namespace(logits)
    parts = row_parts(xp, logits, target)
    p = xp.where(parts.live, parts.powers / parts.total[:, None], 0.0)
    lse = (parts.top + xp.log(parts.total))[:, None]
    mass = parts.mass[:, None]
    hessian = mass * p * ((1 - p) * (1 + 2 * options.z_loss * lse) + 2 * options.z_loss * p)
    gradient = slopes_of(xp, parts, target, options.z_loss)
    loss = reduce(losses_of(xp, parts, target, options.z_loss), target, options)
    if options.reduction == "mean":
        share = divisor(target, options.normalizer, gradient)
        gradient, hessian = gradient / share, hessian / share
    arrays = [xp.astype(array, logits.dtype) for array in (gradient, hessian, p)]
    if layout is not None:
        loss, arrays = layout.loss(loss), [layout.gradient(array) for array in arrays]
    return LossDerivatives(loss, *arrays)
