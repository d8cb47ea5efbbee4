"""All of a claim as JSON: what the ledger says, and what the evidence makes of it."""

import json
from collections.abc import Callable

from onewarm.claims.as_json import claims_json
from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import judge

LEDGER = load_ledger()
CLAIM = LEDGER["claim:optimization/label-smoothing/improves-overconfident"]


def test_every_claim_is_json_with_its_sources_scope_and_counter_evidence() -> None:
    rows = json.loads(json.dumps(claims_json(LEDGER.values(), {}), allow_nan=False))
    assert [row["key"] for row in rows] == list(LEDGER)
    for row, claim in zip(rows, LEDGER.values(), strict=True):
        assert (row["slug"], row["statement"], row["scope"]) == (claim.slug, claim.statement, claim.scope)
        assert [s["place"] for s in row["sources"]] == [s.place for s in claim.sources]
        assert [s["summary"] for s in row["counter"]] == [s.summary for s in claim.counter]
        assert row["status"] == "no witness" and row["ran"] is None and row["seeds"] is None
        assert all(p["verdict"] == "not measured" and p["found"] is None for p in row["predictions"])


def test_status_and_findings_are_those_of_the_judgement(evidence_of: Callable[..., Evidence]) -> None:
    evidence = evidence_of(CLAIM, *[(-0.1, -0.05)] * len(CLAIM.predictions))
    (row,) = claims_json([CLAIM], {CLAIM.key: evidence})
    judgement = judge(CLAIM, evidence)
    assert (row["status"], row["because"]) == (judgement.status, judgement.because)
    assert (row["seeds"], row["ran"]["command"]) == (20, evidence.ran.command)
    for shown, judged in zip(row["predictions"], judgement.judged, strict=True):
        assert (shown["scope"], shown["quantity"]) == (judged.prediction.scope, judged.prediction.quantity)
        assert (shown["verdict"], shown["expected"]) == (judged.verdict, judged.prediction.expected)
        assert shown["found"]["interval"] == (-0.1, -0.05)
