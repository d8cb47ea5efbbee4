"""Witnesses of temperature scaling's identities: the library's maps and fits against definitions in NumPy, over seeded
random logits and labels.

A witness takes no argument and returns, under the names of the ledger's predictions, the largest difference (or the
smallest margin, where something must be positive).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import onewarm
from onewarm import calibration
from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.claims.witnesses import reference_float64 as truth
from onewarm.claims.witnesses.library_side import Worst
from onewarm.claims.witnesses.reference_float64 import Vector

SEED = 20_17  # each witness has its own generator, so that it returns the same numbers when run alone
SIZES = (2, 3, 5, 12)
TEMPERATURES = (0.3, 0.7, 1.0, 1.6, 4.0)
ROWS = 200


def _rows(repeat: int = 3) -> Iterator[tuple[Vector, Vector, Vector]]:
    """Logits (N, K) that are too large by a factor, the true probabilities (N, K), and labels drawn from these."""
    random = np.random.default_rng(SEED)
    for classes in SIZES:
        for factor in np.geomspace(0.5, 3, repeat):
            calibrated = 1.5 * random.standard_normal((ROWS, classes))
            pi = _softmax(calibrated)
            labels = (random.random((ROWS, 1)) > pi.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
            noise = 0.3 * random.standard_normal((ROWS, classes))
            yield factor * (calibrated + noise), pi, labels


def _softmax(z: Vector) -> Vector:
    return np.stack([truth.softmax(row) for row in z])


def _scaled(z: Vector, temperature: float) -> Vector:
    """The library's probabilities at a temperature."""
    fitted = CalibrationMap("temperature", z.shape[1], {"temperature": temperature})
    return np.asarray(fitted.apply(z, logits=True), dtype=float)


def _nll(z: Vector, labels: Vector, b: float) -> float:
    """The library's mean NLL at the inverse temperature b."""
    return float(onewarm.cross_entropy(b * z, onewarm.one_hot(labels, z.shape[1])))


def _fit(z: Vector, labels: Vector) -> float:
    return calibration.fit_temperature(z, labels, tolerance=1e-12).temperature


def _slope(z: Vector, labels: Vector, b: float) -> float:
    """The mean logit under the scaled model less the mean logit of the labels."""
    return float((_scaled(z, 1 / b) * z).sum(axis=1).mean() - z[np.arange(len(z)), labels].mean())


def _variance(p: Vector, z: Vector) -> Vector:
    """The variance of the logits of each row under its probabilities, (N,)."""
    mean = (p * z).sum(axis=1, keepdims=True)
    spread: Vector = (p * (z - mean) ** 2).sum(axis=1)
    return spread


def _derivative(f: Callable[[float], float], at: float) -> float:
    """The derivative of f at a number, by differences at an eighth of the usual steps: logits may be large."""
    moved = truth.derivative(lambda rows: np.array([f(at + step / 8) for step in rows[:, 0]]), np.zeros(1))
    return float(8 * moved[0])


def order() -> dict[str, float]:
    """No answer changes, and every log-ratio is divided by T."""
    ratios, changed = Worst(), 0
    for z, _, _ in _rows():
        before = _scaled(z, 1.0)
        for T in TEMPERATURES:
            p = _scaled(z, T)
            changed += int((p.argsort(axis=1) != z.argsort(axis=1)).sum())
            ratios.see(np.log(p / p[:, :1]) - np.log(before / before[:, :1]) / T)
    return {"order": float(changed), "ratios": ratios.value}


def limits() -> dict[str, float]:
    """Uniform as T grows, certain of the largest logit as it falls to 0."""
    hot, cold = Worst(), Worst()
    for z, _, _ in _rows():
        hot.see(_scaled(z, 1e13) - 1 / z.shape[1])
        cold.see(_scaled(z, 1e-7) - np.eye(z.shape[1])[z.argmax(axis=1)])
    return {"hot": hot.value, "cold": cold.value}


def entropy_grows() -> dict[str, float]:
    """The derivative of the entropy in T, and the smallest rise between two temperatures."""
    derivative, rise = Worst(), np.inf
    for z, _, _ in _rows():

        def entropy(T: float, z: Vector = z) -> float:
            return float(onewarm.soft(_scaled(z, T)).entropy().mean())

        for T in TEMPERATURES[1:]:
            spread = _variance(_scaled(z, T), z).mean() / T**3
            derivative.see(_derivative(entropy, T) / spread - 1)
        rise = min(rise, float(np.diff([entropy(T) for T in TEMPERATURES]).min()))
    return {"derivative": derivative.value, "rise": rise}


def nll_convex() -> dict[str, float]:
    """The slope and the curvature of the library's NLL in b = 1/T, and how far it lies below its chords."""
    slope, curvature, below = Worst(), Worst(), np.inf
    for z, _, labels in _rows():

        def loss(b: float, z: Vector = z, labels: Vector = labels) -> float:
            return _nll(z, labels, b)

        def rate(b: float, z: Vector = z, labels: Vector = labels) -> float:
            return _slope(z, labels, b)

        for b in (0.4, 1.0, 1.7):
            slope.see(_derivative(loss, b) - rate(b))
            curvature.see(_derivative(rate, b) / _variance(_scaled(z, 1 / b), z).mean() - 1)
        below = min(below, (loss(0.2) + loss(2.0)) / 2 - loss(1.1))
    return {"slope": slope.value, "curvature": curvature.value, "chord": below}


def stationarity() -> dict[str, float]:
    """At the library's fit the mean logit under the model is the labels' mean logit, and no other NLL is lower."""
    logits, lower = Worst(), np.inf
    for z, _, labels in _rows():
        T = _fit(z, labels)
        logits.see(_slope(z, labels, 1 / T))
        least = _nll(z, labels, 1 / T)
        lower = min(lower, *(_nll(z, labels, 1 / (T * by)) - least for by in (0.5, 0.9, 1.1, 2.0)))
    return {"logits": logits.value, "lower": lower}


def maximum_entropy() -> dict[str, float]:
    """Other probabilities with the labels' mean logit: how much less entropy they have, and that it is a divergence."""
    apart, less = Worst(), np.inf
    random = np.random.default_rng(SEED + 1)
    for z, _, labels in _rows():
        if z.shape[1] < 3:
            continue
        q = _scaled(z, _fit(z, labels))
        for _ in range(5):
            # a change in which each row keeps its sum and its mean logit
            move = random.standard_normal(z.shape)
            ones = np.ones_like(z) / np.sqrt(z.shape[1])
            across = z - z.mean(axis=1, keepdims=True)
            across /= np.linalg.norm(across, axis=1, keepdims=True)
            for direction in (ones, across):
                move -= (move * direction).sum(axis=1, keepdims=True) * direction
            other = q + move * (0.9 * (q / np.abs(move)).min(axis=1, keepdims=True))
            lost = onewarm.soft(q).entropy().sum() - onewarm.soft(other, normalize=True).entropy().sum()
            divergence = (other * np.log(other / q)).sum()
            apart.see(lost / divergence - 1)
            less = min(less, float(lost))
    return {"divergence": apart.value, "less": less}


def no_lowest_place() -> dict[str, float]:
    """Labels that all have the largest logit: the NLL falls with every halving of T, and the fit says so."""
    fall, silent = np.inf, 0
    for z, _, _ in _rows():
        labels = z.argmax(axis=1)
        values = [_nll(z, labels, 2.0**power) for power in range(-2, 4)]
        fall = min(fall, float(-np.diff(values).max()))
        try:
            _fit(z, labels)
            silent += 1
        except calibration.TemperatureError:
            pass
    return {"fall": fall, "silent": float(silent)}


def equivariance() -> dict[str, float]:
    """Logits c times as large have c times the temperature, and a number added to a row changes nothing."""
    scale, shift, recovered = Worst(), Worst(), Worst()
    random = np.random.default_rng(SEED + 2)
    for z, pi, labels in _rows():
        T = _fit(z, labels)
        scale.see(_fit(2.5 * z, labels) / T - 2.5)
        shift.see(_fit(z + random.standard_normal((len(z), 1)), labels) / T - 1)
        recovered.see(calibration.fit_temperature(3 * np.log(pi), pi, tolerance=1e-12).temperature - 3)
    return {"scale": scale.value, "shift": shift.value, "recovered": recovered.value}


def two_classes() -> dict[str, float]:
    """Two classes: a sigmoid of the logits' difference over T, without an offset; one level of confidence."""
    sigmoid, levels = Worst(), Worst()
    for z, _, _ in _rows():
        pair = z[:, :2]
        for T in TEMPERATURES:
            difference = (pair[:, 0] - pair[:, 1]) / T
            sigmoid.see(_scaled(pair, T)[:, 0] - 1 / (1 + np.exp(-difference)))
    for confidence in (0.6, 0.95, 0.99):
        for accuracy in (0.55, 0.85, 0.97):
            logits, shares = np.log([[confidence, 1 - confidence]]), np.array([[accuracy, 1 - accuracy]])
            closed = logits[0] @ [1, -1] / (np.log(shares[0]) @ [1, -1])
            levels.see(calibration.fit_temperature(logits, shares, tolerance=1e-12).temperature / closed - 1)
    return {"sigmoid": sigmoid.value, "level": levels.value}


def smoothed() -> dict[str, float]:
    """A model at the smoothed optimum: its log-ratios, their bound, its best temperature, and the inverse."""
    inverse, slope, below, bound, left = Worst(), Worst(), np.inf, np.inf, np.inf
    for _, pi, _ in _rows():
        classes = pi.shape[1]
        for alpha in (0.05, 0.1, 0.3):
            p = np.asarray(onewarm.smooth(onewarm.soft(pi), alpha).dense())
            z = np.log(p)
            inverse.see(np.asarray(onewarm.unsmooth(p, alpha)) - pi)
            pull = alpha * (z.mean(axis=1) - (pi * z).sum(axis=1)).mean()
            slope.see(float(((_scaled(z, 1.0) - pi) * z).sum(axis=1).mean()) - pull)
            fit = calibration.fit_temperature(z, pi, tolerance=1e-12)
            below = min(below, 1 - fit.temperature)
            bound = min(bound, float(np.log(1 + classes * (1 - alpha) / alpha) - np.ptp(z, axis=1).max()))
            left = min(left, fit.nll_after - float(onewarm.soft(pi).entropy().mean()))
    return {"inverse": inverse.value, "slope": slope.value, "below": below, "bound": bound, "left": left}


def nll_and_ece() -> dict[str, float]:
    """Fits never raise the NLL of the rows they were made on; the ECE of these rows may rise, and is not 0."""
    rise, raised, least = 0.0, -np.inf, np.inf
    for z, _, labels in _rows(repeat=8):
        fit = calibration.fit_temperature(z, labels, tolerance=1e-12)
        errors = [
            calibration.ece(calibration.CalibrationSummary().update(_scaled(z, T), labels))
            for T in (1.0, fit.temperature)
        ]
        rise = max(rise, fit.nll_after - fit.nll_before)
        raised = max(raised, errors[1] - errors[0])
        least = min(least, errors[1])
    return {"nll": rise, "ece": raised, "left": least}
