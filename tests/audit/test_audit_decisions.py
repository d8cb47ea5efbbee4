"""Decisions that the audit once got wrong, from files to the verdict: each test says what was decided before."""

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.audit import audit


def key(result):
    return result.verdict.action.key


def words(result):
    v = result.verdict
    return " ".join([v.headline, *(f.sentence for f in v.findings), v.action.sentence, *v.action.why])


def binary(save, p, y, **more):
    return audit(save(prob=p, label=y, **more))


def test_a_probability_that_is_8_points_too_high_everywhere(save):
    """Was "Calibrated. Leave it as it is": over-forecasts above .5 cancelled those below; --fail-above .02 gave 0."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 20000)
    y = (rng.random(20000) < p - 0.08).astype(int)
    result = binary(save, p, y)
    assert result.verdict.kind == "too high"
    assert result.verdict.headline.startswith("P(y = 1) is 8.0 points too high on average (7.")
    assert key(result) in ("intercept", "platt", "beta", "isotonic")
    assert result.worst_ece[0] == "event_ece" and result.worst_ece[1] == pytest.approx(0.08, abs=0.002)
    assert result.verdict.picture == "event"


def test_balanced_class_weights_at_12_percent_prevalence(save):
    """Was "Underconfident", best option NLL .386; an intercept or Platt's scaling gives .217."""
    rng = np.random.default_rng(0)
    z = rng.normal(-2.9, 1.9, 20000)
    y = (rng.random(20000) < 1 / (1 + np.exp(-z))).astype(int)
    assert 0.1 < y.mean() < 0.14
    balanced = 1 / (1 + np.exp(-(z + np.log((1 - y.mean()) / y.mean()))))
    result = binary(save, balanced, y)
    assert result.verdict.kind == "too high"
    assert key(result) == "intercept"
    true_nll = -np.where(y, np.log(1 / (1 + np.exp(-z))), np.log(1 / (1 + np.exp(z)))).mean()
    best = next(o for o in result.options if o.key == "intercept")
    assert best.nll == pytest.approx(true_nll, abs=0.001)


def test_four_classes_with_a_bias_of_each(save):
    """The best option gained .010 nats; removing the bias gains .081."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 1.5, (20000, 4))
    y = (softmax(z, axis=1).cumsum(axis=1) > rng.random((20000, 1))).argmax(axis=1)
    result = audit(save(logits=z + np.array([1.0, -0.5, 0.5, -1.0]), label=y))
    assert result.verdict.action.gain > 0.08
    assert key(result) in ("intercept", "vector")
    assert any(f.key == "class" and f.weight == "wrong" for f in result.verdict.findings)


def test_confidence_and_correct_are_not_two_classes(save):
    """Was read as P(class 1) and folded at .5: 72.4 %, 63.6 % and .088 in the place of 50.2 %, 30.1 % and .202."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.05, 0.95, 20000)
    correct = (rng.random(20000) < 0.6 * confidence).astype(int)
    result = audit(save(confidence=confidence, correct=correct))
    assert result.kind == "confidence"
    assert result.verdict.headline.startswith(
        f"Overconfident: it says {100 * confidence.mean():.1f}\u00a0% on average and is right "
        f"{100 * correct.mean():.1f}\u00a0% of the time"
    )
    assert result.ece == pytest.approx(0.2, abs=0.005)
    assert key(result) != "leave" and "class" not in words(result).replace("classes", "class").split("ECE")[0]


@pytest.mark.long
def test_labels_of_other_rows(save):
    """Was "Retrain with label smoothing, alpha about 1.000"."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 4, (5000, 5))
    y = (softmax(z, axis=1).cumsum(axis=1) > rng.random((5000, 1))).argmax(axis=1)
    for labels in (np.roll(y, 1), rng.permutation(y)):
        result = audit(save(logits=z, label=labels))
        assert (result.verdict.kind, key(result)) == ("wrong rows", "check rows")
        assert "etrain" not in words(result)


def test_permuted_classes(save):
    """Was "Divide by T = 90.56, then alpha = .8630"."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 4, (5000, 5))
    y = (softmax(z, axis=1).cumsum(axis=1) > rng.random((5000, 1))).argmax(axis=1)
    result = audit(save(logits=z[:, [1, 2, 0, 3, 4]], label=y))
    assert (result.verdict.kind, key(result)) == ("wrong rows", "check rows")


def test_one_zero_among_ten_thousand_rows_does_not_overturn_the_advice(save):
    """From "T = 2.068" to "Temperature could not be fitted ... Retrain with label smoothing"; no word of logits."""
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, (10000, 4))
    y = (softmax(z / 2, axis=1).cumsum(axis=1) > rng.random((10000, 1))).argmax(axis=1)
    p = softmax(z, axis=1)
    before = audit(save(p=p, label=y))
    p[17, y[17]] = 0
    p[17] /= p[17].sum()
    after = audit(save(p=p, label=y))
    assert key(before) == key(after) == "temperature"
    t = [next(o for o in r.options if o.key == "temperature").parameters["temperature"] for r in (before, after)]
    assert t[0] == pytest.approx(t[1], rel=0.02) and t[0] == pytest.approx(2, rel=0.06)
    assert sum("logits" in f.sentence + f.remedy for f in after.verdict.findings if f.key == "zeros") == 1


def test_forty_rows_at_70_percent_that_are_all_right(save):
    """Was "Right on average ... right 100.0 %": a gap without variance had no interval."""
    result = audit(save(p=np.tile([0.7, 0.3], (40, 1)), label=np.zeros(40, int)))
    assert result.verdict.kind in ("too low", "too high", "underconfident")
    assert "Right on average" not in words(result)
    assert all(q.interval[0] < q.interval[1] for q in result.questions)


def test_a_gap_of_15_hundredths_of_a_point_in_a_million_rows_is_small(save):
    """Was "Overconfident" and no more."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 1_000_000)
    right = (rng.random(1_000_000) < confidence - 0.0015).astype(int)
    result = audit(save(confidence=confidence.astype(np.float32), correct=right))
    assert result.verdict.kind == "overconfident" and result.verdict.small
    assert key(result) == "leave"
    assert any("less than 0.001" in why or "none is seen to lower it" in why for why in result.verdict.action.why)
    assert "small" in result.verdict.headline


@pytest.mark.long
def test_clustered_rows_of_a_calibrated_model(save):
    """60 patients with 100 near-equal rows were called miscalibrated in 40 of 40 seeds; nothing named the cause."""
    alarms = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        p = np.repeat(rng.uniform(0.1, 0.9, 60), 100)
        y = np.repeat((rng.random(60) < p[::100]).astype(int), 100)
        p = np.clip(p + rng.normal(0, 0.002, 6000), 0.01, 0.99)
        patient = np.repeat(np.arange(60), 100)
        alone = binary(save, p, y)
        assert any(f.weight == "spoils" and "--group" in f.sentence + f.remedy for f in alone.verdict.findings)
        path = save(prob=p, label=y, patient=patient)
        alarms += audit(path, group="patient").verdict.kind not in ("calibrated", "too few rows")
    assert alarms <= 2


@pytest.mark.long
@pytest.mark.parametrize("k", [2, 3, 10])
def test_calibrated_models_are_called_wrong_in_at_most_5_percent(save, k):
    """10.8 % of 314 calibrated sets (n = 1000, K = 3) were called wrong: two tests at 5 % each."""
    wrong, contradictions, samples = 0, 0, 200
    for seed in range(samples):
        rng = np.random.default_rng(seed)
        z = rng.normal(0, 1.5, (1000, k))
        y = (softmax(z, axis=1).cumsum(axis=1) > rng.random((1000, 1))).argmax(axis=1)
        result = audit(save(logits=z, label=y))
        is_wrong = result.verdict.kind not in ("calibrated", "too few rows")
        wrong += is_wrong
        contradictions += key(result) not in ("leave", "more rows") and not is_wrong
    assert wrong / samples <= 0.05 + 2 * (0.05 * 0.95 / samples) ** 0.5
    assert contradictions / samples <= 0.03
