"""The arrays of a call in any byte order and layout: the same numbers, copied only where they must be."""

from typing import Any

import numpy as np
import pytest

import onewarm as ow
from onewarm.calibration import CalibrationSummary
from onewarm.kernels.cpu import inputs
from onewarm.kernels.cpu.rows import row_losses


@pytest.mark.parametrize("way", ["compiled", "definition"])
@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_logits_of_another_byte_order(kind: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWARM_KERNEL", way)
    z = np.array([[1, 2, 3]], f">{kind}")
    assert abs(ow.cross_entropy(z, np.array([0], ">i4")) - 2.407606) < 1e-6
    _, gradient = ow.cross_entropy_with_gradient(z, np.array([0]))
    wanted = np.exp([1.0, 2, 3]) / np.exp([1.0, 2, 3]).sum() - [1, 0, 0]
    np.testing.assert_allclose(gradient.astype(np.float64), [wanted], rtol=1e-3)
    assert gradient.dtype.isnative


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_a_softcap_and_figures_of_rows(kind: str) -> None:
    z = np.random.default_rng(3).standard_normal((9, 5)).astype(kind)
    y = np.arange(9) % 5
    swapped = z.astype(f">{kind}")
    np.testing.assert_array_equal(ow.cross_entropy(swapped, y, softcap=2.0), ow.cross_entropy(z, y, softcap=2.0))
    for one, other in zip(
        ow.cross_entropy(swapped, y, stats=True)[1], ow.cross_entropy(z, y, stats=True)[1], strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_in_place_the_byte_order_stays(kind: str) -> None:
    z = np.random.default_rng(0).standard_normal((20, 7)).astype(f">{kind}")
    wanted = row_losses(z, np.zeros((20, 1), np.int64), np.ones((20, 1)))[1]
    _, same = ow.cross_entropy_with_gradient(z, np.zeros(20, np.int64), reduction="sum", overwrite_logits=True)
    assert same is z and z.dtype == np.dtype(f">{kind}")
    np.testing.assert_array_equal(z, wanted)


@pytest.mark.parametrize("small", [0, 2**16])
@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_targets_of_another_byte_order(kind: str, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_SMALL_TABLE", small)
    rng = np.random.default_rng(1)
    z, table = rng.standard_normal((30, 5)), rng.dirichlet(np.ones(5), 30).astype(kind)
    parts: list[Any] = [rng.integers(0, 5, (30, 2)), rng.random((30, 2)), table, rng.permutation(30)[:, None]]
    parts.append(rng.random((30, 1)))
    swapped = [part.astype(part.dtype.newbyteorder(">")) for part in parts]
    for one, other in zip(row_losses(z, *parts), row_losses(z, *swapped), strict=True):
        np.testing.assert_array_equal(one, other)
    scale = rng.random(30)
    np.testing.assert_array_equal(
        row_losses(z, *parts, row_scale=scale)[1], row_losses(z, *parts, row_scale=scale.astype(">f8"))[1]
    )


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g"])
@pytest.mark.parametrize("logits", [False, True])
def test_calibration_of_another_byte_order(kind: str, logits: bool) -> None:
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(4), 400)
    p = (np.log(p) if logits else p).astype(kind)
    labels, weights = rng.integers(0, 4, 400), rng.random(400)

    def summary(order: str) -> bytes:
        arrays = [array.astype(array.dtype.newbyteorder(order)) for array in (p, labels, weights)]
        kept = CalibrationSummary(classwise=True)
        return kept.update(arrays[0], arrays[1], weights=arrays[2], logits=logits, normalize=kind == "f2").to_bytes()

    assert summary(">") == summary("<")


def test_native_arrays_are_not_copied() -> None:
    z = np.zeros((3, 4))
    assert inputs.native(z) is z
    assert inputs.native(z.astype(">f8")).dtype == np.float64
    line, step = inputs.flat(z)
    assert np.shares_memory(line, z) and step == 4
    wider = np.arange(12.0).reshape(3, 4)[:, 1:3]
    line, step = inputs.flat(wider)
    assert np.shares_memory(line, wider) and step == 4 and line[:2].tolist() == [1, 2]


def test_a_uniform_row_is_known_by_its_entries() -> None:
    z = np.zeros((3, 4))
    assert inputs.prepared(np.full((1, 4), 0.25), z, z.dtype)[1:] == (1.0, 0.25)
    _, mass, level = inputs.prepared(np.array([[0.5, 0.25, 0.25, 0]]), z, z.dtype)
    assert mass == 1.0 and np.isnan(level)
