"""Witnesses of cross-entropy's identities: as a likelihood, as entropy plus divergence, and as a proper score.

As in `label_smoothing`, a witness takes no argument and returns the largest difference, or the smallest margin, under
the names of the ledger's predictions. Comparisons with codes, formulas and other losses are in `cross_entropy_rivals`.
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
    """(logits, target row, generator) for each size: logits from near 0 to far apart, targets from peaked to flat."""
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
        probabilities = [float(truth.softmax(row)[y]) for row, y in zip(rows, labels, strict=True)]
        summed = float(onewarm.cross_entropy(rows, target, reduction="sum"))
        product.see(np.exp(-summed) / np.prod(probabilities) - 1)
        mean = float(onewarm.cross_entropy(rows, target))
        perplexity.see(np.exp(mean) * np.prod(probabilities) ** (1 / 8) - 1)
        uniform.see(np.exp(float(onewarm.cross_entropy(np.zeros((8, K)), target))) / K - 1)
    return {
        "joint": joint.value,
        "product": product.value,
        "perplexity": perplexity.value,
        "uniform": uniform.value,
    }


def entropy_and_kl() -> dict[str, float]:
    """The loss against the reference's entropy plus divergence, and against the entropy at and near p = t."""
    split, entropy, met = Worst(), Worst(), Worst()
    least = np.inf
    for z, t, random in spread_rows(SIZES):
        target, divergence = soft(t), truth.kl(t, truth.log_softmax(z))
        split.see(loss_at(z, target) - (truth.entropy(t) + divergence))
        entropy.see(float(np.asarray(target.entropy())[0]) - truth.entropy(t))
        positive = np.maximum(t, 1e-12) / np.maximum(t, 1e-12).sum()
        met.see(loss_at(np.log(positive), soft(positive)) - truth.entropy(positive))
        near = np.log(positive) + 0.01 * random.standard_normal(
            len(t)
        )  # only close to the minimiser could the loss fall below it
        for logits in (z, near):
            least = min(least, loss_at(logits, soft(positive)) - truth.entropy(positive))
    return {"split": split.value, "entropy": entropy.value, "met": met.value, "least": float(least)}


def proper() -> dict[str, float]:
    """The minimiser of the expected loss over labels from pi, fits to sampled labels, and that of absolute error."""
    optimum, excess, counted = Worst(), Worst(), Worst()
    random = np.random.default_rng(SEED)
    for classes in FEW:
        every_label = onewarm.one_hot(np.arange(classes), classes)  # to be weighted by its probability
        for _ in range(4):
            pi, z = random.dirichlet(np.full(classes, 2.0)), 3 * random.standard_normal(classes)
            expected = every_label.scale(pi)
            best = truth.minimise(gradients_of(expected), z)
            optimum.see(truth.softmax(best) - pi)
            gap = float((losses(z[None, :], expected) - losses(best[None, :], expected))[0])
            excess.see(gap - truth.kl(pi, truth.log_softmax(z)))
    learned = np.inf
    pi = np.array([0.5, 0.25, 0.15, 0.1])
    for seed in range(20):
        labels = np.random.default_rng(seed).choice(4, size=10_000, p=pi)
        distances = []
        for n in (100, 10_000):
            counts = np.bincount(labels[:n], minlength=4)
            fitted = truth.minimise(gradients_of(onewarm.one_hot(np.arange(4), 4).scale(counts / n)), np.zeros(4))
            counted.see(truth.softmax(fitted) - counts / n)
            distances.append(truth.kl(pi, truth.log_softmax(fitted)))
        learned = min(learned, distances[0] - distances[1])
    return {
        "optimum": optimum.value,
        "excess": excess.value,
        "counted": counted.value,
        "learned": float(learned),
        "absolute": _absolute_misses(pi[:3] / pi[:3].sum()),
    }


def _absolute_misses(pi: Vector) -> float:
    """The distance from pi of the p that minimises the expected sum of |onehot(y) - p|, on a grid over 3 classes."""
    steps = 50
    grid = np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    costs = sum(p_y * np.abs(truth.onehot(y, 3) - grid).sum(axis=1) for y, p_y in enumerate(pi))
    return float(np.abs(grid[int(np.argmin(costs))] - pi).max())


def direction() -> dict[str, float]:
    """KL in both directions, and the bell on a line that minimises either direction against a mixture of two bells."""
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
        features = np.stack([x, x**2], axis=1)  # the logits of a bell are a x + b x^2

        def slope(rows: Vector, t: Vector = t, features: Vector = features) -> Vector:
            return np.stack([gradient_at(features @ row, soft(t)) @ features for row in rows])

        p = truth.softmax(features @ truth.minimise(slope, np.array([0.0, -0.1]), centred=False))
        moments.see(p @ features - t @ features)
        widths = [(m, s) for m in np.linspace(-3, 3, 61) for s in np.geomspace(0.2, 4, 40)]
        reverse = min((_bell(x, m, s) for m, s in widths), key=lambda q: truth.kl(q, np.log(t)))
        narrower = min(narrower, _deviation(p, x) - _deviation(reverse, x))
    return {"mirror": mirror.value, "apart": float(apart), "moments": moments.value, "narrower": float(narrower)}


def _forward(t: Vector, z: Vector) -> float:
    """KL(t || softmax(z)) from the library: its loss minus its entropy."""
    return loss_at(z, soft(t)) - float(np.asarray(soft(t).entropy())[0])


def _bell(x: Vector, middle: float, width: float) -> Vector:
    """Probabilities on the points x, in the shape of a Gaussian."""
    return truth.softmax(-0.5 * ((x - middle) / width) ** 2)


def _deviation(p: Vector, x: Vector) -> float:
    """The standard deviation of x under p."""
    return float(np.sqrt(p @ x**2 - (p @ x) ** 2))


def rows_with_mass() -> dict[str, float]:
    """The mean over rows with mass, rows without mass, weights as mass, and masked classes."""
    mean, ignored, weight, masked, moved = Worst(), Worst(), Worst(), Worst(), Worst()
    for z, t, random in spread_rows(FEW):
        K = len(z)
        rows = np.stack([z, -z, 2 * z])
        labels = random.integers(K, size=3)
        target = onewarm.one_hot(labels, K)
        by_row = [truth.cross_entropy(truth.onehot(int(y), K), row) for row, y in zip(rows, labels, strict=True)]
        mean.see(float(onewarm.cross_entropy(rows, target)) - sum(by_row) / 3)
        with_fourth = np.concatenate([rows, [np.full(K, 1e30)]])
        without_mass = onewarm.one_hot(np.append(labels, -100), K)  # the fourth row has no mass
        loss, gradient = onewarm.cross_entropy_with_gradient(with_fourth, without_mass)
        ignored.see(float(loss) - sum(by_row) / 3, np.asarray(gradient)[3])
        w = random.uniform(0.1, 3, size=3)
        scaled = onewarm.cross_entropy(rows, target.scale(w), reduction="none")
        weight.see(np.asarray(scaled) - w * by_row)
        with_masked, label = np.append(z, -np.inf), int(labels[0])
        masked.see(loss_at(with_masked, hard(label, K + 1)) - by_row[0])
        row = np.append(t, 0.5) / 1.5  # a table row that gives the masked class a third
        smoothed = onewarm.smooth(np.array([label]), 0.3, num_classes=K + 1, prior=row)
        by_hand = 0.7 * truth.onehot(label, K) + 0.3 * t
        moved.see(loss_at(with_masked, smoothed) - truth.cross_entropy(by_hand, z))
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
    """The hard loss where the label leads equal rivals, and along the ray that scales all logits."""
    closed, level = Worst(), Worst()
    least = fall = np.inf
    for classes in (2, 3, 10, 1000):
        for lead in (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0):
            z = lead * truth.onehot(0, classes)
            loss = loss_at(z, hard(0, classes))
            closed.see(loss - np.log1p((classes - 1) * np.exp(-lead)))
            least = min(least, loss)
        level.see(loss_at(np.zeros(classes), hard(0, classes)) - np.log(classes))
    for z, _, _ in spread_rows(FEW):
        label = int(z.argmax())
        along = [loss_at(s * z / np.ptp(z), hard(label, len(z))) for s in (1.0, 2.0, 4.0, 8.0)]
        fall = min(fall, float(-np.diff(along).max()))
    return {"closed_form": closed.value, "level": level.value, "least": float(least), "fall": float(fall)}
