"""Which questions are asked, what they answer, and how often they are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from onewarm.audit.clusters import Clusters
from onewarm.audit.questions import ask
from onewarm.calibration import CalibrationSummary


def summed(p, y, w=None):
    return CalibrationSummary(classwise=True).update(p, y, weights=w)


def binary(rng, n, *, off=0.0, by=1.0, spread=2.0):
    z = rng.normal(0, spread, n)
    y = (rng.uniform(size=n) < 1 / (1 + np.exp(-z)) - off).astype(int)
    p = 1 / (1 + np.exp(-z * by))
    return np.stack([1 - p, p], 1), y


def several(rng, n, k, *, by=1.0, shift=0.0):
    z = rng.normal(0, 2.5, (n, k))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    z = z * by
    z[:, 0] += shift
    q = np.exp(z - z.max(axis=1, keepdims=True))
    return q / q.sum(axis=1, keepdims=True), y


def test_two_classes_are_asked_about_over_the_whole_range():
    """Decision 1: P(y = 1) eight points too high everywhere was "Calibrated. Leave it as it is."."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 20_000)
    y = (rng.uniform(size=20_000) < p - 0.08).astype(int)
    mean, confidence, slope, *bins = ask(summed(np.stack([1 - p, p], 1), y), "binary")
    assert (mean.key, mean.of, mean.wrong) == ("mean", "P(y = 1)", True)
    assert mean.value == pytest.approx(0.08, abs=0.01)
    assert mean.interval[0] == pytest.approx(0.07, abs=0.01)
    assert confidence.key == "confidence"
    assert slope.key == "slope"
    assert slope.null == 1
    assert [b.of for b in bins][:2] == ["P(y = 1) from 0.07 to 0.13", "P(y = 1) from 0.13 to 0.20"]
    assert sum(b.rows for b in bins) == 20_000


def test_a_confidence_is_asked_about_as_it_is():
    """Decision 2: confidences with whether they were right were folded at .5, as if they were P(class 1)."""
    rng = np.random.default_rng(0)
    c = rng.uniform(0.05, 0.95, 20_000)
    a = (rng.uniform(size=20_000) < 0.6 * c).astype(float)
    confidence, slope, *bins = ask(summed(c, a), "confidence")
    assert confidence.of == "the confidence"
    assert confidence.value == pytest.approx(c.mean() - a.mean())
    assert confidence.wrong
    assert slope.key == "slope"
    assert bins[0].of == "confidence from 0.00 to 0.07"


def test_several_classes_are_each_asked_about():
    """Decision 1: a bias of one of four logits was to be cured by a temperature."""
    p, y = several(np.random.default_rng(0), 20_000, 4, shift=0.7)
    asked = ask(summed(p, y), "multiclass", classes=("cat", "dog", "owl", "fox"))
    classes = [q for q in asked if q.key == "class"]
    assert [q.of for q in classes] == ["class cat", "class dog", "class owl", "class fox"]
    assert classes[0].wrong
    assert classes[0].value == pytest.approx(p[:, 0].mean() - (y == 0).mean())


def test_all_right_has_an_interval_without_zero():
    """Decision 7: 40 rows at p = .7, all right, were "Right on average" with a gap that had no interval."""
    confidence = ask(summed(np.full(40, 0.7), np.ones(40)), "confidence")[0]
    assert confidence.wrong
    assert confidence.interval[0] == pytest.approx(-0.3)
    assert -0.3 < confidence.interval[1] < 0


def test_one_event_among_many_rows_is_no_surprise():
    """One error among rows of which a hundredth was expected to be one: a normal tail would be 1e-20."""
    p = np.concatenate([np.full(1000, 1e-5), np.linspace(0.3, 0.7, 400)])
    y = np.concatenate([[1], np.zeros(999), np.arange(400) % 2]).astype(int)
    lowest = next(q for q in ask(summed(np.stack([1 - p, p], 1), y), "binary") if q.key == "bin")
    assert lowest.rows == 1000
    assert not lowest.wrong


def test_a_single_question_is_an_exact_test():
    n, s, m = 50, 45, 0.75
    confidence = ask(summed(np.full(n, m), np.repeat([1.0, 0.0], [s, n - s])), "confidence")[0]
    one_sided = stats.binomtest(s, n, m, alternative="greater").pvalue
    assert confidence.p == pytest.approx(min(1, 2 * one_sided * 4), rel=1e-3)  # a quarter of the 5 % is its share


def test_equal_weights_change_nothing():
    p, y = binary(np.random.default_rng(3), 500, off=0.05)
    plain, weighted = ask(summed(p, y), "binary"), ask(summed(p, y, np.full(500, 2.5)), "binary")
    for a, b in zip(plain, weighted, strict=True):
        np.testing.assert_allclose((a.value, *a.interval, a.p, a.rows), (b.value, *b.interval, b.p, b.rows), rtol=1e-6)


KINDS = st.sampled_from(["binary", "multiclass", "confidence"])
TRUTH = st.sampled_from(["labels", "weights", "votes", "groups"])


def sample(rng, kind, truth, n, by, shift, sharp):
    """Predictions, truth, weights and groups at random."""
    k = 2 if kind == "binary" else 4
    z = rng.normal(0, sharp, (n, k))
    if truth == "groups":
        z = np.repeat(z[: -(-n // 5)], 5, axis=0)[:n]
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    z = z * by
    z[:, 0] += shift
    q = np.exp(z - z.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    w = rng.exponential(size=n) if truth == "weights" else None
    groups = (np.arange(n) // 5).astype(np.uint64) if truth == "groups" else None
    t = rng.multinomial(4, q) if truth == "votes" else y
    if kind == "confidence":
        top = q.argmax(axis=1)
        t = t[np.arange(n), top] / 4 if truth == "votes" else (top == y).astype(float)
        q = q.max(axis=1)
    return q, t, w, groups


@settings(max_examples=150, deadline=None)
@given(KINDS, TRUTH, st.integers(1, 400), st.sampled_from([0.3, 1.0, 2.0]), st.sampled_from([0.0, 0.5, 3.0]),
       st.sampled_from([0.1, 2.0, 20.0]), st.integers(0, 9999))  # fmt: skip
def test_answers_p_values_and_intervals_agree(kind, truth, n, by, shift, sharp, seed):
    q, t, w, groups = sample(np.random.default_rng(seed), kind, truth, n, by, shift, sharp)
    clusters = None
    if groups is not None:
        clusters = Clusters(kind, q.shape[1] if q.ndim == 2 else 1)
        clusters.add(q, t, groups, w)
    asked = ask(summed(q, t, w), kind, clusters=clusters)
    assert len({(a.key, a.of) for a in asked}) == len(asked)
    for a in asked:
        assert a.wrong == (a.p < 0.05)
        assert 0 <= a.p <= 1
        assert a.interval[0] <= a.value <= a.interval[1]
        assert np.isfinite([a.value, *a.interval]).all()
        assert a.key == "slope" or -1 - 1e-9 <= a.interval[0] <= a.interval[1] <= 1 + 1e-9


def false_alarms(draw, kind, samples, seed=0, grouped=False):
    rng = np.random.default_rng(seed)
    wrong = 0
    for _ in range(samples):
        p, y, *rest = draw(rng)
        clusters = None
        if grouped:
            clusters = Clusters(kind, p.shape[1] if p.ndim == 2 else 1)
            clusters.add(p, y, rest[0])
        wrong += any(q.wrong for q in ask(summed(p, y), kind, clusters=clusters))
    return wrong / samples


def patients(rng, people=60, visits=100):
    z = np.repeat(rng.normal(0, 2, people), visits) + rng.normal(0, 0.05, people * visits)
    p = 1 / (1 + np.exp(-z))
    y = (np.repeat(rng.uniform(size=people), visits) < p).astype(int)
    return np.stack([1 - p, p], 1), y, np.repeat(np.arange(people), visits).astype(np.uint64)


def limit(samples):
    return 0.05 + 2 * (0.05 * 0.95 / samples) ** 0.5


@pytest.mark.parametrize(
    ("kind", "draw"),
    [
        ("binary", lambda rng: binary(rng, 300)),
        ("binary", lambda rng: binary(rng, 300, spread=6)),
        ("multiclass", lambda rng: several(rng, 1000, 3)),
    ],
)
def test_a_calibrated_model_is_called_wrong_in_at_most_a_twentieth_of_samples(kind, draw):
    """Decision 7: 10.8 % of calibrated models of three classes were called wrong."""
    assert false_alarms(draw, kind, 60) <= limit(60)


def test_groups_of_rows_are_no_evidence_of_their_number():
    """Decision 10: 60 patients of 100 near-equal rows, calibrated, were called miscalibrated in 40 of 40 seeds."""
    assert false_alarms(patients, "binary", 20) > 0.9
    assert false_alarms(patients, "binary", 40, grouped=True) <= limit(40)


def test_a_classwise_summary_is_needed():
    p, y = binary(np.random.default_rng(0), 20)
    with pytest.raises(ValueError, match="classwise=True"):
        ask(CalibrationSummary().update(p, y), "binary")
    with pytest.raises(ValueError, match="summary has no rows"):
        ask(CalibrationSummary(2, classwise=True), "binary")
    with pytest.raises(ValueError, match="bins is 7, which does not divide the 120 cells"):
        ask(summed(p, y), "binary", bins=7)


@pytest.mark.long
@pytest.mark.parametrize("n", [300, 3000])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_false_alarms_and_power_in_many_samples(k, n):
    """`benchmarks/audit_power.py` prints the whole table."""
    kind, samples = ("binary" if k == 2 else "multiclass"), 150

    def draw(**changes):
        return (lambda rng: binary(rng, n, **changes)) if k == 2 else (lambda rng: several(rng, n, k, **changes))

    assert false_alarms(draw(), kind, samples, seed=1) <= limit(samples)
    if n == 3000:
        assert false_alarms(draw(by=1.5), kind, 20) > 0.9
        assert false_alarms(draw(off=0.08) if k == 2 else draw(shift=0.7), kind, 20) > 0.8


@pytest.mark.long
@pytest.mark.parametrize("people", [10, 30, 100, 600])
def test_false_alarms_over_groups_in_many_samples(people):
    assert false_alarms(lambda rng: patients(rng, people, 20), "binary", 150, seed=2, grouped=True) <= limit(150)
