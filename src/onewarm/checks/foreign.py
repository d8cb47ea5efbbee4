"""Arguments that another loss takes: an error that names it, in the place of "unexpected keyword argument"."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_PYTORCHS = "onewarm.torch.nn_cross_entropy and onewarm.torch.CrossEntropyLoss take PyTorch's arguments"
_INSTEAD = {
    "label_smoothing": "smooth the target: onewarm.smooth(labels, alpha, num_classes=K)",
    "ignore_index": "mark the rows in the target: onewarm.one_hot(labels, K, ignore_index=...)",
    "weight": "weight the target: target.reweight(weight)",
    "size_average": "say reduction='mean' or 'sum'",
    "reduce": "say reduction='none'",
    "dim": "say axis=...",
}


def names_foreign(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """A loss of logits and target that says which function takes PyTorch's other arguments.

    Example:
        >>> @names_foreign
        ... def loss(logits, target, *, axis=-1):
        ...     return 0.0
        >>> loss(1, 2, label_smoothing=0.1)
        Traceback (most recent call last):
        TypeError: loss() takes no label_smoothing: smooth the target: onewarm.smooth(labels, alpha, num_classes=K); \
or call another: onewarm.torch.nn_cross_entropy and onewarm.torch.CrossEntropyLoss take PyTorch's arguments
    """

    @wraps(function)
    def checked(*arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        if len(arguments) > 2:
            raise TypeError(
                f"{function.__name__}() takes logits and target, and its options by keyword, but {len(arguments)} "
                f"positional arguments were given; {_PYTORCHS}"
            )
        for name, instead in _INSTEAD.items():
            if name in options:
                raise TypeError(f"{function.__name__}() takes no {name}: {instead}; or call another: {_PYTORCHS}")
        return function(*arguments, **options)

    return checked
