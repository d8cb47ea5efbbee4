import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.tables.features.npz_parts import of_parts

X, Y = np.arange(60).reshape(10, 2, 3), np.arange(10) % 2


@pytest.mark.parametrize(
    "names",
    [("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels", "test_images", "test_labels")],
)
def test_parts_one_after_the_other(tmp_path, names):
    """NPZ with x_train and x_test, as Keras keeps its data sets, were refused."""
    np.savez(tmp_path / "t.npz", **dict(zip(names, (X[:7], Y[:7, None], X[7:], Y[7:]), strict=True)))
    raw, parts = of_parts(tmp_path / "t.npz")
    assert (raw.columns["x"] == X).all() and (raw.columns["y"] == Y).all()
    assert parts == ["train"] * 7 + ["test"] * 3


def test_other_archives_have_none(tmp_path):
    np.savez(tmp_path / "t.npz", x=X, y=Y)
    assert of_parts(tmp_path / "t.npz") is None and of_parts(tmp_path / "t.csv") is None


def test_parts_that_do_not_fit(tmp_path):
    np.savez(tmp_path / "t.npz", x_train=X[:7], y_train=Y[:6], x_test=X[7:], y_test=Y[7:])
    with pytest.raises(InputError, match=r"^t\.npz: 'x_train' has 7 rows, and 'y_train' 6$"):
        of_parts(tmp_path / "t.npz")
    np.savez(tmp_path / "t.npz", x_train=X[:7], y_train=Y[:7], x_test=X[7:, :1], y_test=Y[7:])
    with pytest.raises(InputError, match=r"^t\.npz: 'x_test' has rows of shape \(1, 3\), others \(2, 3\)$"):
        of_parts(tmp_path / "t.npz")
    np.savez(tmp_path / "t.npz", x_train=X[:4], y_train=Y[:4], x_val=X[4:7], y_val=Y[4:7], x_test=X[7:])
    with pytest.raises(InputError, match=r"^t\.npz: 'x_test' has no labels beside it: save them too, or leave it out$"):
        of_parts(tmp_path / "t.npz")
