"""Compiled functions that Python or a thread calls: from the cache, or compiled now and kept there."""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Timer
from typing import Any, NamedTuple

from numba import cfunc, types

from onewarm.kernels.jit import object_cache
from onewarm.kernels.jit.cache_key import cache_key
from onewarm.kernels.jit.decorators import LOOP, SCALAR
from onewarm.kernels.jit.late_code import late_code

_cfunc: Any = cfunc
_CTYPES: dict[Any, Any] = {
    types.void: None,
    types.voidptr: ctypes.c_void_p,
    types.int64: ctypes.c_int64,
    types.float64: ctypes.c_double,
}


class CFunction(NamedTuple):
    """Machine code: its address, and what must live as long as it is called."""

    address: int
    code: Any


def c_function(function: Callable[..., Any], signature: Any = None, *, reordered: bool = True) -> CFunction:
    """A C function of one ``void *`` (or of another signature) that any thread may run: there is no Python in it.

    Its ``address`` is what a thread pool of another library takes (see :mod:`onewarm.kernels.cpu.thread_pool`). With
    ``reordered`` the sums of its own loops may be taken in any order.
    """
    signature = types.void(types.voidptr) if signature is None else signature
    key = cache_key(signature, function)
    for kept in object_cache.read(key):
        with suppress(Exception):  # of another Numba in all but its version: compile
            return _from_object(kept)
    with _progress_note(), _no_collection(), late_code():
        options = {"fastmath": set(LOOP if reordered else SCALAR), "error_model": "numpy"}
        compiled = _cfunc(signature, **options)(function)
    with suppress(Exception):  # a Numba that gives no object: compile in every process
        object_cache.write(key, _as_object(compiled))
    return CFunction(compiled.address, compiled)


def entry(signature: Any, function: Callable[..., Any], *, reordered: bool = True) -> Callable[..., Any]:
    """As :func:`c_function`, called from Python with numbers; it runs without the GIL.

    Example:
        >>> entry(types.int64(types.int64), lambda x: x + 1)(41)
        42
    """
    compiled = c_function(function, signature, reordered=reordered)
    kind = ctypes.CFUNCTYPE(_CTYPES[signature.return_type], *(_CTYPES[argument] for argument in signature.args))
    call: Any = kind(compiled.address)
    call.code = compiled  # lives as long as the function does
    return call  # type: ignore[no-any-return]


def _as_object(compiled: Any) -> bytes:
    """Machine code as bytes: a line that says how long the parts are, and the parts."""
    name, kind, (code, bitcode) = compiled._library.serialize_using_object_code()
    head = [name, kind, compiled.native_name, len(code), len(bitcode)]
    return b"".join([json.dumps(head).encode(), b"\n", code, bitcode])


def _from_object(kept: bytes) -> CFunction:
    head, parts = kept.split(b"\n", 1)
    name, kind, function, size, rest = json.loads(head)
    if len(parts) != size + rest:
        raise ValueError("the parts of kept machine code have other lengths")
    state = (name, kind, (parts[:size], parts[size:]))
    context: Any = import_module("numba.core.registry").cpu_target.target_context
    runtime: Any = import_module("numba.core.runtime").rtsys
    runtime.initialize(context)  # Numba's runtime: before it compiles anything itself, its functions are unknown
    library = context.codegen().unserialize_library(state)
    address = library.get_pointer_to_function(function)
    if not address:
        raise ValueError(f"no function {function} in kept machine code")
    return CFunction(address, library)


@contextmanager
def _no_collection() -> Iterator[None]:
    """No search for garbage while Numba compiles: it makes millions of objects, and searches take a tenth of it."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@contextmanager
def _progress_note() -> Iterator[None]:
    """Tell a person at a terminal why the first call takes so long, once it has taken more than a second."""
    text = "onewarm: compiling for this machine, once; some seconds ... (`onewarm warm` does it in advance)\n"
    timer = Timer(1.0, sys.stderr.write, [text]) if sys.stderr.isatty() else Timer(0, lambda: None)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
