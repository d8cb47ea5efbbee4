"""Targets on other devices and with other dtypes: indices keep theirs, rows stay."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.soft_target.moving import as_numpy

KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}
TABLE = np.random.default_rng(0).dirichlet(np.ones(5), 3)


def target(array=torch.tensor):
    return ow.mix(ow.soft(array(TABLE)), ow.smooth(array(np.array([0, 4, 2])), 0.3, num_classes=5), 0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_shape_dtype_and_device_are_those_of_the_dense_rows(kind):
    t = target(KINDS[kind])
    dense = t.dense()
    assert (t.shape, t.ndim, t.dtype, t.size(), t.size(0)) == (tuple(dense.shape), 2, dense.dtype, (3, 5), 3)
    assert str(t.device) == str(dense.device)


@pytest.mark.parametrize(
    "arguments",
    [(torch.float32,), ("cpu", torch.float32), (torch.device("cpu"), torch.float32, True), (torch.zeros(1),)],
    ids=str,
)
def test_to_takes_the_arguments_of_a_tensor(arguments):
    t = target()
    moved = t.to(*arguments)
    assert moved.weight.dtype == moved.table.dtype == moved.table_weight.dtype == torch.float32
    assert moved.index.dtype == moved.table_index.dtype == torch.int64
    torch.testing.assert_close(moved.dense().double(), t.dense(), rtol=1e-6, atol=1e-7)
    assert t.dtype == torch.float64


def test_to_by_name_and_to_another_target():
    t = target()
    assert t.to(device="meta", non_blocking=True).device == torch.device("meta")
    assert t.to(dtype=torch.float16, copy=True).table.dtype == torch.float16
    assert t.to(t.to(torch.float32)).dtype == torch.float32
    assert t.to(None).dtype == torch.float64 and t.to("cpu").index is t.index
    assert t.cpu().device == torch.device("cpu")


def test_to_of_numpy_and_jax():
    t = target(np.asarray)
    assert t.to("cpu") is not None and t.to(torch.device("cpu"), non_blocking=True).table is t.table
    assert t.to(np.float32).table.dtype == t.to(np.dtype("f4")).dtype == np.float32 and t.cpu().index is t.index
    j = target(jnp.asarray)
    assert j.to(jnp.float16).dtype == jnp.float16
    assert j.to(jax.devices()[0]).device == j.to("cpu").device == j.cpu().device == jax.devices()[0]


def test_equal_weights_stay_one_number():
    t = ow.one_hot(torch.zeros(1000, dtype=torch.long), 3)
    assert t.to(torch.float32).weight.stride(0) == t.to("meta").weight.stride(0) == 0


def test_pinning_asks_for_each_part_and_leaves_what_is_no_tensor(monkeypatch):
    """There may be no accelerator here: what PyTorch does with a part is not ours to test."""
    pinned = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: pinned.append(tensor) or tensor.clone())
    t = target()
    assert torch.equal(t.pin_memory().dense(), t.dense()) and len(pinned) == 5
    n = target(np.asarray)
    assert n.pin_memory().table is n.table


def test_cuda_names_the_device(monkeypatch):
    asked = []
    monkeypatch.setattr(ow.SoftTarget, "to", lambda self, *a, **k: asked.append((a, k)))
    target().cuda()
    target().cuda(1, non_blocking=True)
    assert asked == [(("cuda",), {"non_blocking": False}), ((1,), {"non_blocking": True})]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: target().to(torch.int64),
            "dtype is torch.int64: expected a floating one, which weights have; indices keep theirs",
        ),
        (
            lambda: target(np.asarray).to("cuda"),
            "device is 'cuda', but this target holds NumPy arrays, which stay on "
            "the CPU: make it of tensors, or let default_collate",
        ),
        (
            lambda: target().to(memory_format=1),
            "to() has no option 'memory_format': expected device, dtype, non_blocking or copy",
        ),
        (lambda: target().to(1, 2, 3, 4, 5), "to() takes a device, a dtype, non_blocking and copy: 5 arguments given"),
    ],
)
def test_bad_input_by_the_exact_error(call, message):
    with pytest.raises(TypeError) as error:
        call()
    assert str(error.value) == message


def test_bfloat16_as_numpy_is_float32():
    assert as_numpy(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32
    np.testing.assert_allclose(np.asarray(target().to(torch.bfloat16)), np.asarray(target()), rtol=0.02)
