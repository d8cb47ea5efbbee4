import re

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits

from onewarm.errors import InputError
from onewarm.study.data.datasets import BUILT_IN, blob_means, load, lookalike_means, posterior


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


def test_a_file_is_standardised_by_its_training_rows(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "measured.npz"
    np.savez(path, X=np.column_stack([rng.normal(50, 9, 100), np.full(100, 2.0)]), y=np.arange(100) % 4)
    data = load(str(path))
    split = data.split(0)
    assert data.sizes == (60, 20, 20) and data.num_classes == 4
    np.testing.assert_allclose(split.train.x.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(split.train.x.std(0), [1, 0], atol=1e-6)
    assert np.bincount(split.train.y).tolist() == [15, 15, 15, 15]


def test_content_follows_the_bytes_and_the_label(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("u,v,label\n" + "".join(f"{i},{i % 2},{i % 2}\n" for i in range(20)))
    first = load(str(path))
    assert load(str(path)).content == first.content
    assert load(str(path), "v").content != first.content
    path.write_text(path.read_text().replace("\n3,", "\n3.5,"))
    assert load(str(path)).content != first.content
    assert len({load(name).content for name in BUILT_IN}) == len(BUILT_IN)


@pytest.mark.parametrize(
    ("name", "label", "error"),
    [
        (
            "digts",
            None,
            "no data set 'digts'; did you mean 'digits'? (built in: digits, digits-noisy, blobs, lookalikes; or give a",
        ),
        (
            "zzz",
            None,
            "no data set 'zzz' (built in: digits, digits-noisy, blobs, lookalikes; or give a file)",
        ),
        ("blobs", "y", "label='y' is for files; the data set 'blobs' has its own labels"),
    ],
)
def test_unknown_names(name, label, error):
    with pytest.raises(InputError, match="^" + re.escape(error)):
        load(name, label)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(InputError, match=re.escape(f"seed must be a whole number from 0, got {seed!r}")):
        load("blobs").split(seed)
