"""Tensors and arrays over the same memory, in every dtype that a kernel reads."""

import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.torch.interop.numpy_views import bits, from_bits, in_numpy, plain, tensors

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_share_memory_both_ways(dtype: torch.dtype) -> None:
    tensor = torch.tensor([[1.5, -2.0]], dtype=dtype, requires_grad=True)
    array = bits(tensor)
    back = from_bits(array, dtype)
    assert back.dtype == dtype and back.data_ptr() == tensor.data_ptr() and torch.equal(back, tensor)
    assert array.dtype == (np.uint16 if dtype == torch.bfloat16 else back.numpy().dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_plain_numbers_are_the_same_numbers(dtype: torch.dtype) -> None:
    tensor = torch.tensor([0.1, -3.0], dtype=dtype)
    array = plain(tensor)
    np.testing.assert_array_equal(array, tensor.double().numpy())
    assert np.shares_memory(array, plain(tensor)) == (dtype != torch.bfloat16)
    assert plain(None) is None


def test_a_lazy_negation_is_resolved() -> None:
    """PyTorch keeps the sign of some views aside; their memory alone would have it wrong."""
    negated = torch.tensor([1 + 2j]).conj().imag
    assert negated.is_neg()
    assert plain(negated).tolist() == bits(negated).tolist() == [-2.0]


@pytest.mark.parametrize("raw_table", [False, True])
def test_a_target_in_numpy(raw_table: bool) -> None:
    target = ow.mix(ow.one_hot(torch.tensor([1, 0]), 2), ow.soft(torch.full((2, 2), 0.5, dtype=torch.bfloat16)), 0.3)
    ours = in_numpy(target, raw_table)
    assert ours.num_classes == 2 and ours.table.dtype == (np.uint16 if raw_table else np.float32)
    for name in ("index", "weight", "table_index", "table_weight"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(target, name).numpy())
    assert in_numpy(ow.one_hot(torch.tensor([1]), 2)).table is None


def test_the_parts_of_a_target_that_are_there() -> None:
    hard = ow.one_hot(torch.tensor([1]), 2)
    assert list(tensors(hard)) == ["index", "weight"]
    assert list(tensors(ow.smooth(hard, 0.1))) == ["index", "weight", "table", "table_index", "table_weight"]
    assert tensors(hard)["index"] is hard.index
