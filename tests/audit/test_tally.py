"""A tally holds what a loop over the rows gives, in any split, and its memory does not grow with the file."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.engines import run
from onewarm.audit.tally import Tally, probabilities
from onewarm.calibration import metrics
from onewarm.tables.columns import Choice
from onewarm.tables.plan import plan


@pytest.fixture
def tally(save, draw):
    """A tally of 1000 rows with groups and weights, and the rows: predictions, labels, groups, weights."""
    z, labels = draw(n=1000)
    rng = np.random.default_rng(4)
    group, weight = rng.choice(["a", "b", "c"], 1000), rng.integers(0, 4, 1000)
    path = save(logits=z, label=labels, group=group, weight=weight)
    return run(plan([str(path)])), z, labels, group, weight.astype(float)


def test_the_sample_is_every_row_of_a_small_file_with_its_place(tally):
    tallied, z, labels, _, weight = tally
    rows = tallied.sample.rows()
    np.testing.assert_array_equal(rows.places, np.arange(1000))
    np.testing.assert_array_equal(rows.predictions, z)
    np.testing.assert_array_equal(rows.truth, labels)
    np.testing.assert_array_equal(rows.weights, weight)
    assert rows.groups is None


@pytest.mark.parametrize("truth", [[[3, 1], [0, 2], [2, 2]], [[0.75, 0.25], [0.0, 1.0], [0.5, 0.5]]])
def test_shares_of_classes_and_of_the_majority(save, truth):
    truth = np.array(truth)
    tallied = run(plan([str(save(p=np.full((3, 2), 0.5), votes=truth))]))
    np.testing.assert_allclose(tallied.class_rows, [1.25, 1.75])
    assert tallied.majority == pytest.approx(0.75 + 1 + 0.5)


def test_probabilities_of_logits_and_of_rows_that_do_not_sum_to_1():
    z = np.array([[1e4, 0.0, -np.inf], [-1e4, -1e4, -1e4 - 1]], np.float32)
    p = probabilities(z, logits=True)
    assert p.dtype == np.float64
    np.testing.assert_allclose(p, [[1, 0, 0], softmax([0.0, 0.0, -1.0])], rtol=1e-12)
    np.testing.assert_allclose(probabilities(np.array([[1.0, 3.0]]), logits=False), [[0.25, 0.75]])


def test_bad_predictions_leave_a_tally_as_it_was(save):
    path = save(p=np.array([[0.5, 0.5], [0.5, np.nan]]), y=np.array([0, 1]))
    reading = plan([str(path)])
    tallied = Tally(reading)
    with pytest.raises(ValueError, match=r"^model\.npz: row 2, column 'p' is nan: correct it, or leave such rows out"):
        tallied.add(next(reading.batches(0))[0])
    assert tallied.count == tallied.summary.count == 0


@pytest.mark.long
@pytest.mark.parametrize("suffix", ["parquet", "csv", "npz", "arrow"])
def test_memory_does_not_grow_with_the_file(tmp_path, suffix):
    """A file of 300,000 rows, then one of 1,500,000 (60 MB and more of numbers): the peak may rise by a fraction."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path), suffix], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert float(done.stdout) < 50, done.stdout


MEMORY = """
import subprocess, sys
import numpy as np, pyarrow as pa, pyarrow.csv, pyarrow.feather, pyarrow.parquet
folder, suffix = sys.argv[1:]

def write(name, n):  # in a process of its own: its memory does not count here
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(10), n).astype(np.float32)
    y = rng.integers(0, 10, n)
    table = pa.table({f"p{k}": p[:, k] for k in range(10)} | {"label": y})
    path = f"{folder}/{name}.{suffix}"
    if suffix == "parquet":
        pyarrow.parquet.write_table(table, path)
    elif suffix == "csv":
        pyarrow.csv.write_csv(table, path)
    elif suffix == "arrow":
        pyarrow.feather.write_feather(table, path, compression="uncompressed")
    else:
        np.savez(path, p=p, label=y)
    return path

import multiprocessing, resource
context = multiprocessing.get_context("fork")
files = []
for name, n in (("small", 300_000), ("large", 1_500_000)):
    worker = context.Process(target=write, args=(name, n))
    worker.start()
    worker.join()
    files.append(f"{folder}/{name}.{suffix}")
from onewarm.audit.audit import audit
peaks = []
for file in files:
    audit(file)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(peaks[1] - peaks[0])
"""


def test_confidences_of_groups_of_answers(save):
    path = save(
        conf=np.linspace(0.1, 0.9, 40), correct=np.arange(40) % 2, who=np.arange(40) // 4, label=np.arange(40) % 3
    )
    tally = run(plan([str(path)], Choice(confidence="conf", correct="correct", group="who", slices=("label",))))
    assert tally.count == 40 and tally.clusters is not None


def test_confidences_and_whether_the_answer_was_right_are_events(save):
    """Confidences of answers were read as P(y = 1) of two classes and folded at .5: 72.4 % for a mean of 50.2 %."""
    rng = np.random.default_rng(0)
    conf = rng.uniform(0.05, 0.95, 20_000)
    right = rng.random(20_000) < 0.6 * conf
    path = save(conf=conf, correct=right, group=rng.choice(["a", "b"], 20_000))
    reading = plan([str(path)], Choice(confidence="conf", correct="correct"))
    tally = run(reading)
    assert (reading.kind, reading.num_classes, tally.summary.events) == ("confidence", 1, True)
    bins = np.ceil(conf * 15).astype(int)
    ece = sum(abs((conf - right)[bins == b].sum()) for b in range(1, 16)) / 20_000
    assert metrics.ece(tally.summary) == pytest.approx(ece, abs=1e-12) and round(ece, 3) == 0.202
    assert tally.slices["group"].bins[..., 0].sum() == 20_000
    assert tally.slices["group"].top[:, 1].sum() == right.sum()
