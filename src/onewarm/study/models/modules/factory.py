"""Builds the user's PyTorch module for a run, from a factory or an instance, and checks what it gives."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

from onewarm.errors import InputError, needs
from onewarm.study.models.identity import identity
from onewarm.study.models.user_errors import user_code

with needs("onewarm.study", "study"):
    import torch
    from torch import Tensor, nn


FEATURES = ("features", "in_features", "num_features", "n_features", "input_dim", "in_dim", "input_size", "d_in")
CLASSES = ("classes", "num_classes", "n_classes", "out_features", "output_dim", "out_dim", "num_labels", "d_out")
"""Names by which a factory asks for the number of features, or of classes."""

REMEDY = "give model=lambda features, classes: ..., which returns a new torch.nn.Module"


class Factory:
    """Makes a new module for each run, from a callable or an instance.

    A callable is called with the number of features (or a row's shape, such as (1, 28, 28)) and the number of classes,
    by the names of its parameters or in this order; one that has a parameter for classes alone gets these, and one
    without parameters none. An instance is copied, and `reset_parameters` of its parts draws its weights anew.

    Args:
        model: the callable, or the instance.

    Raises:
        InputError: where it is not clear what to call it with, or how to draw weights anew.

    Example:
        >>> Factory(lambda features, classes: nn.Linear(features, classes)).make(4, 3, seed=0)
        Linear(in_features=4, out_features=3, bias=True)
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.name = getattr(model, "__name__", type(model).__name__)
        if isinstance(model, nn.Module):
            self._check_instance(model)
        else:
            self.takes = _parameters(model, self.name)

    def make(self, features: int | tuple[int, ...], classes: int, seed: int) -> nn.Module:
        """A new module; equal seeds give equal weights. Raises InputError where the factory raises, or gives another.

        Args:
            features: columns, or the shape of a row.
            classes: K.
            seed: of PyTorch's random numbers, which stay seeded: the training goes on from there.
        """
        torch.manual_seed(seed)
        if isinstance(self.model, nn.Module):
            module = copy.deepcopy(self.model)
            for part in module.modules():
                if callable(reset := getattr(part, "reset_parameters", None)):
                    reset()
            return module
        given = {"features": features, "classes": classes}
        with user_code(f"your factory {self.name}"):
            by_order = [given[what] for name, what in self.takes if name is None]
            module = self.model(*by_order, **{name: given[what] for name, what in self.takes if name is not None})
        if isinstance(module, type) and issubclass(module, nn.Module):
            raise InputError(f"your factory {self.name} returned the class {module.__name__}, not an instance: call it")
        if not isinstance(module, nn.Module):
            itself = f"; give an estimator itself, model={type(module).__name__}(...)" if hasattr(module, "fit") else ""
            raise InputError(f"your factory {self.name} returned {_said(module)}: expected a torch.nn.Module{itself}")
        if module is getattr(self, "_last", None):
            raise InputError(f"your factory {self.name} returned the same module again: make a new one in each call")
        if not any(p.requires_grad for p in module.parameters()):
            raise InputError(f"the module of your factory {self.name} has no parameters to train")
        self._last = module
        return module

    def identity(self) -> Any:
        """What determines the modules, as JSON values; of an instance not its weights, which are drawn anew."""
        if not isinstance(self.model, nn.Module):
            return identity(self.model)
        blank = copy.deepcopy(self.model)
        with torch.no_grad():
            for parameter in blank.parameters():
                if not isinstance(parameter, nn.UninitializedParameter):
                    parameter.zero_()
        return identity(blank)

    def _check_instance(self, module: nn.Module) -> None:
        for name, part in module.named_modules():
            if callable(getattr(part, "reset_parameters", None)):
                continue
            if own := [key for key, _ in part.named_parameters(recurse=False)]:
                where = ".".join(filter(None, (name, own[0])))
                raise InputError(
                    f"model is an instance of {type(module).__name__}, whose parameter {where!r} no reset_parameters() "
                    f"draws anew for each run: {REMEDY}"
                )

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_last"}


def logits_in(output: Any) -> Any:
    """A module's output, or its `logits` where it is an object or dict that has them, as Hugging Face's models give."""
    if isinstance(output, Mapping):
        return output.get("logits", output)
    return getattr(output, "logits", output)


def check_logits(output: Any, rows: int, classes: int, name: str) -> Tensor:
    """The logits (rows, classes) in a module's output, see `logits_in`.

    Raises InputError that names the factory and what came back, for any other shape, numbers that are not finite, and
    probabilities: rows in [0, 1] that sum to 1.
    """
    logits = logits_in(output)
    if not isinstance(logits, Tensor):
        raise InputError(
            f"the module of {name} returned {_said(logits)}: expected logits, a tensor (rows, {classes}), alone or as "
            "the `logits` of an object or dict"
        )
    if logits.shape != (rows, classes) or not logits.is_floating_point():
        one = (
            "; for two classes, too, a column for each: give the last layer 2 outputs"
            if classes == 2 and logits.shape[1:] in ((), (1,))
            else ""
        )
        kind = str(logits.dtype).removeprefix("torch.")
        raise InputError(
            f"the module of {name} returned {kind} {tuple(logits.shape)} for {rows} rows: expected logits of "
            f"shape {(rows, classes)}, rows by classes{one}"
        )
    if not bool(torch.isfinite(logits).all()):
        row = int((~torch.isfinite(logits)).any(1).nonzero()[0])
        raise InputError(f"the module of {name} returned a logit that is not finite, in row {row + 1} of {rows}")
    if (logits >= 0).all() and (logits <= 1).all() and ((logits.sum(1) - 1).abs() < 1e-4).all():
        raise InputError(
            f"the module of {name} returned probabilities (each row sums to 1): return logits, without the softmax at "
            "the end, which belongs to the loss"
        )
    return logits


def _parameters(make: Any, name: str) -> list[tuple[str | None, str]]:
    """How to call a factory: (keyword, or None for the next position; which of `features` and `classes`)."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        raise InputError(f"the signature of {name} cannot be read: {REMEDY}") from None
    ordinary = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = [p for p in ordinary if p.default is p.empty]
    asked = required or [p for p in ordinary if _meaning(p.name)]
    meanings = [_meaning(p.name) for p in asked]
    if None not in meanings and len(set(meanings)) == len(meanings):
        return [(None if p.kind is p.POSITIONAL_ONLY else p.name, str(_meaning(p.name))) for p in asked]
    if len(asked) == 2 and not any(meanings) and all(p.kind is not p.KEYWORD_ONLY for p in asked):
        return [(None, "features"), (None, "classes")]
    unclear = next((p.name for p in asked if _meaning(p.name) is None), asked[0].name)
    raise InputError(
        f"it is not clear what to call your factory {name}({', '.join(p.name for p in asked)}) with: {unclear!r} is "
        f"neither 'features' nor 'classes'; {REMEDY}"
    )


def _meaning(parameter: str) -> str | None:
    name = parameter.lower()
    return "features" if name in FEATURES else "classes" if name in CLASSES else None


def _said(value: Any) -> str:
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"
