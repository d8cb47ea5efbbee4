"""Witnesses of label smoothing's identities: the library's numbers against the reference, over seeded random cases.

A witness takes no argument and returns, under the names of the ledger's predictions, the largest difference (or the
smallest margin, where something must be positive). Each of them fails if the library is wrong in what it checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import onewarm
from onewarm.claims.witnesses import reference_float64 as truth
from onewarm.claims.witnesses.library_side import Worst, gradient_at, gradients_of, loss_at, losses_of
from onewarm.claims.witnesses.reference_float64 import Vector

SEED = 20_16  # each witness has its own generator, so that it returns the same numbers when run alone
ALPHAS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 0.9, 1.0)
SMALL = (2, 3, 5, 12)
WIDE = (2, 3, 4, 10, 100, 1000)


class Case(NamedTuple):
    """A row of logits, its label, and the smoothed share."""

    z: Vector
    label: int
    alpha: float

    @property
    def classes(self) -> int:
        """K."""
        return len(self.z)

    @property
    def dense(self) -> Vector:
        """The smoothed row by its definition."""
        row: Vector = (1 - self.alpha) * truth.onehot(self.label, self.classes) + self.alpha / self.classes
        return row

    def smooth(self) -> onewarm.SoftTarget:
        """The smoothed row as the library makes it."""
        return onewarm.smooth(np.array([self.label]), self.alpha, num_classes=self.classes)

    def hard(self) -> onewarm.SoftTarget:
        """The one-hot row as the library makes it."""
        return onewarm.one_hot(np.array([self.label]), self.classes)


def _cases(sizes: tuple[int, ...], alphas: tuple[float, ...], repeat: int = 4) -> Iterator[Case]:
    random = np.random.default_rng(SEED)
    for classes in sizes:
        for alpha in alphas:
            for scale in np.geomspace(0.3, 10, repeat):
                yield Case(scale * random.standard_normal(classes), int(random.integers(classes)), alpha)


def _targets(case: Case, random: np.random.Generator) -> Iterator[tuple[onewarm.SoftTarget, Vector]]:
    """Hard, smoothed, soft, mixed and weighted targets of one row, each with its dense row by definition."""
    onehot = truth.onehot(case.label, case.classes)
    soft = random.dirichlet(np.ones(case.classes))
    yield case.hard(), onehot
    yield case.smooth(), case.dense
    yield onewarm.soft(soft[None, :]), soft
    yield onewarm.mix(case.smooth(), onewarm.soft(soft[None, :]), 0.3), 0.3 * case.dense + 0.7 * soft
    yield case.smooth().scale(2.5), 2.5 * case.dense


def decomposition() -> dict[str, float]:
    """The smoothed row is the mixture of its parts, and its loss the mixture of their losses."""
    target, loss = Worst(), Worst()
    for case in _cases(WIDE, ALPHAS):
        target.see(np.asarray(case.smooth().dense())[0] - case.dense)
        hard = truth.cross_entropy(truth.onehot(case.label, case.classes), case.z)
        uniform = truth.kl_from_uniform(case.z) + np.log(case.classes)
        loss.see(loss_at(case.z, case.smooth()) - ((1 - case.alpha) * hard + case.alpha * uniform))
    return {"target": target.value, "loss": loss.value}


def logit_form() -> dict[str, float]:
    """Smoothing adds alpha (z_y - mean z) to the loss, and alpha (u - y) to the gradient."""
    loss, pull = Worst(), Worst()
    for case in _cases(WIDE, ALPHAS):
        onehot = truth.onehot(case.label, case.classes)
        hard = truth.cross_entropy(onehot, case.z)
        added = case.alpha * (case.z[case.label] - case.z.mean())
        loss.see(loss_at(case.z, case.smooth()) - (hard + added))
        change = gradient_at(case.z, case.smooth()) - gradient_at(case.z, case.hard())
        pull.see(change - case.alpha * (onehot - 1 / case.classes))
    return {"loss": loss.value, "pull": pull.value}


def gradient() -> dict[str, float]:
    """The gradient against s softmax(z) - t, and against finite differences of the library's own loss."""
    closed, differences = Worst(), Worst()
    random = np.random.default_rng(SEED + 1)
    for case in _cases(WIDE, (0.0, 0.1, 0.5)):
        for target, dense in _targets(case, random):
            closed.see(gradient_at(case.z, target) - (dense.sum() * truth.softmax(case.z) - dense))
    for case in _cases(SMALL, (0.0, 0.1), repeat=2):
        for target, _ in _targets(case, random):
            slopes = truth.derivative(losses_of(target), case.z)
            differences.see(gradient_at(case.z, target) - slopes)
    return {"closed_form": closed.value, "differences": differences.value}


def hessian() -> dict[str, float]:
    """The Hessian, by finite differences of the library's gradient, against diag(p) - p p^T and across targets."""
    closed, targets, ones = Worst(), Worst(), Worst()
    random = np.random.default_rng(SEED + 1)
    for case in _cases(SMALL, (0.1, 0.5, 1.0), repeat=2):
        p = truth.softmax(case.z)
        hessians = []
        for target, dense in _targets(case, random):
            curvature = truth.derivative(gradients_of(target), case.z) / dense.sum()
            closed.see(curvature - (np.diag(p) - np.outer(p, p)))
            ones.see(curvature @ np.ones(case.classes))
            hessians.append(curvature)
        targets.see(hessians[1] - hessians[0])
    return {"closed_form": closed.value, "targets": targets.value, "ones": ones.value}


def finite_optimum() -> dict[str, float]:
    """The minimiser of the library's loss: its prediction, and its logit gap."""
    prediction, gap, many_classes, excluded = Worst(), Worst(), Worst(), Worst()
    fall = np.inf
    for case in _cases(SMALL, (0.01, 0.05, 0.1, 0.3, 0.6), repeat=2):
        others = np.arange(case.classes) != case.label
        z = truth.minimise(gradients_of(case.smooth()), case.z)
        prediction.see(truth.softmax(z) - case.dense)
        gap.see(z[case.label] - z[others] - _gap(case.classes, case.alpha))
        target = onewarm.smooth(np.array([case.label]), case.alpha, num_classes=case.classes, exclude_label=True)
        z = truth.minimise(gradients_of(target), case.z)
        share = (1 - case.alpha) * (case.classes - 1) / case.alpha
        excluded.see(z[case.label] - z[others] - np.log(share))
        hard = [loss_at(g * truth.onehot(case.label, case.classes), case.hard()) for g in (1.0, 2.0, 4.0, 8.0, 16.0)]
        fall = min(fall, float(-np.diff(hard).max()))
    for classes in (10, 100, 1000, 32000):
        for alpha in (0.05, 0.1, 0.2):
            target = onewarm.smooth(np.array([0]), alpha, num_classes=classes)
            first = truth.onehot(0, classes)

            def slope(g: float, target: onewarm.SoftTarget = target, first: Vector = first) -> float:
                return float(gradient_at(g * first, target)[0])

            many_classes.see(truth.root(slope, 0.0, 30.0) - _gap(classes, alpha))
    return {
        "prediction": prediction.value,
        "gap": gap.value,
        "many_classes": many_classes.value,
        "exclude_label": excluded.value,
        "hard_fall": fall,
    }


def loss_floor() -> dict[str, float]:
    """The minimum of the loss and the library's entropy against the closed form, and losses near the minimiser."""
    minimum, entropy, below = Worst(), Worst(), 0.0
    for case in _cases(SMALL, (0.01, 0.05, 0.1, 0.3, 0.6), repeat=2):
        z = truth.minimise(gradients_of(case.smooth()), case.z)
        minimum.see(loss_at(z, case.smooth()) - _floor(case.classes, case.alpha))
    for classes in (2, 10, 100, 1000, 32000):
        for alpha in (0.05, 0.1, 0.2):
            target = onewarm.smooth(np.array([0]), alpha, num_classes=classes)
            entropy.see(float(np.asarray(target.entropy())[0]) - _floor(classes, alpha))
    for case in _cases(WIDE, ALPHAS[1:-1]):
        near = np.log(case.dense) + 0.1 * case.z  # only close to the minimiser could the loss fall below it
        for z in (case.z, near):
            below = float(np.maximum(below, _floor(case.classes, case.alpha) - loss_at(z, case.smooth())))
    return {"minimum": minimum.value, "entropy": entropy.value, "below": below}


def population_optimum() -> dict[str, float]:
    """The minimiser of the expected smoothed loss over labels from pi, its inverse, and the best temperature."""
    optimum, inverse, confidence = Worst(), Worst(), Worst()
    left = np.inf
    random = np.random.default_rng(SEED)
    for classes in SMALL:
        uniform = np.full(classes, 1 / classes)
        for alpha in (0.05, 0.1, 0.2, 0.5):
            for row in (None, random.dirichlet(np.full(classes, 3.0))):
                pis = random.dirichlet(np.ones(classes), size=2)
                best = np.stack([_population_best(pi, alpha, row) for pi in pis])
                optimum.see(best - ((1 - alpha) * pis + alpha * (uniform if row is None else row)))
                inverse.see(np.asarray(onewarm.unsmooth(best, alpha, prior=row)) - pis)
                if row is None:
                    right = pis[[0, 1], best.argmax(axis=1)]  # how often the most probable class is right
                    confidence.see(np.mean(right - best.max(axis=1)) - alpha * (pis.max(axis=1).mean() - 1 / classes))
                    if classes > 2:
                        left = min(left, _best_temperature_leaves(best, pis))
    return {
        "optimum": optimum.value,
        "inverse": inverse.value,
        "confidence": confidence.value,
        "temperature": left,
    }


def _population_best(pi: Vector, alpha: float, row: Vector | None) -> Vector:
    """softmax of the logits that minimise sum_y pi_y H(smooth(y), z)."""
    classes = len(pi)
    target = onewarm.smooth(np.arange(classes), alpha, num_classes=classes, prior=row).scale(pi)
    return truth.softmax(truth.minimise(gradients_of(target), np.zeros(classes)))


def _best_temperature_leaves(predicted: Vector, pis: Vector) -> float:
    """min over T of the largest |softmax(log p / T) - pi|: a grid, then ternary search around its best point."""

    def left(t: float) -> float:
        return float(
            max(np.max(np.abs(truth.softmax(np.log(p) / t) - pi)) for p, pi in zip(predicted, pis, strict=True))
        )

    grid = np.geomspace(0.05, 5, 100)
    at = int(np.argmin([left(t) for t in grid]))
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    for _ in range(80):
        third = (high - low) / 3
        low, high = (low, high - third) if left(low + third) < left(high - third) else (low + third, high)
    return left((low + high) / 2)


def _gap(classes: int, alpha: float) -> float:
    return float(np.log(1 + classes * (1 - alpha) / alpha))


def _floor(classes: int, alpha: float) -> float:
    top, rest = 1 - alpha + alpha / classes, alpha / classes
    return float(-top * np.log(top) - (classes - 1) * rest * np.log(rest))
