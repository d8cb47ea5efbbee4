"""The reliability demo's numbers against the library: ten bins, fewer bins, samples by seed."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import onewarm as ow
from onewarm import calibration as cal

pytestmark = pytest.mark.browser

CONCEPT = "calibration/reliability-diagrams"
ORIGIN = {"scene": "diagram"}
FOLDER = Path(ow.__file__).parent / "concepts" / CONCEPT
VALUES = runpy.run_path(str(FOLDER / "values.py"))


def random_states(count: int) -> list[dict]:
    """Ten bins with whole numbers of rows and of right answers; some are empty.

    Every tenth is an end: one row in all, all rows in one bin, 200 in each, every answer right or wrong, confidences on
    the bins' edges, gaps of 0.
    """
    random = np.random.default_rng(73)
    states = []
    for i in range(count):
        end = i // 10 % 7 if i % 10 == 0 else None
        rows = random.integers(0, 30, 10) * (random.random(10) < 0.8)
        rows[i // 10 % 10] += 1
        if end in (0, 1):
            rows = (1, 173)[end] * np.eye(10, dtype=int)[random.integers(10)]
        elif end == 2:
            rows = np.full(10, 200)
        right = random.binomial(rows, {3: 0.0, 4: 1.0}.get(end, random.random(10)))
        confidence = (np.arange(10) + (1 if end == 5 else random.uniform(0.01, 0.99, 10))) / 10
        accuracy = right / np.maximum(rows, 1)
        if end == 6:
            accuracy = confidence = (np.arange(10) + 0.5) / 10
            rows = np.full(10, 20)
        states.append({
            "rows": rows.tolist(),
            "confidence": confidence.tolist(),
            "accuracy": accuracy.tolist(),
            "coarse": str(random.choice([1, 2, 5, 10])),
        })  # fmt: skip
    return states


def summary_of(state: dict) -> cal.CalibrationSummary:
    rows = np.array(state["rows"])
    right = np.rint(np.array(state["accuracy"]) * rows).astype(int)
    correct = np.concatenate([np.arange(n) < k for n, k in zip(rows, right, strict=True)])
    return cal.CalibrationSummary().update(np.repeat(state["confidence"], rows), correct.astype(int))


def means(summary: cal.CalibrationSummary, bins: int) -> np.ndarray:
    """Rows, mean confidence and accuracy of the bins that have rows."""
    count, confidence, right = (part[summary.bins(bins)[0] > 0] for part in summary.bins(bins))
    return np.array([count, confidence / count, right / count]).T


def murphy(bins: np.ndarray) -> list[float]:
    """Reliability, resolution, uncertainty and Brier score of these bins, where rows have their bin's confidence."""
    count, confidence, accuracy = bins.T
    share = count / count.sum()
    base = (share * accuracy).sum()
    reliability, resolution = (share * (confidence - accuracy) ** 2).sum(), (share * (accuracy - base) ** 2).sum()
    return [reliability, resolution, base * (1 - base), reliability - resolution + base * (1 - base)]


LIVE = """states => states.map(state => { model.set('state', state);
  const a = demo.arithmetic, bins = a.binsOf(state);
  const merged = a.merged(bins, Number(state.coarse), bins.map(({index}) => index));
  return {...model.get('state'), terms: a.terms(bins), all: a.overall(bins), merged, mergedParts: a.brierParts(merged)};
})"""
PARTS = ("reliability", "resolution", "uncertainty", "brier")


def test_ten_bins_and_fewer_equal_the_library_in_a_thousand_states(show, ask, near) -> None:
    states = random_states(1000)
    for state, shown in zip(states, ask(show(), LIVE, states), strict=True):
        summary, coarse = summary_of(state), int(state["coarse"])
        near(shown["ece"], cal.ece(summary, 10), "ece")
        near(shown["mergedEce"], cal.ece(summary, coarse), "mergedEce")
        true = [cal.brier_reliability(summary, 10), cal.brier_resolution(summary, 10)]
        true += [cal.brier_uncertainty(summary), cal.brier(summary)]
        near([shown["parts"][name] for name in PARTS], true, "parts")
        ten, fewer = means(summary, 10), means(summary, coarse)
        near([[b["count"], b["confidence"], b["accuracy"]] for b in shown["merged"]], fewer, "merged bins")
        near([shown["mergedParts"][name] for name in PARTS], murphy(fewer), "merged parts")
        near(shown["all"]["rows"], sum(state["rows"]), "rows")
        near(shown["all"]["confidence"], cal.mean_confidence(summary), "mean confidence")
        near(shown["all"]["accuracy"], cal.accuracy(summary), "accuracy")
        share, gap = ten[:, 0] / sum(state["rows"]), np.abs(ten[:, 1] - ten[:, 2])
        near(
            [[t["share"], t["gap"], t["product"]] for t in shown["terms"]],
            np.array([share, gap, share * gap]).T,
            "terms",
        )


SAMPLES = """asked => asked.map(([seed, n, bins, error]) => {
  const { confidence, correct } = demo.arithmetic.sample(seed, n, error);
  const drawn = demo.arithmetic.measured(seed, n, bins, error);
  return { ...drawn, confidence: [...confidence], correct: [...correct],
           bins: drawn.bins.map(b => [b.count, b.confidence, b.accuracy]) }; })"""


def test_samples_by_seed_equal_the_pages_and_the_library_in_a_thousand_states(show, ask, near) -> None:
    random = np.random.default_rng(3)
    asked = [
        [
            int(random.integers(1, 1000)),
            int(random.integers(1, 200)),
            int(random.choice([1, 2, 3, 5, 15, 30])),
            float(random.choice([0, 0.05, 0.2, 0.25])),
        ]
        for _ in range(1000)
    ]
    for (seed, n, bins, error), drawn in zip(asked, ask(show(), SAMPLES, asked), strict=True):
        u = VALUES["_uniforms"]([seed], 2 * n)[:, 0]
        c = u[0::2]
        correct = (u[1::2] <= c + 4 * error * (0.5 - c)).astype(int)
        assert drawn["confidence"] == c.tolist() and drawn["correct"] == correct.tolist()
        summary = cal.CalibrationSummary().update(c, correct)
        near(drawn["ece"], cal.ece(summary, bins), "sample's ece")
        filled = means(summary, bins)
        near(drawn["bins"], filled, "sample's bins")
        near(drawn["square"], (filled[:, 0] * (filled[:, 1] - filled[:, 2]) ** 2).sum() / n, "squared gap")
        # The summary has the mean confidence of cells 1/600 wide for each row's own, and the demo the row's own.
        assert drawn["debiased"] == pytest.approx(cal.squared_error(summary, bins), abs=2e-3)
        gaps = [(c - correct)[np.clip(np.ceil(c * bins).astype(int) - 1, 0, bins - 1) == b] for b in range(bins)]
        exact = sum(len(d) * (d.mean() ** 2 - d.var() / (len(d) - 1)) for d in gaps if len(d) > 1) / n
        near(drawn["debiased"], exact, "debiased")


SMOOTH = """asked => asked.map(([seed, n, error, width]) => {
  const a = demo.arithmetic, { confidence, correct } = a.sample(seed, n, error);
  const fine = a.binned(confidence, correct, 600);
  return [[...a.smoothError(confidence, correct)].at(-1), a.smoothedGap(fine, width)]; })"""


def test_the_smooth_error_equals_the_library_in_a_thousand_states(show, ask, near) -> None:
    """Small samples, whose widths differ most, and a few of the sizes that the page draws."""
    random = np.random.default_rng(5)
    sizes = [*(1 + i % 8 for i in range(995)), 30, 40, 60, 100, 300]
    asked = [
        [
            int(random.integers(1, 1000)),
            n,
            float(random.choice([0, 0.05, 0.2, 0.25])),
            float(10 ** random.uniform(-2, 0)),
        ]
        for n in sizes
    ]
    for (seed, n, error, width), (found, fixed) in zip(asked, ask(show(), SMOOTH, asked), strict=True):
        u = VALUES["_uniforms"]([seed], 2 * n)[:, 0]
        c = u[0::2]
        summary = cal.CalibrationSummary().update(c, (u[1::2] <= c + 4 * error * (0.5 - c)).astype(int))
        near(found, cal.smooth_ece(summary), "smooth")
        near(fixed, cal.smooth_ece(summary, width), "smooth at a width")


def test_the_histograms_mean_is_the_pages(show) -> None:
    tab = show()
    found = tab.evaluate(
        """seed => Array.from({ length: 200 }, (_, i) =>
             demo.arithmetic.measured(demo.arithmetic.seedOf(seed, i), 300, 15, 0).ece)""",
        VALUES["_seed"],
    )
    assert found[0] == pytest.approx(VALUES["sample_ece"], abs=1e-12)
    assert np.mean(found) == pytest.approx(VALUES["mean_ece"], abs=1e-12)
    assert min(found) == pytest.approx(VALUES["least_ece"], abs=1e-12)
