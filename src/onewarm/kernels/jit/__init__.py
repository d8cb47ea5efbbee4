"""Numba as onewarm uses it: decorators, intrinsics that Numba does not have, and compiled code that is kept on disk.

- ``decorators``: how a helper is compiled, and one function chosen by the type of an argument;
- ``entry``: a function that Python or a thread calls, from the cache or compiled now;
- ``object_cache`` and ``cache_key``: where machine code is kept, and under which name;
- ``late_code``: compiles without making machine code of every helper;
- ``intrinsics``, ``simd``, ``transpose``: LLVM instructions.

What is used of Numba and llvmlite beyond their documented interfaces, to be looked at when either changes. Each has a
way around it, which the tests take by deleting the name:

- ``late_code``: ``codegen()._library_class`` and the methods it overrides; without them compiling takes twice as long;
- ``entry``: ``CFunc._library``, ``serialize_using_object_code``, ``unserialize_library``, ``get_pointer_to_function``;
  without them nothing is kept on disk;
- ``intrinsics``: ``make_array`` and ``data`` of its result; without them the first field of the array's structure that
  is a pointer to its entries;
- ``simd``: ``context.get_data_type``, ``as_pointer`` of llvmlite's types, ``models.PrimitiveModel``, the names that
  LLVM gives its masked and its reducing functions, where ``.p0`` means opaque pointers (LLVM 15 and later);
- ``kernels/cpu/float16``: ``codegen()._tm_features``; without it llvmlite's features of this processor.
"""
