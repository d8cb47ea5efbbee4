"""A soft target as weighted rows is the same loss, and what cannot be weights is refused."""

import numpy as np
import pytest
import scipy.optimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

import onewarm as ow
from onewarm.errors import InputError
from onewarm.study.models.estimators.expansion import expand


@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_a_fit_on_expanded_rows_is_the_minimum_of_the_soft_loss(alpha):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((120, 4)), rng.integers(0, 3, 120)
    x[np.arange(120), y] += 1.0
    target = ow.smooth(y, alpha, num_classes=3)
    row, label, weight = expand(target)
    fitted = LogisticRegression(C=2.0, tol=1e-10, max_iter=2000).fit(x[row], label, sample_weight=weight)

    def loss(flat):
        w = flat.reshape(5, 3)
        z = x @ w[:4] + w[4]
        value, gradient = ow.cross_entropy_with_gradient(z, target, reduction="sum")
        gradient = np.asarray(gradient)
        penalty = 0.25 * (w[:4] ** 2).sum()  # 1 / (2 C)
        slope = np.vstack([x.T @ gradient + 0.5 * w[:4], gradient.sum(0)])
        return float(value) + penalty, slope.ravel()

    best = scipy.optimize.minimize(
        loss, np.zeros(15), jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-10}
    ).x.reshape(5, 3)
    np.testing.assert_allclose(fitted.predict_proba(x), softmax(x @ best[:4] + best[4], axis=1), rtol=0, atol=2e-6)


def test_rows_without_mass_and_classes_without_mass_are_left_out():
    target = ow.soft(np.array([[0.0, 1.0], [0.25, 0.75], [0.5, 0.5]])).scale(np.array([1.0, 1.0, 0.0]))
    assert [part.tolist() for part in expand(target)] == [[0, 1, 1], [1, 0, 1], [1.0, 0.25, 0.75]]


def test_a_negative_mass_is_refused_with_its_row():
    with pytest.raises(InputError) as raised:
        expand(ow.smooth(np.array([0, 1]), -0.2, num_classes=2))
    assert str(raised.value) == "row 1 of the target has the mass -0.1 on class 1: a sample weight cannot be negative"
