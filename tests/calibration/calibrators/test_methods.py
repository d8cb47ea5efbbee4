"""Every method: what it leaves alone, weights and soft truth, and that each is better than none on its own fault."""

import numpy as np
import pytest
from scipy.special import log_softmax

from onewarm.calibration.calibrators.methods import METHODS, method
from onewarm.calibration.calibrators.rows import fit_rows

FITTED = [key for key in METHODS if key != "leave"]


def model(k, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k)) * 1.5
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("key", METHODS)
def test_a_calibrated_model_stays_as_it_is_and_rows_sum_to_1(key, k):
    z, _ = model(k)
    pi = np.exp(log_softmax(z, axis=1))
    rows = fit_rows(z, pi, logits=True)
    q = METHODS[key].apply(METHODS[key].fit(rows), rows.log_p)
    np.testing.assert_allclose(q.sum(axis=1), 1, atol=1e-9)
    assert (q > 0).all() and np.abs(q - pi).mean() < (0.03 if k > 2 and key in ("platt", "beta", "isotonic") else 0.003)


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("key", FITTED)
def test_weights_stand_for_rows_and_shares_for_labels(key, k):
    z, y = model(k, 1500)
    w = np.random.default_rng(1).integers(0, 3, 1500)
    how = METHODS[key]
    repeated = how.fit(fit_rows(np.repeat(2 * z, w, axis=0), np.repeat(y, w), logits=True))
    weighted = how.fit(fit_rows(2 * z, y, logits=True, weights=w))
    soft = how.fit(fit_rows(2 * z, np.eye(k)[y], logits=True, weights=w))
    new = log_softmax(model(k, 200, seed=5)[0], axis=1)
    for other in (weighted, soft):
        np.testing.assert_allclose(how.apply(other, new), how.apply(repeated, new), atol=2e-4)


@pytest.mark.parametrize("key", [k for k in FITTED if k not in ("intercept",)])
def test_too_sharp_a_model_gets_a_lower_nll(key):
    z, y = model(3)
    rows = fit_rows(2 * z, y, logits=True)
    q = METHODS[key].apply(METHODS[key].fit(rows), rows.log_p)
    at = np.arange(len(y)), y
    assert -np.log(q[at]).mean() < -rows.log_p[at].mean() - 0.05


def test_free_numbers_and_unknown_methods():
    assert [METHODS[key].free({"y": [[0.1, 0.1, 0.2]]}, 2) for key in METHODS] == [0, 1, 1, 1, 2, 2, 3, 3, 2]
    with pytest.raises(ValueError) as error:
        method("histogram")
    assert str(error.value).startswith("method is 'histogram': choose one of leave, intercept, temperature, unsmooth")


def test_forty_rows_that_are_all_right_are_no_certainty():
    """Of 40 rows at .7, all right, undoing smoothing made .7 a probability of 1 - 1e-9."""
    p = np.tile([0.3, 0.7], (40, 1))
    rows = fit_rows(p, np.ones(40, int), logits=False)
    q = METHODS["unsmooth"].apply(METHODS["unsmooth"].fit(rows), np.log(p))
    assert 0.97 < q[0, 1] < 0.999
    milder = fit_rows(np.vstack([p, [[1e-7, 1 - 1e-7]]]), np.ones(41, int), logits=False)
    assert METHODS["unsmooth"].fit(milder)["alpha"] >= 0  # a small probability that was there is no reason to mix
