"""Arithmetic that the compiler turns into vector instructions: exp, log, and the passes over a row.

exp is Cody and Waite's reduction, ``x = n ln 2 + r`` with ln 2 in two parts, then a polynomial in r (interpolated at
Chebyshev nodes, relative error 1e-8 for float32 and 2e-17 for float64 before rounding) and n put into the exponent.
Its arguments are at most 0; below the smallest normal result it gives 0, so a masked class has probability 0 exactly.
log takes out the power of two, then a polynomial in ((x - 1) / (x + 1))^2.

Source: Muller, "Elementary Functions", 3rd edition, chapters 3 and 11.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from onewarm.kernels.compile import (
    bits_float32,
    bits_float64,
    cast,
    chosen_by_type,
    float32_bits,
    float64_bits,
    glue,
    larger,
    loop,
    scalar,
)
from onewarm.kernels.half import number

BLOCK = 1024  # terms added in the logits' precision before they go to a float64 total

_f = np.float32
_LOG2E = 1.4426950408889634
_MAGIC32, _MAGIC64 = _f(1.5 * 2**23), 1.5 * 2**52  # x + MAGIC has round(x) in its lowest bits
_LOWEST32, _LOWEST64 = _f(-87.33), -708.39
_LOG2E32, _HIGH32, _LOW32 = _f(_LOG2E), _f(0.693145751953125), _f(1.428606820309417e-06)
_HIGH64, _LOW64 = 0.6931467056274414, 4.7493250390316726e-07
_A2, _A3, _A4, _A5, _A6 = (
    _f(0.5),
    _f(0.16666576989698776),
    _f(0.041666554617204574),
    _f(0.0083631790527225774),
    _f(0.0013926183587713495),
)


def exp(x: Any) -> Any:
    """e^x for x <= 0 of float32 or float64; 0 where the result would not be a normal number."""
    raise NotImplementedError("compiled code only")


@scalar
def _exp32(x: Any) -> Any:
    shifted = x * _LOG2E32 + _MAGIC32
    n = shifted - _MAGIC32
    r = (x - n * _HIGH32) - n * _LOW32
    q = (((_A6 * r + _A5) * r + _A4) * r + _A3) * r + _A2
    p = (q * r * r + r) + _f(1)
    y = bits_float32(np.int32(float32_bits(p) + np.int32(float32_bits(shifted) << np.int32(23))))
    return y if x >= _LOWEST32 else _f(0)


@scalar
def _exp64(x: Any) -> Any:
    shifted = x * _LOG2E + _MAGIC64
    n = shifted - _MAGIC64
    r = (x - n * _HIGH64) - n * _LOW64
    q = 2.5100385495510319e-8
    q = q * r + 2.7620088445409748e-7
    q = q * r + 2.7557268459997065e-6
    q = q * r + 2.4801521295954375e-5
    q = q * r + 1.9841269863053618e-4
    q = q * r + 1.3888888917213717e-3
    q = q * r + 8.3333333333300618e-3
    q = q * r + 4.1666666666624127e-2
    q = q * r + 0.16666666666666667
    q = q * r + 0.5
    p = (q * r * r + r) + 1.0
    y = bits_float64(float64_bits(p) + (float64_bits(shifted) << 52))
    return y if x >= _LOWEST64 else 0.0


chosen_by_type(exp, float32=lambda x: _exp32(x), float64=lambda x: _exp64(x))


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
    return n * _HIGH64 - ((half - (s * (half + q * w) + n * _LOW64)) - f)


@glue
def survey(z: Any) -> Any:
    """The largest of z, and its sum: not finite if an entry is not (or the sum overflows; then look closer)."""
    top, total = z[0], cast(0.0, z)
    for k in range(z.size):
        top = larger(top, z[k])
        total += z[k]
    return top, total


@loop
def inspect(z: Any) -> Any:
    """The largest of z, and whether an entry is NaN or +inf."""
    top, wrong = z[0], 0
    for k in range(z.size):
        top = larger(top, z[k])
        wrong += 0 if z[k] < np.inf else 1
    return top, wrong > 0


@glue
def exponentials(z: Any, top: Any, e: Any) -> Any:
    """e <- exp(z - top); their sum."""
    total = cast(0.0, z)
    for k in range(z.size):
        v = exp(z[k] - top)
        e[k] = v
        total += v
    return total


@glue
def last_exponentials(z: Any, top: Any, e: Any, new: Any) -> Any:
    """:func:`exponentials`, but only what ``new`` says (0 or 1) goes into the sum."""
    total = cast(0.0, z)
    for k in range(z.size):
        v = exp(z[k] - top)
        e[k] = v
        total += v * new[k]
    return total


@glue
def exponentials_and_dot(z: Any, top: Any, e: Any, row: Any) -> Any:
    """e <- exp(z - top); their sum, <row, z - top>, and the sum of the row."""
    total = cast(0.0, z)
    dot = cast(0.0, z)
    mass = cast(0.0, z)
    for k in range(z.size):
        d = z[k] - top
        v = exp(d)
        t = cast(number(row[k]), z)
        e[k] = v
        total += v
        dot += d * t
        mass += t
    return total, dot, mass


@glue
def last_exponentials_and_dot(z: Any, top: Any, e: Any, row: Any, new: Any) -> Any:
    """:func:`exponentials_and_dot`, but only what ``new`` says (0 or 1) goes into the sums."""
    total = cast(0.0, z)
    dot = cast(0.0, z)
    mass = cast(0.0, z)
    for k in range(z.size):
        d = z[k] - top
        v = exp(d)
        t = cast(number(row[k]), z) * new[k]
        e[k] = v
        total += v * new[k]
        dot += d * t
        mass += t
    return total, dot, mass


@loop
def dot_and_shares(z: Any, top: Any, row: Any) -> Any:
    """<row, z - top> over the classes that are not masked, and the row's mass on those and on the others."""
    dot = cast(0.0, z)
    kept = cast(0.0, z)
    lost = cast(0.0, z)
    for k in range(z.size):
        live = z[k] > -np.inf
        t = cast(number(row[k]), z)
        dot += (z[k] - top) * t if live and t != 0 else cast(0.0, z)
        kept += t if live else cast(0.0, z)
        lost += cast(0.0, z) if live else t
    return dot, kept, lost
