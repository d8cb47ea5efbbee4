"""Functions that ``torch.fx.symbolic_trace`` records as one call, as it does those of ``torch.nn``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
import torch.fx

P = ParamSpec("P")
R = TypeVar("R")


def one_call_in_fx(function: Callable[P, R]) -> Callable[P, R]:
    """The same function; given a proxy of ``torch.fx``, it records a call of itself.

    Example:
        >>> double = one_call_in_fx(lambda x: 2 * x)
        >>> graph = torch.fx.symbolic_trace(lambda x: double(x) + 1)
        >>> graph(torch.tensor(3))
        tensor(7)
    """

    @wraps(function)
    def recorded(*args: P.args, **kwargs: P.kwargs) -> R:
        proxies = [x for x in (*args, *kwargs.values()) if isinstance(x, torch.fx.Proxy)]
        if proxies:
            call: R = torch.overrides.handle_torch_function(recorded, proxies, *args, **kwargs)
            return call
        return function(*args, **kwargs)

    return recorded
