"""The forms in which a module of the user's may take the rows; the first that it takes is used.

1. As they were given, where they are integers or have a shape of their own: images, token ids, sequences.
2. Of a shape of their own, but as float32: pixels are bytes, weights are floats.
3. The study's own features, float32 and standardised on the training rows, (N, D).

Floats have the dtype of the module's weights: float64 for a module of `.double()`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import Any, cast

import numpy as np

from onewarm.errors import InputError, needs
from onewarm.study.data.splits import Rows
from onewarm.study.models.modules.factory import Factory, check_logits
from onewarm.study.models.user_errors import first_line, where

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor, nn


def as_given(rows: Rows) -> Tensor | None:
    """Integers, or rows of a shape of their own, as they are; None where the rows are columns of numbers or a table."""
    x = _tensor(rows.original)
    return x if x is not None and (x.ndim != 2 or not x.is_floating_point()) else None


def as_given_in_float(rows: Rows) -> Tensor | None:
    """Rows of a shape of their own as float32; None for others."""
    x = _tensor(rows.original)
    return x.float() if x is not None and x.ndim != 2 else None


def as_columns(rows: Rows) -> Tensor | None:
    """Columns of floats as they were given, as float32: for a function of the user's that was trained on them."""
    x = _tensor(rows.original)
    return x.float() if x is not None and x.ndim == 2 and x.is_floating_point() else None


def as_features(rows: Rows) -> Tensor:
    """The study's features (N, D), float32."""
    return torch.from_numpy(rows.x)


FORMS: tuple[Callable[[Rows], Tensor | None], ...] = (as_given, as_given_in_float, as_features)


def form_of(factory: Factory, rows: Rows, classes: int) -> Callable[[Rows], Tensor]:
    """The first form that the factory's module takes; its output is checked.

    Raises what the factory or the module raised, or InputError with all of it where it is not the same for each form;
    and InputError for an output that is no logits.
    """
    refused: list[tuple[Tensor, Exception]] = []
    for form in FORMS:
        x = form(rows)
        if x is None:
            continue
        try:
            module = factory.make(features_of(x), classes, 0).eval()
            with torch.no_grad():
                output = module(in_dtype_of(module, x[:8]))
        except (RuntimeError, TypeError, IndexError, ValueError) as error:
            refused.append((x, error))
            continue
        check_logits(output, len(x[:8]), classes, factory.name)
        return cast("Callable[[Rows], Tensor]", form)
    _, first = refused[0]
    if isinstance(first, TypeError) and "missing" in str(first):
        raise InputError(
            f"the module of {factory.name} takes more than one input ({first}), and a study calls it with one tensor "
            "of rows: give all columns together, and split them in forward()"
        ) from first
    if len({str(error) for _, error in refused}) > 1:
        raise InputError(f"{factory.name} takes the rows in no form: {'; '.join(starmap(_refusal, refused))}")
    raise first


def _refusal(x: Tensor, error: Exception) -> str:
    own = isinstance(error, InputError)  # it says where already
    said = first_line(error) if own else f"{type(error).__name__}: {first_line(error)}{where(error)}"
    return f"as {str(x.dtype).removeprefix('torch.')} {tuple(x.shape[1:])}, {said}"


def in_dtype_of(module: nn.Module, x: Tensor) -> Tensor:
    """Rows of floats in the dtype of the module's weights; others as they are."""
    weights = (p.dtype for p in module.parameters() if p.is_floating_point())
    return x.to(next(weights, x.dtype)) if x.is_floating_point() else x


def features_of(x: Tensor) -> int | tuple[int, ...]:
    """What a factory is told of the rows: the number of columns, or the shape of a row."""
    shape = tuple(x.shape[1:])
    return shape[0] if len(shape) == 1 else shape


def _tensor(original: Any) -> Tensor | None:
    """The user's rows where they are a tensor or an array of numbers."""
    if isinstance(original, Tensor):
        return original
    if isinstance(original, np.ndarray) and original.dtype.kind in "iufb":
        return torch.from_numpy(np.ascontiguousarray(original))
    return None
