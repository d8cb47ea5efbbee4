"""Teachers made by rows: their distributions against SciPy in float64, in any selection of rows."""

from typing import Any

import numpy as np
import pytest
import scipy.special
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch.distillation.teachers import (
    LayerTeacher,
    LogitTeacher,
    TargetTeacher,
    dense_rows,
    layer_teacher,
    logit_teacher,
)
from onewarm.torch.linear.chunks import Layer

DOUBLE = torch.float64
N, E, K = 9, 4, 7
SELECTIONS: list[Any] = [slice(None), slice(2, 5), torch.tensor([8, 0, 3])]


def made() -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, weight and bias of a teacher."""
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g, dtype=DOUBLE) for size in ((N, E), (K, E), (K,)))
    return x, w, b


def teachers(temperature: float) -> dict[str, tuple[LogitTeacher, Tensor]]:
    """Each kind of teacher, and its logits."""
    x, w, b = made()
    v = x @ w.T + b
    return {
        "logits": (LogitTeacher(v, temperature), v),
        "layer": (LayerTeacher(Layer(x, w, b), temperature), v),
        "layer without bias": (LayerTeacher(Layer(x, w, None), temperature), x @ w.T),
    }


@pytest.mark.parametrize("kind", teachers(1))
@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("rows", SELECTIONS)
def test_the_rows_and_their_logarithms(kind: str, temperature: float, rows: Any) -> None:
    teacher, v = teachers(temperature)[kind]
    some = teacher.some(rows)
    made = some.rows(slice(None), None, DOUBLE, entropy=True)
    p = scipy.special.softmax(v[rows].numpy() / temperature, axis=1)
    np.testing.assert_allclose(made.q.numpy(), p, rtol=1e-12)
    assert made.log_q is not None and made.total is not None and made.mass is None
    np.testing.assert_allclose((made.log_q - made.total.log()).numpy(), np.log(p), rtol=1e-12)
    assert some.rows(slice(None), None, DOUBLE, entropy=False).log_q is None
    if kind == "logits":
        assert torch.equal(teacher.rows(rows, None, DOUBLE, entropy=True).q, made.q)


def test_mass_moves_off_classes_that_the_student_masks_where_it_can() -> None:
    v = torch.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, -torch.inf], [-torch.inf, -torch.inf, 1.0]], dtype=DOUBLE)
    dead = torch.tensor([[False, False, True]]).expand(3, 3)
    made = LogitTeacher(v, 2.0).rows(slice(None), dead, DOUBLE, entropy=True)
    wanted = [[*scipy.special.softmax([0, 0.5]), 0], [0.5, 0.5, 0], [0, 0, 1]]
    np.testing.assert_allclose(made.q.numpy(), wanted, rtol=1e-12)
    target = ow.soft(torch.softmax(v / 2, 1))
    np.testing.assert_allclose(dense_rows(target, slice(None), dead, DOUBLE).numpy(), wanted, rtol=1e-12)


def test_far_logits_of_the_classes_that_stay_do_not_underflow() -> None:
    v = torch.tensor([[0.0, -300.0, -301.0]])
    dead = torch.tensor([[True, False, False]])
    q = LogitTeacher(v, 1.0).rows(slice(None), dead, torch.float32, entropy=True).q
    np.testing.assert_allclose(q.numpy(), [[0, *scipy.special.softmax([1, 0])]], rtol=1e-6)


@pytest.mark.parametrize("rows", SELECTIONS)
def test_targets_are_dense_in_some_rows(rows: Any) -> None:
    y = torch.arange(N) % K
    matrix = torch.softmax(torch.randn(K, K, generator=torch.Generator().manual_seed(1), dtype=DOUBLE), 1)
    mixed = ow.mix(ow.smooth(y, 0.3, prior=matrix), ow.smooth(y.roll(1), 0.2, num_classes=K), 0.4).scale(2.0)
    for target in (ow.one_hot(y, K), ow.smooth(y, 0.1, num_classes=K), mixed):
        assert isinstance(target, ow.SoftTarget)
        torch.testing.assert_close(dense_rows(target, rows, None, DOUBLE), target.dense()[rows])
        torch.testing.assert_close(dense_rows(target, rows, torch.zeros(1, K).bool(), DOUBLE), target.dense()[rows])
    some = TargetTeacher(mixed).some(rows)
    torch.testing.assert_close(some.mass(), mixed.mass()[rows])
    made = some.rows(slice(None), None, DOUBLE, entropy=True)
    assert made.mass is not None and made.log_q is not None
    torch.testing.assert_close(made.q * made.mass, mixed.dense()[rows])
    torch.testing.assert_close(made.log_q, made.q.log())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_first(dtype: torch.dtype) -> None:
    """At temperature 3 in half precision the logits alone would be rounded once more."""
    x, w, b = (part.to(dtype) for part in made())
    v = (x.double() @ w.double().T).to(dtype)
    exact = [v.double(), x.double() @ w.double().T + b.double()]
    layer = LayerTeacher(Layer(x, w, b), 3.0)
    for teacher, logits in zip((LogitTeacher(v, 3.0), layer.some(slice(None))), exact, strict=True):
        assert teacher.dtype == layer.dtype == torch.float32
        q = teacher.rows(slice(None), None, torch.float32, entropy=False).q
        torch.testing.assert_close(q.double(), torch.softmax(logits / 3, 1), rtol=1e-6, atol=0)


def test_as_many_rows_as_count() -> None:
    x, w, b = made()
    live = torch.arange(N) > 2
    for teacher in (LayerTeacher(Layer(x, w, b), 1.0, live), LogitTeacher(x @ w.T, 1.0, live)):
        assert len(teacher) == N and teacher.num_classes == K
        assert torch.equal(teacher.has_mass(), live) and torch.equal(teacher.mass(), live.float())
        assert torch.equal(teacher.some(slice(1, 5)).has_mass(), live[1:5])
        apart = teacher.with_tensors([None] * len(teacher.tensors()))
        assert all(tensor is None for tensor in apart.tensors())
        again = apart.with_tensors(teacher.tensors())
        assert all(a is b for a, b in zip(again.tensors(), teacher.tensors(), strict=True))
    assert bool(LogitTeacher(x @ w.T, 1.0).has_mass().all())


@pytest.mark.parametrize("rows", SELECTIONS[:2])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.nan, "teacher[3, 2] is nan: the loss of this row is undefined; look for an overflow or a division by "
         "zero before it"),
        (torch.inf, "teacher[3, 2] is inf: the loss of this row is undefined; mask a class with -inf; +inf has no "
         "softmax"),
    ],
)  # fmt: skip
def test_a_bad_logit_is_named_by_its_row_among_all(rows: Any, value: float, text: str) -> None:
    _, v = teachers(1)["logits"]
    v[3, 2] = value
    whole = LogitTeacher(v, 1.0)
    for teacher, part in ((whole, rows), (whole, torch.tensor([8, 0, 3])), (whole.some(rows), slice(None))):
        with pytest.raises(ValueError) as caught:
            teacher.rows(part, None, DOUBLE, entropy=False)
        assert str(caught.value) == text


def test_a_row_that_is_masked_altogether() -> None:
    x, w, b = made()
    teacher = LayerTeacher(Layer(x, w, b - torch.inf), 1.0).some(slice(4))
    with pytest.raises(ValueError, match=r"^teacher\[0\] is -inf in every class: the loss of this row is undefined"):
        teacher.rows(slice(None), None, DOUBLE, entropy=False)


def test_leading_axes_of_a_teacher_become_rows() -> None:
    x, w, b = made()
    v = x @ w.T + b
    for teacher in (
        logit_teacher(v.reshape(3, 3, K), torch.Size((3, 3)), 2.0, "hidden", None),
        layer_teacher((x.reshape(3, 3, E), w, b), torch.Size((3, 3)), 2.0, None),
        layer_teacher([x.reshape(3, 3, E), w, b], torch.Size((3, 3)), 2.0, None),
    ):
        q = teacher.some(slice(None)).rows(slice(None), None, DOUBLE, entropy=False).q
        torch.testing.assert_close(q, torch.softmax(v / 2, 1))


X, W, B = made()


@pytest.mark.parametrize(
    ("teacher", "error", "text"),
    [
        (torch.zeros(N, K, dtype=torch.int64), TypeError, "teacher is torch.int64: expected a tensor of logits, or a "
         "SoftTarget"),
        (np.zeros((N, K)), TypeError, "teacher is ndarray: expected a tensor of logits, or a SoftTarget"),
        (torch.zeros(N - 1, K), ValueError, f"teacher has shape ({N - 1}, {K}): expected ({N}, K), a row for each of "
         "hidden"),
        (torch.zeros(()), ValueError, f"teacher has shape (): expected ({N}, K), a row for each of hidden"),
    ],
)  # fmt: skip
def test_bad_logits(teacher: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        logit_teacher(teacher, torch.Size((N,)), 1.0, "hidden", None)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("teacher", "error", "text"),
    [
        ((X,), TypeError, "teacher is tuple: expected logits, a SoftTarget, (hidden, weight) or (hidden, weight, "
         "bias)"),
        ({"hidden": X}, TypeError, "teacher is dict: expected logits, a SoftTarget, (hidden, weight) or (hidden, "
         "weight, bias)"),
        ((X, W[:, 1:]), ValueError, f"teacher: hidden has shape ({N}, {E}) and weight ({K}, {E - 1}): expected "
         "(..., D) and (V, D)"),
        ((X, W, B.long()), TypeError, "teacher: bias has dtype torch.int64: expected floating point"),
        ((X[1:], W), ValueError, f"teacher has rows of shape ({N - 1},) over {K} classes, the student ({N},): expected "
         "rows of the same shape"),
    ],
)  # fmt: skip
def test_bad_layers(teacher: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        layer_teacher(teacher, torch.Size((N,)), 1.0, None)
    assert str(caught.value) == text


def test_a_target_with_a_negative_entry_has_a_cross_entropy_alone() -> None:
    y = torch.arange(N) % K
    alpha = torch.where(torch.arange(N) == 5, -0.1, 0.1)
    teacher = TargetTeacher(ow.smooth(y, alpha, num_classes=K))
    teacher.rows(slice(None), None, DOUBLE, entropy=False)
    for some, rows in ((teacher, slice(2, 9)), (teacher, torch.tensor([0, 5])), (teacher.some(slice(4, 6)), slice(2))):
        with pytest.raises(ValueError) as caught:
            some.rows(rows, None, DOUBLE, entropy=True)
        text = "teacher[5] has a negative entry, so KL is not defined: pass divergence='cross_entropy'"
        assert str(caught.value) == text
