"""The audit against numbers computed apart from it: options, slices, samples, split and engine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy import optimize, stats

from onewarm.audit import plan as reading
from onewarm.audit import remedies as options
from onewarm.audit import row_sample as sample
from onewarm.audit.audit import audit
from onewarm.audit.row_sample import RowSample
from onewarm.audit.slices import rank
from onewarm.audit.tally import SliceSums

DATA = Path(os.environ.get("ONEWARM_DATA", "no-folder-given"))


def model(n=4000, scale=2.0, seed=0, k=4):
    """Labels drawn from softmax(z), and logits scale * z."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k)) * 1.5
    e = np.exp(z)
    labels = (e.cumsum(axis=1) / e.sum(axis=1, keepdims=True) > rng.random((n, 1))).argmax(axis=1)
    return scale * z, labels


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def option(found, key):
    return next(o for o in found.options if o.key == key)


@pytest.fixture
def save(tmp_path):
    def write(name="model.npz", **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write


@pytest.mark.parametrize(("scale", "kind"), [(2.0, "overconfident"), (0.5, "underconfident"), (1.0, "calibrated")])
def test_the_verdict_of_models_whose_truth_is_known(save, scale, kind):
    z, labels = model(scale=scale, seed=1)
    found = audit(save(logits=z, label=labels))
    assert found.verdict.kind == kind
    assert found.recommended == ("leave" if scale == 1 else "temperature")
    assert option(found, "temperature").parameters["temperature"] == pytest.approx(scale, rel=0.06)


def test_options_are_fitted_on_even_rows_and_scored_on_odd_rows(save):
    z, labels = model()
    found = audit(save(logits=z, label=labels))

    def losses(t, rows):
        return -np.log(softmax(z[rows] / t)[np.arange(len(z[rows])), labels[rows]])

    even, odd = slice(0, None, 2), slice(1, None, 2)
    best = optimize.minimize_scalar(lambda t: losses(t, even).mean(), bounds=(0.5, 5), options={"xatol": 1e-9}).x
    scaled = option(found, "temperature")
    assert scaled.parameters["temperature"] == pytest.approx(best, abs=1e-6)
    gains = losses(1, odd) - losses(best, odd)
    assert scaled.nll == pytest.approx(losses(best, odd).mean(), abs=1e-9)
    assert scaled.gain == pytest.approx(gains.mean(), abs=1e-9)
    half = 1.959964 * gains.std() / np.sqrt(len(gains))
    assert scaled.interval == pytest.approx((gains.mean() - half, gains.mean() + half), abs=1e-8)


def test_a_smoothed_model_is_undone_by_the_affine_inverse_and_by_no_temperature(save):
    z, labels = model(n=20_000, scale=1.0)
    found = audit(save(p=0.8 * softmax(z) + 0.2 / 4, label=labels))
    assert found.verdict.kind == "underconfident" and found.recommended == "unsmooth"
    assert option(found, "unsmooth").parameters["alpha"] == pytest.approx(0.2, abs=0.01)
    assert option(found, "unsmooth").gain > option(found, "temperature").gain + 0.001
    assert "(p - alpha / K) / (1 - alpha) with alpha = " in found.verdict.advice[0]


def test_labels_that_are_wrong_at_random_ask_for_smoothing(save):
    z, labels = model(n=20_000, scale=1.0)
    rng = np.random.default_rng(5)
    noisy = np.where(rng.random(20_000) < 0.2, rng.integers(0, 4, 20_000), labels)
    found = audit(save(logits=z, label=noisy))
    assert found.recommended == "retrain"
    assert option(found, "retrain").parameters["alpha"] == pytest.approx(0.2, abs=0.02)
    assert "Retrain with label smoothing, alpha about 0." in found.verdict.advice[0]


def test_too_sure_and_smoothed_asks_for_both(save):
    z, labels = model(n=20_000, scale=1.0)
    found = audit(save(p=0.9 * softmax(2 * z) + 0.1 / 4, label=labels))
    assert found.recommended == "temperature-unsmooth"


def test_probabilities_in_any_type_give_the_same(save):
    z, labels = model()
    p = softmax(z).astype(np.float32)
    first = audit(save("a.npz", p=p, label=labels)).to_dict()
    second = audit(save("b.npz", p=p.astype(np.float64), label=labels.astype(np.uint8))).to_dict()
    assert first["measures"]["ece"]["value"] == pytest.approx(second["measures"]["ece"]["value"], abs=1e-7)
    for key in ("nll", "brier", "ece"):
        for mine, theirs in zip(first["options"], second["options"], strict=True):
            assert mine[key] == pytest.approx(theirs[key], abs=1e-6)


def test_a_true_class_of_probability_0_is_said_and_not_hidden(save):
    p, labels = np.array([[1.0, 0.0], [0.5, 0.5], [0.9, 0.1], [1.0, 0.0]] * 50), np.array([0, 1, 0, 1] * 50)
    found = audit(save(p=p, label=labels))
    assert option(found, "leave").nll is None and option(found, "leave").infinite == 50
    assert found.measures["nll"].value is None
    assert "In 50 rows a true class has a probability of exactly 0" in found.verdict.findings[-1]


def test_every_row_right_says_why_there_is_no_temperature(save):
    p = np.array([[0.9, 0.1], [0.2, 0.8]] * 20)
    found = audit(save(p=p, label=np.array([0, 1] * 20)))
    assert "rows are right" in (option(found, "temperature").problem or "")


def test_one_row_is_audited_and_nothing_is_recommended(save):
    found = audit(save(p=np.array([[0.9, 0.1]]), label=np.array([0])))
    assert found.rows == 1 and found.options == ()
    assert "Too few rows" in found.verdict.advice[0]


def test_less_often_right_than_chance_asks_for_the_order(save):
    z, labels = model()
    found = audit(save(logits=z, label=(labels + 1) % 4))
    assert "in the same order?" in " ".join(found.verdict.findings)


def test_votes_ask_for_another_temperature_and_the_verdict_says_why(save):
    z, labels = model(scale=1.0)
    votes = np.random.default_rng(1).multinomial(30, softmax(z / 2))
    found = audit(save(logits=z, votes=votes, label=labels), votes="votes")
    assert found.truth["kind"] == "votes"
    assert option(found, "temperature").parameters["temperature"] == pytest.approx(2, rel=0.05)
    assert found.truth["majority_temperature"] < 1.5
    assert "with the favourite class as a plain label it would be" in " ".join(found.verdict.findings)


def test_weights_stand_for_rows(save):
    z, labels = model(n=1000)
    weights = np.random.default_rng(2).integers(0, 3, 1000)
    weights = np.repeat(weights[::2], 2)  # pairs keep their even and odd places
    pairs = np.repeat(np.arange(500), weights[::2])
    rows = np.stack([2 * pairs, 2 * pairs + 1], axis=1).ravel()
    repeated = audit(save("a.npz", logits=z[rows], label=labels[rows]))
    weighted = audit(save("b.npz", logits=z, label=labels, weight=weights))
    for name in ("accuracy", "ece", "nll", "brier"):
        assert weighted.measures[name].value == pytest.approx(repeated.measures[name].value, abs=1e-12)
    for mine, theirs in zip(weighted.options, repeated.options, strict=True):
        assert mine.parameters == pytest.approx(theirs.parameters, abs=1e-6)
        assert mine.nll == pytest.approx(theirs.nll, abs=1e-7)


def test_slices_are_ranked_by_a_z_test_with_holms_correction(save):
    z, labels = model(n=6000)
    group = np.random.default_rng(3).choice(["a", "b", "c"], 6000, p=[0.5, 0.4, 0.1])
    z[group == "c"] *= 3
    found = audit(save(logits=z, label=labels, group=group))
    p = softmax(z)
    gap = p.max(axis=1) - (p.argmax(axis=1) == labels)
    assert found.slices[0].value == "c" and found.slices[0].p_holm < 1e-6
    expected = {}
    for one in found.slices:
        mine, rest = gap[group == one.value], gap[group != one.value]
        assert one.gap == pytest.approx(mine.mean(), abs=1e-12)
        se = np.sqrt(mine.var() / len(mine) + rest.var() / len(rest))
        expected[one.value] = 2 * stats.norm.sf(abs(mine.mean() - rest.mean()) / se)
        assert one.p == pytest.approx(expected[one.value], rel=1e-6)
    order = sorted(expected, key=expected.__getitem__)
    holm = np.minimum(1, np.maximum.accumulate([expected[v] * (3 - i) for i, v in enumerate(order)]))
    assert [s.p_holm for s in found.slices] == pytest.approx(holm.tolist())
    ece = (
        sum(
            abs(gap[inside].sum())
            for b in range(15)
            if (inside := (group == "c") & (p.max(axis=1) > b / 15) & (p.max(axis=1) <= (b + 1) / 15)).any()
        )
        / (group == "c").sum()
    )
    assert found.slices[0].ece == pytest.approx(ece, abs=1e-9)


def test_an_identifier_is_no_slice(save):
    z, labels = model(n=20_000)
    with pytest.raises(ValueError, match="slice column 'group' has more than 10000 values: is it an identifier"):
        audit(save(logits=z, label=labels, group=np.arange(20_000)))


def test_a_slice_of_all_rows_or_of_few_is_not_tested():
    sums = SliceSums()
    sums.place(["all"], "g", "file")
    sums.moments[:] = [[50, 50, 50, 40, 30, 10, 10]]
    assert rank({"g": sums})[0].p is None


def test_a_sample_does_not_depend_on_the_split():
    rng = np.random.default_rng(0)
    places, values = np.arange(5000, dtype=np.uint64), rng.normal(size=(5000, 2))
    whole, parts = RowSample(300), [RowSample(300) for _ in range(7)]
    whole.add(places, values, places.astype(np.int64), None)
    for i, rows in enumerate(np.array_split(rng.permutation(5000), 7)):
        parts[i].add(places[rows], values[rows], places[rows].astype(np.int64), None)
    merged = parts[3]
    for i in (5, 0, 6, 1, 2, 4):
        merged.merge(parts[i])
    first, second = whole.rows(), merged.rows()
    assert merged.seen == 5000 and len(first.truth) == 300
    np.testing.assert_array_equal(first.truth, second.truth)
    np.testing.assert_array_equal(first.predictions, second.predictions)
    assert stats.kstest(first.truth / 5000, "uniform").pvalue > 0.01


def test_any_split_into_files_and_batches_gives_the_same_numbers(tmp_path, monkeypatch):
    z, labels = model(n=3000)
    columns = {f"logit_{k}": z[:, k] for k in range(4)} | {"y": labels, "group": labels % 2}
    table = pa.table(columns)
    pyarrow.parquet.write_table(table, tmp_path / "whole.parquet")
    whole = audit(tmp_path / "whole.parquet").to_dict()
    monkeypatch.setattr(reading, "BATCH_NUMBERS", 1)
    monkeypatch.setattr("onewarm.tables.formats._PART_ROWS", 100)
    pyarrow.parquet.write_table(table, tmp_path / "groups.parquet", row_group_size=70)
    parts = audit(tmp_path / "groups.parquet").to_dict()
    assert [b["count"] for b in parts["reliability"][0]["bins"]] == [
        b["count"] for b in whole["reliability"][0]["bins"]
    ]
    for key in ("measures", "options", "slices"):
        flat, other = (np.array(list(numbers(found[key]))) for found in (whole, parts))
        np.testing.assert_allclose(flat, other, rtol=1e-9, atol=1e-10)


def numbers(value):
    if isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers(one)
    elif isinstance(value, int | float):
        yield float(value)


def test_large_files_are_fitted_on_a_sample(save, monkeypatch):
    monkeypatch.setattr(sample, "_NUMBERS", 4000)
    monkeypatch.setattr(sample, "_LEAST_ROWS", 0)
    z, labels = model(n=6000)
    found = audit(save(logits=z, label=labels))
    assert (found.rows, found.fitted_on, found.scored_on) == (6000, 1000, 1000)
    assert option(found, "temperature").parameters["temperature"] == pytest.approx(2, rel=0.15)


def test_row_scores_against_their_definitions():
    rng = np.random.default_rng(0)
    p, votes = rng.dirichlet(np.ones(3), 20), rng.multinomial(5, [0.2, 0.3, 0.5], 20)
    t = votes / 5
    np.testing.assert_allclose(options.row_nll(p, votes), -(t * np.log(p)).sum(axis=1))
    one = np.eye(3)
    brier = sum(t[:, k] * ((p - one[k]) ** 2).sum(axis=1) for k in range(3))
    np.testing.assert_allclose(options.row_brier(p, votes), brier)


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
from onewarm.calibration.audit import audit
peaks = []
for file in files:
    audit(file)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(peaks[1] - peaks[0])
"""


@pytest.mark.long
def test_ray_on_two_workers_gives_the_same_bytes(tmp_path):
    """A local cluster of two nodes with one processor each, in a process of its own."""
    pytest.importorskip("ray")
    z, labels = model(n=3000)
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
from onewarm.calibration import formats
from onewarm.calibration.audit import audit

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


@pytest.mark.skipif(
    not (DATA / "cifar10_vgg_predictions.npz").exists(), reason="ONEWARM_DATA names no folder with the predictions"
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_real_network_end_to_end(save, dtype):
    with np.load(DATA / "cifar10_vgg_predictions.npz") as data, np.load(DATA / "cifar10h_votes.npz") as people:
        p, labels, votes = data["probabilities"].astype(dtype), data["labels"], people["counts"]
    found = audit(save(probabilities=p, labels=labels, votes=votes))
    assert found.measures["accuracy"].value == pytest.approx(0.936, abs=5e-4)
    before, after = option(found, "leave"), option(found, "temperature")
    assert after.parameters["temperature"] == pytest.approx(1.7224, abs=5e-5)
    assert (before.nll, after.nll) == pytest.approx((0.23325, 0.18576), abs=5.1e-6)
    assert (before.ece, after.ece) == pytest.approx((0.03561, 0.01450), abs=5.1e-6)
    assert (before.brier, after.brier) == pytest.approx((0.09732, 0.08918), abs=5.1e-6)
    assert (found.verdict.kind, found.recommended) == ("overconfident", "temperature")
    people_say = audit(save(probabilities=p, labels=labels, votes=votes), votes="votes")
    assert option(people_say, "temperature").parameters["temperature"] == pytest.approx(2.0909, abs=5e-5)
    assert people_say.truth["entropy"] == pytest.approx(0.15446, abs=5.1e-6)
    assert any("So the best temperature is 2.0909" in s for s in people_say.verdict.findings)
