"""The fused kernel against the definition written out in float64."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onewarm.kernels.cpu import rows as cpu

Real = NDArray[np.float64]


@dataclass
class Parts:
    """A target's arrays, as the kernel takes them."""

    index: NDArray[np.int64]
    weight: Real
    table: Real | None = None
    table_index: NDArray[np.int64] | None = None
    table_weight: Real | None = None

    def __iter__(self):
        return iter((self.index, self.weight, self.table, self.table_index, self.table_weight))


def truth(z: NDArray, parts: Parts, z_loss: float = 0.0) -> tuple[Real, Real]:
    """Loss and gradient in float64, a row and a class at a time where masks matter."""
    index, weight, table, table_index, table_weight = parts
    z = np.asarray(z, np.float64)
    n, k = z.shape
    losses, gradients = np.zeros(n), np.zeros((n, k))
    for i in range(n):
        tables = [] if table is None else [(table[r], w) for r, w in zip(table_index[i], table_weight[i], strict=True)]
        if not weight[i].any() and not any(w for _, w in tables):
            continue
        kept = z[i] > -np.inf
        t = np.zeros(k)
        impossible = False
        for c, w in zip(index[i], weight[i], strict=True):
            if w:
                t[c] += w
                impossible |= not kept[c]
        merged: dict[bytes, tuple[Real, float]] = {}
        for row, w in tables:
            merged[row.tobytes()] = (row, merged.get(row.tobytes(), (row, 0.0))[1] + w)
        for row, w in merged.values():
            row = np.asarray(row, np.float64)
            if row[kept].sum() == 0 and row.sum() != 0:
                impossible |= w != 0
                t += w * row
            else:
                t += w * np.where(kept, row, 0) * (row.sum() / (row[kept].sum() or 1))
        top = z[i].max()
        e = np.exp(z[i] - top)
        log_sum = np.log(e.sum())
        s, lse = t.sum(), top + log_sum
        finite = np.where(kept, z[i] - top, 0)
        losses[i] = np.inf if impossible else s * log_sum - t @ finite + z_loss * s * lse**2
        gradients[i] = s * (1 + 2 * z_loss * lse) * e / e.sum() - t
    return losses, gradients


def smoothed(rng: np.random.Generator, n: int, k: int, alpha: float = 0.1) -> Parts:
    return Parts(
        rng.integers(0, k, (n, 1)),
        np.full((n, 1), 1 - alpha),
        np.full((1, k), 1 / k),
        np.zeros((n, 1), np.int64),
        np.full((n, 1), alpha),
    )


def mixed(rng: np.random.Generator, n: int, k: int) -> Parts:
    """Three named classes (some twice, some with no mass) and two of five table rows, one perhaps twice."""
    index = rng.integers(0, k, (n, 3))
    weight = rng.random((n, 3)) * (rng.random((n, 3)) < 0.8)
    table = rng.random((5, k)) * (rng.random((5, k)) < 0.7)
    return Parts(index, weight, table, rng.integers(0, 5, (n, 2)), rng.random((n, 2)) * (rng.random((n, 2)) < 0.8))


def agrees(z: NDArray, parts: Parts, z_loss: float = 0.0, scale: NDArray | None = None, factor: float = 40) -> None:
    """|ours - truth| within some roundings of what is added up."""
    eps = float(np.finfo(z.dtype).eps)
    loss, gradient = cpu.row_losses(z, *parts, z_loss=z_loss, row_scale=scale)
    assert gradient is not None
    wanted, wanted_gradient = truth(z, parts, z_loss)
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(loss[~finite], wanted[~finite])
    spread = np.ptp(np.where(np.isfinite(z), z, z.max(1, keepdims=True)), axis=1)[finite]
    magnitude = np.abs(wanted[finite]) + 2 * spread + 1
    assert (np.abs(loss[finite] - wanted[finite]) <= factor * eps * magnitude).all()
    rows = np.ones(len(z)) if scale is None else scale
    wanted_gradient = wanted_gradient * rows[:, None]
    # exp amplifies the rounding of z - max by |z - max|, at most 90 or 710 where it is not 0.
    allowed = factor * eps * (np.abs(wanted_gradient) + np.abs(rows)[:, None] * (1 + np.abs(z_loss) * 100))
    assert (np.abs(gradient - wanted_gradient) <= allowed).all()
    alone, nothing = cpu.row_losses(z, *parts, z_loss=z_loss, gradient=False)
    np.testing.assert_array_equal(alone, loss)
    assert nothing is None


CLASSES = [1, 2, 3, 10, 16, 47, 48, 49, 63, 64, 65, 100, 127, 128, 1000, 1024, 1025, 5000]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", CLASSES)
def test_any_width_any_target(dtype: type, k: int) -> None:
    rng = np.random.default_rng(k)
    n = 150 if k < 200 else 9
    z = (rng.standard_normal((n, k)) * 4).astype(dtype)
    agrees(z, smoothed(rng, n, k))
    agrees(z, mixed(rng, n, k), z_loss=1e-2, scale=rng.standard_normal(n))
    hard = Parts(rng.integers(0, k, (n, 1)), np.ones((n, 1)))
    agrees(z, hard)
    teacher = Parts(
        *(np.zeros((n, 0), np.int64), np.zeros((n, 0)), rng.dirichlet(np.ones(k), n)),
        *(np.arange(n)[:, None], np.ones((n, 1))),
    )
    agrees(z, teacher)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("other", [np.float32, np.float64])
@pytest.mark.parametrize("k", [5, 100])
def test_big_tables_are_taken_as_they_are(dtype: type, other: type, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "_SMALL", 0)
    rng = np.random.default_rng(8)
    z = (rng.standard_normal((90, k)) * 4).astype(dtype)
    table = rng.dirichlet(np.ones(k), 90).astype(other)
    none = np.zeros((90, 0))
    agrees(z, Parts(none.astype(np.int64), none, table, rng.permutation(90)[:, None], np.full((90, 1), 2.0)))
    z[rng.random(z.shape) < 0.3] = -np.inf
    z[:, 1] = 0
    agrees(z, Parts(none.astype(np.int64), none, table, rng.permutation(90)[:, None], np.full((90, 1), 2.0)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [5, 100, 3000])
@pytest.mark.parametrize(("scale", "offset"), [(1e4, 0.0), (3.0, 1e4), (3.0, -1e4), (0.0, 7.0), (100.0, 0.0)])
def test_adversarial_logits(dtype: type, k: int, scale: float, offset: float) -> None:
    rng = np.random.default_rng(1)
    z = (rng.standard_normal((40, k)) * scale + offset).astype(dtype)  # scale 0: every class ties
    agrees(z, smoothed(rng, 40, k))
    agrees(z, mixed(rng, 40, k))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_worse_than_torch_in_the_same_precision(dtype: type) -> None:
    rng = np.random.default_rng(2)
    for n, k, scale, offset in (
        (70, 7, 3, 0),
        (20, 1000, 3, 0),
        (20, 1000, 1e4, 0),
        (4, 32000, 3, 1e4),
        (2, 262144, 5, 0),
    ):
        z = (rng.standard_normal((n, k)) * scale + offset).astype(dtype)
        parts = smoothed(rng, n, k)
        loss, gradient = cpu.row_losses(z, *parts)
        wanted, wanted_gradient = truth(z, parts)
        theirs = torch.tensor(z, requires_grad=True)
        losses = torch.nn.functional.cross_entropy(
            theirs, torch.tensor(parts.index[:, 0]), label_smoothing=0.1, reduction="none"
        )
        losses.sum().backward()
        assert theirs.grad is not None
        error = np.abs(loss - wanted)
        assert (error <= np.abs(losses.detach().numpy() - wanted).max() + 1e-6 * np.abs(wanted)).all()
        error = np.abs(gradient - wanted_gradient)
        assert error.max() <= np.abs(theirs.grad.numpy() - wanted_gradient).max() + 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [4, 70, 1500])
def test_masked_classes(dtype: type, k: int) -> None:
    rng = np.random.default_rng(3)
    z = (rng.standard_normal((200, k)) * 3).astype(dtype)
    z[rng.random(z.shape) < 0.3] = -np.inf
    z[np.arange(200), rng.integers(0, k, 200)] = 1.5
    for parts in (smoothed(rng, 200, k), mixed(rng, 200, k)):
        agrees(z, parts)
        _, gradient = cpu.row_losses(z, *parts)
        assert np.isfinite(gradient).all()


def test_mass_on_a_masked_class() -> None:
    z = np.array([[0.0, -np.inf, 1.0]])
    table = np.array([[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]])
    none = (np.zeros((1, 0), np.int64), np.zeros((1, 0)))
    one = np.ones((1, 1))
    p = np.exp([0.0, -np.inf, 1.0]) / (1 + np.e)

    named, gradient = cpu.row_losses(z, np.array([[1]]), one)
    assert named[0] == np.inf
    np.testing.assert_allclose(gradient, [p - [0, 1, 0]], atol=1e-15)

    lost, gradient = cpu.row_losses(z, *none, table, np.array([[0]]), one)
    assert lost[0] == np.inf
    np.testing.assert_allclose(gradient, [p - [0, 1, 0]], atol=1e-15)

    moved, gradient = cpu.row_losses(z, *none, table, np.array([[1]]), one)
    np.testing.assert_allclose(moved, np.log(1 + np.e) - 1 / 3)
    np.testing.assert_allclose(gradient, [p - [2 / 3, 0, 1 / 3]], atol=1e-15)

    untouched, gradient = cpu.row_losses(z, np.array([[0, 1]]), np.array([[1.0, 0.0]]))
    np.testing.assert_allclose(untouched, np.log(1 + np.e))
    np.testing.assert_allclose(gradient, [p - [1, 0, 0]], atol=1e-15)


@pytest.mark.parametrize("k", [3, 80])
def test_rows_without_mass_are_not_read(k: int) -> None:
    z = np.zeros((70, k), np.float32)
    z[1], z[2], z[3, 0] = np.nan, np.inf, -np.inf
    z[3] = -np.inf
    weight = np.ones((70, 1))
    weight[1:4] = 0
    index = np.zeros((70, 1), np.int64)
    loss, gradient = cpu.row_losses(z, index, weight, out=np.full_like(z, 9))
    np.testing.assert_array_equal(loss[1:4], 0)
    np.testing.assert_array_equal(gradient[1:4], 0)
    np.testing.assert_allclose(loss[[0, 4]], np.log(k), rtol=1e-6)


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
        cpu.row_losses(z, np.zeros((200, 1), np.int64), np.ones((200, 1)))


def forms(rng: np.random.Generator, n: int, k: int) -> dict[str, Parts]:
    """Targets that the kernel has ways of their own for."""
    label, one = rng.integers(0, k, (n, 1)), np.ones((n, 1))
    nothing, nobody = np.zeros((n, 0), np.int64), np.zeros((n, 0))
    table = rng.random((5, k)) * (np.arange(k) % 2)  # a masked class has no mass in some rows: 0 times an infinity
    return {
        "hard": Parts(label, one),
        "uniform": smoothed(rng, n, k),
        "prior": Parts(label, 0.9 * one, rng.dirichlet(np.ones(k), 1), 0 * label, 0.1 * one),
        "by class": Parts(label, 0.9 * one, table, rng.integers(0, 5, (n, 1)), 0.1 * one),
        "table alone": Parts(nothing, nobody, table, rng.integers(0, 5, (n, 1)), one),
        "several": mixed(rng, n, k),
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [2, 3, 31, 48, 49, 100, 777])
@pytest.mark.parametrize("form", forms(np.random.default_rng(0), 1, 2))
def test_one_odd_logit_is_seen_wherever_it_is(form: str, k: int, dtype: type) -> None:
    rng = np.random.default_rng(k)
    n = 40
    parts = forms(rng, n, k)[form]
    for column in {0, k // 2, k - 1}:
        for row in (0, 17, n - 1):
            z = (rng.standard_normal((n, k)) * 3).astype(dtype)
            parts.weight[row] += parts.weight[row] == 0  # it has mass
            for value in (np.nan, np.inf):
                z[row, column] = value
                with pytest.raises(ValueError, match=rf"logits\[{row}, {column}\] is {value}"):
                    cpu.row_losses(z, *parts)
            z[row, column] = -np.inf
            agrees(z, parts)
            z[row, column] = 2e38  # the largest by far: the others are out of reach
            loss, gradient = cpu.row_losses(z, *parts)
            assert gradient is not None
            assert np.isfinite(gradient).all()
            assert not np.isnan(loss).any()


@pytest.mark.parametrize("k", [1, 5, 48, 49, 300])
def test_a_uniform_row_is_worth_what_any_row_is(k: int) -> None:
    """Read or not read: the same numbers with the row written twice, where the kernel cannot know."""
    rng = np.random.default_rng(k)
    z = (rng.standard_normal((70, k)) * 5 + 1000).astype(np.float32)
    z[3, 0] = -np.inf if k > 1 else 0
    parts = smoothed(rng, 70, k, alpha=-0.3)
    assert parts.table is not None
    parts.weight[4] = parts.table_weight[4] = 0  # type: ignore[index]
    twice = Parts(parts.index, parts.weight, np.repeat(parts.table, 2, 0), parts.table_index, parts.table_weight)
    for one, other in zip(cpu.row_losses(z, *parts, z_loss=0.1), cpu.row_losses(z, *twice, z_loss=0.1), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=1e-6)


def test_bad_arguments() -> None:
    z, index, weight = np.zeros((3, 4)), np.zeros((3, 1), np.int64), np.ones((3, 1))
    table, third = np.ones((2, 4)) / 4, np.full((3, 1), 1 / 3)
    with pytest.raises(TypeError, match="logits has dtype int32: the kernel takes float16, bfloat16, float32"):
        cpu.row_losses(z.astype(np.int32), index, weight)
    with pytest.raises(ValueError, match=r"logits has shape \(12,\): expected \(N, K\)"):
        cpu.row_losses(z.reshape(-1), index, weight)
    with pytest.raises(ValueError, match=r"index has shape \(2, 1\) and its weights \(3, 1\)"):
        cpu.row_losses(z, index[:2], weight)
    with pytest.raises(ValueError, match=r"target.index\[1, 0\] is 4, outside 0..3"):
        cpu.row_losses(z, np.array([[0], [4], [0]]), weight)
    with pytest.raises(ValueError, match=r"target.index\[1, 0\] is -1, outside 0..3"):  # nobody would follow it
        cpu.row_losses(z, np.array([[0], [-1], [0]]), weight * 0)
    with pytest.raises(ValueError, match=r"target.table_index\[2, 0\] is -1, outside 0..1"):
        cpu.row_losses(z, index, weight, table, np.array([[0], [1], [-1]]), third)
    with pytest.raises(ValueError, match=r"table has shape \(2, 3\): expected rows of 4 classes"):
        cpu.row_losses(z, index, weight, table[:, :3], index, third)
    with pytest.raises(ValueError, match="row_scale has 2 entries: expected one, or one for each of the 3 rows"):
        cpu.row_losses(z, index, weight, row_scale=np.ones(2))
    with pytest.raises(ValueError, match=r"out is float32 of shape \(3, 4\): expected C-contiguous float64 \(3, 4\)"):
        cpu.row_losses(z, index, weight, out=np.zeros((3, 4), np.float32))


@pytest.mark.parametrize("k", [6, 90])
def test_every_layout_of_the_same_numbers(k: int) -> None:
    rng = np.random.default_rng(4)
    z = rng.standard_normal((80, k))
    parts = smoothed(rng, 80, k)
    wanted = cpu.row_losses(z, *parts)
    wider, read_only = np.zeros((80, k + 5)), z.copy()
    wider[:, 2 : k + 2] = z
    read_only.flags.writeable = False
    for same in (wider[:, 2 : k + 2], np.asfortranarray(z), z[::-1][::-1], read_only):
        for one, other in zip(cpu.row_losses(same, *parts), wanted, strict=True):
            np.testing.assert_array_equal(one, other)
    flipped = cpu.row_losses(z[::-1], *[a if a is None or len(a) == 1 else a[::-1] for a in parts])
    np.testing.assert_array_equal(flipped[0][::-1], wanted[0])
    repeated = cpu.row_losses(np.broadcast_to(z[:1], z.shape), *parts)
    np.testing.assert_array_equal(repeated[0], cpu.row_losses(np.repeat(z[:1], 80, 0), *parts)[0])
    spread = Parts(parts.index, np.broadcast_to(0.9, (80, 1)), *list(parts)[2:])
    np.testing.assert_array_equal(cpu.row_losses(z, *spread)[1], wanted[1])


@pytest.mark.parametrize("k", [6, 90, 1100])
def test_the_gradient_may_take_the_place_of_the_logits(k: int) -> None:
    rng = np.random.default_rng(5)
    z = rng.standard_normal((80, k))
    z[7, 1] = z[70, 2] = -np.inf
    for parts in (smoothed(rng, 80, k), mixed(rng, 80, k), Parts(rng.integers(0, k, (80, 1)), np.ones((80, 1)))):
        loss, gradient = cpu.row_losses(z, *parts)
        place = z.copy()
        again, same = cpu.row_losses(place, *parts, out=place)
        assert same is not None and np.shares_memory(same, place)
        np.testing.assert_array_equal(again, loss)
        np.testing.assert_array_equal(place, gradient)


def test_nothing_to_do() -> None:
    loss, gradient = cpu.row_losses(np.zeros((0, 5)), np.zeros((0, 1), np.int64), np.zeros((0, 1)))
    assert loss.shape == (0,) and gradient is not None and gradient.shape == (0, 5)


def test_huge_logits_do_not_make_nan() -> None:
    z = np.array([[3e38, -3e38, 0.0], [3e38, 3e38, 1.0], [-3e38, -3e38, -3e38]], np.float32)
    table, share = np.array([[1.0, 0.0, 0.0]]), np.ones((3, 1))
    loss, gradient = cpu.row_losses(
        z, np.zeros((3, 0), np.int64), np.zeros((3, 0)), table, np.zeros((3, 1), np.int64), share
    )
    np.testing.assert_allclose(loss, [0, np.log(2), np.log(3)], rtol=1e-6)
    np.testing.assert_allclose(gradient, [[0, 0, 0], [-0.5, 0.5, 0], [-2 / 3, 1 / 3, 1 / 3]], atol=1e-7)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 130), st.integers(1, 90), st.sampled_from([np.float32, np.float64]))
def test_random_targets_masks_and_scales(seed: int, k: int, n: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    z = (rng.standard_normal((n, k)) * 10 ** rng.uniform(-2, 3)).astype(dtype)
    if rng.random() < 0.5:
        z[rng.random(z.shape) < 0.2] = -np.inf
        z[np.arange(n), rng.integers(0, k, n)] = 0
    agrees(z, mixed(rng, n, k), z_loss=float(rng.random() < 0.3) * 1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 5, 60, 200]))
def test_the_gradient_is_that_of_the_loss(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((1, k)) * 3
    parts, scale = mixed(rng, 1, k), rng.standard_normal(1)
    _, gradient = cpu.row_losses(z, *parts, z_loss=0.05, row_scale=scale)
    assert gradient is not None
    step = 1e-5
    for c in rng.integers(0, k, 3):
        up, down = z.copy(), z.copy()
        up[0, c] += step
        down[0, c] -= step
        slope = (cpu.row_losses(up, *parts, z_loss=0.05)[0] - cpu.row_losses(down, *parts, z_loss=0.05)[0]) / (2 * step)
        np.testing.assert_allclose(gradient[0, c], scale * slope, rtol=1e-6, atol=1e-7)
