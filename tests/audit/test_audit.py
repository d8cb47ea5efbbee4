"""The audit from end to end: models whose truth is known, votes, weights, any type and split, and a real network."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy.special import softmax

from onewarm.audit.audit import audit

DATA = Path(os.environ.get("ONEWARM_DATA", "no-folder-given"))


def option(result, key):
    return next(o for o in result.options if o.key == key)


@pytest.mark.parametrize(("scale", "kind"), [(2.0, "overconfident"), (0.5, "underconfident"), (1.0, "calibrated")])
def test_the_verdict_of_models_whose_truth_is_known(save, draw, scale, kind):
    z, labels = draw(scale=scale, seed=1)
    result = audit(save(logits=z, label=labels))
    assert result.verdict.kind == kind
    assert result.recommended == ("leave" if scale == 1 else "temperature")
    assert option(result, "temperature").parameters["temperature"] == pytest.approx(scale, rel=0.06)


def test_probabilities_in_any_type_give_the_same(save, draw):
    z, labels = draw()
    p = softmax(z, axis=1).astype(np.float32)
    first = audit(save("a.npz", p=p, label=labels)).to_dict()
    second = audit(save("b.npz", p=p.astype(np.float64), label=labels.astype(np.uint8))).to_dict()
    assert first["measures"]["ece"]["value"] == pytest.approx(second["measures"]["ece"]["value"], abs=1e-7)
    for key in ("nll", "brier", "ece"):
        for mine, theirs in zip(first["options"], second["options"], strict=True):
            assert mine[key] == pytest.approx(theirs[key], abs=1e-6)


def test_a_true_class_of_probability_0_is_said_and_not_hidden(save):
    p, labels = np.array([[1.0, 0.0], [0.5, 0.5], [0.9, 0.1], [1.0, 0.0]] * 50), np.array([0, 1, 0, 1] * 50)
    result = audit(save(p=p, label=labels))
    assert option(result, "leave").nll > 0.9 and option(result, "leave").infinite == 50
    assert result.measures["nll"].value is None
    assert any("50 rows give the true class exactly 0" in f.sentence for f in result.verdict.findings)


def test_one_row_is_audited_and_nothing_is_recommended(save):
    result = audit(save(p=np.array([[0.9, 0.1]]), label=np.array([0])))
    assert result.rows == 1 and [o.key for o in result.options] == ["leave"]
    assert (result.verdict.kind, result.verdict.action.key) == ("too few rows", "more rows")


def test_votes_ask_for_another_temperature_and_the_verdict_says_why(save, draw):
    z, labels = draw(scale=1.0)
    votes = np.random.default_rng(1).multinomial(30, softmax(z / 2, axis=1))
    result = audit(save(logits=z, votes=votes, label=labels), votes="votes")
    assert result.truth["kind"] == "votes"
    assert option(result, "temperature").parameters["temperature"] == pytest.approx(2, rel=0.05)
    assert result.truth["majority_temperature"] < 1.5
    assert "with the favourite class as a plain label it would be" in " ".join(
        f.sentence for f in result.verdict.findings
    )


def test_weights_stand_for_rows(save, draw):
    z, labels = draw(n=1000)
    weights = np.random.default_rng(2).integers(0, 3, 1000)
    rows = np.repeat(np.arange(1000), weights)
    repeated = audit(save("a.npz", logits=z[rows], label=labels[rows]))
    weighted = audit(save("b.npz", logits=z, label=labels, weight=weights))
    for name in ("accuracy", "ece", "nll", "brier"):
        assert weighted.measures[name].value == pytest.approx(repeated.measures[name].value, abs=1e-12)
    for mine, theirs in zip(weighted.options, repeated.options, strict=True):  # fitted on other rows of the sample
        assert mine.nll == pytest.approx(theirs.nll, abs=0.2)


def test_any_split_into_files_and_batches_gives_the_same_numbers(tmp_path, draw, monkeypatch):
    z, labels = draw(n=3000)
    columns = {f"logit_{k}": z[:, k] for k in range(4)} | {"y": labels, "group": labels % 2}
    table = pa.table(columns)
    pyarrow.parquet.write_table(table, tmp_path / "whole.parquet")
    whole = audit(tmp_path / "whole.parquet").to_dict()
    monkeypatch.setattr("onewarm.tables.plan.BATCH_NUMBERS", 1)
    monkeypatch.setattr("onewarm.tables.formats.parquet._PART_ROWS", 100)
    pyarrow.parquet.write_table(table, tmp_path / "groups.parquet", row_group_size=70)
    parts = audit(tmp_path / "groups.parquet").to_dict()
    assert [b["count"] for b in parts["reliability"][0]["bins"]] == [
        b["count"] for b in whole["reliability"][0]["bins"]
    ]
    for key in ("measures", "options", "slices"):
        flat, other = (np.array(list(numbers(result[key]))) for result in (whole, parts))
        np.testing.assert_allclose(flat, other, rtol=1e-9, atol=1e-10)


def numbers(value):
    if isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers(one)
    elif isinstance(value, int | float):
        yield float(value)


@pytest.mark.skipif(
    not (DATA / "cifar10_vgg_predictions.npz").exists(), reason="ONEWARM_DATA names no folder with the predictions"
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_real_network_end_to_end(save, dtype):
    with np.load(DATA / "cifar10_vgg_predictions.npz") as data, np.load(DATA / "cifar10h_votes.npz") as people:
        p, labels, votes = data["probabilities"].astype(dtype), data["labels"], people["counts"]
    result = audit(save(probabilities=p, labels=labels, votes=votes))
    assert result.measures["accuracy"].value == pytest.approx(0.936, abs=5e-4)
    before, after = option(result, "leave"), option(result, "temperature")
    assert after.parameters["temperature"] == pytest.approx(1.7224, abs=5e-5)
    assert (before.nll, after.nll) == pytest.approx((0.23325, 0.18576), abs=5.1e-6)
    assert (before.ece, after.ece) == pytest.approx((0.03561, 0.01450), abs=5.1e-6)
    assert (before.brier, after.brier) == pytest.approx((0.09732, 0.08918), abs=5.1e-6)
    assert (result.verdict.kind, result.recommended) == ("overconfident", "temperature")
    people_say = audit(save(probabilities=p, labels=labels, votes=votes), votes="votes")
    assert option(people_say, "temperature").parameters["temperature"] == pytest.approx(2.0909, abs=5e-5)
    assert people_say.truth["entropy"] == pytest.approx(0.15446, abs=5.1e-6)
    assert any("The best temperature is 2.0909" in f.sentence for f in people_say.verdict.findings)


def test_json_is_versioned_plain_and_the_same_again(save, draw):
    z, labels = draw(n=300)
    path = save(logits=z, label=labels, group=labels % 2)
    text = audit(path).to_json()
    assert text == audit(path).to_json() and text.endswith("}\n")
    read = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (read["format"], read["rows"], read["bins"], read["level"]) == (2, 300, 15, 0.95)
    assert read["files"] == [{"name": "model.npz", "bytes": path.stat().st_size, "rows": 300}]
    assert read["columns"]["logits"] == ["logits"] and read["columns"]["truth_file"] is None


BINS_AND_LEVEL = """
import sys, types
defaults = types.ModuleType("onewarm.calibration.defaults")
defaults.BINS, defaults.LEVEL, defaults.ESTIMATE_LEVEL = 10, 0.5, 0.9
sys.modules[defaults.__name__] = defaults
import numpy as np
from rich.console import Console
from onewarm.audit.audit import audit
from onewarm.audit.measures import chance_ece
from onewarm.audit.report.html import html
from onewarm.audit.report.terminal import print_audit

path = sys.argv[1]
found = audit(path)
with np.load(path) as data:
    p, labels = data["p"], data["label"]
c, right = p.max(axis=1), p.argmax(axis=1) == labels
bins = np.ceil(c * 10).astype(int) - 1
ece = np.abs(np.bincount(bins, c - right)).sum() / len(c)
assert abs(found.ece - ece) < 1e-9
counts = np.bincount(bins, minlength=10)
assert all([b["count"] for b in d["bins"]] == counts.tolist() for d in found.diagrams[:1])
filled = counts > 0
mean = (np.bincount(bins, c, 10) / np.maximum(counts, 1))[filled]
chance = (counts[filled] * np.sqrt(2 / np.pi * mean * (1 - mean) / counts[filled])).sum() / len(c)
assert abs(found.chance_ece - chance) < 1e-9
gap, (low, high) = (c - right), found.measures["mean_confidence"].interval
assert abs((high - low) / 2 / (0.67449 * c.std() / len(c) ** 0.5) - 1) < 0.01
first = found.slices[0]
mine = np.load(path)["group"] == int(first.value)
assert abs(first.ece - np.abs(np.bincount(bins[mine], gap[mine])).sum() / mine.sum()) < 1e-9
console = Console(record=True, width=200, file=open("/dev/null", "w"))
print_audit(found, console)
words = " ".join(f.sentence for f in found.verdict.findings)
texts = [console.export_text(), words, html(found).split("<script")[0], found.to_json()]
for text in texts:
    assert "15 bins" not in text and "15 equal" not in text and "95" + chr(160) + "%" not in text and "95 %" not in text
assert "50 % interval" in texts[0] and "ECE, 10 equal-width bins" in texts[0]
assert "in 10 bins" in texts[1] and "(50" + chr(160) + "%)" in texts[1]
assert "50 % interval" in texts[2] and "Bins: 10 of equal width" in texts[2]
assert found.to_dict()["bins"] == 10 and found.to_dict()["level"] == 0.5
"""


def test_another_number_of_bins_and_another_level_change_every_number_and_word_alike(save, draw):
    """A stand-in for ``calibration.defaults``, there before the first import, has 10 bins and a level of 50 %."""
    z, labels = draw(n=2000)
    path = save(p=softmax(z, axis=1), label=labels, group=labels % 2)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BINS_AND_LEVEL, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_no_part_of_an_audit_counts_rows_of_a_sample(save, draw):
    """A fit that failed said "truth[891]": a row of its sample, which was row 1782 of the file."""
    z, labels = draw(n=2000, k=3)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p[1781, labels[1781]] = 0
    p /= p.sum(axis=1, keepdims=True)
    text = audit(save(p=p, label=labels)).to_json()
    assert not re.search(r"(truth|probabilities|logits|values)\[\d", text)


def test_another_number_of_bins_is_that_of_everything():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 2000)
    y = (rng.uniform(size=2000) < p - 0.08).astype(int)
    found = audit(p, y, bins=10)
    assert found.bins == found.to_dict()["bins"] == 10
    assert len([q for q in found.questions if q.key == "bin"]) == 8  # from .1 to .9
    assert len(found.diagrams[0]["bins"]) == 10
    expected = sum(abs((p - y)[np.ceil(p * 10) == b].sum()) for b in range(1, 11)) / 2000
    assert found.measures["event_ece"].value == pytest.approx(expected)
    assert "in 10 bins over 0..1" in " ".join(f.sentence for f in found.verdict.findings)
    with pytest.raises(ValueError, match="bins is 7, which does not divide the 120 cells kept: choose one of"):
        audit(p, y, bins=7)
