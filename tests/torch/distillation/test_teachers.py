"""Teachers made by rows: their softmax and entropy against SciPy in float64, in any selection of rows."""

from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from torch import Tensor

from onewarm.torch.distillation.teachers import LayerTeacher, LogitTeacher, layer_teacher, logit_teacher
from onewarm.torch.linear.chunks import Layer

DOUBLE = torch.float64
N, E, K = 9, 4, 7
SELECTIONS: list[Any] = [slice(None), slice(2, 5), torch.tensor([8, 0, 3])]


def made() -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, weight and bias of a teacher."""
    g = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(*size, generator=g, dtype=DOUBLE) for size in ((N, E), (K, E), (K,)))
    return x, w, b


def teachers(temperature: float, *, with_entropy: bool = True) -> dict[str, tuple[LogitTeacher, Tensor]]:
    """Each kind of teacher, and its logits."""
    x, w, b = made()
    v = x @ w.T + b
    return {
        "logits": (LogitTeacher(v, temperature, with_entropy=with_entropy), v),
        "layer": (LayerTeacher(Layer(x, w, b), temperature, with_entropy=with_entropy), v),
        "layer without bias": (LayerTeacher(Layer(x, w, None), temperature, with_entropy=with_entropy), x @ w.T),
    }


@pytest.mark.parametrize("kind", teachers(1))
@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_the_rows_and_their_entropies(kind: str, temperature: float) -> None:
    teacher, v = teachers(temperature)[kind]
    for rows in SELECTIONS:
        target, entropy = teacher.distribution(rows)
        p = scipy.special.softmax(v[rows].numpy() / temperature, axis=1)
        np.testing.assert_allclose(target.dense().numpy(), p, rtol=1e-12)
        assert entropy is not None and entropy.dtype == DOUBLE
        np.testing.assert_allclose(entropy.numpy(), scipy.stats.entropy(p, axis=1), rtol=1e-12)


@pytest.mark.parametrize("kind", teachers(1))
def test_the_entropy_is_made_on_request_and_left_behind_nowhere(kind: str) -> None:
    teacher, _ = teachers(2.0, with_entropy=False)[kind]
    state = dict(vars(teacher))
    assert teacher.distribution(slice(0, 2))[1] is None
    assert vars(teacher) == state


def test_a_masked_class_has_no_probability_and_adds_nothing_to_the_entropy() -> None:
    v = torch.tensor([[0.0, -torch.inf, 0.0]])
    target, entropy = LogitTeacher(v, 1.0, with_entropy=True).distribution(slice(None))
    assert target.dense().tolist() == [[0.5, 0, 0.5]]
    assert entropy is not None and entropy.item() == pytest.approx(np.log(2), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_first(dtype: torch.dtype) -> None:
    """At temperature 3 in half precision the logits alone would be rounded once more."""
    x, w, b = (part.to(dtype) for part in made())
    v = (x.double() @ w.double().T).to(dtype)
    exact = [v.double(), x.double() @ w.double().T + b.double()]
    layer = LayerTeacher(Layer(x, w, b), 3.0, with_entropy=False)
    for teacher, logits in zip((LogitTeacher(v, 3.0, with_entropy=False), layer), exact, strict=True):
        with torch.autocast("cpu", torch.bfloat16):
            target, _ = teacher.distribution(slice(None))
        assert target.table is not None and target.table.dtype == torch.float32
        torch.testing.assert_close(target.dense().double(), torch.softmax(logits / 3, 1), rtol=1e-6, atol=0)


def test_no_gradient_and_as_many_rows_of_mass_1_as_logits() -> None:
    x, w, b = (part.requires_grad_() for part in made())
    for teacher in (
        LayerTeacher(Layer(x, w, b), 1.0, with_entropy=True),
        LogitTeacher(x @ w.T, 1.0, with_entropy=True),
    ):
        target, entropy = teacher.distribution(slice(None))
        assert target.table is not None and not target.table.requires_grad
        assert entropy is not None and not entropy.requires_grad
        assert len(teacher) == N and teacher.num_classes == K and teacher.table is None
        assert torch.equal(teacher.has_mass(), target.has_mass())
        torch.testing.assert_close(teacher.mass(), target.mass())


@pytest.mark.parametrize("rows", SELECTIONS)
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
    with pytest.raises(ValueError) as caught:
        LogitTeacher(v, 1.0, with_entropy=False).distribution(rows)
    assert str(caught.value) == text


def test_a_row_that_is_masked_altogether() -> None:
    x, w, b = made()
    with pytest.raises(ValueError, match=r"^teacher\[0\] is -inf in every class: the loss of this row is undefined"):
        LayerTeacher(Layer(x, w, b - torch.inf), 1.0, with_entropy=False).distribution(slice(4))


def test_leading_axes_of_a_teacher_become_rows() -> None:
    x, w, b = made()
    v = x @ w.T + b
    for teacher in (
        logit_teacher(v.reshape(3, 3, K), torch.Size((3, 3)), K, 2.0, "hidden", with_entropy=False),
        layer_teacher((x.reshape(3, 3, E), w, b), torch.Size((3, 3)), K, 2.0, with_entropy=False),
        layer_teacher([x.reshape(3, 3, E), w, b], torch.Size((3, 3)), K, 2.0, with_entropy=False),
    ):
        torch.testing.assert_close(teacher.distribution(slice(None))[0].dense(), torch.softmax(v / 2, 1))


X, W, B = made()


@pytest.mark.parametrize(
    ("teacher", "error", "text"),
    [
        (torch.zeros(N, K, dtype=torch.int64), TypeError, "teacher is torch.int64: expected a tensor of logits, or a "
         "SoftTarget"),
        (np.zeros((N, K)), TypeError, "teacher is ndarray: expected a tensor of logits, or a SoftTarget"),
        (torch.zeros(N, K - 1), ValueError, f"teacher has shape ({N}, {K - 1}): expected ({N}, {K}) as of hidden"),
    ],
)  # fmt: skip
def test_bad_logits(teacher: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        logit_teacher(teacher, torch.Size((N,)), K, 1.0, "hidden", with_entropy=True)
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
        ((X[1:], W), ValueError, f"teacher has rows of shape ({N - 1},) over {K} classes, the student ({N},) over {K}: "
         "expected the same"),
        ((X, W[1:]), ValueError, f"teacher has rows of shape ({N},) over {K - 1} classes, the student ({N},) over {K}: "
         "expected the same"),
    ],
)  # fmt: skip
def test_bad_layers(teacher: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        layer_teacher(teacher, torch.Size((N,)), K, 1.0, with_entropy=True)
    assert str(caught.value) == text
