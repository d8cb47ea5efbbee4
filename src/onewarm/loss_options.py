"""How a loss is reduced and regularised: one value, checked once where the user hands it over."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, TypeAlias

from onewarm import checks
from onewarm.errors import InputError

Reduction: TypeAlias = Literal["mean", "sum", "none"]
Normalizer: TypeAlias = Literal["rows", "mass"] | float | Any


class LossOptions(NamedTuple):
    """Checked options of a loss; make them with :func:`loss_options`."""

    reduction: Reduction = "mean"
    normalizer: Normalizer = "rows"  # what "mean" divides by
    z_loss: Any = 0.0  # a float; an array only where its value cannot be read yet, or where it requires a gradient
    move_mass: bool = True  # whether a table row's mass on masked classes moves to the others; else it costs +inf
    check: bool = True  # whether logits and mass that give no loss raise; else that loss and its gradient are NaN
    logit_scale: Any = 1.0  # a factor of the logits: a number like z_loss
    softcap: Any = None  # c of c tanh(z / c), likewise, or None

    @property
    def maps_logits(self) -> bool:
        """Whether the loss is not of the logits as they come, but of :func:`onewarm.softcap.capped` of them."""
        return self.softcap is not None or not (type(self.logit_scale) is float and self.logit_scale == 1)


def loss_options(
    reduction: Any = "mean",
    normalizer: Any = "rows",
    z_loss: Any = 0.0,
    move_mass: bool = True,
    check: bool = True,
    logit_scale: Any = 1.0,
    softcap: Any = None,
) -> LossOptions:
    """Check the options of a loss and return them as one value.

    Numbers of NumPy and arrays of shape () become Python numbers. What a tracer hides (``jax.jit``, ``torch.compile``)
    or autograd differentiates stays as it is, and so does a normalizer on a GPU, to avoid a synchronisation.

    Raises:
        ValueError: an unknown ``reduction`` or ``normalizer``; a mean over a number that is not finite and above 0; a
            ``z_loss`` that is not finite, or below 0; a ``logit_scale`` or ``softcap`` that is not finite and above 0.

    Example:
        >>> import numpy as np
        >>> loss_options("sum", z_loss=np.float32(0.5))[:3]
        ('sum', 'rows', 0.5)
    """
    if reduction not in ("mean", "sum", "none"):
        raise InputError(f"reduction is {reduction!r}: expected 'mean', 'sum' or 'none'")
    if not (isinstance(normalizer, str) and normalizer in ("rows", "mass")):
        normalizer = _normalizer(normalizer, checked=reduction == "mean")
    if not (type(z_loss) is float and 0 <= z_loss < math.inf):
        z_loss = _z_loss(z_loss)
    if not (type(logit_scale) is float and 0 < logit_scale < math.inf):
        logit_scale = _positive(logit_scale, "logit_scale")
    if softcap is not None:
        softcap = _positive(softcap, "softcap")
    return LossOptions(reduction, normalizer, z_loss, move_mass, check, logit_scale, softcap)


def _normalizer(value: Any, *, checked: bool) -> Any:
    if value is None or isinstance(value, str):
        raise InputError(f"normalizer is {value!r}: expected 'rows', 'mass' or a number")
    if checks.is_tensor(value) and not value.is_cpu:
        return value
    number = checks.number(value)
    if number is None or not checked:
        return value  # :func:`onewarm.definition.divisor` checks a value that is not yet a number, when it is used
    if not math.isfinite(number):
        raise InputError(f"normalizer is {number:g}: expected a finite number")
    if number <= 0:
        raise InputError(f"normalizer is {number:g}: expected a number above 0, by which the loss is divided")
    return checks.undifferentiated(value, number)


def _z_loss(value: Any) -> Any:
    number = checks.number(value)
    if number is None and checks.hidden(value):
        return value
    if number is None:
        raise InputError(f"z_loss is {value!r}: expected a finite number, not negative")
    if not 0 <= number < math.inf:
        raise InputError(f"z_loss is {number:g}: expected a finite number, not negative")
    return checks.undifferentiated(value, float(number))


def _positive(value: Any, name: str) -> Any:
    return value if checks.hidden(value) else checks.undifferentiated(value, checks.positive(value, name))
