"""What could be done, against the same written out: cross-fitted scores, paired gains, and which option is advised."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit, logit, softmax
from sklearn.linear_model import LogisticRegression

from onewarm.audit.remedies.compare import KEYS, choose, compare
from onewarm.audit.remedies.cross_fit import Folds
from onewarm.audit.remedies.option import LEAST_GAIN, Option
from onewarm.audit.row_sample import Rows

FINE = {"xatol": 1e-9}


def rows_of(p, y, weights=None, groups=None):
    return Rows(np.arange(len(p), dtype=np.uint64), p, y, weights, groups)


def of_event(p, y, **options):
    return rows_of(np.stack([1 - p, p], axis=1), y, **options)


def option(result, key):
    return next(o for o in result.options if o.key == key)


def test_each_row_is_scored_by_a_fit_on_the_other_folds(draw):
    z, labels = draw()
    result = compare(rows_of(z, labels), logits=True, kind="multiclass")

    def losses(t, rows):
        return -np.log(softmax(z[rows] / t, axis=1)[np.arange(rows.sum()), labels[rows]])

    folds = Folds(np.arange(len(z)), None, z.shape[1])
    after = np.empty(len(z))
    for fold in range(folds.count):
        held = folds.of == fold
        best = optimize.minimize_scalar(
            lambda t, at=~held: losses(t, at).mean(), bounds=(0.5, 5), options={"xatol": 1e-9}
        )
        after[held] = losses(best.x, held)
    scaled = option(result, "temperature")
    everywhere = np.ones(len(z), bool)
    assert scaled.nll == pytest.approx(after.mean(), abs=1e-7)
    gains = losses(1, everywhere) - after
    half = 1.959964 * gains.std() / np.sqrt(len(gains))
    assert scaled.gain == pytest.approx(gains.mean(), abs=1e-7)
    assert scaled.interval[1] == pytest.approx(gains.mean() + half, abs=1e-6)
    assert gains.mean() - half <= scaled.interval[0] < gains.mean()
    whole = optimize.minimize_scalar(lambda t: losses(t, everywhere).mean(), bounds=(0.5, 5), options=FINE)
    assert scaled.parameters["temperature"] == pytest.approx(whole.x, abs=1e-6)
    assert (result.best.key, result.scored_on) == ("temperature", len(z))


def test_a_probability_that_is_too_high_everywhere_is_mended():
    """P(y = 1) eight points too high in every decile was "Calibrated. Leave it": no option had an intercept."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 20_000)
    y = (rng.random(20_000) < p - 0.08).astype(np.int64)
    result = compare(of_event(p, y), logits=False, kind="binary")
    assert result.best.key in ("intercept", "platt", "beta") and result.best.gain > 0.014
    assert option(result, "leave").event_ece > 0.07 and result.best.event_ece < 0.02
    assert option(result, "temperature").gain < LEAST_GAIN


def test_balanced_class_weights_at_low_prevalence_need_an_intercept():
    """Logistic regression with balanced class weights: the best option had NLL .386, Platt scaling has .217."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 5))
    y = (rng.random(20_000) < expit(x @ np.array([1.5, -1, 1, 0.5, 0]) - 3.2)).astype(np.int64)
    assert 0.1 < y.mean() < 0.14
    model = LogisticRegression(class_weight="balanced").fit(x[:10_000], y[:10_000])
    p = model.predict_proba(x[10_000:])
    result = compare(rows_of(p, y[10_000:]), logits=False, kind="binary")
    assert result.best.key in ("intercept", "platt") and result.best.nll < option(result, "leave").nll - 0.1
    platt = option(result, "platt")
    peer = LogisticRegression(C=1e6).fit(logit(p[:, 1:]), y[10_000:])
    assert platt.parameters["slope"] == pytest.approx(peer.coef_[0, 0], rel=5e-3)
    assert platt.parameters["intercept"] == pytest.approx(peer.intercept_[0], abs=2e-2)


def test_biased_logits_of_four_classes_need_a_shift():
    """The best option gained .010 nats; removing the bias gains .08."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20_000, 4)) * 1.5
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    result = compare(rows_of(z + np.array([0.8, 0, -0.5, 0]), y), logits=True, kind="multiclass")
    assert result.best.key == "intercept" and result.best.gain > 0.06 > 5 * option(result, "temperature").gain
    shift = np.array(result.best.parameters["intercept"])
    assert shift - shift.mean() == pytest.approx(np.array([-0.8, 0, 0.5, 0]) + 0.075, abs=0.06)


@pytest.mark.parametrize("changed", [0, 1, 3, 10])
def test_one_zero_does_not_overturn_the_advice(changed):
    """One zero probability among 10,000 rows turned "divide by 2.07, ECE .0515 to .0090" into "retrain"."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(10_000, 3)) * 1.3
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    p = softmax(2.07 * z, axis=1)
    for i in range(changed):
        p[i, y[i]] = 0
        p[i] /= p[i].sum()
    result = compare(rows_of(p, y), logits=False, kind="multiclass")
    assert result.best.key == "temperature" and result.best.parameters["temperature"] == pytest.approx(2.07, abs=0.13)
    assert (result.zeros.true, result.zeros.rows, result.options[0].infinite) == (changed,) * 3
    assert result.best.ece < 0.015 < 0.1 < result.options[0].ece and np.isfinite(result.options[0].nll)


def test_few_zeros_in_a_calibrated_model_are_said_to_be_the_reason():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(10_000, 3)) * 1.3
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    p = softmax(z, axis=1)
    p[np.arange(20), y[:20]] = 0
    p /= p.sum(axis=1, keepdims=True)
    result = compare(rows_of(p, y), logits=False, kind="multiclass")
    assert result.best.key == "leave" and result.resting_on_zeros and result.runner_up.gain > LEAST_GAIN


def test_zeros_in_many_rows_count():
    """30 % of the rows are wrong with certainty: no temperature helps as mixing with the uniform row does."""
    p = np.tile([1.0, 0.0], (1000, 1))
    labels = (np.arange(1000) % 10 < 3).astype(np.int64)
    result = compare(rows_of(p, labels), logits=False, kind="binary")
    assert result.zeros.true == 300 and result.best.key != "leave"
    assert result.best.nll == pytest.approx(-(0.7 * np.log(0.7) + 0.3 * np.log(0.3)), abs=0.01)
    assert result.best.brier == pytest.approx(0.42, abs=0.01)


@pytest.mark.parametrize("shuffled", [False, True])
def test_two_interleaved_views_of_a_row_are_no_split(shuffled):
    """Even and odd rows gave T = .98 and no gain, the same rows shuffled T = 1.31: now T is the same up to noise."""
    rng = np.random.default_rng(3)
    n = 10_000
    z = rng.normal(size=(n, 3)) * 1.5
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    sharp, flat = 1.8 * z, 0.95 * z
    both = np.stack([sharp, flat], axis=1).reshape(2 * n, 3)
    truth = np.repeat(y, 2)
    if shuffled:
        order = rng.permutation(2 * n)
        both, truth = both[order], truth[order]
    result = compare(rows_of(both, truth), logits=True, kind="multiclass")

    def nll(t):
        return -np.log(softmax(both / t, axis=1)[np.arange(2 * n), truth]).mean()

    best = optimize.minimize_scalar(nll, bounds=(0.5, 5), options=FINE)
    scaled = option(result, "temperature")
    assert scaled.parameters["temperature"] == pytest.approx(best.x, abs=1e-6) and best.x > 1.25
    assert scaled.gain == pytest.approx(nll(1) - best.fun, abs=0.001) and scaled.gain > 0.02


def test_confidences_are_mapped_as_two_columns():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.05, 0.95, 20_000)
    right = (rng.random(20_000) < expit(0.6 * logit(confidence) - 1)).astype(float)
    result = compare(rows_of(confidence, right), logits=False, kind="confidence")
    assert {o.key for o in result.options} == set(KEYS["confidence"]) and "unsmooth" not in KEYS["confidence"]
    assert result.best.key == "platt" and result.best.parameters["slope"] == pytest.approx(0.6, abs=0.05)
    assert result.options[0].ece > 0.15 and result.best.ece < 0.03
    brier = ((confidence - right) ** 2).mean()
    assert result.options[0].brier == pytest.approx(brier, abs=1e-9)
    mapped = result.calibrator.apply(confidence)
    assert mapped.shape == confidence.shape and abs(mapped.mean() - right.mean()) < 1e-3


def test_a_smoothed_model_is_undone_by_the_affine_inverse_and_by_no_temperature(draw):
    z, labels = draw(n=20_000, scale=1.0)
    result = compare(rows_of(0.8 * softmax(z, axis=1) + 0.2 / 4, labels), logits=False, kind="multiclass")
    assert result.best.key == "unsmooth" and result.best.parameters["alpha"] == pytest.approx(0.2, abs=0.01)
    assert result.best.gain > option(result, "temperature").gain + 0.001


def test_labels_that_are_wrong_at_random_ask_for_a_negative_alpha(draw):
    z, labels = draw(n=20_000, scale=1.0)
    rng = np.random.default_rng(5)
    noisy = np.where(rng.random(20_000) < 0.2, rng.integers(0, 4, 20_000), labels)
    result = compare(rows_of(z, noisy), logits=True, kind="multiclass")
    alpha = result.best.parameters["alpha"]
    assert result.best.key == "unsmooth" and -alpha / (1 - alpha) == pytest.approx(0.2, abs=0.02)


def test_too_sure_and_smoothed_asks_for_both(draw):
    z, labels = draw(n=20_000, scale=1.0)
    p = (0.9 * softmax(z, axis=1) + 0.1 / 4) ** 1.7
    result = compare(rows_of(p, labels), logits=False, kind="multiclass")
    assert result.best.key == "temperature-unsmooth"
    assert result.best.parameters == pytest.approx({"temperature": 1.7, "alpha": 0.1}, abs=0.05)


def test_every_row_right_says_why_there_is_no_temperature():
    p = np.array([[0.9, 0.1], [0.2, 0.8]] * 20)
    result = compare(rows_of(p, np.array([0, 1] * 20)), logits=False, kind="binary")
    assert "rows are right" in option(result, "temperature").problem and option(result, "temperature").nll is None


@pytest.mark.parametrize("scale", [1.04, 1.5])
def test_an_option_must_gain_a_thousandth_of_a_nat_and_more_than_chance(draw, scale):
    """A temperature of 1.04 is found, but what it gains is less: the model is left as it is."""
    z, labels = draw(n=40_000, scale=scale)
    result = compare(rows_of(z, labels), logits=True, kind="multiclass")
    gain = option(result, "temperature").gain
    assert (gain >= LEAST_GAIN) == (result.best.key == "temperature") == (scale == 1.5)
    assert (result.runner_up is None) == (scale == 1.5) or result.best.key != "leave"


def test_a_gain_that_chance_may_have_made_changes_nothing(draw):
    z, labels = draw(n=200, scale=1.25, seed=2)
    result = compare(rows_of(z, labels), logits=True, kind="multiclass")
    assert result.best.key == "leave" and result.runner_up.gain is not None
    assert result.runner_up.gain < LEAST_GAIN or result.runner_up.interval[0] <= 0


def test_the_simplest_within_noise_of_the_best_is_chosen():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=1000)

    def made(key, gain, spread):
        losses = 1 - gain + spread * noise
        return Option(key, {}, nll=losses.mean(), gain=gain, interval=(gain / 2, 2 * gain)), losses, None

    leave = Option("leave", {}, nll=1.0), np.ones(1000), None
    simple, mid, large = made("temperature", 0.10, 0.5), made("platt", 0.11, 0.1), made("isotonic", 0.1102, 0.0)
    assert choose([leave, simple, mid, large], np.ones(1000))[0].key == "temperature"  # worse by less than its noise
    assert choose([leave, (simple[0], 1 - 0.05 + 0.0 * noise, None), large], np.ones(1000))[0].key == "isotonic"
    assert choose([leave], np.ones(1000)) == (leave[0], None, False)


def test_groups_widen_the_intervals_and_are_never_split(draw):
    z, labels = draw(n=300)
    z, labels = np.repeat(z, 10, axis=0), np.repeat(labels, 10)
    groups = np.repeat(np.arange(300, dtype=np.uint64), 10)
    alone = option(compare(rows_of(z, labels), logits=True, kind="multiclass"), "temperature")
    grouped = option(compare(rows_of(z, labels, groups=groups), logits=True, kind="multiclass"), "temperature")
    width = (grouped.interval[1] - grouped.interval[0]) / (alone.interval[1] - alone.interval[0])
    assert width == pytest.approx(np.sqrt(10), rel=0.1)


def test_weights_stand_for_rows(draw):
    z, labels = draw(n=2000)
    weights = np.random.default_rng(0).integers(0, 3, 2000)
    chosen = np.repeat(np.arange(2000), weights)
    places = chosen.astype(np.uint64)
    repeated = compare(Rows(places, z[chosen], labels[chosen]), logits=True, kind="multiclass")
    weighted = compare(rows_of(z, labels, weights.astype(float)), logits=True, kind="multiclass")
    for mine, theirs in zip(weighted.options, repeated.options, strict=True):
        assert (mine.key, mine.nll, mine.brier) == (
            theirs.key, pytest.approx(theirs.nll, abs=1e-5), pytest.approx(theirs.brier, abs=1e-5)
        )  # fmt: skip


@pytest.mark.parametrize("n", [1, 3, 9])
def test_few_rows_fit_nothing(n):
    result = compare(rows_of(np.full((n, 2), 0.5), np.zeros(n, np.int64)), logits=False, kind="binary")
    assert [o.key for o in result.options] == ["leave"] and result.best.key == "leave" and result.runner_up is None


def test_votes_and_distributions_are_truth_too(draw):
    z, _ = draw(n=4000, scale=1.0)
    pi = softmax(z, axis=1)
    votes = np.random.default_rng(1).multinomial(5, pi)
    for truth in (votes, pi):
        result = compare(rows_of(2 * z, truth), logits=True, kind="multiclass")
        assert result.best.key == "temperature" and result.best.parameters["temperature"] == pytest.approx(2, abs=0.1)
