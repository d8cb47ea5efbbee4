"""The loss of every row against its definition in float64: widths, targets, layouts, in place, bad input."""

from types import SimpleNamespace as Reference

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onewarm.kernels.cpu.rows import row_losses

CLASSES = [1, 2, 3, 10, 16, 47, 48, 49, 63, 64, 65, 100, 127, 128, 1000, 1024, 1025, 5000]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", CLASSES)
def test_any_width_any_target(reference: Reference, dtype: type, k: int) -> None:
    rng = np.random.default_rng(k)
    n = 150 if k < 200 else 9
    z = (rng.standard_normal((n, k)) * 4).astype(dtype)
    reference.agrees(z, reference.smoothed(rng, n, k))
    reference.agrees(z, reference.mixed(rng, n, k), z_loss=1e-2, scale=rng.standard_normal(n))
    hard = reference.Parts(rng.integers(0, k, (n, 1)), np.ones((n, 1)))
    reference.agrees(z, hard)
    teacher = reference.Parts(
        *(np.zeros((n, 0), np.int64), np.zeros((n, 0)), rng.dirichlet(np.ones(k), n)),
        *(np.arange(n)[:, None], np.ones((n, 1))),
    )
    reference.agrees(z, teacher)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [5, 100, 3000])
@pytest.mark.parametrize(("scale", "offset"), [(1e4, 0.0), (3.0, 1e4), (3.0, -1e4), (0.0, 7.0), (100.0, 0.0)])
def test_adversarial_logits(reference: Reference, dtype: type, k: int, scale: float, offset: float) -> None:
    rng = np.random.default_rng(1)
    z = (rng.standard_normal((40, k)) * scale + offset).astype(dtype)  # scale 0: every class ties
    reference.agrees(z, reference.smoothed(rng, 40, k))
    reference.agrees(z, reference.mixed(rng, 40, k))


@pytest.mark.parametrize("k", [4, 100])
@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({1: np.nan}, r"logits\[65, 1\] is nan: the loss of this row is undefined; look for an overflow"),
        ({0: -np.inf, 3: np.inf}, r"logits\[65, 3\] is inf: .*; mask a class with -inf"),
        (None, r"logits\[65\] is -inf in every class: .*leave one class unmasked"),
    ],
)
def test_bad_logits_name_row_and_column(k: int, entries: dict[int, float] | None, text: str) -> None:
    z = np.zeros((200, k))
    z[65] = -np.inf if entries is None else z[65]
    for column, value in (entries or {}).items():
        z[65, column] = value
    z[120, 2] = np.nan  # a later row is not the one named
    with pytest.raises(ValueError, match=text):
        row_losses(z, np.zeros((200, 1), np.int64), np.ones((200, 1)))


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("k", [4, 100])
def test_bad_logits_without_a_check_are_nan(k: int, in_place: bool) -> None:
    """All of them, not the first of each piece, and the other rows as if they were alone."""
    lost = [65, 66, 120]
    for dtype in (np.float32, np.float64):
        z = np.random.default_rng(0).standard_normal((200, k)).astype(dtype)
        z[65, 1], z[66], z[120, 2], z[7, 3] = np.inf, -np.inf, np.nan, -np.inf
        kept = [i for i in range(200) if i not in lost]
        index, weight = np.zeros((200, 1), np.int64), np.ones((200, 1))
        wanted = row_losses(z[kept], index[kept], weight[kept])
        loss, gradient = row_losses(z, index, weight, check=False, out=z if in_place else None)
        assert gradient is not None and wanted[1] is not None
        assert np.isnan(loss[lost]).all() and np.isnan(gradient[lost]).all()
        np.testing.assert_allclose(loss[kept], wanted[0], rtol=1e-6)
        np.testing.assert_allclose(gradient[kept], wanted[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [2, 3, 31, 48, 49, 100, 777])
@pytest.mark.parametrize("form", ["hard", "uniform", "prior", "by class", "table alone", "several"])
def test_one_odd_logit_is_seen_wherever_it_is(reference: Reference, form: str, k: int, dtype: type) -> None:
    rng = np.random.default_rng(k)
    n = 40
    parts = reference.forms(rng, n, k)[form]
    for column in {0, k // 2, k - 1}:
        for row in (0, 17, n - 1):
            z = (rng.standard_normal((n, k)) * 3).astype(dtype)
            parts.weight[row] += parts.weight[row] == 0  # it has mass
            for value in (np.nan, np.inf):
                z[row, column] = value
                with pytest.raises(ValueError, match=rf"logits\[{row}, {column}\] is {value}"):
                    row_losses(z, *parts)
            z[row, column] = -np.inf
            reference.agrees(z, parts)
            z[row, column] = 2e38  # the largest by far: the others are out of reach
            loss, gradient = row_losses(z, *parts)
            assert gradient is not None
            assert np.isfinite(gradient).all()
            assert not np.isnan(loss).any()


@pytest.mark.parametrize("k", [1, 5, 48, 49, 300])
def test_a_uniform_row_is_worth_what_any_row_is(reference: Reference, k: int) -> None:
    """Read or not read: the same numbers with the row written twice, where the kernel cannot know."""
    rng = np.random.default_rng(k)
    z = (rng.standard_normal((70, k)) * 5 + 1000).astype(np.float32)
    z[3, 0] = -np.inf if k > 1 else 0
    parts = reference.smoothed(rng, 70, k, alpha=-0.3)
    assert parts.table is not None
    parts.weight[4] = parts.table_weight[4] = 0  # type: ignore[index]
    twice = reference.Parts(
        parts.index, parts.weight, np.repeat(parts.table, 2, 0), parts.table_index, parts.table_weight
    )
    for one, other in zip(row_losses(z, *parts, z_loss=0.1), row_losses(z, *twice, z_loss=0.1), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=1e-6)


def test_bad_arguments() -> None:
    z, index, weight = np.zeros((3, 4)), np.zeros((3, 1), np.int64), np.ones((3, 1))
    table, third = np.ones((2, 4)) / 4, np.full((3, 1), 1 / 3)
    with pytest.raises(TypeError, match="logits has dtype int32: the kernel takes float16, bfloat16, float32"):
        row_losses(z.astype(np.int32), index, weight)
    with pytest.raises(ValueError, match=r"logits has shape \(12,\): expected \(N, K\)"):
        row_losses(z.reshape(-1), index, weight)
    with pytest.raises(ValueError, match=r"index has shape \(2, 1\) and its weights \(3, 1\)"):
        row_losses(z, index[:2], weight)
    with pytest.raises(ValueError, match=r"target.index\[1, 0\] is 4, outside 0..3"):
        row_losses(z, np.array([[0], [4], [0]]), weight)
    with pytest.raises(ValueError, match=r"target.index\[1, 0\] is -1, outside 0..3"):  # nobody would follow it
        row_losses(z, np.array([[0], [-1], [0]]), weight * 0)
    with pytest.raises(ValueError, match=r"target.table_index\[2, 0\] is -1, outside 0..1"):
        row_losses(z, index, weight, table, np.array([[0], [1], [-1]]), third)
    with pytest.raises(ValueError, match=r"table has shape \(2, 3\): expected rows of 4 classes"):
        row_losses(z, index, weight, table[:, :3], index, third)
    with pytest.raises(ValueError, match="row_scale has 2 entries: expected one, or one for each of the 3 rows"):
        row_losses(z, index, weight, row_scale=np.ones(2))
    with pytest.raises(ValueError, match=r"out is float32 of shape \(3, 4\): expected C-contiguous float64 \(3, 4\)"):
        row_losses(z, index, weight, out=np.zeros((3, 4), np.float32))


@pytest.mark.parametrize("k", [6, 90])
def test_every_layout_of_the_same_numbers(reference: Reference, k: int) -> None:
    rng = np.random.default_rng(4)
    z = rng.standard_normal((80, k))
    parts = reference.smoothed(rng, 80, k)
    wanted = row_losses(z, *parts)
    wider, read_only = np.zeros((80, k + 5)), z.copy()
    wider[:, 2 : k + 2] = z
    read_only.flags.writeable = False
    for same in (wider[:, 2 : k + 2], np.asfortranarray(z), z[::-1][::-1], read_only):
        for one, other in zip(row_losses(same, *parts), wanted, strict=True):
            np.testing.assert_array_equal(one, other)
    flipped = row_losses(z[::-1], *[a if a is None or len(a) == 1 else a[::-1] for a in parts])
    np.testing.assert_array_equal(flipped[0][::-1], wanted[0])
    repeated = row_losses(np.broadcast_to(z[:1], z.shape), *parts)
    np.testing.assert_array_equal(repeated[0], row_losses(np.repeat(z[:1], 80, 0), *parts)[0])
    spread = reference.Parts(parts.index, np.broadcast_to(0.9, (80, 1)), *list(parts)[2:])
    np.testing.assert_array_equal(row_losses(z, *spread)[1], wanted[1])


@pytest.mark.parametrize("k", [6, 90, 1100])
def test_the_gradient_may_take_the_place_of_the_logits(reference: Reference, k: int) -> None:
    rng = np.random.default_rng(5)
    z = rng.standard_normal((80, k))
    z[7, 1] = z[70, 2] = -np.inf
    for parts in (
        reference.smoothed(rng, 80, k),
        reference.mixed(rng, 80, k),
        reference.Parts(rng.integers(0, k, (80, 1)), np.ones((80, 1))),
    ):
        loss, gradient = row_losses(z, *parts)
        place = z.copy()
        again, same = row_losses(place, *parts, out=place)
        assert same is not None and np.shares_memory(same, place)
        np.testing.assert_array_equal(again, loss)
        np.testing.assert_array_equal(place, gradient)


def test_nothing_to_do() -> None:
    loss, gradient = row_losses(np.zeros((0, 5)), np.zeros((0, 1), np.int64), np.zeros((0, 1)))
    assert loss.shape == (0,) and gradient is not None and gradient.shape == (0, 5)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 130), st.integers(1, 90), st.sampled_from([np.float32, np.float64]))
def test_random_targets_masks_and_scales(reference: Reference, seed: int, k: int, n: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    z = (rng.standard_normal((n, k)) * 10 ** rng.uniform(-2, 3)).astype(dtype)
    if rng.random() < 0.5:
        z[rng.random(z.shape) < 0.2] = -np.inf
        z[np.arange(n), rng.integers(0, k, n)] = 0
    reference.agrees(z, reference.mixed(rng, n, k), z_loss=float(rng.random() < 0.3) * 1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 5, 60, 200]))
def test_the_gradient_is_that_of_the_loss(reference: Reference, seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((1, k)) * 3
    parts, scale = reference.mixed(rng, 1, k), rng.standard_normal(1)
    _, gradient = row_losses(z, *parts, z_loss=0.05, row_scale=scale)
    assert gradient is not None
    step = 1e-5
    for c in rng.integers(0, k, 3):
        up, down = z.copy(), z.copy()
        up[0, c] += step
        down[0, c] -= step
        slope = (row_losses(up, *parts, z_loss=0.05)[0] - row_losses(down, *parts, z_loss=0.05)[0]) / (2 * step)
        np.testing.assert_allclose(gradient[0, c], scale * slope, rtol=1e-6, atol=1e-7)
