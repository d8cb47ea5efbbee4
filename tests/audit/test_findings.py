"""A question is answered no exactly where its interval excludes the value of a calibrated model."""

import json

import pytest

from onewarm.audit.findings import Action, Finding, Question, Verdict


@pytest.mark.parametrize(
    ("interval", "null", "wrong"),
    [((-0.1, 0.1), 0.0, False), ((0.0, 0.1), 0.0, False), ((0.01, 0.1), 0.0, True), ((0.5, 0.9), 1.0, True)],
)
def test_a_question_is_answered_no_where_its_interval_excludes_the_null(interval, null, wrong):
    assert Question("mean", "P(y = 1)", 0.05, interval, null, 0.01, 100).wrong is wrong


def test_a_verdict_is_valid_json():
    action = Action("temperature", "Divide the logits by T = 2.", ("It gains 0.1 nats.",), 0.1, (0.05, 0.15))
    finding = Finding("ece", "The ECE is 0.05.", "wrong", 0.05, (0.04, 0.06))
    verdict = Verdict("overconfident", "Overconfident.", False, action, (finding,), "all")
    read = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    assert read["action"]["interval"] == [0.05, 0.15]
    assert read["findings"][0]["weight"] == "wrong"
