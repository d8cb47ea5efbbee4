"""Reading complete files through the public interface, for the tests of every format."""

import numpy as np
import pyarrow as pa
import pytest

from onewarm.tables.formats import open_source

N = 700


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), N).round(6)
    groups = rng.choice(["day", "night"], N)
    return pa.table({f"p{k}": p[:, k] for k in range(3)} | {"label": rng.integers(0, 3, N), "group": groups})


@pytest.fixture
def read():
    def whole(path, names, rows=64, numeric=()):
        """The columns of the whole file, read part by part; each batch must begin where the one before it ended."""
        source = open_source(path)
        pieces, expected = [], 0
        for part in range(source.parts):
            for columns, first, _ in source.batches(names, rows, part if source.parts > 1 else None, numeric=numeric):
                arrays = {n: np.asarray(c) for n, c in columns.items()}
                length = len(arrays[names[0]])
                assert first == expected and 0 < length <= rows
                expected += length
                pieces.append(arrays)
        return {n: np.concatenate([piece[n] for piece in pieces]) for n in names}

    return whole


@pytest.fixture
def refused():
    def error(path, names=None, numeric=()):
        with pytest.raises(ValueError) as caught:
            for _ in open_source(path).batches(names or list(open_source(path).columns), 1 << 16, numeric=numeric):
                pass
        return str(caught.value)

    return error
