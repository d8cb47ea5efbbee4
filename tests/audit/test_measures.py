"""The numbers of an audit against the same written out from the rows."""

import numpy as np
import pytest
from scipy import stats

from onewarm.audit.clusters import Clusters
from onewarm.audit.measures import TITLES, chance_ece, ece_of, measure, titles, truth_entropy
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.report.numbers import LEVEL_PERCENT


@pytest.fixture
def rows():
    """Probabilities (500, 3), labels that are right less often, and whole weights."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1.0, 1.0, 1.0], 500)
    labels = np.array([rng.choice(3, p=0.7 * row + 0.1) for row in p])
    return p, labels, rng.integers(1, 4, 500).astype(float)


def bin_of(confidence, bins=BINS):
    return np.ceil(confidence * bins).astype(int) - 1


def test_every_measure_has_its_title_and_plain_numbers_for_json(rows):
    p, labels, _ = rows
    measures = measure(CalibrationSummary(3, classwise=True).update(p, labels))
    two = {"event_ece", "calibration_intercept", "calibration_slope"}
    assert list(measures) == [name for name in TITLES if name not in two]
    for one in measures.values():
        assert one.interval is None or one.interval[0] < one.interval[1]
        ends = None if one.interval is None else list(one.interval)
        assert one.to_dict() == {"value": one.value, "interval": ends}
        assert one.method is not None


def test_the_interval_of_the_headlines_gap_is_normal_about_it(rows):
    p, labels, _ = rows
    gap = p.max(axis=1) - (p.argmax(axis=1) == labels)
    measured = measure(CalibrationSummary(3, classwise=True).update(p, labels))["confidence_gap"]
    half = stats.norm.ppf((1 + LEVEL) / 2) * gap.std(ddof=1) / np.sqrt(len(gap))
    assert measured.value == measured.corrected == pytest.approx(gap.mean(), abs=1e-12)
    assert measured.interval == pytest.approx((gap.mean() - half, gap.mean() + half), rel=1e-4)
    assert gap.mean() - half > 0 and measured.method == "normal"


def sample_of_two(n=4000):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, n)
    return p, (rng.uniform(size=n) < p - 0.08).astype(int)


def test_two_classes_have_the_ece_of_the_event_intercept_and_slope():
    """Decision 1: the ECE of the top label was all that --fail-above saw of a P(y = 1) that is too high everywhere."""
    p, y = sample_of_two()
    measures = measure(CalibrationSummary(2, classwise=True).update(np.stack([1 - p, p], 1), y))
    assert set(measures) == set(TITLES)
    bins = bin_of(p)
    expected = sum(abs((p - y)[bins == b].sum()) for b in range(BINS)) / len(p)
    assert measures["event_ece"].value == pytest.approx(expected, abs=1e-9)
    assert measures["event_ece"].interval[0] > 0.05
    assert measures["calibration_intercept"].interval[1] < 0
    assert measures["cumulative_p"].value < 1e-6


def test_confidences_have_intercept_and_slope():
    p, y = sample_of_two()
    measures = measure(CalibrationSummary().update(p, y))
    assert "event_ece" not in measures
    assert measures["calibration_intercept"].value < 0
    assert measures["ece"].value == pytest.approx(0.08, abs=0.02)


def test_another_number_of_bins(rows):
    p, labels, _ = rows
    summary = CalibrationSummary(3, classwise=True).update(p, labels)
    gap = p.max(axis=1) - (p.argmax(axis=1) == labels)
    expected = sum(abs(gap[bin_of(p.max(axis=1), 10) == b].sum()) for b in range(10)) / len(p)
    assert measure(summary, bins=10)["ece"].value == pytest.approx(expected)
    assert titles(10)["ece"] == "ECE, 10 equal-width bins"
    with pytest.raises(ValueError, match="bins is 25, which does not divide the 120 cells"):
        measure(summary, bins=25)


def test_groups_widen_every_interval(rows):
    """Decision 10: intervals took 60 patients of 100 near-equal rows for 6,000 patients."""
    p, labels, _ = rows
    p, labels = np.repeat(p[:80], 20, axis=0), np.repeat(labels[:80], 20)
    clusters = Clusters("multiclass", 3)
    clusters.add(p, labels, np.repeat(np.arange(80), 20).astype(np.uint64))
    summary = CalibrationSummary(3, classwise=True).update(p, labels)
    plain, grouped = measure(summary), measure(summary, clusters=clusters)
    assert 2.5 < chance_ece(summary, clusters=clusters) / chance_ece(summary) < 8
    for name in ("accuracy", "nll", "brier", "confidence_gap", "auroc", "mean_confidence"):
        width = [m[name].interval[1] - m[name].interval[0] for m in (plain, grouped)]
        assert 2.5 < width[1] / width[0] < 8, name
        assert grouped[name].value == plain[name].value
    for name, one in grouped.items():
        assert one.interval is not None or name.endswith("_p"), name


def test_noise_is_taken_out_of_the_corrected_ece(rows):
    p, labels, _ = rows
    ece = measure(CalibrationSummary(3, classwise=True).update(p, labels))["ece"]
    assert ece.corrected < ece.value and ece.method == "inversion"


def test_an_infinite_measure_is_none_without_an_interval():
    summary = CalibrationSummary(2, classwise=True).update(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([1, 0]))
    nll = measure(summary)["nll"]
    assert (nll.value, nll.interval, nll.corrected) == (None, None, None)


@pytest.mark.parametrize("bins", [BINS, 10])
@pytest.mark.parametrize("weighted", [False, True])
def test_chance_ece_is_the_mean_of_a_folded_normal_in_each_bin(rows, bins, weighted):
    p, labels, w = rows
    w = w if weighted else np.ones(len(p))
    confidence = p.max(axis=1)
    expected = 0.0
    for b in range(bins):
        inside = bin_of(confidence, bins) == b
        if inside.any():
            c = np.average(confidence[inside], weights=w[inside])
            effective = w[inside].sum() ** 2 / (w[inside] ** 2).sum()
            expected += w[inside].sum() / w.sum() * stats.foldnorm.mean(0, scale=np.sqrt(c * (1 - c) / effective))
    summary = CalibrationSummary(3).update(p, labels, weights=w)
    assert chance_ece(summary, bins) == pytest.approx(expected, rel=1e-9)


@pytest.mark.long
@pytest.mark.parametrize(("n", "spread"), [(1000, 1.0), (20_000, 1.0), (5000, 3.0)])
def test_chance_ece_is_what_perfectly_calibrated_models_show(n, spread):
    """400 draws of whether each row is right, with its own confidence: the mean of their ECE, to 3 standard errors."""
    rng = np.random.default_rng(1)
    confidence = 1 / (1 + np.exp(-np.abs(rng.normal(0.5, spread, n))))
    bins = bin_of(confidence)
    eces = [np.abs(np.bincount(bins, (rng.random(n) < confidence) - confidence, BINS)).sum() / n for _ in range(400)]
    told = chance_ece(CalibrationSummary().update(confidence, rng.random(n) < confidence))
    error = np.std(eces) / np.sqrt(len(eces))
    # Within a bin confidences differ: its variance is a little below c (1 - c) / n, which the formula leaves out.
    assert np.mean(eces) - 3 * error < told < np.mean(eces) * 1.01 + 3 * error


def test_ece_of_probabilities_is_that_of_a_loop_over_bins(rows):
    p, labels, w = rows
    gap = p.max(axis=1) - (p.argmax(axis=1) == labels)
    bins = bin_of(p.max(axis=1))
    expected = sum(abs((w * gap)[bins == b].sum()) for b in range(BINS)) / w.sum()
    assert ece_of(CalibrationSummary().update(p, labels, weights=w)).value == pytest.approx(expected, abs=1e-9)


def test_the_entropy_of_votes():
    votes = np.array([[3, 1], [0, 2]])
    summary = CalibrationSummary(2).update(np.full((2, 2), 0.5), votes)
    assert truth_entropy(summary) == pytest.approx(stats.entropy([0.75, 0.25]) / 2)


def test_the_level_in_words():
    assert float(LEVEL_PERCENT) == pytest.approx(100 * LEVEL)
