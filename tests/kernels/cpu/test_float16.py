"""float16 and bfloat16: every bit pattern against PyTorch, the kernel against float64 on the same numbers."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numba import njit
from numpy.typing import NDArray

import onewarm as ow
from onewarm.kernels.cpu import float16 as half
from onewarm.kernels.cpu import inputs
from onewarm.kernels.cpu.rows import row_losses
from onewarm.kernels.jit.simd import load, load_first, store, store_first

BITS = {"float16": np.int16, "bfloat16": np.uint16}  # what compiled code takes them for


@njit
def wide(bits: NDArray[Any], numbers: NDArray[np.float32]) -> None:
    for i in range(bits.size):
        numbers[i] = half.to_number(bits[i])


@njit
def narrow(numbers: NDArray[np.float32], bits: NDArray[Any]) -> None:
    half.write_row(bits, 2, numbers)


def vectors() -> tuple[Any, Any]:
    """:func:`wide` and :func:`narrow` a vector at a time, compiled anew."""

    @njit
    def wide(bits: NDArray[Any], numbers: NDArray[np.float32]) -> None:
        for i in range(0, numbers.size - 16, 16):
            store(numbers, i, load(bits, i, numbers))
        rest = numbers.size % 16 or 16
        last = numbers.size - rest
        store_first(numbers, last, rest, load_first(bits, last, rest, numbers))

    @njit
    def narrow(numbers: NDArray[np.float32], bits: NDArray[Any]) -> None:
        for i in range(0, numbers.size - 16, 16):
            store(bits, i + 2, load(numbers, i, numbers))
        rest = numbers.size % 16 or 16
        last = numbers.size - rest
        store_first(bits, last + 2, rest, load_first(numbers, last, rest, numbers))

    return wide, narrow


@pytest.fixture(params=["one number at a time", "vectors", "vectors without F16C"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    if request.param == "one number at a time":
        return wide, narrow
    if request.param == "vectors without F16C":
        monkeypatch.setattr(half, "_has_float16", lambda: False)
    return vectors()


KINDS = {"float16": (np.dtype(np.float16), torch.float16), "bfloat16": (np.dtype(ml_dtypes.bfloat16), torch.bfloat16)}
EVERY = np.arange(2**16, dtype=np.uint16)


@pytest.mark.parametrize("name", KINDS)
def test_every_number_is_widened_exactly(name: str, way: tuple[Any, Any]) -> None:
    numbers = np.empty(2**16, np.float32)
    way[0](EVERY.view(BITS[name]), numbers)
    wanted = torch.from_numpy(EVERY.copy()).view(KINDS[name][1]).float().numpy()
    np.testing.assert_array_equal(numbers, wanted)
    np.testing.assert_array_equal(np.signbit(numbers), np.signbit(wanted))
    np.testing.assert_array_equal(half.widened(EVERY.view(KINDS[name][0])), wanted)


@pytest.mark.parametrize("name", KINDS)
def test_rounds_to_nearest_even(name: str, way: tuple[Any, Any]) -> None:
    rng = np.random.default_rng(0)
    corners = [0, -0.0, 65504, 65519.99, 65520, 1e30, -np.inf, np.inf, 2**-24, 2**-25, 1.0001 * 2**-25, 3e-39, 3.4e38]
    ties = np.concatenate([EVERY.astype(np.uint32) << 16 | low for low in (0x7FFF, 0x8000, 0x8001, 0x1000, 0x3000)])
    x = np.concatenate(
        [
            np.array(corners, np.float32),
            ties.view(np.float32),
            rng.integers(0, 2**32, 300_000, dtype=np.uint32).view(np.float32),
            (rng.normal(size=300_000) * 10 ** rng.uniform(-9, 6, 300_000)).astype(np.float32),
        ]
    )
    bits = np.full(x.size + 3, 7, np.uint16)
    way[1](x, bits.view(BITS[name]))
    assert bits[:2].tolist() == [7, 7] and bits[-1] == 7
    ours = torch.from_numpy(bits[2:-1]).view(KINDS[name][1])
    torch.testing.assert_close(ours, torch.from_numpy(x).to(KINDS[name][1]), rtol=0, atol=0, equal_nan=True)


def recipes(rng: np.random.Generator, n: int, k: int) -> dict[str, ow.SoftTarget]:
    y = rng.integers(0, k, n)
    y[n // 2] = -100
    hard = ow.one_hot(y, k)
    return {
        "hard": hard,
        "smooth": ow.smooth(y, 0.1, num_classes=k),
        "prior": ow.smooth(y, 0.1, prior=rng.dirichlet(np.ones(k))),
        "named twice": ow.smooth(
            ow.mix(hard, ow.mix(hard, hard[::-1], 0.5), 0.3), 0.2, prior=rng.dirichlet(np.ones(k))
        ),
        "mixup": ow.smooth(ow.mix(hard, hard[::-1], 0.3), 0.2),
        "teacher": ow.soft(rng.dirichlet(np.ones(k), n)),
    }


@pytest.mark.parametrize("recipe", recipes(np.random.default_rng(0), 2, 2))
@pytest.mark.parametrize("k", [1, 7, 64, 1000, 70001])
@pytest.mark.parametrize("name", KINDS)
def test_the_kernel_reads_the_same_numbers(name: str, k: int, recipe: str) -> None:
    """Loss as of the widened logits; gradient that of the widened logits, rounded once."""
    rng = np.random.default_rng(k)
    n = 300 if k < 100 else 7
    z = (rng.standard_normal((n, k)) * 4).astype(KINDS[name][0])
    if k > 1:
        z[1, rng.integers(0, k)] = -np.inf
    target = recipes(rng, n, k)[recipe]
    parts = (target.index, target.weight, target.table, target.table_index, target.table_weight)
    scale = rng.random(n)
    wanted, slope = row_losses(z.astype(np.float64), *parts, row_scale=scale, z_loss=1e-3)
    assert slope is not None
    for logits in (z, z.view(np.uint16)) if name == "bfloat16" else (z,):
        loss, gradient = row_losses(logits, *parts, row_scale=scale, z_loss=1e-3)
        assert gradient is not None and loss.dtype == np.float32 and gradient.dtype == logits.dtype
        np.testing.assert_allclose(loss, wanted, rtol=3e-6, atol=1e-5)
        got = half.widened(gradient).astype(np.float64)
        last = {"float16": (2**-11, 2**-25), "bfloat16": (2**-8, 0.0)}[name]
        assert (np.abs(got - slope) <= 1.001 * last[0] * np.abs(slope) + last[1] + 2e-7 * scale[:, None]).all()
        place = logits.copy()
        again, same = row_losses(place, *parts, row_scale=scale, z_loss=1e-3, out=place)
        assert same is not None and np.shares_memory(same, place)
        np.testing.assert_array_equal(again, loss)
        np.testing.assert_array_equal(half.widened(same), half.widened(gradient))


@pytest.mark.parametrize("name", KINDS)
def test_strided_rows_and_threads(name: str) -> None:
    rng = np.random.default_rng(1)
    wide = (rng.standard_normal((600, 700)) * 3).astype(KINDS[name][0])
    z = wide[:, 100:]
    index, weight = rng.integers(0, 600, (600, 1)), np.ones((600, 1))
    loss, gradient = row_losses(z.copy(), index, weight, threads=1)
    for same in (z, np.asfortranarray(z)):
        again, slope = row_losses(same, index, weight, threads=3)
        np.testing.assert_array_equal(again, loss)
        assert gradient is not None and slope is not None
        np.testing.assert_array_equal(half.widened(slope), half.widened(gradient))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "short"])
def test_a_big_table_of_halves(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_SMALL_TABLE", 0)
    rng = np.random.default_rng(2)
    short = KINDS[name][0]
    z = (rng.standard_normal((90, 100)) * 3).astype(short if dtype == "short" else dtype)
    table = rng.dirichlet(np.ones(100), 90).astype(short)
    none = np.zeros((90, 0))
    turned = rng.permutation(90)[:, None]
    share = np.ones((90, 1))
    share[4] = 0
    parts = (none.astype(np.int64), none, table, turned, share)
    loss, gradient = row_losses(z, *parts)
    wide = half.widened(table).astype(np.float64)
    wanted, slope = row_losses(half.widened(z).astype(np.float64), *parts[:2], wide, *parts[3:])
    assert gradient is not None and slope is not None
    np.testing.assert_allclose(loss, wanted, rtol=3e-6, atol=3e-6)
    near = 2e-2 if dtype == "short" else 1e-5
    np.testing.assert_allclose(half.widened(gradient), slope, rtol=near, atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_bad_logits_are_named(name: str) -> None:
    z = np.zeros((3000, 100), KINDS[name][0])
    z[2000, 7] = np.nan
    with pytest.raises(ValueError, match=r"logits\[2000, 7\] is nan"):
        row_losses(z, np.zeros((3000, 1), np.int64), np.ones((3000, 1)))


@pytest.mark.parametrize("name", KINDS)
def test_the_public_loss(name: str) -> None:
    rng = np.random.default_rng(3)
    z: NDArray = (rng.standard_normal((20, 9)) * 3).astype(KINDS[name][0])
    target = ow.smooth(rng.integers(0, 9, 20), 0.1, num_classes=9)
    loss, gradient = ow.cross_entropy_with_gradient(z, target)
    wanted, slope = ow.cross_entropy_with_gradient(z.astype(np.float64), target)
    assert loss.dtype == np.float32 and gradient.dtype == z.dtype
    np.testing.assert_allclose(loss, wanted, rtol=1e-6)
    np.testing.assert_allclose(gradient.astype(np.float64), slope, rtol=1e-2, atol=1e-6)
    with pytest.raises(TypeError, match="logits has dtype uint16: expected floating point"):
        ow.cross_entropy(np.zeros((2, 3), np.uint16), np.array([0, 1]))
