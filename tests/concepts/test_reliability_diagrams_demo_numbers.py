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
    """Ten bins with whole numbers of rows and of right answers; some are empty."""
    random = np.random.default_rng(73)
    states = []
    for i in range(count):
        rows = random.integers(0, 30, 10) * (random.random(10) < 0.8)
        rows[i % 10] += 1
        right = random.binomial(rows, random.random(10))
        confidence = (np.arange(10) + random.uniform(0.01, 0.99, 10)) / 10
        states.append({
            "rows": rows.tolist(),
            "confidence": confidence.tolist(),
            "accuracy": (right / np.maximum(rows, 1)).tolist(),
            "coarse": str(random.choice([1, 2, 5, 10])),
        })  # fmt: skip
    return states


def summary_of(state: dict) -> cal.CalibrationSummary:
    rows = np.array(state["rows"])
    right = np.rint(np.array(state["accuracy"]) * rows).astype(int)
    correct = np.concatenate([np.arange(n) < k for n, k in zip(rows, right, strict=True)])
    return cal.CalibrationSummary().update(np.repeat(state["confidence"], rows), correct.astype(int))


def test_ten_bins_and_fewer_equal_the_library_in_a_thousand_states(show) -> None:
    states = random_states(1000)
    found = show().evaluate(
        "states => states.map(state => { model.set('state', state); return model.get('state'); })", states
    )
    for state, shown in zip(states, found, strict=True):
        summary = summary_of(state)
        parts = shown["parts"]
        got = [
            shown["ece"],
            shown["mergedEce"],
            *(parts[k] for k in ("reliability", "resolution", "uncertainty", "brier")),
        ]
        true = [
            cal.ece(summary, 10),
            cal.ece(summary, int(state["coarse"])),
            cal.brier_reliability(summary, 10),
            cal.brier_resolution(summary, 10),
            cal.brier_uncertainty(summary),
            cal.brier(summary),
        ]
        np.testing.assert_allclose(got, true, rtol=0, atol=1e-12)


def test_samples_by_seed_equal_the_pages_and_the_library_in_a_thousand_states(show) -> None:
    random = np.random.default_rng(3)
    asked = []
    for _ in range(1000):
        seed, n, bins = (
            int(random.integers(1, 1000)),
            int(random.integers(30, 200)),
            int(random.choice([2, 3, 5, 15, 30])),
        )
        asked.append([seed, n, bins, float(random.choice([0, 0.05, 0.2]))])
    tab = show()
    drawn = tab.evaluate(
        """asked => asked.map(([seed, n, bins, error]) => {
             const { confidence, correct } = demo.arithmetic.sample(seed, n, error);
             const { ece, square, debiased } = demo.arithmetic.measured(seed, n, bins, error);
             return [Array.from(confidence), Array.from(correct), ece, square, debiased]; })""",
        asked,
    )
    for (seed, n, bins, error), (confidence, correct, ece, square, debiased) in zip(asked, drawn, strict=True):
        u = VALUES["_uniforms"]([seed], 2 * n)[:, 0]
        c = u[0::2]
        assert confidence == c.tolist() and correct == (u[1::2] <= c + 4 * error * (0.5 - c)).astype(int).tolist()
        summary = cal.CalibrationSummary().update(c, np.array(correct))
        data = cal.reliability(summary, bins) if n < 40 else None  # its curve takes most of the time
        assert ece == pytest.approx(cal.ece(summary, bins), abs=1e-12)
        count, total, right = summary.bins(bins)
        filled = count > 0
        plain = ((total - right)[filled] ** 2 / count[filled]).sum() / n
        assert square == pytest.approx(plain, abs=1e-12) and (data is None or data.ece == pytest.approx(ece, abs=1e-12))
        # The summary has the mean confidence of cells 1/600 wide for each row's own, and the demo the row's own.
        assert debiased == pytest.approx(cal.squared_error(summary, bins), abs=2e-3)
        exact = sum(
            len(d) / n * (d.mean() ** 2 - d.var() / (len(d) - 1))
            for b in range(bins)
            if len(d := (c - correct)[np.clip(np.ceil(c * bins).astype(int) - 1, 0, bins - 1) == b]) > 1
        )
        assert debiased == pytest.approx(exact, abs=1e-12)


def test_smooth_error_equals_the_library(show) -> None:
    tab = show()
    random = np.random.default_rng(5)
    for n, seed, error in [(300, 54, 0.0), (40, 2, 0.0), (1000, 7, 0.05), (200, 9, 0.2)]:
        found = tab.evaluate(
            """([seed, n, error]) => {
                 const { confidence, correct } = demo.arithmetic.sample(seed, n, error);
                 return [Array.from(confidence), Array.from(correct),
                         [...demo.arithmetic.smoothError(confidence, correct)].at(-1)]; }""",
            [seed, n, error],
        )
        summary = cal.CalibrationSummary().update(np.array(found[0]), np.array(found[1]))
        assert found[2] == pytest.approx(cal.smooth_ece(summary), abs=1e-12)
        width = float(random.uniform(0.01, 0.9))
        fixed = tab.evaluate(
            "([c, a, width]) => demo.arithmetic.smoothedGap(demo.arithmetic.binned(c, a, 600), width)",
            [found[0], found[1], width],
        )
        assert fixed == pytest.approx(cal.smooth_ece(summary, width), abs=1e-12)


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
