"""The loss of a row on the CPU, in Numba.

A call goes through these files:

- ``loss`` takes a :class:`onewarm.SoftTarget` and reduces the losses that ``rows`` returns;
- ``rows`` checks the arrays, writes their addresses into a record (``arguments``) and calls the compiled kernel from
  several threads (``thread_pool``);
- the kernel (``compiled``) takes pieces of the rows and computes each in one of two ways: ``few_classes``, which
  transposes many short rows into a tile (``tile``), or ``row_groups``, which makes the passes of ``row_passes`` over
  some rows at a time. What neither can do, masked classes above all, it leaves to ``fallback_row``;
- all of them use ``table_row`` for the target's table, ``float16`` for numbers in two
  bytes, and the room ``kernels/jit`` for arithmetic in vectors and for Numba itself.
"""
