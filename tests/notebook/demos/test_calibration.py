"""The kit's arithmetic of calibration against onewarm.calibration, and its numbers by seed."""

import numpy as np
import pytest

from onewarm import calibration as cal

pytestmark = pytest.mark.browser


def test_bins_and_ece_equal_the_library(kit) -> None:
    tab = kit("calibration", "binned", "eceOf")
    rng = np.random.default_rng(0)
    cases = []
    for _ in range(100):
        n, bins = int(rng.integers(1, 400)), int(rng.choice([1, 2, 5, 10, 15, 30]))
        confidence = np.concatenate([rng.random(n), np.arange(bins + 1) / bins])  # edges among them
        cases.append((confidence, rng.integers(0, 2, len(confidence)), bins))
    sent = [[c.tolist(), a.tolist(), bins] for c, a, bins in cases]
    got = tab.evaluate(
        """cases => cases.map(([c, a, bins]) => {
          const found = kit.binned(c, a, bins);
          return [found, kit.eceOf(found)]; })""",
        sent,
    )
    for (confidence, correct, bins), (found, ece) in zip(cases, got, strict=True):
        summary = cal.CalibrationSummary().update(confidence, correct)
        data = cal.reliability(summary, bins)
        filled = data.count > 0
        assert [b["count"] for b in found] == data.count[filled].tolist()
        np.testing.assert_allclose([b["confidence"] for b in found], data.confidence[filled], rtol=0, atol=1e-12)
        np.testing.assert_allclose([b["accuracy"] for b in found], data.accuracy[filled], rtol=0, atol=1e-12)
        assert ece == pytest.approx(data.ece, abs=1e-12)


def test_no_rows_have_no_error_and_a_gap_is_positive_where_overconfident(kit) -> None:
    tab = kit("calibration", "binned", "eceOf", "gapOf")
    assert tab.evaluate("kit.eceOf(kit.binned([], [], 10))") == 0
    assert tab.evaluate("kit.gapOf({ count: 3, confidence: 0.75, accuracy: 0.5 })") == 0.25


def test_numbers_by_seed_are_uniform_and_differ_by_seed(kit) -> None:
    tab = kit("calibration", "uniforms")
    draw = "seed => { const next = kit.uniforms(seed); return Array.from({ length: 4000 }, next); }"
    one, again, other = (np.array(tab.evaluate(draw, seed)) for seed in (1, 1, 2))
    assert (one == again).all() and not (one == other).any() and one.min() > 0 and one.max() <= 1
    counts = np.histogram(one, 20, (0, 1))[0]
    assert ((counts - 200) ** 2 / 200).sum() < 43.8  # the 99.9 % quantile of chi-square with 19 degrees of freedom
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.05
