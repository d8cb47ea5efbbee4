"""Witnesses that compare cross-entropy with something else: the length of a code, a naive formula, the squared error.

As in `label_smoothing`, a witness takes no argument and returns the largest difference, or the smallest margin, under
the names of the ledger's predictions.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from onewarm.claims.witnesses import reference_float64 as truth
from onewarm.claims.witnesses.cross_entropy import FEW, SEED, spread_rows
from onewarm.claims.witnesses.library_side import Worst, gradient_at, hard, loss_at, losses, soft
from onewarm.claims.witnesses.reference_float64 import Vector


def code_length() -> dict[str, float]:
    """Give every class a binary codeword of ceil(-log2 p) bits, send classes drawn from t, and count the bits."""
    kraft, changed, below, beyond, dyadic = Worst(), Worst(), Worst(), Worst(), Worst()
    for z, t, random in spread_rows((2, 3, 5, 12, 100)):
        p = truth.softmax(z)
        lengths = np.ceil(-np.log2(p)).astype(int)
        bits = loss_at(z, soft(t)) / np.log(2)
        mean = float(t @ lengths)
        kraft.see(max(0.0, float(np.sum(2.0**-lengths)) - 1))
        below.see(max(0.0, bits - mean))
        beyond.see(max(0.0, mean - bits - 1))
        sent = [int(k) for k in random.choice(len(t), size=50, p=t)]
        words = _codewords(lengths)
        received = _decode("".join(words[k] for k in sent), {word: k for k, word in enumerate(words)})
        changed.see(float(received != sent))
    for classes in (2, 3, 5, 12):
        halves = np.minimum(np.arange(1, classes + 1), classes - 1)  # 1/2, 1/4, ..., and the last one twice
        z, t = -np.log(2) * halves, np.random.default_rng(classes).dirichlet(np.ones(classes))
        dyadic.see(loss_at(z, soft(t)) / np.log(2) - t @ halves)
    return {
        "kraft": kraft.value,
        "changed": changed.value,
        "below": below.value,
        "beyond": beyond.value,
        "dyadic": dyadic.value,
    }


def _codewords(lengths: Any) -> list[str]:
    """The canonical prefix code with these lengths: words count up in binary, the shortest first."""
    words, code, last = [""] * len(lengths), 0, 0
    for k in np.argsort(lengths, kind="stable"):
        code <<= int(lengths[k]) - last
        last = int(lengths[k])
        words[k] = format(code, f"0{last}b") if last else ""
        code += 1
    return words


def _decode(bits: str, words: Mapping[str, int]) -> list[int]:
    """Read word after word: no word begins another, so the first match is right. [] if the last word is cut short."""
    decoded, start = [], 0
    for end in range(1, len(bits) + 1):
        if bits[start:end] in words:
            decoded.append(words[bits[start:end]])
            start = end
    return decoded if start == len(bits) else []


def softmax_cancels() -> dict[str, float]:
    """The gradient in the logits against the chain rule through the probabilities, and that of the squared error."""
    chain, over, stalled = Worst(), Worst(), Worst()
    pull = np.inf
    for z, t, _ in spread_rows((*FEW, 100), repeat=8):
        p = truth.softmax(z / 2)  # logits far apart: p is as small as 1e-9, and t/p as large as 1e9
        jacobian = np.diag(p) - np.outer(p, p)
        gradient = gradient_at(z / 2, soft(t))
        chain.see(jacobian @ (-t / p) - gradient)
        over.see(max(0.0, float(np.abs(gradient).max()) - 1))
    for classes in FEW:
        for lead in (5.0, 10.0, 20.0, 30.0):  # the first class is right, the second leads
            z = lead * truth.onehot(1, classes)
            p, y = truth.softmax(z), truth.onehot(0, classes)
            pull = min(pull, -float(gradient_at(z, hard(0, classes))[0]))
            if lead == 30:
                stalled.see(((np.diag(p) - np.outer(p, p)) @ (2 * (p - y)))[0])
    return {"chain": chain.value, "over": over.value, "pull": float(pull), "stalled": stalled.value}


def stable_form() -> dict[str, float]:
    """A number added to all logits, logits of thousands against fifty digits, and the naive formula at such logits."""
    shift, large = Worst(), Worst()
    failures = tries = 0
    random = np.random.default_rng(SEED)
    for classes in FEW:
        for scale in (1.0, 10.0, 1e3, 1e4):
            z = (
                np.round(scale * random.standard_normal(classes) * 1024) / 1024
            )  # binary fractions: adding c below is exact
            t = random.dirichlet(np.ones(classes))
            for c in (-1e5, -1000.0, 8.0, 1000.0, 1e5):
                shift.see(loss_at(z + c, soft(t)) / loss_at(z, soft(t)) - 1)
            exact = _exact(z, t)
            large.see(float((Decimal(loss_at(z, soft(t))) - exact) / exact))
            if scale >= 1e3:
                tries += 1
                with np.errstate(all="ignore"):
                    naive = -(t * np.log(np.exp(z) / np.exp(z).sum())).sum()
                failures += not np.isfinite(naive)
    return {"shift": shift.value, "large": large.value, "naive": failures / tries}


def _exact(z: Vector, t: Vector) -> Decimal:
    """sum_k t_k (log sum_j exp(z_j) - z_k), to fifty digits."""
    with localcontext(prec=50):
        logits, mass = [Decimal(float(v)) for v in z], [Decimal(float(v)) for v in t]
        top = max(logits)
        lse = top + sum(((v - top).exp() for v in logits), Decimal(0)).ln()
        return sum((m * (lse - v) for m, v in zip(mass, logits, strict=True)), Decimal(0))


def convex() -> dict[str, float]:
    """The loss against its chords and tangents; the squared error of the softmax against a chord."""
    chord, tangent, squared = Worst(), Worst(), 0.0
    for z, t, random in spread_rows((*FEW, 100)):
        w, target = z + 3 * random.standard_normal(len(z)), soft(t)
        ends = losses(np.stack([z, w]), target)
        shares = np.linspace(0, 1, 11)[:, None]
        between = losses((1 - shares) * z + shares * w, target)
        chord.see(max(0.0, float((between - ((1 - shares[:, 0]) * ends[0] + shares[:, 0] * ends[1])).max())))
        line = ends[0] + gradient_at(z, target) @ (w - z)
        tangent.see(max(0.0, float(line - ends[1])))
        label = truth.onehot(int(random.integers(len(z))), len(z))
        brier = [float(((truth.softmax(row) - label) ** 2).sum()) for row in (z, w, (z + w) / 2)]
        squared = max(squared, brier[2] - (brier[0] + brier[1]) / 2)
    return {"chord": chord.value, "tangent": tangent.value, "squared": squared}
