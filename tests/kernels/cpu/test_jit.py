"""Compiled entry points."""

from onewarm.kernels.cpu import jit as compile


def test_compiles_where_nothing_can_be_written() -> None:
    """Numba refuses to cache when it finds no folder for it; the kernel then compiles in memory."""

    def two(x: int) -> int:
        return x + 1

    two.__code__ = two.__code__.replace(co_filename="<nowhere>")
    assert compile.entry("int64(int64)", two)(1) == 2
