"""What the report may not say (docs/audit.md): no contradiction among headline, intervals, findings and advice.

Each implication is checked on audits of random predictions, in the verdict, the JSON, the terminal and the page.
"""

import io
import json
import re
from html import unescape

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy.special import softmax

from onewarm.audit.audit import audit
from onewarm.audit.report.html import html
from onewarm.audit.report.terminal import print_audit

LEAST_GAIN = 0.001
ENDS = re.compile(r"\(([-+]?\d+\.?\d*) to ([-+]?\d+\.?\d*)")
KINDS = {
    "calibrated",
    "overconfident",
    "underconfident",
    "too high",
    "too low",
    "miscalibrated",
    "too few rows",
    "wrong rows",
}
WEIGHTS = ("wrong rows", "spoils", "wrong", "note")


def question(result, key):
    return next((q for q in result.questions if q.key == key), None)


def check(result):
    """Every implication of docs/audit.md, by its number."""
    check_kind(result)
    check_headline(result)
    check_intervals(result)
    check_findings(result)
    check_advice(result)
    check_views(result)


def check_kind(result):
    v, wrong = result.verdict, [q for q in result.questions if q.wrong]
    assert v.kind in KINDS
    assert (v.kind == "wrong rows") == any(f.weight == "wrong rows" for f in v.findings), "1"
    if v.kind != "wrong rows":
        assert (v.kind in ("calibrated", "too few rows")) == (not wrong), "2"
    for q in result.questions:
        assert q.interval[0] <= q.value <= q.interval[1] and 0 <= q.p <= 1
        assert q.wrong == (not q.interval[0] <= q.null <= q.interval[1]) == (q.p < 0.05), ("3", q)
    mean, top, slope = (question(result, key) for key in ("mean", "confidence", "slope"))
    if v.kind in ("too high", "too low"):
        assert result.kind == "binary" and mean.wrong and (mean.value > 0) == (v.kind == "too high"), "4"
    if v.kind in ("overconfident", "underconfident"):
        over = v.kind == "overconfident"
        by_slope = slope is not None and slope.wrong and (slope.value < 1) == over
        by_top = top is not None and top.wrong and (top.value > 0) == over
        assert by_top or (result.kind == "binary" and by_slope), "4"
    average = mean if result.kind == "binary" else top
    reach = max(map(abs, average.interval)) if average else 1
    if v.kind in ("calibrated", "too few rows"):
        assert (reach <= 0.05) == (v.kind == "calibrated"), "5"


def check_headline(result):
    v = result.verdict
    if v.kind == "wrong rows":
        assert v.headline in [f.sentence for f in v.findings], "6"
        return
    words = {"too high": "too high", "too low": "too low", "overconfident": "Over", "underconfident": "Under"}
    words |= {"calibrated": "Calibrated", "too few rows": "Too few rows"}
    assert words.get(v.kind, "") in v.headline, "6"
    for kind, word in words.items():
        if kind not in (v.kind, "too high", "too low"):
            assert not v.headline.startswith(word), "6"
    average = question(result, "mean" if result.kind == "binary" else "confidence")
    if result.questions and (average is not None or v.kind not in ("calibrated", "too few rows")):
        low, high = map(float, ENDS.search(v.headline).groups())
        assert low <= high, "6"
        if v.kind not in ("calibrated", "too few rows"):
            right = 1 if "the slope of" in v.headline else 0
            assert not low <= right <= high, "6: an interval that contains what is right"
    if v.headline.startswith("Right on average"):
        assert not average or not average.wrong, "7"


def check_intervals(result):
    measures, wrong = result.measures, any(q.wrong for q in result.questions)
    for name, measure in measures.items():
        if measure.interval is not None:
            assert measure.interval[0] <= measure.interval[1], ("8", name)
    pairs = [("ece", "confidence")] + ([("event_ece", "mean")] if result.kind == "binary" else [])
    for name, key in pairs:
        asked = question(result, key)
        if name not in measures or measures[name].interval is None:
            continue
        low, high = measures[name].interval
        assert low >= 0, ("8", name)
        assert low == 0 or wrong, ("9", name)
        if asked is not None:
            least = 0 if asked.interval[0] <= 0 <= asked.interval[1] else min(map(abs, asked.interval))
            assert low >= least and high >= max(map(abs, asked.interval)), ("8", name)
    top = question(result, "confidence")
    if top is not None and measures["confidence_gap"].interval is not None:
        assert measures["confidence_gap"].interval == top.interval, "10"


def check_findings(result):
    v, wrong = result.verdict, any(q.wrong for q in result.questions)
    for f in v.findings:
        assert f.sentence.endswith(".") and f.key, "11"
        if f.weight == "wrong":
            assert wrong or f.key == "slices", "11"
            if f.key not in ("slices",):
                assert f.value is not None and (f.interval is None or f.interval[0] <= f.interval[1]), "11"
        if f.weight == "wrong" and f.key in ("mean", "confidence", "class", "bin"):
            assert not f.interval[0] <= 0 <= f.interval[1], "11"
        if wrong and f.key in ("ece", "event_ece"):
            assert "within 0.0000 to" not in f.sentence, "9"
    first = [WEIGHTS.index(f.weight) for f in v.findings if f.weight in ("wrong rows", "spoils")]
    assert first == sorted(first) and [WEIGHTS.index(f.weight) for f in v.findings][: len(first)] == first, "12"
    if v.kind == "wrong rows":
        assert {f.weight for f in v.findings} <= {"wrong rows"}, "13"
    elif result.measures["nll"].value is None:
        zeros = [f for f in v.findings if f.key == "zeros"]
        assert len(zeros) == 1 and "logits" in zeros[0].sentence + zeros[0].remedy, "14"


def check_advice(result):
    v, wrong = result.verdict, any(q.wrong for q in result.questions)
    action = v.action
    text = " ".join((action.sentence, *action.why))
    assert action.sentence.endswith(".") and action.why and all(w.endswith(".") for w in action.why), "15"
    if v.kind == "wrong rows":
        assert action.key == "check rows" and action.gain is None, "17"
        return
    assert action.key != "check rows"
    scored = [o for o in result.options if o.key != "leave" and o.gain is not None]
    if action.key == "leave":
        assert v.kind != "too few rows", "17"
        if scored and wrong:
            assert "nats a row (" in text and (
                "less than 0.001" in text or "chance" in text or "none is seen" in text
            ), "15"
    elif action.key == "more rows":
        assert v.kind == "too few rows" and re.search(r"[\d,]+ rows", action.sentence), "17"
    elif action.key == "retrain":
        assert wrong, "18"
    elif action.gain is not None:
        assert action.gain >= LEAST_GAIN and action.interval[0] > 0, "16"
        assert "nats a row" in text, "16"
    assert (action.key == result.recommended) or action.key in ("leave", "more rows", "retrain"), "16"
    for sentence in action.why:
        ends = re.search(r"\(([-\d.e]+) to ([-\d.e]+)\)", sentence)
        if ends and "less than 0.001" in sentence:
            assert float(ends.group(1)) < LEAST_GAIN, "19"
    problems = {o.problem for o in result.options if o.problem}
    for problem in problems:
        assert sum(s.count(problem) for s in (*action.why, *(f.sentence for f in v.findings), v.headline)) <= 1, "19"
    if v.small:
        assert wrong and action.key in ("leave", "retrain"), "20"
        assert all(max(map(abs, q.interval)) <= 0.01 for q in result.questions if q.wrong and q.key != "slope"), "20"


def check_views(result):
    v = result.verdict
    read = json.loads(result.to_json())
    assert read["verdict"] == json.loads(json.dumps(v.to_dict()))
    assert [q["wrong"] for q in read["questions"]] == [q.wrong for q in result.questions]
    assert read["kind"] == result.kind and read["recommended"] == result.recommended
    for name, measure in result.measures.items():
        assert read["measures"][name]["interval"] == (list(measure.interval) if measure.interval else None)
    console = Console(file=io.StringIO(), width=200)
    print_audit(result, console)
    plain = " ".join(console.file.getvalue().split())
    page = " ".join(unescape(re.sub(r"<[^>]*>", "", html(result).split("<body")[1])).replace("`", "").split())
    for sentence in (v.headline, v.action.sentence):
        words = " ".join(sentence.split())
        assert words in plain, f"not on the terminal: {words}"
        assert words.replace("`", "") in page, f"not on the page: {words}"
    assert v.headline in repr(result) and len(repr(result)) < 1000


@st.composite
def models(draw):
    """Arrays of an audit: predictions of a kind of model, and their truth."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = draw(st.sampled_from([1, 2, 2, 3, 5]))
    n = draw(st.sampled_from([1, 2, 7, 40, 300, 2000, 6000]))
    z = rng.normal(0, draw(st.sampled_from([0.1, 1.5, 4.0])), (n, max(k, 2)))
    labels = (softmax(z, axis=1).cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    how = draw(
        st.sampled_from(
            ["calibrated", "scaled", "shifted", "constant", "one class", "all right", "all wrong", "zeros", "permuted"]
        )
    )
    if how == "scaled":
        z = z * draw(st.sampled_from([0.5, 1.2, 3.0]))
    elif how == "shifted":
        z[:, 0] += draw(st.sampled_from([-1.0, 0.1, 0.5]))
    elif how == "constant":
        z[:] = z[0]
    elif how == "one class":
        labels[:] = 0
    elif how == "all right":
        labels = z.argmax(axis=1)
    elif how == "all wrong":
        labels = z.argmin(axis=1)
    elif how == "permuted":
        labels = (labels + 1) % max(k, 2)
    p = softmax(z, axis=1)
    if how == "zeros":
        p = np.where(p < 0.2, 0, p)
        p /= p.sum(axis=1, keepdims=True)
    arrays = {}
    if k == 1:
        arrays["confidence"], arrays["correct"] = p.max(axis=1), (p.argmax(axis=1) == labels).astype(int)
    else:
        arrays["probabilities"] = p
        if draw(st.booleans()) and how not in ("one class", "all right", "all wrong"):
            arrays["votes"] = rng.multinomial(draw(st.sampled_from([1, 5])), np.eye(max(k, 2))[labels] * 0.8 + 0.2 / k)
        else:
            arrays["label"] = labels
    if draw(st.booleans()):
        arrays["weight"] = rng.choice([0.0, 1.0, 2.5], n)
        arrays["weight"][0] = 1.0
    return arrays, {"slice": rng.integers(0, 3, n)} if draw(st.booleans()) else {}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.npz"


def check_model(path, model):
    arrays, extra = model
    np.savez(path, **arrays, **extra)
    check(audit(path))


@given(models())
@settings(max_examples=25, phases=[Phase.generate])
def test_no_part_of_a_report_contradicts_another(path, model):
    check_model(path, model)


@pytest.mark.long
@given(models())
@settings(max_examples=400, phases=[Phase.generate])
def test_no_part_of_many_reports_contradicts_another(path, model):
    check_model(path, model)
