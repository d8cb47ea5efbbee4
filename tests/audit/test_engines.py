"""One pass over all parts: here, or over a Ray cluster of two workers, with the same bytes."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.engines import run, tally_part
from onewarm.tables.plan import plan


@pytest.mark.long
def test_ray_on_two_workers_gives_the_same_bytes(tmp_path, draw):
    """A local cluster of two nodes with one processor each, in a process of its own."""
    pytest.importorskip("ray")
    z, labels = draw(n=3000)
    for name, rows in (("a.parquet", slice(0, 1700)), ("b.parquet", slice(1700, None))):
        columns = {f"logit_{k}": z[rows, k] for k in range(4)} | {"y": labels[rows], "group": labels[rows] % 2}
        pyarrow.parquet.write_table(pa.table(columns), tmp_path / name, row_group_size=500)
    (tmp_path / "bad.parquet").write_bytes((tmp_path / "a.parquet").read_bytes())
    bad = pa.table({f"logit_{k}": [0.0, np.nan] for k in range(4)} | {"y": [0, 1], "group": [0, 1]})
    pyarrow.parquet.write_table(bad, tmp_path / "bad.parquet")
    script = tmp_path / "both.py"
    script.write_text(RAY)
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split("\n")[:3] == ["2 workers", "same", "bad.parquet: row 2, column 'logit_0' is nan"]


RAY = """
import json, ray
from ray.cluster_utils import Cluster
from onewarm.audit.audit import audit

small = {"num_cpus": 1, "object_store_memory": 100_000_000}
cluster = Cluster(initialize_head=True, head_node_args=small)
cluster.add_node(**small)
ray.init(address=cluster.address, log_to_driver=False)
print(len(ray.nodes()), "workers")
files = ["a.parquet", "b.parquet"]
here, there = (json.dumps(audit(files, engine=engine).to_dict()) for engine in ("local", "ray"))
print("same" if here == there else "different")
try:
    audit([*files, "bad.parquet"], engine="ray")
except ValueError as error:
    print(str(error).partition(":")[0] + ":" + str(error).partition(":")[2].partition(":")[0])
ray.shutdown()
cluster.shutdown()
"""


@pytest.fixture
def parts(tmp_path, monkeypatch, draw):
    """Two files, the first of two parts."""
    monkeypatch.setattr("onewarm.tables.formats.parquet._PART_ROWS", 1000)
    z, labels = draw(n=3000)
    for name, rows in (("a.parquet", slice(0, 2000)), ("b.parquet", slice(2000, None))):
        columns = {f"logit_{k}": z[rows, k] for k in range(4)} | {"y": labels[rows]}
        pyarrow.parquet.write_table(pa.table(columns), tmp_path / name, row_group_size=500)
    return [tmp_path / "a.parquet", tmp_path / "b.parquet"]


def test_progress_rises_to_the_bytes_of_all_files(parts):
    calls = []
    audit(parts, progress=lambda *call: calls.append(call))
    total = sum(path.stat().st_size for path in parts)
    assert {(what, of) for what, _, of in calls} == {("reading", total)}
    done = [done for _, done, _ in calls]
    assert done == sorted(done) and done[-1] == total
    first = parts[0].stat().st_size
    assert done[:3] == [first // 2, first // 2 + first // 2, first + parts[1].stat().st_size]


def test_parts_are_tallied_once_each_and_in_order(parts):
    reading = plan([str(path) for path in parts])
    assert reading.parts == (2, 1)
    total = run(reading)
    assert total.count == 3000 and total.file_rows == {0: 2000, 1: 1000}
    pieces = [tally_part(reading, number, part) for number, part in ((0, 0), (0, 1), (1, 0))]
    assert [piece.count for piece in pieces] == [1000, 1000, 1000]
    merged = pieces[0].merge(pieces[1]).merge(pieces[2])
    assert merged.summary.to_bytes() == total.summary.to_bytes()


def test_files_without_rows(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("p0,p1,label\n")
    with pytest.raises(ValueError, match=r"^a\.csv: no rows, only column names$"):
        audit(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=r"^the 2 files: no rows, only column names$"):
        audit(tmp_path / "*.csv")


def test_an_engine_that_is_not_known(parts):
    with pytest.raises(ValueError, match=r"^engine is 'spark': choose one of local, ray$"):
        audit(parts, engine="spark")


def test_without_ray_the_error_names_the_extra(parts, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"^--engine ray needs Ray Data: pip install 'onewarm\[ray\]'$"):
        audit(parts, engine="ray")
