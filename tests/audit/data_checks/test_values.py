"""Predictions without a confidence, and zeros and ones."""

import numpy as np
import pytest

from onewarm.audit.audit import audit
from onewarm.audit.data_checks.values import constant, hard, zeros


@pytest.mark.parametrize("k", [2, 3])
def test_rows_saved_after_an_argmax_have_no_confidence(models, k, save):
    q, y = models.calibrated(np.random.default_rng(0), 500, k)
    p = np.eye(k)[q.argmax(axis=1)]
    found = hard(models.view(p, y))
    assert found.weight == "wrong rows" and "argmax" in found.sentence
    assert found.value == (q.argmax(axis=1) == y).mean()
    assert hard(models.view(q, y)) is None
    verdict = audit(save(p=p, label=y)).verdict
    assert verdict.kind == "wrong rows" and "no confidence to audit" in verdict.headline


def test_constant_predictions_are_said(models):
    y = np.random.default_rng(0).integers(0, 3, 200)
    found = constant(models.view(np.tile([0.5, 0.3, 0.2], (200, 1)), y))
    assert found.weight == "spoils" and "(0.5, 0.3, 0.2)" in found.sentence
    assert constant(models.view(*models.calibrated(np.random.default_rng(0), 200, 3))) is None


def test_zeros_are_counted_and_logits_suggested(models, save):
    """Decision 3: one zero among 10,000 rows overturned the advice, and logits were never suggested."""
    p, y = models.calibrated(np.random.default_rng(0), 1000, 3)
    p[4] = [0, 0.5, 0.5]
    y[4] = 0
    p[5] = [0, 0, 1]
    y[5] = 2
    found = zeros(models.view(p, y), 1000, 1)
    assert found.weight == "spoils" and found.value == 1
    assert found.sentence.startswith("2 of 1,000 rows have a probability of exactly 0 or 1; 1 row gives the true class")
    assert "--logits" in found.remedy
    assert zeros(models.view(p[6:], y[6:]), 994, 0) is None
    assert zeros(models.view(p[5:], y[5:]), 995, 0).weight == "note"
    findings = audit(save(p=p, label=y)).verdict.findings
    assert [f.key for f in findings].count("zeros") == 1
