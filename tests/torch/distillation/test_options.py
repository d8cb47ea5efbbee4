"""The rows that count and the common classes, by value and by message."""

from typing import Any

import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.errors import InputError
from onewarm.torch.distillation.options import cut, fitting, hard_rows, live_rows

SHAPE, LIKE = torch.Size((2, 2)), torch.zeros(4, 3)
LABELS = torch.tensor([[0, -100], [2, 255]])


def test_the_rows_that_count() -> None:
    mask = torch.tensor([[True, True], [False, True]])
    kind: Any = {"shape": SHAPE, "like": LIKE}
    assert live_rows(None, None, LABELS, **kind) is None
    for given, index, wanted in (
        (mask, None, [True, True, False, True]),
        (None, -100, [True, False, True, True]),
        (None, np.int64(255), [True, True, True, False]),
        (mask, torch.tensor(-100), [True, False, False, True]),
    ):
        live = live_rows(given, index, LABELS, **kind)
        assert live is not None and live.tolist() == wanted
    target = hard_rows(LABELS.where(LABELS != 255, -100), SHAPE, 3, None, None, LIKE)
    assert target.has_mass().tolist() == [True, False, True, False]
    live = live_rows(None, 2, LABELS, **kind)
    with pytest.raises(InputError, match=r"^labels\[1\] is -100, outside 0..2"):
        hard_rows(LABELS.where(LABELS != 255, 0), SHAPE, 3, 2, live, LIKE)


@pytest.mark.parametrize(
    ("mask", "index", "hard", "error", "text"),
    [
        (LIKE, None, None, TypeError, "mask is torch.float32: expected a tensor of bool, True for the rows that count"),
        ([True], None, None, TypeError, "mask is list: expected a tensor of bool, True for the rows that count"),
        (torch.ones(4).bool(), None, None, InputError, "mask has shape (4,): expected (2, 2), one entry a row"),
        (
            torch.ones(2, 2, dtype=torch.bool, device="meta"),
            None,
            None,
            InputError,
            "mask is on meta, the student on cpu: expected the same device",
        ),
        (None, "-100", LABELS, InputError, "ignore_index is '-100': expected an integer, a label in hard_target"),
        (None, 1.5, LABELS, InputError, "ignore_index is 1.5: expected an integer, a label in hard_target"),
        (
            None,
            -100,
            None,
            InputError,
            "ignore_index is -100 but hard_target is None: it marks integer labels; leave out rows with mask=",
        ),
        (
            None,
            -100,
            torch.ones(2, 2, 3) / 3,
            InputError,
            "ignore_index is -100 but hard_target is probabilities: it marks integer labels; leave out rows with mask=",
        ),
        (
            None,
            -100,
            ow.one_hot(torch.tensor([0, 1, 2, 2]), 3),
            InputError,
            "ignore_index is -100 but hard_target is SoftTarget: it marks integer labels; leave out rows with mask=",
        ),
    ],
)
def test_bad_masks(mask: Any, index: Any, hard: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        live_rows(mask, index, hard, SHAPE, LIKE)
    assert str(caught.value) == text


def test_targets_that_do_not_fit() -> None:
    four = ow.smooth(torch.tensor([0, 1, 2, 2]), 0.1, num_classes=3)
    assert fitting(four, SHAPE, LIKE, "teacher") is four
    wrong: Any = four.index.clone()
    wrong[2, 0] = 3
    for target, error, text in (
        (four[:3], InputError, "teacher has 3 rows, the student 4: expected one for each"),
        (
            ow.SoftTarget(index=wrong, weight=four.weight, num_classes=3),
            InputError,
            "teacher.index[2, 0] is 3, outside 0..2",
        ),
        (
            ow.SoftTarget(
                index=four.index,
                weight=four.weight,
                table=four.table,
                table_index=four.table_index - 1,
                table_weight=four.table_weight,
                num_classes=3,
            ),
            InputError,
            "teacher.table_index[0, 0] is -1, outside 0..0",
        ),
        (
            ow.one_hot(np.array([0, 1, 2, 2]), 3),
            TypeError,
            "teacher is made of ndarray, the student's of tensors: make it of tensors",
        ),
    ):
        with pytest.raises(error) as caught:
            fitting(target, SHAPE, LIKE, "teacher")
        assert str(caught.value) == text


def test_a_target_is_cut_to_fewer_classes() -> None:
    g = torch.Generator().manual_seed(0)
    q = torch.softmax(torch.randn(3, 5, generator=g, dtype=torch.float64), 1)
    mixed = ow.mix(ow.one_hot(torch.tensor([0, 4, 2]), 5), ow.soft(q), 0.5).scale(torch.tensor([1.0, 2.0, 0.0]))
    ours = cut(mixed, 4)
    left = mixed.dense()[:, :4]
    wanted = (
        left * torch.tensor([1.0, 2.0, 0.0], dtype=torch.float64)[:, None] / left.sum(1, keepdim=True).clamp(min=1e-9)
    )
    torch.testing.assert_close(ours.dense(), wanted)
    assert ours.has_mass().tolist() == [True, True, False] and cut(mixed, 5) is mixed
