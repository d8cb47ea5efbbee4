"""Terms taken apart into what describes them and their tensors, and put together again."""

from typing import Any

import pytest
import torch
from torch import Tensor

import onewarm as ow
from onewarm.torch.distillation.parts import Part, PartOfLayer
from onewarm.torch.distillation.teachers import LayerTeacher, LogitTeacher, TargetTeacher
from onewarm.torch.linear.chunks import Layer
from onewarm.torch.linear.saved_terms import put_together, taken_apart
from onewarm.torch.linear.terms import Term

N, V = 4, 3


def terms() -> list[Term]:
    labels = torch.tensor([0, 1, 2, 1])
    smooth = ow.smooth(labels, 0.1, num_classes=V)
    logits = torch.arange(12.0).reshape(N, V)
    layer = Layer(torch.eye(N), torch.ones(V, N), None)
    return [
        Term(smooth, torch.tensor(0.5), 2.0, 0.1),
        Term(PartOfLayer(Part(LogitTeacher(logits, 2.0), torch.tensor(0.25), 2.0, "kl"))),
        Term(ow.one_hot(labels, V)),
        Term(PartOfLayer(Part(LayerTeacher(layer, 1.5, labels > 0), 2.0, 1.5, "js"))),
        Term(PartOfLayer(Part(TargetTeacher(smooth), 0.5))),
    ]


def tensors_in(value: Any, depth: int = 6) -> list[Tensor]:
    """The tensors that an object refers to."""
    if isinstance(value, Tensor) or depth == 0:
        return [value] if isinstance(value, Tensor) else []
    inside = value if isinstance(value, (list, tuple)) else vars(value).values() if hasattr(value, "__dict__") else ()
    return [tensor for part in inside for tensor in tensors_in(part, depth - 1)]


def test_put_together_is_the_inverse() -> None:
    made = terms()
    tensors, bare = taken_apart(made)
    assert tensors_in(bare) == [] and len(tensors_in(made)) == len([t for t in tensors if t is not None])
    again = put_together(bare, (*tensors, torch.zeros(1)))
    for old, new in zip(made, again, strict=True):
        assert (old.temperature, old.z_loss) == (new.temperature, new.z_loss) and type(old.target) is type(new.target)
        assert {id(tensor) for tensor in tensors_in(old)} == {id(tensor) for tensor in tensors_in(new)}
    assert again[1].target.part.scale == 0.25 and tensors_in(made) != []  # the originals keep theirs


@pytest.mark.parametrize("rows", [slice(1, 3), torch.tensor([0, 3])])
def test_teachers_work_again(rows: Any) -> None:
    made, z = terms()[1:], torch.eye(2, V)
    for old, new in zip(made, put_together(*reversed(taken_apart(made))), strict=True):
        if isinstance(old.target, PartOfLayer):
            ours, theirs = (term.target.chunk(z.clone(), rows, None, gradient=False) for term in (new, old))
            assert torch.equal(ours, theirs) and bool(ours.any())
