"""What could be done, against the same written out: fits, paired gains, row scores, and which option is advised."""

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import softmax

from onewarm.audit import remedies
from onewarm.audit.audit import audit
from onewarm.audit.row_sample import Rows


def option(result, key):
    return next(o for o in result.options if o.key == key)


def test_options_are_fitted_on_some_rows_and_scored_on_others(save, draw):
    z, labels = draw()
    places = np.arange(len(z), dtype=np.uint64)
    even, odd = (half.places for half in remedies.halves(Rows(places, z, labels)))
    assert abs(len(even) - len(odd)) < 200 and sorted([*even, *odd]) == places.tolist()
    result = audit(save(logits=z, label=labels))

    def losses(t, rows):
        return -np.log(softmax(z[rows] / t, axis=1)[np.arange(len(z[rows])), labels[rows]])

    best = optimize.minimize_scalar(lambda t: losses(t, even).mean(), bounds=(0.5, 5), options={"xatol": 1e-9}).x
    scaled = option(result, "temperature")
    assert scaled.parameters["temperature"] == pytest.approx(best, abs=1e-6)
    gains = losses(1, odd) - losses(best, odd)
    assert scaled.nll == pytest.approx(losses(best, odd).mean(), abs=1e-9)
    assert scaled.gain == pytest.approx(gains.mean(), abs=1e-9)
    half = 1.959964 * gains.std() / np.sqrt(len(gains))
    assert scaled.interval == pytest.approx((gains.mean() - half, gains.mean() + half), abs=1e-8)


def test_a_smoothed_model_is_undone_by_the_affine_inverse_and_by_no_temperature(save, draw):
    z, labels = draw(n=20_000, scale=1.0)
    result = audit(save(p=0.8 * softmax(z, axis=1) + 0.2 / 4, label=labels))
    assert result.verdict.kind == "underconfident" and result.recommended == "unsmooth"
    assert option(result, "unsmooth").parameters["alpha"] == pytest.approx(0.2, abs=0.01)
    assert option(result, "unsmooth").gain > option(result, "temperature").gain + 0.001
    assert "(p - alpha / K) / (1 - alpha) with alpha = " in result.verdict.action.sentence


def test_labels_that_are_wrong_at_random_ask_for_smoothing(save, draw):
    z, labels = draw(n=20_000, scale=1.0)
    rng = np.random.default_rng(5)
    noisy = np.where(rng.random(20_000) < 0.2, rng.integers(0, 4, 20_000), labels)
    result = audit(save(logits=z, label=noisy))
    assert result.recommended == "retrain"
    assert option(result, "retrain").parameters["alpha"] == pytest.approx(0.2, abs=0.02)
    assert "Retrain with label smoothing, alpha about 0." in result.verdict.action.sentence


def test_too_sure_and_smoothed_asks_for_both(save, draw):
    z, labels = draw(n=20_000, scale=1.0)
    result = audit(save(p=0.9 * softmax(2 * z, axis=1) + 0.1 / 4, label=labels))
    assert result.recommended == "temperature-unsmooth"


def test_every_row_right_says_why_there_is_no_temperature(save):
    p = np.array([[0.9, 0.1], [0.2, 0.8]] * 20)
    result = audit(save(p=p, label=np.array([0, 1] * 20)))
    assert "rows are right" in (option(result, "temperature").problem or "")


def test_row_scores_against_their_definitions():
    rng = np.random.default_rng(0)
    p, votes = rng.dirichlet(np.ones(3), 20), rng.multinomial(5, [0.2, 0.3, 0.5], 20)
    t = votes / 5
    np.testing.assert_allclose(remedies.row_nll(p, votes), -(t * np.log(p)).sum(axis=1))
    one = np.eye(3)
    brier = sum(t[:, k] * ((p - one[k]) ** 2).sum(axis=1) for k in range(3))
    np.testing.assert_allclose(remedies.row_brier(p, votes), brier)


def test_a_mean_and_its_normal_interval():
    rng = np.random.default_rng(0)
    values = rng.normal(size=50)
    mean, (low, high) = remedies.mean_interval(values, np.ones(50))
    half = stats.norm.ppf(0.975) * np.sqrt(((values - values.mean()) ** 2).sum()) / 50
    assert (mean, low, high) == pytest.approx((values.mean(), values.mean() - half, values.mean() + half))
    weights = rng.integers(0, 3, 50).astype(float)
    mean, (low, high) = remedies.mean_interval(values, weights)
    assert mean == pytest.approx(np.average(values, weights=weights))
    residuals = weights * (values - mean)
    assert high - mean == pytest.approx(stats.norm.ppf(0.975) * np.sqrt((residuals**2).sum()) / weights.sum())


@pytest.mark.parametrize("scale", [1.04, 1.5])
def test_an_option_must_gain_a_thousandth_of_a_nat_and_more_than_chance(draw, scale):
    """A temperature of 1.04 is found, but what it gains is less: the model is left as it is."""
    z, labels = draw(n=40_000, scale=scale)
    fit, score = (
        Rows(np.arange(len(z))[rows], z[rows], labels[rows]) for rows in (slice(0, None, 2), slice(1, None, 2))
    )
    options, best = remedies.compare(fit, score, logits=True)
    gain = next(o for o in options if o.key == "temperature").gain
    assert (gain >= 0.001) == (best.key == "temperature") == (scale == 1.5)


def test_a_gain_that_chance_may_have_made_changes_nothing(draw):
    z, labels = draw(n=200, scale=1.3, seed=2)
    fit, score = (
        Rows(np.arange(len(z))[rows], z[rows], labels[rows]) for rows in (slice(0, None, 2), slice(1, None, 2))
    )
    options, best = remedies.compare(fit, score, logits=True)
    temperature = next(o for o in options if o.key == "temperature")
    assert temperature.gain > 0.001 and temperature.interval[0] < 0 and best.key == "leave"


def test_a_probability_of_0_is_mended_by_an_option_with_fewer_such_rows_and_no_greater_brier_score():
    """30 % of the rows are wrong with certainty: no temperature helps, mixing with the uniform row does."""
    p = np.tile([1.0, 0.0], (1000, 1))
    labels = (np.arange(1000) % 10 < 3).astype(np.int64)
    rows = Rows(np.arange(1000), p, labels)
    options, best = remedies.compare(rows, rows, logits=False)
    assert options[0].nll is None and options[0].infinite == 300 and options[0].brier == pytest.approx(0.6)
    assert best.key == "retrain" and best.infinite == 0 and best.gain is None
    assert best.parameters["alpha"] == pytest.approx(0.6, abs=1e-3)  # 0.7 and 0.3
    assert best.brier == pytest.approx(0.42, abs=1e-3)


@pytest.mark.parametrize("weights", [[1, 2, 0, 3], [0.5, 1.0, 0.0, 1.5]])
def test_rows_are_repeated_by_their_weights(weights):
    rows = Rows(np.arange(4), np.arange(8.0).reshape(4, 2), np.arange(4), np.array(weights, float))
    predictions, truth = remedies._by_weight(rows)
    counts = np.bincount(truth, minlength=4)
    np.testing.assert_array_equal(predictions, rows.predictions[truth])
    np.testing.assert_allclose(counts / counts.sum(), rows.weights / rows.weights.sum(), atol=1 / 16)
    assert sum(weights) != 6 or counts.tolist() == weights
