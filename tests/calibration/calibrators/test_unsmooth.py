"""alpha against a fine grid, and at its bounds."""

import numpy as np
import pytest

from onewarm.calibration.calibrators.unsmooth import apply_alpha, fit_alpha


def loss(p, labels, alpha):
    q = (p - alpha / p.shape[1]) / (1 - alpha)
    return -np.log(q[np.arange(len(p)), labels]).mean()


@pytest.mark.parametrize("sharp", [0.5, 1.0, 2.0])
def test_no_alpha_on_a_grid_is_better(sharp):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 3))
    p = np.exp(z * sharp) / np.exp(z * sharp).sum(axis=1, keepdims=True)
    labels = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    found = fit_alpha(p, labels)
    assert found.nll == pytest.approx(loss(p, labels, found.alpha), rel=1e-12)
    room = 3 * p.min()
    grid = np.concatenate([np.linspace(-3, 0, 301), np.linspace(0, room * 0.999, 300)])
    assert found.nll <= min(loss(p, labels, a) for a in grid) + 1e-9
    at_bound = found.alpha > 0.99 * room
    assert at_bound or found.gradient == pytest.approx(0, abs=1e-9)


def test_a_model_that_knows_nothing_becomes_uniform():
    p = np.array([[0.9, 0.1], [0.9, 0.1]])
    found = fit_alpha(p, np.array([1, 1]))
    q = apply_alpha(p, found.alpha, 0.0)
    np.testing.assert_allclose(q, 0.5, atol=1e-3)


@pytest.mark.parametrize("kind", ["labels", "votes", "distributions"])
def test_gradient_is_that_of_the_nll(kind):
    rng = np.random.default_rng(1)
    p = 0.7 * rng.dirichlet(np.full(3, 2.0), 200) + 0.1
    truth = {
        "labels": (np.log(p) + rng.gumbel(size=p.shape)).argmax(axis=1),
        "votes": rng.multinomial(5, p),
        "distributions": 0.6 * p + 0.4 * rng.dirichlet(np.ones(3), 200),
    }[kind]
    t = np.eye(3)[truth] if kind == "labels" else truth / truth.sum(axis=1, keepdims=True)

    def nll(alpha):
        return -(t * np.log((p - alpha / 3) / (1 - alpha))).sum(axis=1).mean()

    found = fit_alpha(p, truth)
    h = 1e-6
    assert found.nll == pytest.approx(nll(found.alpha), rel=1e-12)
    assert found.gradient == pytest.approx((nll(found.alpha + h) - nll(found.alpha - h)) / (2 * h), abs=1e-8)
    assert nll(found.alpha - 0.001) > found.nll


def test_where_every_row_is_right_alpha_is_at_its_bound_and_the_gradient_negative():
    p = np.array([[0.7, 0.3], [0.2, 0.8]])
    found = fit_alpha(p, np.array([0, 1]))
    assert found.alpha == pytest.approx(2 * 0.2, rel=1e-6) and found.gradient < -0.1


def test_errors():
    p = np.array([[0.7, 0.3], [0.2, 0.8]])
    for call, text in (
        (lambda: fit_alpha(p, np.array([0, 1]), 0.5), "floor is 0.5: expected at least 0 and less than 1/K = 0.5"),
        (lambda: fit_alpha(p, np.array([0, 1]), -0.1), "floor is -0.1: expected at least 0 and less than 1/K = 0.5"),
        (lambda: fit_alpha(p, np.array([0, 2])), "truth[1] is 2, outside 0..1: labels start at 0; subtract 1"),
    ):
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == text
