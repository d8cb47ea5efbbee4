"""Numba behind three typed doors: code for loops that add up, code for single numbers, and entry points.

Numba caches compiled entry points on disk but looks only at their own file: a change in a helper's file would go
unseen. An entry point therefore takes :data:`SOURCES`, a checksum of this folder, as a constant in a closure, which
is part of the key that Numba caches by.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import cfunc, njit, types
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array

F = TypeVar("F", bound=Callable[..., Any])

# Numba's decorators change what they decorate in ways that its type hints do not tell.
_njit: Any = njit
_cfunc: Any = cfunc
_intrinsic: Any = intrinsic
_make_array: Any = make_array
_pointer: Any = types.CPointer

# Sums may be taken in any order and products fused; NaN and infinities keep their meaning: masks are -inf.
LOOP = {"nsz", "arcp", "contract", "afn", "reassoc"}
# Helpers are called by compiled code alone: a Python entry to each would double the time that compiling takes.
_INSIDE: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
SOURCES = zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))


def loop(function: F) -> F:
    """A helper that runs over arrays: its reductions may be reordered, so that they vectorise."""
    compiled: F = _njit(fastmath=LOOP, **_INSIDE)(function)
    return compiled


def glue(function: F) -> F:
    """A helper that takes many arrays: inlined, since passing them would cost more than the work."""
    compiled: F = _njit(fastmath=LOOP, forceinline=True, **_INSIDE)(function)
    return compiled


def scalar(function: F) -> F:
    """A helper on single numbers, inlined into the caller's loop; multiply-add may fuse, nothing is reordered."""
    compiled: F = _njit(fastmath={"contract"}, forceinline=True, **_INSIDE)(function)
    return compiled


def entry(signature: Any, function: F) -> F:
    """A function that Python calls: compiled for ``signature`` now, without the GIL, kept on disk where that can be."""
    options: dict[str, Any] = {"fastmath": LOOP, "error_model": "numpy", "nogil": True}
    with _patience():
        try:
            compiled: F = _njit(signature, cache=True, **options)(function)
        except (RuntimeError, OSError):  # no folder to write to: compile in every process
            compiled = _njit(signature, **options)(function)
    return compiled


def task(function: F) -> F:
    """A C function of one pointer to 64-bit words, which any thread may run: no Python in it, kept on disk likewise.

    Its ``address`` is what a thread pool of another library takes (see :mod:`onewarm.kernels.cpu.thread_pool`).
    """
    signature, options = types.void(_pointer(types.int64)), {"fastmath": LOOP, "error_model": "numpy"}
    with _patience():
        try:
            compiled: F = _cfunc(signature, cache=True, **options)(function)
        except (RuntimeError, OSError):
            compiled = _cfunc(signature, **options)(function)
    return compiled


@contextmanager
def _patience() -> Iterator[None]:
    """Tell a person at a terminal why the first call takes so long, once it has taken more than a second."""
    text = "onewarm: compiling for this machine, once; about twenty seconds ...\n"
    timer = Timer(1.0, sys.stderr.write, [text]) if sys.stderr.isatty() else Timer(0, lambda: None)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def chosen_by_type(stub: F, **implementations: Any) -> F:
    """``stub`` as the implementation named after the type of its first argument or of that array's entries."""

    def choose(x: Any, *rest: Any) -> Any:
        return implementations.get(str(getattr(x, "dtype", x)))

    options: Any = {"fastmath": {"contract"}, "forceinline": True, **_INSIDE}
    overload(stub, jit_options=options, strict=False)(choose)
    return stub


def _reinterpret(source: Any, target: Any, llvm: Any) -> Any:
    def bits(typing: Any, x: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], llvm)

        return target(source), code

    return _intrinsic(bits)


float32_bits = _reinterpret(types.float32, types.int32, ir.IntType(32))
float64_bits = _reinterpret(types.float64, types.int64, ir.IntType(64))
bits_float32 = _reinterpret(types.int32, types.float32, ir.FloatType())
bits_float64 = _reinterpret(types.int64, types.float64, ir.DoubleType())


def _cast(typing: Any, value: Any, like: Any) -> Any:
    """``value`` in the type of ``like``: a number, or the entries of an array."""
    target = like.dtype if isinstance(like, types.Array) else like

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.cast(builder, args[0], signature.args[0], target)

    return target(value, like), code


def _larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger of two numbers, and whatever it may be if one is NaN: the only form whose reduction vectorises."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        above = builder.fcmp_ordered(">", *args, flags=("nnan", "nsz"))
        return builder.select(above, *args, flags=("nnan", "nsz"))

    return a(a, a), code


def _borrowed(typing: Any, a: Any) -> Any:
    """The same array without its reference count, which threads would fight over at every slice.

    For arguments of an entry point alone: Python keeps them alive during the call.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = _make_array(signature.return_type)(context, builder, args[0])
        view.meminfo = view.meminfo.type(None)
        view.parent = view.parent.type(None)
        return view._getvalue()

    return a(a), code


def _located(typing: Any, address: Any, dtype: Any) -> Any:
    """A pointer to numbers of a NumPy type from an address in an int64."""
    target = _pointer(dtype.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(target))

    return target(address, dtype), code


def _atomic(operation: str) -> Any:
    def intrinsic(typing: Any, words: Any, at: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = builder.gep(_make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
            return builder.atomic_rmw(operation, place, args[2], "monotonic")

        return types.int64(words, types.int64, types.int64), code

    return intrinsic


def _prefetch(write: int) -> Any:
    def intrinsic(typing: Any, a: Any, at: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = builder.gep(_make_array(signature.args[0])(context, builder, args[0]).data, [args[1]])
            line, number = builder.bitcast(place, ir.IntType(8).as_pointer()), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [line.type, number, number, number])
            hint = builder.module.declare_intrinsic("llvm.prefetch", [line.type], kind)
            builder.call(hint, [line, *(number(x) for x in (write, 2, 1))])
            return context.get_dummy_value()

        return types.none(a, types.int64), code

    return intrinsic


# Intrinsics lose their signature when decorated, so they are named here.
cast: Callable[[Any, Any], Any] = _intrinsic(_cast)
larger: Callable[[Any, Any], Any] = _intrinsic(_larger)
borrowed: Callable[[Any], Any] = _intrinsic(_borrowed)
located: Callable[[Any, Any], Any] = _intrinsic(_located)
# (words, at, value): change words[at] among threads; what was there before.
fetch_add: Callable[[Any, int, int], int] = _intrinsic(_atomic("add"))
fetch_min: Callable[[Any, int, int], int] = _intrinsic(_atomic("min"))
# (array, at): the cache line of this entry will soon be read, or written; nothing happens where there is none.
soon_read: Callable[[Any, int], None] = _intrinsic(_prefetch(0))
soon_written: Callable[[Any, int], None] = _intrinsic(_prefetch(1))


def array(dtype: Any, dimensions: int, *, written: bool = False) -> Any:
    """The Numba type of a C-contiguous array of a NumPy dtype; those not written may be read-only."""
    return types.Array(getattr(types, np.dtype(dtype).name), dimensions, "C", readonly=not written)
