"""A claim is shown with the status that its evidence gives it."""

from typing import Any

import pytest
from markupsafe import Markup, escape

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import load_ledger
from onewarm.notebook.page.claim_review import claim_facts, claim_lines, claim_review, status_counts

STUDY = "claim:optimization/label-smoothing/lowers-confidence"
IDENTITY = "claim:optimization/label-smoothing/gradient"

# Claims that hold where every effect is almost zero.
ALIKE = [key for key, claim in load_ledger().items() if claim.kind == "study" or
         {p.expected for p in claim.predictions} == {"zero"}]  # fmt: skip


def inline(text: str) -> Markup:
    return escape(text)


def view(key: str, found: Evidence | None) -> dict[str, Any]:
    return claim_review(load_ledger()[key], found, inline, inline, {})


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


def test_what_is_expected_is_what_is_judged(make_evidence: Any) -> None:
    """With the margin that "not negative" allows, and with an identity's tolerance."""
    expected = {}
    for key, claim in load_ledger().items():
        found = make_evidence(key, 1e-16)
        rows = [row for group in view(key, found)["figure"] for row in group["rows"]]
        for row, prediction in zip(
            rows, sorted(claim.predictions, key=lambda p: units(claim).index(p.unit)), strict=True
        ):
            bound = getattr(prediction, "margin", None)
            expected.setdefault((prediction.expected, bound), set()).add(row["expected"])
            if prediction.expected != "none":
                assert f"expected: {row['expected']};" in " ".join(claim_facts(claim, found))
    assert expected["not negative", 0.005] == {"≥ −0.005"}
    assert expected["negative", 0.0] == {"< 0"}
    assert expected["positive", 0.0] == {"> 0"}
    assert expected["none", 0.0] == {""}
    assert "0 ± 1.0 × 10⁻¹⁰" in expected["zero", None]
    assert all(text.startswith("> ") for text in expected["positive", None])


def units(claim: Any) -> list[str]:
    return list(dict.fromkeys(p.unit for p in claim.predictions))


def test_a_claim_is_one_line_and_identities_that_hold_share_one(make_evidence: Any) -> None:
    keys = [key for key in ALIKE if "/label-smoothing/" in key]
    views = [view(key, make_evidence(key, 3e-14)) for key in keys]
    identities = [v for v in views if v["identity"]]
    first, *others = claim_lines(views)
    assert first["heading"] == f"{len(identities)} identities hold to 10⁻¹³"
    assert len(first["titles"]) + first["more"] == len(first["claims"]) == len(identities)
    assert [line["claims"] for line in others] == [[v] for v in views if not v["identity"]]
    line = others[0]["claims"][0]["line"]
    assert (line["effect"], line["interval"]) == ("3.0 × 10⁻¹⁴", "[−0.0100, 0.0100]")
    exact = [view(key, make_evidence(key, 0.0)) for key in keys]
    assert claim_lines(exact)[0]["heading"] == f"{len(identities)} identities hold exactly"


def test_an_identity_that_fails_or_stands_alone_has_its_own_line(make_evidence: Any) -> None:
    keys = [key for key in ALIKE if load_ledger()[key].kind == "identity"]
    views = [view(key, make_evidence(key, 1e-3 if i < 2 else 1e-16)) for i, key in enumerate(keys)]
    assert [len(line["claims"]) for line in claim_lines(views)] == [1, 1, len(keys) - 2]
    assert claim_lines(views[2:3]) == [{"heading": "", "claims": [views[2]]}]
    unchecked = claim_lines([view(key, None) for key in keys])
    assert [line["heading"] for line in unchecked] == [f"{len(keys)} identities, not checked yet"]


def test_a_source_of_the_page_is_cited_by_its_entry(make_evidence: Any) -> None:
    claim = load_ledger()[STUDY]
    shown = claim_review(claim, None, inline, inline, {claim.sources[0].url: "source/here"})
    assert shown["sources"][0]["entry"] == "source/here"
    assert not any(source["entry"] for source in shown["sources"][1:] if source["url"] != claim.sources[0].url)
