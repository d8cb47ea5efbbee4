"""Arithmetic that the compiler turns into vector instructions: exp, log, and loops over a row that are rarely run.

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

from onewarm.kernels.cpu.jit import bits_float64, cast, chosen_by_type, float64_bits, larger, loop, scalar
from onewarm.kernels.cpu.simd import from_limit, full, times_power

BLOCK = 1024  # terms added in the logits' precision before they go to a float64 total

_HIGH, _LOW = 0.6931467056274414, 4.7493250390316726e-07  # ln 2 in two parts, for float64
_LOG2E = 1.4426950408889634
# log2 e, the number that rounds (x + 1.5 2^23 has round(x) in its lowest bits), ln 2 in two parts, the polynomial from
# its highest term down to 1, the lowest argument. Given to compiled code as an array: what a loop needs then stays in
# registers, where constants would be fetched from memory every time.
EXP: dict[str, NDArray[Any]] = {
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


def constants(numbers: Any, like: Any) -> Any:
    """An array of :data:`EXP` as :func:`exp` takes it, for vectors of the entries of ``like``."""
    raise NotImplementedError("compiled code only")


def exp(x: Any, c: Any) -> Any:
    """e^x for x <= 0 of a vector; 0 where the result would not be a normal number. c as :func:`constants` gives it."""
    raise NotImplementedError("compiled code only")


@scalar
def _constants32(a: Any, like: Any) -> Any:
    return (
        *(full(a[0], like), full(a[1], like), full(a[2], like), full(a[3], like), full(a[4], like), full(a[5], like)),
        *(full(a[6], like), full(a[7], like), full(a[8], like), full(a[9], like), full(a[10], like)),
    )


@scalar
def _constants64(a: Any, like: Any) -> Any:
    return (
        *(full(a[0], like), full(a[1], like), full(a[2], like), full(a[3], like), full(a[4], like), full(a[5], like)),
        *(full(a[6], like), full(a[7], like), full(a[8], like), full(a[9], like), full(a[10], like)),
        *(full(a[11], like), full(a[12], like), full(a[13], like), full(a[14], like), full(a[15], like)),
    )


@scalar
def _exp32(x: Any, c: Any) -> Any:
    log2e, magic, high, low, a6, a5, a4, a3, a2, one, lowest = c
    shifted = x * log2e + magic
    n = shifted - magic
    r = (x - n * high) - n * low
    q = (((a6 * r + a5) * r + a4) * r + a3) * r + a2
    p = (q * r * r + r) + one
    return from_limit(times_power(p, shifted), x, lowest)


@scalar
def _exp64(x: Any, c: Any) -> Any:
    log2e, magic, high, low, a11, a10, a9, a8, a7, a6, a5, a4, a3, a2, one, lowest = c
    shifted = x * log2e + magic
    n = shifted - magic
    r = (x - n * high) - n * low
    q = ((((a11 * r + a10) * r + a9) * r + a8) * r + a7) * r + a6
    q = (((q * r + a5) * r + a4) * r + a3) * r + a2
    p = (q * r * r + r) + one
    return from_limit(times_power(p, shifted), x, lowest)


chosen_by_type(constants, float32=lambda a, like: _constants32(a, like), float64=lambda a, like: _constants64(a, like))
chosen_by_type(exp, float32=lambda x, c: _exp32(x, c), float64=lambda x, c: _exp64(x, c))


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
def inspect(z: Any) -> Any:
    """The largest of z, and whether an entry is NaN or +inf."""
    top, wrong = z[0], 0
    for k in range(z.size):
        top = larger(top, z[k])
        wrong += 0 if z[k] < np.inf else 1
    return top, wrong > 0


@loop
def dot_and_shares(z: Any, top: Any, row: Any) -> Any:
    """<row, z - top> over the classes that are not masked, and the row's mass on those and on the others."""
    dot = cast(0.0, z)
    kept = cast(0.0, z)
    lost = cast(0.0, z)
    for k in range(z.size):
        live = z[k] > -np.inf
        t = cast(row[k], z)
        dot += (z[k] - top) * t if live and t != 0 else cast(0.0, z)
        kept += t if live else cast(0.0, z)
        lost += cast(0.0, z) if live else t
    return dot, kept, lost
