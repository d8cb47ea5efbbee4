"""The tensors of a loss's terms, apart from what describes them: autograd keeps the tensors and checks their versions.

Saved that way they are seen by checkpointing and offloading, and one that is changed in place before the backward pass
makes PyTorch raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from onewarm.soft_target import SoftTarget, unchecked
from onewarm.soft_target.parts import PARTS
from onewarm.torch.linear.terms import Term


def taken_apart(terms: Iterable[Term]) -> tuple[tuple[Tensor | None, ...], tuple[Term, ...]]:
    """The tensors of all terms in one row, and the terms without them.

    >>> import torch
    >>> from onewarm.target import one_hot
    >>> tensors, bare = taken_apart([Term(one_hot(torch.tensor([1, 0]), 3), scale=0.5)])
    >>> tensors[1], bare[0].target.index is None
    (tensor([[1],
            [0]]), True)
    >>> put_together(bare, tensors)[0].target
    SoftTarget(2 rows, 3 classes, 1 named a row)
    """
    tensors: list[Tensor | None] = []
    bare = []
    for term in terms:
        own = (term.scale if isinstance(term.scale, Tensor) else None, *_tensors(term.target))
        tensors += own
        scale = 1.0 if isinstance(term.scale, Tensor) else term.scale
        bare.append(term._replace(target=_with_tensors(term.target, [None] * (len(own) - 1)), scale=scale))
    return tuple(tensors), tuple(bare)


def put_together(bare: Iterable[Term], tensors: Sequence[Tensor | None]) -> tuple[Term, ...]:
    """Inverse of :func:`taken_apart`; tensors beyond those of the terms are left."""
    terms, start = [], 0
    for term in bare:
        end = start + 1 + len(_tensors(term.target))
        scale, *parts = tensors[start:end]
        target = _with_tensors(term.target, parts)
        terms.append(term._replace(target=target, scale=term.scale if scale is None else scale))
        start = end
    return tuple(terms)


def _tensors(target: Any) -> tuple[Tensor | None, ...]:
    """Those of a SoftTarget, or of a part of a distillation."""
    if isinstance(target, SoftTarget):
        return tuple(getattr(target, name) for name in PARTS)
    tensors: tuple[Tensor | None, ...] = target.tensors()
    return tensors


def _with_tensors(target: Any, tensors: Sequence[Tensor | None]) -> Any:
    if isinstance(target, SoftTarget):
        return unchecked(num_classes=target.num_classes, **dict(zip(PARTS, tensors, strict=True)))
    return target.with_tensors(tensors)
