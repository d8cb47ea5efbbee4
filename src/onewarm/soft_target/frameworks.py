"""What PyTorch and JAX are told of targets, once they are imported: the core imports neither.

Each is told as soon as it is there, whichever of the two imports comes first, so that a fresh process can load a saved
batch. Private names of PyTorch are probed: in a version without them only what they would give is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np

from onewarm.soft_target.algebra import compact, concat
from onewarm.soft_target.bucket import BucketTarget
from onewarm.soft_target.value import SoftTarget

Children = tuple[list[Any], tuple[Any, ...]]
_KINDS = (SoftTarget, BucketTarget)


def flatten(target: SoftTarget) -> Children:
    """The arrays of a target as the children of a pytree node; its kind and numbers."""
    return [getattr(target, name) for name in target._names], (type(target), *map(target.__dict__.get, target._static))


def unflatten(children: Iterable[Any], rest: tuple[Any, ...]) -> SoftTarget:
    """Inverse of :func:`flatten`. Nothing is checked: the leaves may be placeholders, axes or shapes."""
    kind, *numbers = rest
    target: SoftTarget = object.__new__(kind)
    target.__dict__.update(zip(kind._names, children, strict=True))
    target.__dict__.update(zip(kind._static, numbers, strict=True))
    return target


def collate(batch: list[SoftTarget], *, collate_fn_map: Any = None) -> SoftTarget:
    """One target of the rows of several, in tensors, for ``torch.utils.data.default_collate``.

    A table keeps only the rows that the batch takes where those are fewer, so that a worker does not send a whole
    teacher with each batch.
    """
    torch = sys.modules["torch"]
    joined = compact(concat(batch))
    if isinstance(joined.weight, np.ndarray):
        given = {name: part for name, part in joined._parts().items() if part is not None}
        joined = joined.replace(**{name: torch.as_tensor(np.require(a, requirements="W")) for name, a in given.items()})
    return joined


def tell_torch() -> None:
    """Make targets pytrees of PyTorch that ``default_collate`` joins and ``torch.load(weights_only=True)`` accepts."""
    torch = sys.modules["torch"]
    if hasattr(torch.serialization, "add_safe_globals"):
        torch.serialization.add_safe_globals(list(_KINDS))
    pytree = getattr(torch.utils, "_pytree", None)
    register = getattr(pytree, "register_pytree_node", None)
    for kind in _KINDS:
        if register is not None and kind not in getattr(pytree, "SUPPORTED_NODES", {}):
            register(kind, flatten, unflatten, serialized_type_name=f"onewarm.{kind.__name__}")
    collating = getattr(getattr(torch.utils.data, "_utils", None), "collate", None)
    functions = getattr(collating, "default_collate_fn_map", None)
    if functions is not None:
        functions.update(dict.fromkeys(_KINDS, collate))


def tell_jax() -> None:
    """Make targets pytrees of JAX."""
    tree_util = sys.modules["jax"].tree_util

    def with_keys(target: SoftTarget) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        children, rest = flatten(target)
        keys = map(tree_util.GetAttrKey, target._names)
        return list(zip(keys, children, strict=True)), rest

    for kind in _KINDS:
        tree_util.register_pytree_with_keys(kind, with_keys, lambda rest, children: unflatten(children, rest), flatten)


class _Waiting(MetaPathFinder):
    """Calls a function after the import of a module."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self.name, self.then = name, then

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                self._follow(spec)
                return spec
        return None

    def _follow(self, spec: ModuleSpec) -> None:
        loader = spec.loader
        if loader is None or isinstance(loader, type):
            return
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
                self.then()

        loader.exec_module = exec_module  # type: ignore[method-assign]


def tell(name: str, how: Callable[[], None]) -> None:
    """Call ``how`` now if the module is imported, else right after its import."""
    if sys.modules.get(name) is not None:
        how()
    else:
        sys.meta_path.insert(0, _Waiting(name, how))


tell("torch", tell_torch)
tell("jax", tell_jax)
