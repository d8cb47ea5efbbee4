"""Logits as the loss sees them: scaled, and capped by a hyperbolic tangent.

    z -> c tanh(scale z / c)        d/dz = scale / cosh(scale z / c)^2

An infinite logit stays what it is: -inf masks its class, and +inf has no loss.
"""

from __future__ import annotations

from typing import Any

from onewarm.checks import Array, array_namespace


def capped(z: Array, scale: Any = 1.0, cap: Any = None) -> Array:
    """Logits in float32 or float64, scaled, and capped unless ``cap`` is None.

    Args:
        z: of any shape.
        scale: above 0.
        cap: above 0, or None.

    Example:
        >>> import numpy as np
        >>> capped(np.array([-np.inf, 0.0, 1.0, 1e9]), 2.0, 30.0).round(3)
        array([  -inf,  0.   ,  1.997, 30.   ])

    Source: Gemma Team, "Gemma 2", 2024, section 2, "Logit soft-capping".
    """
    if cap is None:
        return z * scale
    xp = array_namespace(z)
    finite = xp.isfinite(z)
    return xp.where(finite, cap * xp.tanh(xp.where(finite, z, 0.0) * (scale / cap)), z)


def slope(z: Array, scale: Any = 1.0, cap: Any = None) -> Array:
    """The derivative of :func:`capped`; under a cap 0 for a logit that is not finite.

    Where the hyperbolic tangent is 1 to the last digit, ``1 - tanh(a)^2`` has no digit left; ``4 u / (1 + u)^2`` with
    ``u = exp(-2 |a|)`` has all of them.

    Example:
        >>> import numpy as np
        >>> slope(np.array([-np.inf, 0.0, 300.0]), 1.0, 30.0)
        array([0.00000000e+00, 1.00000000e+00, 8.24461446e-09])
    """
    xp = array_namespace(z)
    if cap is None:
        return xp.full_like(z, scale)
    finite = xp.isfinite(z)
    u = xp.exp(-2.0 * xp.abs(xp.where(finite, z, 0.0) * (scale / cap)))
    return xp.where(finite, scale * (4.0 * u / (1.0 + u) ** 2), 0.0)
