"""Numba as onewarm uses it: decorators, intrinsics that Numba does not have, and compiled code that is kept on disk.

- ``decorators``: how a helper is compiled, and one function chosen by the type of an argument;
- ``entry``: a function that Python or a thread calls, from the cache or compiled now;
- ``object_cache`` and ``cache_key``: where machine code is kept, and under which name;
- ``late_code``: compiles without making machine code of every helper;
- ``line``: a line of numbers in memory, as compiled code sees an array;
- ``intrinsics``, ``simd``, ``transpose``: LLVM instructions; ``exp_log``: exp and log made of them.

What is used of Numba and llvmlite beyond their documented interfaces, to be looked at when either changes, and the way
around each, which the tests take by deleting the name:

- ``late_code``: ``numba.core``'s ``cpu_target``, ``codegen()._library_class`` and what it overrides of that class;
  without them compiling takes twice as long;
- ``entry``: ``CFunc._library``, ``serialize_using_object_code``, ``unserialize_library``, ``get_pointer_to_function``,
  ``numba.core``'s ``rtsys``; without them nothing is kept on disk;
- ``simd``: the names that LLVM gives its masked and its reducing functions, where ``.p0`` means opaque pointers (LLVM
  15 and later). Where they are gone nothing compiles, and the loss takes its definition (``kernels/way``).
"""
