"""Verification re-runs each claim's witness, stores the evidence, and reports what changed and what failed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import onewarm
from onewarm.claims import verify
from onewarm.claims.evidence import evidence_path, read_evidence, write_evidence
from onewarm.claims.ledger import Claim, load_ledger
from onewarm.claims.verify import Result, WitnessError, exit_code, run_witness
from onewarm.errors import InputError

LEDGER = load_ledger()
KEY = "claim:optimization/label-smoothing/"
HARD = {"accuracy": 0.85, "ece": 0.12, "temperature": 2.0, "confidence_gap": 0.1, "nll": 0.6}
SLUG = "improves-overconfident"

Report = Callable[..., dict[str, Any]]


def test_first_and_second_time(home: Path) -> None:
    (first,) = verify.verify(["decomposition"], home)
    assert (first.before, first.after, first.changes) == (
        "no witness",
        "identity holds",
        ("checked for the first time",),
    )
    assert read_evidence(home) == {KEY + "decomposition": first.evidence}
    (second,) = verify.verify([KEY + "decomposition"], home)
    assert (second.before, second.after, second.changes) == ("identity holds", "identity holds", ())
    assert exit_code([first, second]) == 0


def test_progress_names_each_claim(home: Path) -> None:
    steps: list[tuple[str, float, float]] = []
    verify.verify(["logit-form", "decomposition"], home, lambda *step: steps.append(step))
    titles = [LEDGER[KEY + slug].title for slug in ("decomposition", "logit-form")]  # the ledger's order
    assert steps == [(titles[0], 0, 2), (titles[1], 1, 2), ("claims verified", 2, 2)]


def test_an_unknown_claim_is_refused_before_any_work(home: Path) -> None:
    with pytest.raises(InputError, match="no claim 'gradeint'; did you mean 'gradient'"):
        verify.verify(["decomposition", "gradeint"], home)
    with pytest.raises(InputError, match="no claim '!'; see `onewarm claims list`"):
        verify.verify(["!"], home)
    assert read_evidence(home) == {}


def test_a_refuted_identity_fails_the_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify.verify(["decomposition"], home)
    real = onewarm.cross_entropy
    monkeypatch.setattr(onewarm, "cross_entropy", lambda *a, **k: real(*a, **k) + 1e-6)
    (result,) = verify.verify(["decomposition"], home)
    assert result.after == "refuted" and exit_code([result]) == 1
    assert result.changes[0] == "status: identity holds → refuted"
    assert result.changes[1].startswith("largest |loss - ") and "→ +1e-06" in result.changes[1]
    (again,) = verify.verify(["decomposition"], home)  # no worse than before, but refuted
    assert again.changes == () and exit_code([again]) == 1


def run(home: Path, report: Mapping[str, Any]) -> Result:
    (result,) = verify.verify([SLUG], home, reports={"digits-noisy": report})
    return result


def test_a_study_that_got_worse(home: Path, report_of: Report) -> None:
    good = report_of({"smooth:0.05": {"ece": -0.05}}, hard=HARD)
    assert run(home, good).after == "supported"
    assert run(home, good).changes == ()
    worse = run(home, report_of({"smooth:0.05": {"ece": 0.0}}, hard=HARD))
    assert (worse.before, worse.after, exit_code([worse])) == ("supported", "inconclusive", 1)
    assert worse.changes[0] == "status: supported → inconclusive"
    assert any(c.startswith("ECE, smooth:0.05 minus hard on digits-noisy: -0.05") and "→" in c for c in worse.changes)
    same = run(home, report_of({"smooth:0.05": {"ece": 0.0}}, hard=HARD))
    assert exit_code([same]) == 0  # inconclusive is an honest answer
    assert exit_code([run(home, good)]) == 0


def test_versions_seeds_and_findings_that_come_and_go(home: Path, report_of: Report) -> None:
    run(home, report_of({"smooth:0.05": {"ece": -0.05}}, hard=HARD, seeds=20))
    report = report_of(
        {"smooth:0.05": {"ece": -0.05}, "smooth:0.1": {}}, hard={k: HARD[k] for k in HARD if k != "nll"}, seeds=22
    )
    report["versions"] = {"torch": "3"}
    changes = run(home, report).changes
    assert "seeds: 20 → 22" in changes and "torch: 2 → 3" in changes
    assert any(c.startswith("ECE, smooth:0.1 minus hard on digits-noisy: new, ") for c in changes)
    assert "NLL, smooth:0.05 minus hard on digits-noisy: no longer measured" in changes


def test_damaged_evidence_is_reported_and_replaced(home: Path) -> None:
    verify.verify(["decomposition"], home)
    path = evidence_path(home, "decomposition")
    path.write_bytes(path.read_bytes()[:40])
    (result,) = verify.verify(["decomposition"], home)
    assert result.changes[0].startswith(f"the stored evidence could not be used ({path}: ")
    assert result.after == "identity holds" and exit_code([result]) == 0
    assert list(read_evidence(home)) == [KEY + "decomposition"]


def test_a_witness_that_fails_keeps_no_other_from_running(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify.verify(["gradient"], home)
    kept = evidence_path(home, "gradient").read_bytes()

    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("kernel gone")

    monkeypatch.setattr(onewarm, "cross_entropy_with_gradient", broken)
    first, second = verify.verify(["decomposition", "gradient"], home)
    assert first.after == "identity holds"
    assert second.error == "RuntimeError: kernel gone" and exit_code([second]) == 1
    assert evidence_path(home, "gradient").read_bytes() == kept


def test_a_witness_that_is_not_there() -> None:
    claim = LEDGER[KEY + "gradient"]
    for name in ("onewarm.claims.witnesses.label_smoothing:gradiant", "onewarm.nowhere:gradient", "gradient"):
        with pytest.raises(WitnessError, match="cannot be found; write module:function"):
            run_witness(claim.model_copy(update={"witness": name}))


def test_a_claim_without_a_witness_is_left_alone(home: Path) -> None:
    without: dict[str, Claim] = {KEY + "gradient": LEDGER[KEY + "gradient"].model_copy(update={"witness": None})}
    (result,) = verify.verify(None, home, ledger=without)
    assert (result.after, result.changes, exit_code([result])) == ("no witness", ("it has no witness yet",), 0)


def test_old_evidence_of_another_kind_is_reported(home: Path) -> None:
    evidence = run_witness(LEDGER[KEY + "decomposition"])
    write_evidence(home, evidence.model_copy(update={"kind": "study"}))
    (result,) = verify.verify(["decomposition"], home)
    assert "could not be used" in result.changes[0] and result.after == "identity holds"
