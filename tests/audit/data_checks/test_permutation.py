"""Permuted classes are named; bad models, however wrong, are not accused of them."""

import numpy as np
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.data_checks.permutation import flipped, permuted


def names(k):
    return tuple(f"c{i}" for i in range(k))


@pytest.mark.parametrize("k", [3, 10, pytest.param(100, marks=pytest.mark.long)])
def test_permuted_classes_are_named(models, k, save):
    """Decision 6: permuted columns gave "Divide by T = 90.56, then alpha = .8630"."""
    p, y = models.good(np.random.default_rng(k), 4000, k)
    order = np.roll(np.arange(k), 1)
    found = permuted(models.view(p[:, order], y), names(k))
    assert found.weight == "wrong rows" and "if c0 stands for c" in found.sentence
    accuracy, now = (p.argmax(1) == y).mean(), (p[:, order].argmax(1) == y).mean()
    assert found.value == pytest.approx(accuracy - now)
    assert permuted(models.view(p, y), names(k)) is None
    assert audit(save(p=p[:, order], label=y)).verdict.kind == "wrong rows"


def test_two_swapped_classes_of_many_are_named_alone(models):
    p, y = models.good(np.random.default_rng(0), 6000, 20)
    order = np.arange(20)
    order[[3, 7]] = [7, 3]
    sentence = permuted(models.view(p[:, order], y), names(20)).sentence
    assert sentence.endswith("if c3 stands for c7, c7 stands for c3.")


def test_votes_show_a_permutation_too(models):
    rng = np.random.default_rng(0)
    q, _ = models.calibrated(rng, 3000, 4, 2.5)
    votes = rng.multinomial(5, q) / 5
    assert permuted(models.view(q[:, [1, 2, 3, 0]], votes), names(4)) is not None
    assert permuted(models.view(q, votes), names(4)) is None


@pytest.mark.parametrize("model", ["collapsed", "takes_neighbours"])
@pytest.mark.parametrize(("n", "k"), [(300, 3), (3000, 3), (3000, 10), (3000, 100)])
def test_a_bad_model_is_not_accused_of_permuted_classes(models, model, n, k):
    for seed in range(10):
        p, y = getattr(models, model)(np.random.default_rng([seed, n, k]), n, k)
        assert not {"permuted classes", "flipped classes"} & set(models.keys(p, y))


def test_the_probability_of_the_other_class_is_recognised(models):
    rng = np.random.default_rng(0)
    p, y = models.calibrated(rng, 2000, 2)
    found = flipped(models.view(p[:, ::-1], y))
    assert found.weight == "wrong rows" and "P(y = 0)" in found.sentence and found.value < 0.3
    rare = np.stack([1 - p[:, 1] / 10, p[:, 1] / 10], axis=1)
    happened = (rng.random(2000) < rare[:, 1]).astype(int)
    assert flipped(models.view(rare[:, ::-1], happened)) is not None
    assert flipped(models.view(p, y)) is None and flipped(models.view(rare, happened)) is None


@pytest.mark.parametrize("n", [60, 300, 3000])
def test_binary_models_without_skill_are_not_called_flipped(models, n):
    for seed in range(100):
        rng = np.random.default_rng([seed, n])
        p = rng.uniform(size=n)
        assert flipped(models.view(np.stack([1 - p, p], axis=1), rng.integers(0, 2, n))) is None


def test_a_confidence_that_falls_where_it_is_right(models):
    rng = np.random.default_rng(0)
    c = rng.uniform(size=3000)
    right = (rng.random(3000) < c).astype(float)
    assert "that of being wrong" in flipped(models.view(1 - c, right)).sentence
    assert flipped(models.view(c, right)) is None
