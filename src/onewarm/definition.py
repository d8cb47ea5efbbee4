"""Cross-entropy of logits against any target: the definition, in array API, for every framework and its autograd.

    loss[i] = s[i] logsumexp(z[i]) - <t[i], z[i]>          s[i] = sum_k t[i, k]
    d loss[i] / d z[i] = s[i] softmax(z[i]) - t[i]

The fused kernels compute the same and are tested against this file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from onewarm import checks
from onewarm.checks import Array, array_namespace, device
from onewarm.errors import InputError
from onewarm.leading_shape import Layout, as_rows
from onewarm.loss_options import LossOptions, Normalizer, Reduction, loss_options
from onewarm.loss_stats import LossStats, loss_stats, row_stats
from onewarm.softcap import capped, slope
from onewarm.target import SoftTarget, as_target


def cross_entropy(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    stats: bool = False,
) -> Any:
    """Cross-entropy ``s logsumexp(z) - <t, z>`` of each row, in nats, reduced.

    Args:
        logits: (..., K), float16, bfloat16, float32 or float64; -inf masks a class. A table row's mass over masked
            classes moves to the others in proportion; named mass on a masked class makes the loss +inf.
        target: integer labels of the leading shape (...); probabilities of the logits' shape; or a
            :class:`SoftTarget` of one row for each entry of the leading shape, in C order.
        reduction: ``"mean"``, ``"sum"``, or ``"none"`` for one loss a row.
        normalizer: what ``"mean"`` divides by: ``"rows"`` that have mass, the total ``"mass"``, or a number (the
            token count over all steps of an accumulated batch). No rows with mass: the loss is 0.
        z_loss: not negative; adds ``z_loss s logsumexp(z)^2`` to each row, which keeps the logits' scale in place.
        axis: of the classes, in the logits and in probabilities: 1 for images (N, K, H, W).
        logit_scale: a factor of the logits, above 0.
        softcap: c, above 0, for the logits ``c tanh(z / c)`` of Gemma 2; an infinite logit stays infinite.
        stats: also return :class:`onewarm.loss_stats.LossStats` of each row: log-partition, z-loss, entropy,
            prediction and whether it is correct.

    Returns:
        A scalar, or for ``"none"`` the leading shape: float32, or float64 for float64 logits. With ``stats`` a pair of
        that and the stats in the leading shape, which have no gradient.

    Raises:
        TypeError: arrays of different libraries, logits that are not floating point.
        ValueError: shapes that disagree, a NaN or +inf logit, a row with every class masked, mass that is not finite.

    Example:
        >>> import numpy as np
        >>> from onewarm.target import smooth
        >>> z = np.array([[3.0, 1.0, -0.5, -1.0]])
        >>> round(float(cross_entropy(z, smooth(np.array([0]), 0.1, num_classes=4))), 4)
        0.4063

    Source: Szegedy et al. 2016, section 7, for the smoothed target; z-loss: Chowdhery et al., PaLM, section 5; soft
    cap: Gemma Team, "Gemma 2", 2024, section 2.
    """
    options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
    logits, target, layout = as_rows(logits, target, axis)
    target = checked(logits, target)
    numbers = options.logit_scale, options.softcap
    loss = reduce(per_row_loss(logits, target, options.z_loss, *numbers), target, options)
    figures = stats_of_rows(logits, target, options) if stats else None
    return in_layout(layout, loss, figures)


def cross_entropy_with_gradient(
    logits: Array,
    target: SoftTarget | Array,
    *,
    reduction: Reduction = "mean",
    normalizer: Normalizer = "rows",
    z_loss: float = 0.0,
    axis: int = -1,
    logit_scale: float = 1.0,
    softcap: float | None = None,
    overwrite_logits: bool = False,
) -> tuple[Array, Array]:
    """:func:`cross_entropy` and its gradient ``s softmax(z) - t`` in the logits, in their shape and dtype.

    The gradient is that of the returned value: divided by the normalizer for ``"mean"``, row by row for ``"none"``.
    With ``overwrite_logits`` it takes the logits' place and no other memory of their size is used; the logits are lost.
    That takes a fused kernel: NumPy arrays that can be written to, or PyTorch tensors on the CPU without
    ``requires_grad``, in C order; a ValueError names the unmet condition.

    Example:
        >>> import numpy as np
        >>> from onewarm.target import smooth
        >>> z = np.array([[3.0, 1.0, -0.5, -1.0]])
        >>> loss, gradient = cross_entropy_with_gradient(z, smooth(np.array([0]), 0.1, num_classes=4))
        >>> gradient.round(3)
        array([[-0.08 ,  0.089,  0.001, -0.01 ]])
    """
    if overwrite_logits:
        raise InputError("overwrite_logits=True needs NumPy arrays or PyTorch tensors on the CPU: leave it out")
    options = loss_options(reduction, normalizer, z_loss, logit_scale=logit_scale, softcap=softcap)
    logits, target, layout = as_rows(logits, target, axis)
    loss, gradient = loss_and_gradient(logits, checked(logits, target), options)
    return (loss, gradient) if layout is None else (layout.loss(loss), layout.gradient(gradient))


def unsmooth(probabilities: Array, alpha: float | Array, *, prior: Array | None = None) -> Array:
    """Undo what smoothing does to the population optimum: ``pi = (p - alpha prior) / (1 - alpha)``.

    A flexible model fitted to smoothed targets tends to ``p = (1 - alpha) pi + alpha prior``; this is the exact
    inverse, affine in p, and no temperature equals it. Where a finite model gave a class less than ``alpha prior``
    the result is negative: no true posterior could have led there. Rows still sum to 1; nothing is clipped.

    Args:
        probabilities: (N, K), the model's softmax.
        alpha: below 1, one number or one per row: the alpha of the model's training.
        prior: (K,), uniform if left out.

    Returns:
        (N, K), in the dtype of ``probabilities``.

    Raises:
        ValueError: alpha of 1 (nothing is left of the posterior) or above, rows that are not probabilities, a prior
            of the wrong shape.

    Example:
        >>> import numpy as np
        >>> unsmooth(np.array([[0.925, 0.025, 0.025, 0.025]]), 0.1).round(12)
        array([[1., 0., 0., 0.]])
    """
    p = checks.probabilities(probabilities, remedy="divide it by its sum")
    xp = array_namespace(p)
    a = checks.alpha(alpha, p.shape[0], p)[:, None]
    if (bad := checks.first_true(a == 1)) is not None:
        raise InputError(f"alpha is 1 (row {bad[0]}): all of the mass was moved and nothing is left to recover")
    if prior is None:
        return (p - a / p.shape[1]) / (1 - a)
    prior = checks.as_array(prior, p)
    if tuple(prior.shape) != (p.shape[1],):
        raise InputError(f"prior has shape {tuple(prior.shape)}: expected ({p.shape[1]},)")
    row = xp.astype(checks.probabilities(prior[None, :], "prior", remedy="divide it by its sum"), p.dtype)
    return (p - a * row) / (1 - a)


def checked(logits: Array, target: SoftTarget | Array, *, indices: bool = True) -> SoftTarget:
    """Validate logits and target and return the target as a SoftTarget; its indices only with ``indices=True``."""
    xp = checks.namespace(logits=logits)
    if len(logits.shape) != 2 or logits.shape[1] == 0:
        raise InputError(f"logits has shape {tuple(logits.shape)}: expected (N, K), one row an example")
    if not xp.isdtype(logits.dtype, "real floating"):
        raise TypeError(f"logits has dtype {logits.dtype}: expected floating point")
    rows = as_target(target, int(logits.shape[1]))
    checks.namespace(logits=logits, target=rows.weight)
    if checks.is_tensor(logits) and logits.device != rows.weight.device:
        raise InputError(f"target is on {rows.weight.device}, logits on {logits.device}: expected the same device")
    if rows.index.shape[0] != logits.shape[0]:
        raise InputError(f"target has {len(rows)} rows, logits have {logits.shape[0]}: expected one a row")
    if indices:
        in_range(rows.index, rows.num_classes, "target.index")
    if indices and rows.table is not None:
        in_range(rows.table_index, int(rows.table.shape[0]), "target.table_index")
    return rows


def loss_and_gradient(logits: Array, target: SoftTarget, options: LossOptions) -> tuple[Array, Array]:
    """:func:`cross_entropy_with_gradient` for checked arguments."""
    xp = array_namespace(logits)
    numbers = options.logit_scale, options.softcap
    parts = row_parts(xp, logits, target, *numbers)
    gradient = slopes_of(xp, parts, target, options.z_loss)
    if options.maps_logits:
        gradient = gradient * xp.where(parts.live, slope(_wide(xp, logits, parts.live), *numbers), 0.0)
    if options.reduction == "mean":
        gradient = gradient / divisor(target, options.normalizer, gradient)
    return reduce(losses_of(xp, parts, target, options.z_loss), target, options), xp.astype(gradient, logits.dtype)


def in_range(index: Array, size: int, name: str) -> None:
    """Refuse an index outside [0, size), before a kernel follows it out of its array."""
    if (bad := checks.first_true((index < 0) | (index >= size))) is not None:
        raise InputError(f"{name}{list(bad)} is {checks.item(index, bad)}, outside 0..{size - 1}")


def divisor(target: SoftTarget, normalizer: Normalizer, like: Array) -> Array:
    """What the mean divides by, as a scalar array of the kind and dtype of ``like``.

    Where there is nothing to count it is 1: the mean of no rows is 0 / 1 = 0.
    """
    xp = array_namespace(like)
    if isinstance(normalizer, str):
        if normalizer == "rows":
            total = xp.sum(xp.astype(target.has_mass(), like.dtype))
        else:
            total = xp.astype(xp.sum(target.mass()), like.dtype)
        return xp.where(total == 0, 1.0, total)
    number = checks.per_row(normalizer, 1, "normalizer", like)[0]
    if checks.first_true(number <= 0) is not None:
        raise InputError(
            f"normalizer is {checks.item(number, ()):g}: expected a number above 0, by which the loss is divided"
        )
    return number


def reduce(rows: Array, target: SoftTarget, options: LossOptions) -> Array:
    """Losses by row, their sum, or the sum divided by the normalizer's count."""
    if options.reduction == "none":
        return rows
    total = array_namespace(rows).sum(rows)
    return total if options.reduction == "sum" else total / divisor(target, options.normalizer, rows)


def per_row_loss(logits: Array, target: SoftTarget, z_loss: float, scale: Any = 1.0, cap: Any = None) -> Array:
    """``s lse - <t, z> + z_loss s lse^2`` of each row, (N,), after table mass has moved off masked classes.

    Of :func:`onewarm.softcap.capped` logits.
    """
    xp = array_namespace(logits)
    return losses_of(xp, row_parts(xp, logits, target, scale, cap), target, z_loss)


def stats_of_rows(logits: Array, target: SoftTarget, options: LossOptions) -> LossStats:
    """The figures of each row, (N,), for checked arguments."""
    xp = array_namespace(logits)
    z = capped(_wide(xp, logits, target.has_mass()[:, None]), options.logit_scale, options.softcap)
    return loss_stats(*row_stats(z), target, options.z_loss)


def in_layout(layout: Layout | None, loss: Array, stats: LossStats | None) -> Any:
    """The loss in the leading shape; with stats a pair of both."""
    if layout is not None:
        loss = layout.loss(loss)
        stats = None if stats is None else LossStats(*(layout.loss(figure) for figure in stats))
    return loss if stats is None else (loss, stats)


_FAR = -400.0  # exp(2 * _FAR) is 0 in float64 too


class RowParts(NamedTuple):
    """A batch in the arithmetic's dtype, measured from each row's largest logit.

    So ``s lse - <t, z> = s log(total) - <t, z - top>`` is exact at any common offset of a row. Half of ``z - top``
    instead of the whole: the difference of two finite logits may overflow where its product with the target does not.
    """

    top: Array  # (N,) the largest logit, a constant to autograd; 0 in rows without mass
    half: Array  # (N, K) (z - top) / 2, but 0 where masked and in rows without mass
    powers: Array  # (N, K) exp(z - top), 0 where masked
    total: Array  # (N,) their sum
    mass: Array  # (N,)
    moved: Array | None  # (N, K) the tables' mass, moved off masked classes; None without a table
    impossible: Array  # (N,) mass that no unmasked class can take
    live: Array  # (N, 1) rows with mass


def _wide(xp: Any, logits: Array, live: Array) -> Array:
    """The logits in the arithmetic's dtype, 0 in rows without mass."""
    dtype = logits.dtype if xp.isdtype(logits.dtype, xp.float64) else xp.float32
    return xp.where(live, xp.astype(logits, dtype), xp.zeros((), dtype=dtype, device=device(logits)))


def row_parts(xp: Any, logits: Array, target: SoftTarget, scale: Any = 1.0, cap: Any = None) -> RowParts:
    """What the losses of these rows are made of."""
    live = target.has_mass()[:, None]
    z = _wide(xp, logits, live)
    dtype = z.dtype
    if cap is not None or not isinstance(scale, float) or scale != 1:
        z = capped(z, scale, cap)
    top = checks.constant(xp.max(z, axis=1, keepdims=True))
    top = xp.where(xp.isfinite(top), top, 0.0)
    kept = z != -xp.inf
    half = xp.where(kept, z, 0.0) * 0.5 - xp.where(kept, top, 0.0) * 0.5
    powers = xp.exp(xp.where(kept, xp.where(half < _FAR, _FAR, half) * 2, -xp.inf))
    total = xp.sum(powers, axis=1)
    if (bad := checks.first_true(~xp.isfinite(total) | (total == 0))) is not None:
        raise checks.bad_logits(logits[bad[0], :], bad[0])
    on_masked = (target.weight != 0) & ~xp.take_along_axis(kept, target.index, axis=1)
    impossible = xp.any(on_masked, axis=1)
    moved = None
    for row, weight in target.table_parts():
        row, weight = xp.astype(row, dtype), xp.astype(weight, dtype)
        mass = xp.sum(row, axis=1, keepdims=True)
        stays = xp.where(kept, row, 0.0)
        left = xp.sum(stays, axis=1, keepdims=True)
        homeless = (left == 0) & (mass != 0)  # all of it on masked classes: it stays there, as a hard label's does
        impossible = impossible | xp.any(homeless & (weight != 0), axis=1)
        share = weight * xp.where(homeless, row, stays * (mass / xp.where(left == 0, 1.0, left)))
        moved = share if moved is None else moved + share
    return RowParts(top[:, 0], half, powers, total, xp.astype(target.mass(), dtype), moved, impossible, live)


def losses_of(xp: Any, parts: RowParts, target: SoftTarget, z_loss: Any) -> Array:
    weight = xp.astype(target.weight, parts.half.dtype)
    half = xp.sum(weight * xp.take_along_axis(parts.half, target.index, axis=1), axis=1)
    if parts.moved is not None:
        half = half + xp.sum(parts.moved * parts.half, axis=1)
    lse = parts.top + xp.log(parts.total)
    # Not z_loss * lse**2: the square could overflow, and infinity times a z_loss of 0 is NaN.
    rows = parts.mass * xp.log(parts.total) - (half + half) + (z_loss * lse) * (parts.mass * lse)
    return xp.where(parts.live[:, 0], rows + xp.where(parts.impossible, xp.inf, xp.zeros_like(rows)), 0.0)


def slopes_of(xp: Any, parts: RowParts, target: SoftTarget, z_loss: Any) -> Array:
    """The gradient of each row, (N, K): ``s (1 + 2 z_loss lse) softmax(z) - t``."""
    lse = parts.top + xp.log(parts.total)
    scale = parts.mass * (1 + 2 * z_loss * lse) / parts.total
    t = named_mass(xp, parts.half, target)
    if parts.moved is not None:
        t = t + parts.moved
    return xp.where(parts.live, scale[:, None] * parts.powers - t, 0.0)


def named_mass(xp: Any, like: Array, target: SoftTarget) -> Array:
    """The mass on named classes as a dense array, (N, K)."""
    classes = xp.arange(target.num_classes, dtype=target.index.dtype, device=device(target.index))
    rows = xp.zeros_like(like)
    for j in range(target.index.shape[1]):
        weight = xp.astype(target.weight[:, j, None], rows.dtype)
        rows = rows + xp.where(target.index[:, j, None] == classes, weight, 0.0)
    return rows
