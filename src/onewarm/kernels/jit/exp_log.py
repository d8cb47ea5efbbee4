"""exp and log in vector instructions, and the two loops over a row with masked classes.

exp is Cody and Waite's reduction, ``x = n ln 2 + r`` with ln 2 in two parts, then a polynomial in r (interpolated at
Chebyshev nodes, relative error 1e-8 for float32 and 2e-17 for float64 before rounding) and n put into the exponent.
Its arguments are at most 0; below the smallest normal result it gives 0, so a masked class has probability 0 exactly.
log takes out the power of two, then a polynomial in ((x - 1) / (x + 1))^2.

Source: Muller, "Elementary Functions", 3rd edition, chapters 3 and 11.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.kernels.jit.decorators import chosen_by_type, loop, scalar
from onewarm.kernels.jit.intrinsics import bits_float64, cast, float64_bits, larger
from onewarm.kernels.jit.simd import full, times_power_of_two, where_at_least

BLOCK = 1024  # terms added in the logits' precision before they go to a float64 total

_HIGH, _LOW = 0.6931467056274414, 4.7493250390316726e-07  # ln 2 in two parts, for float64
_LOG2E = 1.4426950408889634
# log2 e, the number that rounds (x + 1.5 2^23 has round(x) in its lowest bits), ln 2 in two parts, the polynomial from
# its highest term down to 1, the lowest argument. Compiled code gets them as an array, and keeps them in registers for
# a whole loop; as literals they would be fetched from memory every time.
EXP_CONSTANTS: dict[str, NDArray[Any]] = {
    "float32": np.array(
        [
            *(_LOG2E, 1.5 * 2**23, 0.693145751953125, 1.428606820309417e-06),
            *(0.0013926183587713495, 0.0083631790527225774, 0.041666554617204574, 0.16666576989698776, 0.5, 1.0),
            -87.33,
        ],
        np.float32,
    ),
    "float64": np.array(
        [
            *(_LOG2E, 1.5 * 2**52, _HIGH, _LOW),
            *(2.5100385495510319e-8, 2.7620088445409748e-7, 2.7557268459997065e-6, 2.4801521295954375e-5),
            *(1.9841269863053618e-4, 1.3888888917213717e-3, 8.3333333333300618e-3, 4.1666666666624127e-2),
            *(0.16666666666666667, 0.5, 1.0),
            -708.39,
        ]
    ),
}


def exp_constants(array: Any, like: Any) -> Any:
    """An array of :data:`EXP_CONSTANTS` as :func:`exp` takes it: each in every lane of a vector of ``like``'s type."""
    raise NotImplementedError("compiled code only")


def exp(x: Any, c: Any) -> Any:
    """e^x of a vector of x <= 0, with c from :func:`exp_constants`; 0 where the result would not be a normal number."""
    raise NotImplementedError("compiled code only")


def _constants32(array: Any, like: Any) -> Any:
    return (
        *(full(array[0], like), full(array[1], like), full(array[2], like), full(array[3], like)),
        *(full(array[4], like), full(array[5], like), full(array[6], like), full(array[7], like)),
        *(full(array[8], like), full(array[9], like), full(array[10], like)),
    )


def _constants64(array: Any, like: Any) -> Any:
    return (
        *(full(array[0], like), full(array[1], like), full(array[2], like), full(array[3], like)),
        *(full(array[4], like), full(array[5], like), full(array[6], like), full(array[7], like)),
        *(full(array[8], like), full(array[9], like), full(array[10], like), full(array[11], like)),
        *(full(array[12], like), full(array[13], like), full(array[14], like), full(array[15], like)),
    )


def _exp32(x: Any, c: Any) -> Any:
    log2e, magic, high, low, a6, a5, a4, a3, a2, one, lowest = c
    shifted = x * log2e + magic
    n = shifted - magic
    r = (x - n * high) - n * low
    q = (((a6 * r + a5) * r + a4) * r + a3) * r + a2
    p = (q * r * r + r) + one
    return where_at_least(times_power_of_two(p, shifted), x, lowest)


def _exp64(x: Any, c: Any) -> Any:
    log2e, magic, high, low, a11, a10, a9, a8, a7, a6, a5, a4, a3, a2, one, lowest = c
    shifted = x * log2e + magic
    n = shifted - magic
    r = (x - n * high) - n * low
    q = ((((a11 * r + a10) * r + a9) * r + a8) * r + a7) * r + a6
    q = (((q * r + a5) * r + a4) * r + a3) * r + a2
    p = (q * r * r + r) + one
    return where_at_least(times_power_of_two(p, shifted), x, lowest)


chosen_by_type(exp_constants, float32=_constants32, float64=_constants64)
chosen_by_type(exp, float32=_exp32, float64=_exp64)


@scalar
def log(x: Any) -> Any:
    """ln x for a float64 x that is normal and positive: 1 to 2 units in the last place."""
    bits = float64_bits(x)
    # n such that x / 2^n lies in [sqrt(1/2), sqrt(2))
    n = (bits - np.int64(0x3FE6A09E667F3BCD)) >> 52
    f = bits_float64(bits - (n << 52)) - 1.0
    s = f / (2.0 + f)
    w = s * s
    q = 0.13086767009948174
    q = q * w + 0.13268759668560613
    q = q * w + 0.15386240205813478
    q = q * w + 0.18181795630884753
    q = q * w + 0.22222222391800469
    q = q * w + 0.2857142857080323
    q = q * w + 0.40000000000000878
    q = q * w + 0.66666666666666666
    half = 0.5 * f * f
    return n * _HIGH - ((half - (s * (half + q * w) + n * _LOW)) - f)


@loop
def max_and_bad(z: Any) -> Any:
    """The largest of z, and whether an entry is NaN or +inf."""
    top, bad = z[0], 0
    for k in range(z.size):
        top = larger(top, z[k])
        bad += 0 if z[k] < np.inf else 1
    return top, bad > 0


@loop
def masked_dot(z: Any, top: Any, row: Any) -> Any:
    """<row, z - top> over the classes that are not masked; the row's mass on those, and on the masked ones."""
    dot = cast(0.0, z)
    open_mass = cast(0.0, z)
    masked_mass = cast(0.0, z)
    for k in range(z.size):
        is_open = z[k] > -np.inf
        t = cast(row[k], z)
        dot += (z[k] - top) * t if is_open and t != 0 else cast(0.0, z)
        open_mass += t if is_open else cast(0.0, z)
        masked_mass += cast(0.0, z) if is_open else t
    return dot, open_mass, masked_mass
