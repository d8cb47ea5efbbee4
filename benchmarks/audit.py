"""``python -m benchmarks.audit [MILLIONS ...]``: time and peak memory of an audit of so many million rows of Parquet.

The file is written in a stream, the same million rows again and again, in a process of its own; the peak is that of
another process, which audits it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from onewarm.audit.audit import audit

ROWS = 1_000_000


def write(path: Path, millions: int, num_classes: int = 2) -> None:
    """Write a file of ``millions`` row groups, each with the same million rows of an overconfident model."""
    rng = np.random.default_rng(0)
    z = np.round(rng.normal(size=(ROWS, num_classes)) * 1.5, 2)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    label = (rng.random((ROWS, 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, num_classes - 1)
    columns = {f"logit_{k}": (1.3 * z[:, k]).astype(np.float32) for k in range(num_classes)}
    table = pa.table(columns | {"label": label.astype(np.int8)})
    with pyarrow.parquet.ParquetWriter(path, table.schema) as writer:
        for _ in range(millions):
            writer.write_table(table, row_group_size=ROWS)


def main() -> None:
    """Write each file, audit it in a new process, and print what that took."""
    if sys.argv[1:2] == ["--one"]:
        start = time.perf_counter()
        result = audit(sys.argv[2])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{result.rows:>13,} rows  {time.perf_counter() - start:8.1f} s  peak {peak:6.0f} MB", flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        for millions in [int(text) for text in sys.argv[1:]] or [1, 10, 100]:
            path = Path(folder) / "rows.parquet"
            write(path, millions)
            subprocess.run([sys.executable, "-m", "benchmarks.audit", "--one", str(path)], check=True)


if __name__ == "__main__":
    main()
