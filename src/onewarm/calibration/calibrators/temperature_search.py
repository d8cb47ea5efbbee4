"""The search of ``fit_temperature``: the NLL as a function of b = 1/T, a bracket, and Newton steps inside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from onewarm.calibration.calibrators.rows import dot
from onewarm.calibration.summary.inputs import Array, Floats, Truth, logit_blocks
from onewarm.errors import InputError

_MASKED = -1e100  # stands for -inf: exp(b * -1e100) is 0, and 0 * -1e100 is 0 where 0 * -inf is NaN
_UNIFORM = 1e-80  # b at which every unmasked class has the same probability
_NEWTON_STEPS = 30


class TemperatureError(InputError):
    """No temperature within the bounds minimises the NLL; the message has the reason and a remedy."""


class Point(NamedTuple):
    """The mean NLL at inverse temperature b, and the first and second derivative in b of what is minimised: the mean
    NLL plus the prior's penalty."""

    b: float
    nll: float
    slope: float
    curvature: float


class Objective:
    """The NLL and its derivatives at b, by one pass over the rows; ``passes`` counts the passes."""

    def __init__(
        self,
        array: Array,
        truth: Truth,
        *,
        probabilities: bool,
        normalize: bool,
        weights: Floats | None = None,
        prior: float = 0.0,
    ) -> None:
        self.array, self.truth, self.probabilities, self.normalize = array, truth, probabilities, normalize
        self.weights = weights
        self.prior = prior
        self.passes = 0

    def __call__(self, b: float) -> Point:
        self.passes += 1
        nll = slope = curvature = 0.0
        for rows, z in self._blocks():
            true_z = _true_logit(z, self.truth, rows)
            np.maximum(z, _MASKED, out=z)
            e = np.exp(b * z)
            total = e.sum(axis=0)
            e *= z
            mean = e.sum(axis=0) / total
            e *= z
            variance = e.sum(axis=0) / total - mean * mean
            w = np.ones(len(total)) if self.weights is None else self.weights[rows]
            nll += dot(w, np.log(total) - b * true_z)
            slope += dot(w, mean - true_z)
            curvature += dot(w, variance)
        slope += self.prior * (1 - 1 / b)  # the penalty prior * (b - 1 - log b), convex in b as the NLL is
        curvature += self.prior / b**2
        n = self.array.shape[0] if self.weights is None else self.weights.sum()
        return Point(b, nll / n, slope / n, curvature / n)

    def every_row_right(self) -> bool:
        """Whether in every row of positive weight all of the truth is on classes with the largest logit."""
        return all(not self._counted(_true_logit(z, self.truth, rows), rows).any() for rows, z in self._blocks())

    def _counted(self, values: Floats, rows: slice) -> Floats:
        return values if self.weights is None else values[self.weights[rows] > 0]

    def _blocks(self) -> Iterator[tuple[slice, Floats]]:
        return logit_blocks(self.array, probabilities=self.probabilities, normalize=self.normalize)


def _true_logit(z: Floats, truth: Truth, rows: slice) -> Floats:
    """<t_i, z_i> for a block of rows, whose largest z is 0. Raises TemperatureError if a true class is masked."""
    labels, shares = truth.block(rows)
    true_z: Floats
    if shares is not None:
        true_z = np.multiply(shares, z, where=shares > 0, out=np.zeros_like(z)).sum(axis=0)
    else:
        true_z = z[labels, np.arange(z.shape[1])]
    if not np.isfinite(true_z).all():
        at = int((~np.isfinite(true_z)).argmax())
        raise TemperatureError(
            f"truth[{rows.start + at}] has mass on a class of probability 0 (logit -inf): the NLL is infinite at "
            "every temperature; unmask that class or leave the row out"
        )
    return true_z


def enclose(at: Objective, start: Point, low: float, high: float) -> tuple[Point, Point]:
    """Points left (slope < 0) and right (slope > 0) of the minimum. Raises TemperatureError if it is not in between."""
    inside = low < start.b < high
    right = start if inside and start.slope > 0 else at(high)
    if right.slope <= 0:
        raise _least_bound(at, right)
    left = start if inside and start.slope < 0 else at(low)
    if left.slope >= 0:
        raise _greatest_bound(at, left)
    return left, right


def minimise(at: Objective, start: Point, left: Point, right: Point, tolerance: float) -> tuple[Point, Point]:
    """Narrow (left, right) by Newton steps, or bisection in log b, until the ends differ by ``tolerance``."""
    point, steps = start, 0
    while right.b - left.b > tolerance * left.b:
        b = point.b - point.slope / point.curvature if point.curvature > 0 else math.inf
        if (
            abs(b - point.b) < tolerance / 4 * point.b
        ):  # Newton has converged: step just past the minimum to close the bracket
            b = point.b * (1 + math.copysign(tolerance / 2, -point.slope))
        if not left.b < b < right.b or steps >= _NEWTON_STEPS:
            b = math.sqrt(left.b * right.b)
        point, steps = at(b), steps + 1
        if point.slope <= 0:
            left = point
        if point.slope >= 0:
            right = point
    return left, right


def _least_bound(at: Objective, right: Point) -> TemperatureError:
    """The reason why the NLL does not rise again towards the least temperature."""
    uniform = at(_UNIFORM)
    if uniform.slope == 0 and uniform.curvature == 0:
        return TemperatureError(
            "logits are equal within every row: the NLL is the same at every temperature; is this the right array?"
        )
    where = f"the NLL still falls at the least temperature, T = {1 / right.b:g}: "
    if at.every_row_right():
        return TemperatureError(
            f"{where}all {at.array.shape[0]} rows are right (the truth has the largest logit), so that it falls "
            "without end as T -> 0; fit on more rows, or on rows that the model was not trained on"
        )
    return TemperatureError(f"{where}its minimum lies below; give lower bounds, or check the scale of the logits")


def _greatest_bound(at: Objective, left: Point) -> TemperatureError:
    """The reason why the NLL does not rise again towards the greatest temperature."""
    where = f"the NLL still falls at the greatest temperature, T = {1 / left.b:g}: "
    if at(_UNIFORM).slope >= 0:
        return TemperatureError(
            f"{where}these logits are no better than uniform on these rows, so that it falls without end as "
            "T -> inf; check that rows and classes of logits and truth are in the same order"
        )
    return TemperatureError(f"{where}its minimum lies above; give higher bounds, or check the scale of the logits")
