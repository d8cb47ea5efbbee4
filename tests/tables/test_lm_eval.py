"""Sample logs of lm-evaluation-harness, as its own writer saves them: right numbers without an option."""

import json

import numpy as np
import pytest
from scipy.special import softmax

from onewarm.audit.engines import run
from onewarm.calibration import metrics
from onewarm.tables.columns.choice import Choice
from onewarm.tables.formats import open_source
from onewarm.tables.lm_eval import LmEval, chosen, unpacked
from onewarm.tables.plan import plan

N = 300
RNG = np.random.default_rng(0)
SIZES = RNG.integers(2, 6, N)
LOGITS = [RNG.normal(-20, 4, k) for k in SIZES]
TARGETS = [int(RNG.integers(k)) for k in SIZES]


def as_text(value):
    """``sanitize_list`` of the harness: numbers and booleans in ``resps`` become text."""
    return [as_text(v) for v in value] if isinstance(value, list) else str(value)


def sample(i, *, text=True, target=None, **others):
    """One line as ``log_samples`` writes it."""
    pairs = [[float(z), bool(z == LOGITS[i].max())] for z in LOGITS[i]]
    right = TARGETS[i] if target is None else target(i)
    return {
        "doc_id": i,
        "doc": {"query": "?", "choices": [f"choice {k}" for k in range(SIZES[i])], "gold": TARGETS[i]},
        "target": str(right) if text else right,
        "arguments": {f"gen_args_{k}": {"arg_0": "Q: ?", "arg_1": f" choice {k}"} for k in range(SIZES[i])},
        "resps": as_text([[p] for p in pairs]) if text else [[p] for p in pairs],
        "filtered_resps": as_text(pairs) if text else pairs,
        "filter": "none",
        "metrics": ["acc", "acc_norm"],
        "doc_hash": "0a",
        "acc": float(LOGITS[i].argmax() == TARGETS[i]),
        "acc_norm": 1.0,
        **others,
    }


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def defined():
    """Mean confidence and accuracy from their definitions."""
    p = [softmax(z) for z in LOGITS]
    return np.mean([q.max() for q in p]), np.mean([z.argmax() == t for z, t in zip(LOGITS, TARGETS, strict=True)])


@pytest.mark.parametrize(
    "how",
    [{}, {"text": False}, {"target": lambda i: f" choice {TARGETS[i]}"}, {"target": lambda i: f"choice {TARGETS[i]}"}],
    ids=["as saved", "in memory", "targets as text", "stripped"],
)
def test_log_likelihoods_of_choices_are_logits(tmp_path, how):
    reading = plan([write(tmp_path / "samples_arc.jsonl", (sample(i, **how) for i in range(N)))])
    assert (reading.kind, reading.num_classes, reading.layout.logits) == ("multiclass", 5, True)
    (batch, _), *_ = reading.batches(0)
    np.testing.assert_array_equal(batch.truth, TARGETS)
    for row, z in zip(batch.predictions, LOGITS, strict=True):
        np.testing.assert_allclose(row[: len(z)], z)
        assert np.isneginf(row[len(z) :]).all()
    tally = run(reading)
    assert (metrics.mean_confidence(tally.summary), metrics.accuracy(tally.summary)) == pytest.approx(defined())


def test_logs_without_filtered_responses_and_with_mutual_information(tmp_path):
    rows = [{k: v for k, v in sample(i).items() if k != "filtered_resps"} for i in range(N)]
    tally = run(plan([write(tmp_path / "a.jsonl", rows)]))
    assert metrics.mean_confidence(tally.summary) == pytest.approx(defined()[0])
    rows = [sample(i, acc_mutual_info=1.0) for i in range(N)]
    for row in rows:
        row["filtered_resps"] = row["filtered_resps"] + [["-1.0", "False"]] * len(row["filtered_resps"])
    reading = plan([write(tmp_path / "b.jsonl", rows)])
    assert metrics.accuracy(run(reading).summary) == pytest.approx(defined()[1])


def test_several_logs_have_the_classes_of_the_widest(tmp_path):
    two = [i for i in range(N) if SIZES[i] == 2]
    write(tmp_path / "a.jsonl", (sample(i) for i in two))
    write(tmp_path / "b.jsonl", (sample(i) for i in range(N) if i not in two))
    reading = plan([str(tmp_path / "*.jsonl")])
    assert reading.num_classes == 5 and run(reading).count == N


def test_slices_and_groups_of_a_log(tmp_path):
    rows = (sample(i, subject="law" if i % 2 else "art") for i in range(N))
    reading = plan([write(tmp_path / "a.jsonl", rows)], Choice(slices=("subject",), group="doc.query"))
    (batch, _), *_ = reading.batches(0)
    codes, texts = batch.slices["subject"]
    assert [texts[c] for c in codes[:3]] == ["art", "law", "art"] and len(set(batch.groups)) == 1


def test_bad_targets_and_missing_responses(tmp_path):
    rows = [sample(i) for i in range(N)]
    rows[6]["target"] = "9"
    with pytest.raises(
        ValueError, match=r"^a\.jsonl: row 7, column 'target' is '9': it is the number of the right choice"
    ):
        plan([write(tmp_path / "a.jsonl", rows)])
    rows[6] = sample(6) | {"filtered_resps": None}
    reading = plan([write(tmp_path / "a.jsonl", rows)], Choice(skip_missing=True))
    assert run(reading).changes == {"skipped": 1}
    rows[6]["filtered_resps"] = [["x", "False"], ["y", "False"]]
    with pytest.raises(ValueError, match=r"^a\.jsonl: row 7, column 'filtered_resps' holds no log-likelihoods"):
        plan([write(tmp_path / "a.jsonl", rows)])


def test_one_log_likelihood_a_row_is_no_choice(tmp_path):
    rows = [{"target": "x", "filtered_resps": [["-1.0", "True"]], "acc": 1.0}] * 3
    with pytest.raises(ValueError, match="'filtered_resps' holds one log-likelihood a row, and nothing to choose from"):
        plan([write(tmp_path / "a.jsonl", rows)])


def test_exact_match_with_a_confidence(tmp_path):
    """A log of generated answers, to which a confidence was added: that, and whether the answer was right."""
    conf = RNG.uniform(0.05, 0.95, N)
    right = RNG.random(N) < conf
    rows = [
        {"doc_id": i, "doc": {"question": "?"}, "target": str(i), "arguments": {"gen_args_0": {"arg_0": "Q"}},
         "resps": [[f"so {i}"]], "filtered_resps": [str(i)], "filter": "strict-match", "metrics": ["exact_match"],
         "exact_match": float(right[i]), "confidence": conf[i]}
        for i in range(N)
    ]  # fmt: skip
    reading = plan([write(tmp_path / "samples_gsm8k.jsonl", rows)])
    assert reading.kind == "confidence" and reading.layout.truth == ("exact_match",)
    tally = run(reading)
    read = metrics.mean_confidence(tally.summary), metrics.accuracy(tally.summary)
    assert read == pytest.approx((conf.mean(), right.mean()))
    for row in rows:
        del row["confidence"]
    with pytest.raises(
        ValueError, match="a log of generated answers, without how sure the model was: add a column 'conf"
    ):
        plan([write(tmp_path / "samples_gsm8k.jsonl", rows)])


def test_other_files_and_options_stay_as_they_are(tmp_path):
    (tmp_path / "a.csv").write_text("p,y\n0.5,1\n")
    plain = open_source(tmp_path / "a.csv")
    assert unpacked([plain]) == (plain,) and chosen(plain, Choice()) == Choice()
    log = unpacked([open_source(tmp_path / write(tmp_path / "b.jsonl", [sample(i) for i in range(9)]))])[0]
    assert isinstance(log, LmEval) and chosen(log, Choice(logits="z")) == Choice(logits="z")
    assert chosen(log, Choice()) == Choice(logits="filtered_resps", labels="target")


def test_probabilities_by_name_in_json_lines(tmp_path):
    rows = [{"gold": "B", "probs": {"A": 0.25, "B": 0.75}}, {"gold": "A", "probs": {"A": 0.5, "B": 0.5}}]
    (batch, _), *_ = plan([write(tmp_path / "a.jsonl", rows)]).batches(0)
    assert batch.predictions.tolist() == [[0.25, 0.75], [0.5, 0.5]] and batch.truth.tolist() == [1, 0]


def test_a_response_that_is_no_number_is_named_by_its_row(tmp_path):
    rows = [sample(i) for i in range(9)]
    rows[6]["filtered_resps"][0] = ["-1.\x7f5", "False"]
    with pytest.raises(ValueError) as caught:
        list(plan([write(tmp_path / "a.jsonl", rows)]).batches(0))
    assert str(caught.value).startswith("a.jsonl: row 7, column 'filtered_resps' holds no log-likelihoods: ")
    assert r"'-1.\x7f5'" in str(caught.value)
