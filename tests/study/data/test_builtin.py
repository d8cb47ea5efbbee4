import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits

from onewarm.study.data.builtin import BUILT_IN, blob_means, lookalike_means, posterior
from onewarm.study.data.load import load


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_seed_decides_every_byte(name):
    first, again, other = load(name).split(3), load(name).split(3), load(name).split(4)
    for part, size in zip(("train", "validation", "test"), load(name).sizes, strict=True):
        a, b, c = (getattr(s, part) for s in (first, again, other))
        assert a.x.dtype == np.float32 and a.y.dtype == np.int64 and len(a) == size == len(a.x)
        assert a.x.tobytes() == b.x.tobytes() and a.y.tobytes() == b.y.tobytes()
        assert a.x.tobytes() != c.x.tobytes()


def test_digits_are_scikit_learns_each_once():
    pixels, labels = load_digits(return_X_y=True)
    split = load("digits").split(0)
    x = np.concatenate([split.train.x, split.validation.x, split.test.x])
    y = np.concatenate([split.train.y, split.validation.y, split.test.y])
    seen = sorted((row.tobytes(), int(k)) for row, k in zip(x, y, strict=True))
    assert seen == sorted(((r / 16).astype(np.float32).tobytes(), int(k)) for r, k in zip(pixels, labels, strict=True))


def test_noise_of_digits_noisy_has_the_stated_deviation():
    noisy, clean = load("digits-noisy").split(0), load("digits").split(0)
    both = [np.concatenate([s.train.x, s.validation.x, s.test.x]) for s in (noisy, clean)]
    assert both[0].var() - both[1].var() == pytest.approx(0.45**2, rel=0.02)


@pytest.mark.parametrize(("name", "means"), [("blobs", blob_means()), ("lookalikes", lookalike_means())])
def test_posterior_against_scipy_densities(name, means):
    split = load(name).split(1)
    density = np.stack([multivariate_normal(m).pdf(split.test.x) for m in means], 1)
    np.testing.assert_allclose(split.test.posterior, density / density.sum(1, keepdims=True), rtol=1e-9)
    assert posterior(np.zeros((1, 10)), means).sum() == pytest.approx(1)
    # Labels are drawn from it: the best rule is right as often as it says.
    p = split.test.posterior
    assert (p.argmax(1) == split.test.y).mean() == pytest.approx(p.max(1).mean(), abs=0.02)


def test_members_of_a_family_look_alike_and_a_teacher_sees_other_rows():
    split = load("lookalikes").split(0)
    assert split.teacher is not None and len(split.teacher) == 4000 and load("blobs").split(0).teacher is None
    assert not set(map(bytes, split.teacher.x)) & set(map(bytes, split.train.x))
    wrong = split.test.posterior.argmax(1) != split.test.y
    same_family = split.test.posterior.argmax(1) // 3 == split.test.y // 3
    assert 0.3 < wrong.mean() < 0.38 and same_family[wrong].mean() > 0.85
