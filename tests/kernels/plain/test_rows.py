"""The definition's way through the kernel's door: the same meaning as compiled code, against float64 written out."""

from types import SimpleNamespace as Reference
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.kernels.cpu.rows import row_losses
from onewarm.kernels.plain import rows as plain

FORMS = ["hard", "uniform", "prior", "by class", "table alone", "several"]


@pytest.fixture(autouse=True)
def by_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWARM_KERNEL", "definition")
    monkeypatch.setattr("onewarm.kernels.cpu.rows.kernel", None)  # nothing compiled is called


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 10, 100, 3000])
@pytest.mark.parametrize("form", FORMS)
def test_any_width_any_target(reference: Reference, form: str, k: int, dtype: type) -> None:
    rng = np.random.default_rng(k)
    n = 150 if k < 200 else 9
    for offset in (0.0, 1e4):
        z = (rng.standard_normal((n, k)) * 4 + offset).astype(dtype)
        reference.agrees(z, reference.forms(rng, n, k)[form], z_loss=1e-2, scale=rng.standard_normal(n))


@pytest.mark.parametrize("form", FORMS)
def test_masked_classes_and_mass_on_them(reference: Reference, form: str) -> None:
    rng = np.random.default_rng(3)
    n, k = 200, 7
    z = rng.standard_normal((n, k)) * 3
    z[rng.random(z.shape) < 0.3] = -np.inf
    z[np.arange(n), rng.integers(0, k, n)] = 1.5
    reference.agrees(z, reference.forms(rng, n, k)[form])


@pytest.mark.parametrize("move_mass", [False, True])
@pytest.mark.parametrize("k", [5, 90])
def test_it_agrees_with_compiled_code(
    reference: Reference, k: int, move_mass: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    n = 120
    z = rng.standard_normal((n, k)) * 3
    z[rng.random(z.shape) < 0.2] = -np.inf
    z[:, 0] = 0
    parts = reference.mixed(rng, n, k)
    parts.table_weight[7] = [0.5, -0.5]
    parts.table_index[7] = 2  # they cancel
    ours = row_losses(z, *parts, z_loss=0.1, move_mass=move_mass)
    monkeypatch.undo()
    for one, other in zip(ours, row_losses(z, *parts, z_loss=0.1, move_mass=move_mass), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.uint16])
def test_two_bytes_are_rounded_once(reference: Reference, dtype: Any) -> None:
    rng = np.random.default_rng(5)
    kind = ml_dtypes.bfloat16 if dtype is np.uint16 else dtype
    z = (rng.standard_normal((300, 12)) * 3).astype(kind)
    parts = reference.smoothed(rng, 300, 12)
    loss, gradient = row_losses(z.view(dtype), *parts)
    wanted, slope = reference.truth(z.astype(np.float64), parts)
    assert gradient is not None and gradient.dtype == dtype and loss.dtype == np.float32
    np.testing.assert_allclose(loss, wanted, rtol=1e-6)
    last = 2.0**-11 if dtype is np.float16 else 2.0**-8
    np.testing.assert_allclose(gradient.view(kind).astype(np.float64), slope, rtol=1.0001 * last, atol=3e-8)


def test_rounding_once_where_twice_would_differ() -> None:
    """Halfway in bfloat16 but for a last digit that float32 has no place for."""
    half = 1 + 2.0**-8
    values = np.array([half + 2.0**-40, half - 2.0**-40, half, 1 + 3 * 2.0**-8, -half - 2.0**-40, np.nan, np.inf, 1e39])
    with np.errstate(over="ignore"):
        found = plain.entries(values, np.dtype(ml_dtypes.bfloat16)).astype(np.float64)
    wanted = [1 + 2.0**-7, 1.0, 1.0, 1 + 2.0**-6, -1 - 2.0**-7, np.nan, np.inf, np.inf]
    np.testing.assert_array_equal(found, wanted)


def test_every_bfloat16_there_and_back() -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    with np.errstate(invalid="ignore"):
        numbers = plain.numbers(bits)
        same = plain.entries(numbers, np.dtype(np.uint16))
    np.testing.assert_array_equal(same[~np.isnan(numbers)], bits[~np.isnan(numbers)])


@pytest.mark.parametrize("k", [3, 300])
def test_in_place_in_blocks_and_bad_rows(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_ENTRIES", 2 * k)
    rng = np.random.default_rng(6)
    z = rng.standard_normal((9, k))
    parts = rng.integers(0, k, (9, 1)), np.ones((9, 1))
    loss, gradient = row_losses(z, *parts, row_scale=np.arange(9.0))
    place = z.copy()
    again, same = row_losses(place, *parts, row_scale=np.arange(9.0), out=place)
    assert same is place
    np.testing.assert_array_equal(place, gradient)
    np.testing.assert_array_equal(again, loss)
    z[5, 1], z[7, 0] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"logits\[5, 1\] is nan"):
        row_losses(z, *parts)
    loss, gradient = row_losses(z, *parts, check=False)
    assert gradient is not None
    assert np.flatnonzero(np.isnan(loss)).tolist() == [5, 7]
    assert np.flatnonzero(np.isnan(gradient).all(axis=1)).tolist() == [5, 7]
    z[3] = -np.inf
    with pytest.raises(ValueError, match=r"logits\[3\] is -inf in every class"):
        row_losses(z, *parts)


def test_rows_without_mass_are_not_read() -> None:
    z = np.full((3, 4), np.nan)
    z[2] = 0
    loss, gradient = row_losses(z, np.zeros((3, 1), np.int64), np.array([[0.0], [0.0], [1.0]]))
    np.testing.assert_allclose(loss, [0, 0, np.log(4)])
    assert gradient is not None and not gradient[:2].any()


def test_the_public_losses_take_it() -> None:
    z = np.random.default_rng(7).standard_normal((6, 5)).astype(np.float32)
    y = np.arange(6) % 5
    target = ow.smooth(y, 0.1, num_classes=5)
    wanted = torch.nn.functional.cross_entropy(torch.tensor(z), torch.tensor(y), label_smoothing=0.1)
    assert abs(ow.cross_entropy(z, target) - wanted.item()) < 1e-6
    logits = torch.tensor(z, requires_grad=True)
    ow.cross_entropy(logits, ow.smooth(torch.tensor(y), 0.1, num_classes=5)).backward()
    np.testing.assert_allclose(logits.grad, ow.cross_entropy_with_gradient(z, target)[1], rtol=1e-6, atol=1e-8)
