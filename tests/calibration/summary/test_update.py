"""Cutting rows into pieces and threads, and input of any type and layout, do not show in the sums."""

import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary, nll
from onewarm.kernels.cpu import thread_pool as pool


def predictions(n, k=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(k, 0.4), n).astype(np.float32), rng.integers(0, k, n)


@pytest.mark.parametrize("classwise", [False, True])
def test_the_number_of_threads_does_not_show(classwise):
    p, labels = predictions(300_000)
    found = []
    for threads in (1, 2, 3):
        pool.set_threads(threads)
        try:
            found.append(CalibrationSummary(classwise=classwise).update(p, labels).to_bytes())
        finally:
            pool.set_threads(None)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_any_floating_type_and_layout(dtype, layout):
    rng = np.random.default_rng(0)
    z = (rng.integers(-8, 8, (200, 3)) / 4).astype(dtype)  # exact in every type
    labels = rng.integers(0, 3, 200)
    given = {"C": z, "F": np.asfortranarray(z), "strided": np.repeat(z, 2, axis=0)[::2]}[layout]
    got = CalibrationSummary().update(given, labels.astype(np.int16), logits=True)
    expected = CalibrationSummary().update(z.astype(np.float64), labels, logits=True)
    assert got["cell_count"].tolist() == expected["cell_count"].tolist()
    assert nll(got) == pytest.approx(nll(expected), rel=1e-12)


def test_one_column_of_a_binary_model_is_both():
    p, labels = predictions(500, 2)
    p = p.astype(np.float64)
    p[:, 0] = 1 - p[:, 1]
    both = CalibrationSummary(classwise=True).update(p, labels)
    one = CalibrationSummary(2, classwise=True).update(p[:, 1], labels)
    assert one.to_bytes() == both.to_bytes()


def test_a_bad_row_far_in_is_found():
    p, labels = predictions(400_000)
    p[250_001, 2] = np.nan
    with pytest.raises(ValueError, match=r"^probabilities\[250001, 2\] is nan"):
        CalibrationSummary().update(p, labels)
    p, _ = predictions(400_000)
    labels[399_999] = 5
    with pytest.raises(ValueError, match=r"^truth\[399999\] is 5, outside 0\.\.4: labels start at 0; subtract 1"):
        CalibrationSummary().update(p, labels)


@pytest.mark.parametrize("n", [1, 2, 16_383, 16_384, 65_536, 65_537, 140_001])
def test_every_row_is_in_one_piece(n):
    """Around the sizes at which pieces and conversions begin."""
    p, labels = predictions(n, 2)
    for values in (p, p.astype(np.float16)):  # read as they are; converted
        summary = CalibrationSummary().update(values, labels, normalize=values.dtype == np.float16)
        assert summary.count == n
        right = (values.argmax(axis=1) == labels).sum()
        assert summary.total("cell_correct") == right
