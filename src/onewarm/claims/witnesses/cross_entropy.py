"""Witnesses of what cross-entropy is: a likelihood, an entropy and a divergence, a code's length, a proper score.

As in `identities`: no argument, and by name the largest difference met, or the smallest margin.
What a code, a float's exponential or another loss does instead is in `cross_entropy_rivals`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import onewarm
from onewarm.claims.witnesses import reference_float64 as truth
from onewarm.claims.witnesses.library_side import Worst, gradient_at, gradients_of, hard, loss_at, losses, soft
from onewarm.claims.witnesses.reference_float64 import Vector

SEED = 19_48
SIZES = (2, 3, 5, 12, 100, 1000)
FEW = (2, 3, 5, 12)


def spread_rows(sizes: tuple[int, ...], repeat: int = 12) -> Iterator[tuple[Vector, Vector, np.random.Generator]]:
    """Logits from near 0 to far apart, and targets from nearly one-hot to nearly uniform, of each size."""
    random = np.random.default_rng(SEED)
    for classes in sizes:
        for scale in np.geomspace(0.3, 10, repeat):
            z = scale * random.standard_normal(classes)
            yield z, random.dirichlet(np.full(classes, scale)), random


def likelihood() -> dict[str, float]:
    """Losses of independent answers add; their sum is minus a log-likelihood; exp of their mean is the perplexity."""
    joint, product, perplexity, uniform = Worst(), Worst(), Worst(), Worst()
    for z, _, random in spread_rows(FEW):
        K = len(z)
        w = random.standard_normal(K + 1)
        a, b = int(random.integers(K)), int(random.integers(K + 1))
        both = np.add.outer(z, w).ravel()  # independent answers: probabilities multiply, logits add
        pair = loss_at(both, hard(a * (K + 1) + b, K * (K + 1)))
        joint.see(pair - loss_at(z, hard(a, K)) - loss_at(w, hard(b, K + 1)))
        rows, labels = random.standard_normal((8, K)), random.integers(K, size=8)
        target = onewarm.one_hot(labels, K)
        chances = [float(truth.softmax(row)[y]) for row, y in zip(rows, labels, strict=True)]
        summed = float(onewarm.cross_entropy(rows, target, reduction="sum"))
        product.see(np.exp(-summed) / np.prod(chances) - 1)
        mean = float(onewarm.cross_entropy(rows, target))
        perplexity.see(np.exp(mean) * np.prod(chances) ** (1 / 8) - 1)
        uniform.see(np.exp(float(onewarm.cross_entropy(np.zeros((8, K)), target))) / K - 1)
    return {
        "joint": joint.value,
        "product": product.value,
        "perplexity": perplexity.value,
        "uniform": uniform.value,
    }


def entropy_and_kl() -> dict[str, float]:
    """The loss against entropy plus divergence, each written out; the divergence at p = t and elsewhere."""
    split, entropy, met = Worst(), Worst(), Worst()
    least = np.inf
    for z, t, random in spread_rows(SIZES):
        target, divergence = soft(t), truth.kl(t, truth.log_softmax(z))
        split.see(loss_at(z, target) - (truth.entropy(t) + divergence))
        entropy.see(float(np.asarray(target.entropy())[0]) - truth.entropy(t))
        positive = np.maximum(t, 1e-12) / np.maximum(t, 1e-12).sum()
        met.see(loss_at(np.log(positive), soft(positive)) - truth.entropy(positive))
        near = np.log(positive) + 0.01 * random.standard_normal(len(t))  # the floor is only in danger close to it
        for there in (z, near):
            least = min(least, loss_at(there, soft(positive)) - truth.entropy(positive))
    return {"split": split.value, "entropy": entropy.value, "met": met.value, "least": float(least)}


def proper() -> dict[str, float]:
    """Minimise the expected loss over labels from pi; fit sampled labels; count what absolute error would choose."""
    optimum, excess, counted = Worst(), Worst(), Worst()
    random = np.random.default_rng(SEED)
    for classes in FEW:
        each = onewarm.one_hot(np.arange(classes), classes)  # every label once, weighted by its chance
        for _ in range(4):
            pi, z = random.dirichlet(np.full(classes, 2.0)), 3 * random.standard_normal(classes)
            expected = each.scale(pi)
            best = truth.minimise(gradients_of(expected), z)
            optimum.see(truth.softmax(best) - pi)
            gap = float((losses(z[None, :], expected) - losses(best[None, :], expected))[0])
            excess.see(gap - truth.kl(pi, truth.log_softmax(z)))
    learned = np.inf
    pi = np.array([0.5, 0.25, 0.15, 0.1])
    for seed in range(20):
        labels = np.random.default_rng(seed).choice(4, size=10_000, p=pi)
        away = []
        for n in (100, 10_000):
            counts = np.bincount(labels[:n], minlength=4)
            fitted = truth.minimise(gradients_of(onewarm.one_hot(np.arange(4), 4).scale(counts / n)), np.zeros(4))
            counted.see(truth.softmax(fitted) - counts / n)
            away.append(truth.kl(pi, truth.log_softmax(fitted)))
        learned = min(learned, away[0] - away[1])
    return {
        "optimum": optimum.value,
        "excess": excess.value,
        "counted": counted.value,
        "learned": float(learned),
        "absolute": _absolute_misses(pi[:3] / pi[:3].sum()),
    }


def _absolute_misses(pi: Vector) -> float:
    """How far from pi the p lies that minimises the expected sum of |onehot(y) - p|: all p on a grid, 3 classes."""
    steps = 50
    grid = np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    costs = sum(chance * np.abs(truth.onehot(y, 3) - grid).sum(axis=1) for y, chance in enumerate(pi))
    return float(np.abs(grid[int(np.argmin(costs))] - pi).max())


def direction() -> dict[str, float]:
    """KL both ways; and what a bell on a line becomes when either is minimised against two humps."""
    mirror, moments = Worst(), Worst()
    apart = narrower = np.inf
    for z, t, _ in spread_rows((3, 5, 12)):
        t = np.maximum(t, 1e-9) / np.maximum(t, 1e-9).sum()
        p = truth.softmax(z)
        apart = min(apart, abs(truth.kl(t, np.log(p)) - truth.kl(p, np.log(t))))
        two = np.array([p[0], 1 - p[0]])
        mirror.see(_forward(two, np.log(two[::-1])) - _forward(two[::-1], np.log(two)))
    x = np.linspace(-4, 4, 41)
    for left, between in ((0.5, 2.0), (0.6, 1.5), (0.3, 2.5)):
        t = left * _bell(x, -between, 0.6) + (1 - left) * _bell(x, between, 0.6)
        features = np.stack([x, x**2], axis=1)  # a bell's logits: one number times x, one times x squared

        def slope(rows: Vector, t: Vector = t, features: Vector = features) -> Vector:
            return np.stack([gradient_at(features @ row, soft(t)) @ features for row in rows])

        p = truth.softmax(features @ truth.minimise(slope, np.array([0.0, -0.1]), centred=False))
        moments.see(p @ features - t @ features)
        widths = [(m, s) for m in np.linspace(-3, 3, 61) for s in np.geomspace(0.2, 4, 40)]
        back = min((_bell(x, m, s) for m, s in widths), key=lambda q: truth.kl(q, np.log(t)))
        narrower = min(narrower, _spread(p, x) - _spread(back, x))
    return {"mirror": mirror.value, "apart": float(apart), "moments": moments.value, "narrower": float(narrower)}


def _forward(t: Vector, z: Vector) -> float:
    """KL(t || softmax(z)) from the library: its loss less its entropy."""
    return loss_at(z, soft(t)) - float(np.asarray(soft(t).entropy())[0])


def _bell(x: Vector, middle: float, width: float) -> Vector:
    return truth.softmax(-0.5 * ((x - middle) / width) ** 2)


def _spread(p: Vector, x: Vector) -> float:
    return float(np.sqrt(p @ x**2 - (p @ x) ** 2))


def rows_with_mass() -> dict[str, float]:
    """The mean over rows that have mass, weights as mass, and classes that are masked."""
    mean, ignored, weight, masked, moved = Worst(), Worst(), Worst(), Worst(), Worst()
    for z, t, random in spread_rows(FEW):
        K = len(z)
        rows = np.stack([z, -z, 2 * z])
        labels = random.integers(K, size=3)
        plain = onewarm.one_hot(labels, K)
        each = [truth.cross_entropy(truth.onehot(int(y), K), row) for row, y in zip(rows, labels, strict=True)]
        mean.see(float(onewarm.cross_entropy(rows, plain)) - sum(each) / 3)
        more = np.concatenate([rows, [np.full(K, 1e30)]])
        some = onewarm.one_hot(np.append(labels, -100), K)  # -100 says: no mass
        loss, gradient = onewarm.cross_entropy_with_gradient(more, some)
        ignored.see(float(loss) - sum(each) / 3, np.asarray(gradient)[3])
        w = random.uniform(0.1, 3, size=3)
        scaled = onewarm.cross_entropy(rows, plain.scale(w), reduction="none")
        weight.see(np.asarray(scaled) - w * each)
        with_more, seen = np.append(z, -np.inf), int(labels[0])
        masked.see(loss_at(with_more, hard(seen, K + 1)) - each[0])
        row = np.append(t, 0.5) / 1.5  # a table row that gives the masked class a third
        smoothed = onewarm.smooth(np.array([seen]), 0.3, num_classes=K + 1, prior=row)
        by_hand = 0.7 * truth.onehot(seen, K) + 0.3 * t
        moved.see(loss_at(with_more, smoothed) - truth.cross_entropy(by_hand, z))
    empty = onewarm.one_hot(np.array([-100, -100]), 3)
    ignored.see(float(onewarm.cross_entropy(np.zeros((2, 3)), empty)))
    return {
        "mean": mean.value,
        "ignored": ignored.value,
        "weight": weight.value,
        "masked": masked.value,
        "moved": moved.value,
    }


def infimum() -> dict[str, float]:
    """The hard loss at a lead over equal rivals, and along the ray that scales all logits."""
    closed, level = Worst(), Worst()
    least = fall = np.inf
    for classes in (2, 3, 10, 1000):
        for lead in (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0):
            z = lead * truth.onehot(0, classes)
            found = loss_at(z, hard(0, classes))
            closed.see(found - np.log1p((classes - 1) * np.exp(-lead)))
            least = min(least, found)
        level.see(loss_at(np.zeros(classes), hard(0, classes)) - np.log(classes))
    for z, _, _ in spread_rows(FEW):
        label = int(z.argmax())
        along = [loss_at(s * z / np.ptp(z), hard(label, len(z))) for s in (1.0, 2.0, 4.0, 8.0)]
        fall = min(fall, float(-np.diff(along).max()))
    return {"closed_form": closed.value, "level": level.value, "least": float(least), "fall": float(fall)}
