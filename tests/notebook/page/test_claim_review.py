"""A claim is shown with the status that its evidence gives it."""

from typing import Any

import pytest
from markupsafe import Markup, escape

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import load_ledger
from onewarm.notebook.page.claim_review import claim_facts, claim_review, status_counts

STUDY = "claim:optimization/label-smoothing/lowers-confidence"
IDENTITY = "claim:optimization/label-smoothing/gradient"


def inline(text: str) -> Markup:
    return escape(text)


def view(key: str, found: Evidence | None) -> dict[str, Any]:
    return claim_review(load_ledger()[key], found, inline, inline)


def test_without_evidence_there_is_no_witness_and_the_command_to_run_it() -> None:
    shown = view(STUDY, None)
    assert (shown["status"], shown["figure"], shown["ran"]) == ("no witness", [], "")
    assert shown["command"] == "onewarm claims verify lowers-confidence"


@pytest.mark.parametrize(("effect", "status"), [(1e-16, "identity holds"), (1e-3, "refuted")])
def test_an_identitys_status_follows_its_evidence(make_evidence: Any, effect: float, status: str) -> None:
    shown = view(IDENTITY, make_evidence(IDENTITY, effect))
    assert shown["status"] == status
    assert shown["identity"] and shown["tolerance"] == "1.0 × 10⁻¹⁰"
    assert "10⁻¹⁶" in shown["figure"][0]["scale"]


def test_a_studys_effects_come_with_interval_picture_and_verdict(make_evidence: Any) -> None:
    shown = view(STUDY, make_evidence(STUDY, -0.05))
    assert shown["seeds"] == 20
    assert shown["level"] == "95 %"
    (group,) = shown["figure"]
    row = group["rows"][0]
    assert (row["effect"], row["interval"], row["expected"]) == ("−0.0500", "[−0.0600, −0.0400]", "< 0")
    assert 'class="range"' in row["picture"]
    assert group["unit"] == "fraction"
    assert "a&lt; 1, b 2" in shown["ran"]


def test_facts_for_a_prompt_are_plain_lines_with_numbers(make_evidence: Any) -> None:
    lines = claim_facts(load_ledger()[STUDY], make_evidence(STUDY, -0.05))
    assert lines[0].startswith("Status computed from evidence: ")
    assert "−0.0500 [−0.0600, −0.0400]" in lines[1]


def test_counts_by_status_best_first() -> None:
    views = [{"status": s} for s in ("no witness", "supported", "identity holds", "supported")]
    assert [(c["name"], c["count"]) for c in status_counts(views)] == [
        ("identity holds", 1),
        ("supported", 2),
        ("no witness", 1),
    ]
