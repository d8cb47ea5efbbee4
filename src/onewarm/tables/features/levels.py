"""Texts and other values of a column as codes of its different values; which of them say that there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.tables.features.text import MISSING

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

_MISSING = pa.array(sorted(MISSING))


def encoded(values: Any) -> tuple[NDArray[np.int32], list[Any]]:
    """Codes (N,), -1 where missing, and the value of each in sorted order; spaces around texts are left out.

    >>> encoded(pa.chunked_array([["b ", None, "a", "N/A", "b"]]))[1]
    ['a', 'b']
    """
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    values = values.unify_dictionaries().combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    values = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    found = values.dictionary
    if pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
        found = pc.utf8_normalize(pc.utf8_trim_whitespace(found), "NFC")
        found = pc.if_else(_is_nothing(found), pa.scalar(None, found.type), found)
    known = found.unique().drop_null()
    known = known.take(pc.array_sort_indices(known))
    places = pc.index_in(found, value_set=known).fill_null(-1).to_numpy(zero_copy_only=False)
    indices = values.indices.cast(pa.int64()).fill_null(len(found)).to_numpy(zero_copy_only=False)
    codes = np.append(places, -1).astype(np.int32)[indices]
    levels = known.to_pylist()
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(levels)))
    if len(used) < len(levels):  # a dictionary may hold levels that no row has
        again = np.full(len(levels) + 1, -1, np.int32)
        again[used] = np.arange(len(used))
        codes, levels = again[codes], [levels[k] for k in used.tolist()]
    return codes, levels


def without_text(values: Any) -> NDArray[np.bool_]:
    """Which rows (N,) of a column of texts say that there is no value.

    >>> without_text(pa.chunked_array([["b ", None, " N/A"]])).tolist()
    [False, True, True]
    """
    return np.asarray(_is_nothing(pc.utf8_trim_whitespace(values)).fill_null(True))


def _is_nothing(texts: Any) -> Any:
    return pc.or_(pc.is_in(pc.utf8_lower(texts), value_set=_MISSING), pc.equal(texts, "None"))
