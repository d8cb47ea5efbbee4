"""Numba as the kernels use it: decorators for helpers and entry points, and the intrinsics that Numba does not have.

Numba keeps compiled entry points on disk and makes one anew when its own file changes, but not when the file of a
helper does. An entry point therefore calls :func:`keyed_by` with :data:`CHECKSUM`, which changes with any file here.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import cfunc, njit, types
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array

# What the kernels use of Numba and llvmlite beyond the documented interfaces, to be looked at when either changes:
# - here: ``make_array`` and the fields of its result: ``data`` (:func:`entry_pointer`), ``meminfo`` and ``parent``
#   (:func:`borrowed`, which does without if they are gone); the options ``no_cpython_wrapper``, ``no_cfunc_wrapper``
#   and ``forceinline``; that the cache's key includes the closure (:func:`keyed_by`); ``context.get_data_type``;
# - simd.py: ``models.PrimitiveModel`` with an LLVM vector; the names that LLVM gives its masked and its reducing
#   functions, where ``.p0`` means opaque pointers (LLVM 15 and later);
# - float16.py: ``context.codegen()._tm_features``, without which float16 is converted by integer arithmetic.

F = TypeVar("F", bound=Callable[..., Any])

# Numba's decorators change what they decorate in ways that its type hints do not express.
_njit: Any = njit
_cfunc: Any = cfunc
_intrinsic: Any = intrinsic
_make_array: Any = make_array
_pointer: Any = types.CPointer

# Sums may be taken in any order and products fused; NaN and infinities keep their meaning, since -inf masks a class.
LOOP = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})
SCALAR = frozenset({"contract"})
# Helpers are called by compiled code alone: a Python entry to each would double the time that compiling takes.
_HELPER: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
CHECKSUM = zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))


def loop(function: F) -> F:
    """A helper that runs over arrays: its sums may be reordered, so that the compiler can use vector instructions."""
    compiled: F = _njit(fastmath=set(LOOP), **_HELPER)(function)
    return compiled


def inlined(function: F) -> F:
    """As :func:`loop`, inlined into its caller: for helpers of many arrays, which are slow to pass."""
    compiled: F = _njit(fastmath=set(LOOP), forceinline=True, **_HELPER)(function)
    return compiled


def scalar(function: F) -> F:
    """A helper on single numbers, inlined into its caller; a product may fuse with a sum, nothing is reordered."""
    compiled: F = _njit(fastmath=set(SCALAR), forceinline=True, **_HELPER)(function)
    return compiled


def uncompiled(helper: F) -> F:
    """The Python function behind a compiled helper, for Python code that needs the same number."""
    function: F = helper.py_func  # type: ignore[attr-defined]
    return function


@scalar
def keyed_by(checksum: int) -> None:
    """Does nothing. The entry point that calls it holds the checksum in its closure, and so in Numba's cache key."""


def entry(signature: Any, function: F) -> F:
    """A function that Python calls: compiled for ``signature`` now, without the GIL, kept on disk where that can be."""
    return _compiled(_njit, signature, function, nogil=True)


def c_function(function: F) -> F:
    """A C function of one ``void *`` that any thread may run: no Python in it, kept on disk likewise.

    Its ``address`` is what a thread pool of another library takes (see :mod:`onewarm.kernels.cpu.thread_pool`).
    """
    return _compiled(_cfunc, types.void(types.voidptr), function)


def _compiled(decorator: Any, signature: Any, function: F, **options: Any) -> F:
    options |= {"fastmath": set(LOOP), "error_model": "numpy"}
    with _progress_note():
        try:
            compiled: F = decorator(signature, cache=True, **options)(function)
        except (RuntimeError, OSError):  # no folder to write to: compile in every process
            compiled = decorator(signature, **options)(function)
    return compiled


@contextmanager
def _progress_note() -> Iterator[None]:
    """Tell a person at a terminal why the first call takes so long, once it has taken more than a second."""
    text = "onewarm: compiling for this machine, once; about twenty seconds ...\n"
    timer = Timer(1.0, sys.stderr.write, [text]) if sys.stderr.isatty() else Timer(0, lambda: None)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def chosen_by_type(stub: F, fastmath: Set[str] = SCALAR, **implementations: Any) -> F:
    """Make ``stub`` one of several functions in compiled code, chosen by the type of its first argument.

    Each is named after that type, or after the type of the entries where the argument is an array.
    """

    def choose(x: Any, *rest: Any) -> Any:
        return implementations.get(str(getattr(x, "dtype", x)))

    options: Any = {"fastmath": set(fastmath), "forceinline": True, **_HELPER}
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


def entry_pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """LLVM code for the address of entry ``at`` of an array."""
    return builder.gep(_make_array(kind)(context, builder, array).data, [at])


def _cast(typing: Any, value: Any, like: Any) -> Any:
    target = like.dtype if isinstance(like, types.Array) else like

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.cast(builder, args[0], signature.args[0], target)

    return target(value, like), code


def _larger(typing: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        above = builder.fcmp_ordered(">", *args, flags=("nnan", "nsz"))
        return builder.select(above, *args, flags=("nnan", "nsz"))

    return a(a, a), code


_REFERENCE = ("meminfo", "parent")  # the fields of an array by which Numba counts references to it


def _borrowed(typing: Any, array: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        view = _make_array(signature.return_type)(context, builder, args[0])
        try:
            empty = {field: getattr(view, field).type(None) for field in _REFERENCE}
        except (AttributeError, KeyError):  # a Numba that counts in another way: count as it does
            context.nrt.incref(builder, signature.return_type, args[0])
            return args[0]
        for field, nothing in empty.items():
            setattr(view, field, nothing)
        return view._getvalue()

    return array(array), code


def _pointer_to(typing: Any, address: Any, dtype: Any) -> Any:
    target = _pointer(dtype.dtype)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(target))

    return target(address, dtype), code


def _atomic(operation: str) -> Any:
    def typed(typing: Any, words: Any, at: Any, value: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = entry_pointer(context, builder, signature.args[0], args[0], args[1])
            return builder.atomic_rmw(operation, place, args[2], "monotonic")

        return types.int64(words, types.int64, types.int64), code

    return typed


def _prefetch(write: int) -> Any:
    def typed(typing: Any, array: Any, at: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = entry_pointer(context, builder, signature.args[0], args[0], args[1])
            line, number = builder.bitcast(place, ir.IntType(8).as_pointer()), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [line.type, number, number, number])
            hint = builder.module.declare_intrinsic("llvm.prefetch", [line.type], kind)
            builder.call(hint, [line, *(number(x) for x in (write, 2, 1))])
            return context.get_dummy_value()

        return types.none(array, types.int64), code

    return typed


# Numba's decorator hides the signature of an intrinsic, so it stands here.
# (value, like): the value in the type of ``like``, a number or an array's entries.
cast: Callable[[Any, Any], Any] = _intrinsic(_cast)
# (a, b): the larger; either of them if one is NaN, which is the only form whose reduction vectorises.
larger: Callable[[Any, Any], Any] = _intrinsic(_larger)
# (array): the same array without its reference count, which threads would contend for at every slice. For arguments
# of an entry point alone: Python keeps those alive during the call.
borrowed: Callable[[Any], Any] = _intrinsic(_borrowed)
# (address, dtype): a pointer to numbers of a NumPy type, from an address in an int64.
pointer_to: Callable[[Any, Any], Any] = _intrinsic(_pointer_to)
# (words, at, value): change words[at], which threads share, in one step; returns what it was before.
fetch_add: Callable[[Any, int, int], int] = _intrinsic(_atomic("add"))
fetch_min: Callable[[Any, int, int], int] = _intrinsic(_atomic("min"))
# (array, at): fetch the cache line of this entry, to be read or written soon; no effect beyond the array's memory.
prefetch_read: Callable[[Any, int], None] = _intrinsic(_prefetch(0))
prefetch_write: Callable[[Any, int], None] = _intrinsic(_prefetch(1))


def array(dtype: Any, dimensions: int, *, written: bool = False) -> Any:
    """The Numba type of a C-contiguous array of a NumPy dtype; those not written may be read-only."""
    return types.Array(getattr(types, np.dtype(dtype).name), dimensions, "C", readonly=not written)
