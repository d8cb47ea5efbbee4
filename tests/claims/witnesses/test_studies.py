"""The witness of studies gives the effects that are in the reports, of either sign, and the status follows them."""

from collections.abc import Callable
from typing import Any

import pytest

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim, load_ledger
from onewarm.claims.status import Status, judge, status
from onewarm.claims.verify import run_witness
from onewarm.claims.witnesses.studies import ReportError, paired, pairs, plan
from onewarm.study.data.builtin import BUILT_IN

CLAIMS = {claim.slug: claim for claim in load_ledger().values() if claim.kind == "study"}
ARMS = ("smooth:0.05", "smooth:0.1", "smooth:0.2")
HARD = {
    "accuracy": 0.85, "mean_confidence": 0.95, "confidence_gap": 0.1, "ece": 0.12, "ece_after": 0.03,
    "nll": 0.6, "nll_after": 0.5, "temperature": 2.0,
}  # fmt: skip

Report = Callable[..., dict[str, Any]]


def shifts(metric: str, by: float) -> dict[str, dict[str, float]]:
    return {arm: {metric: by} for arm in ARMS}


def status_of(claim: Claim, reports: dict[str, dict[str, Any]]) -> Status:
    return status(claim, run_witness(claim, reports))


def test_findings_carry_the_reports_numbers(report_of: Report) -> None:
    report = report_of(shifts("ece", -0.05), hard=HARD)
    claim = CLAIMS["improves-overconfident"]
    evidence: Evidence = run_witness(claim, {"digits-noisy": report})
    assert evidence.seeds == tuple(range(20)) and evidence.ran.versions["torch"] == "2"
    row = next(r for r in report["comparisons"] if (r["arm"], r["metric"]) == ("smooth:0.05", "ece"))
    found = evidence.find("digits-noisy", "ECE, smooth:0.05 minus hard")
    assert found is not None
    assert (found.effect, found.interval, found.p) == (row["mean"], tuple(row["interval"]), row["p_adjusted"])
    assert found.effect == pytest.approx(-0.05, abs=0.005) and found.seeds == 20
    alone = evidence.find("digits-noisy", "fitted temperature of hard minus 1")
    mine = report["metrics"]["hard"]["temperature"]
    assert alone is not None and alone.interval is not None
    assert alone.effect == pytest.approx(mine["mean"] - 1) and alone.interval[0] == pytest.approx(
        mine["interval"][0] - 1
    )
    assert alone.p is None and alone.level == 0.95


@pytest.mark.parametrize(("by", "expected"), [(-0.05, "supported"), (0.05, "refuted"), (0.0, "inconclusive")])
def test_improves_overconfident(report_of: Report, by: float, expected: str) -> None:
    report = report_of(shifts("ece", by), hard=HARD)
    assert status_of(CLAIMS["improves-overconfident"], {"digits-noisy": report}) == expected


def test_improves_overconfident_presupposes_an_overconfident_model(report_of: Report) -> None:
    report = report_of(shifts("ece", -0.05), hard=HARD | {"temperature": 0.8})
    judgement = judge(claim := CLAIMS["improves-overconfident"], run_witness(claim, {"digits-noisy": report}))
    assert judgement.status == "inconclusive"
    why = "Stopped: inconclusive, its premise was not met: fitted temperature of hard minus 1 on digits-noisy."
    assert judgement.because.startswith(why)


@pytest.mark.parametrize(("by", "expected"), [(0.1, "supported"), (-0.015, "refuted"), (0.0, "inconclusive")])
def test_harms_calibrated(report_of: Report, by: float, expected: str) -> None:
    report = report_of(shifts("ece", by), hard=HARD | {"ece": 0.02})
    assert status_of(CLAIMS["harms-calibrated"], {"digits": report}) == expected


def test_harms_calibrated_presupposes_a_calibrated_model(report_of: Report) -> None:
    report = report_of(shifts("ece", 0.1), hard=HARD)
    assert status_of(CLAIMS["harms-calibrated"], {"digits": report}) == "inconclusive"


@pytest.mark.parametrize(
    ("digits", "noisy", "blobs", "expected"),
    [
        (-0.1, -0.1, -0.1, "supported"),
        (0.1, 0.1, 0.1, "refuted"),
        (-0.1, -0.1, 0.1, "conditional"),
        (0.0, 0.0, 0.0, "inconclusive"),
    ],
)
def test_lowers_confidence(report_of: Report, digits: float, noisy: float, blobs: float, expected: str) -> None:
    by = {"digits": digits, "digits-noisy": noisy, "blobs": blobs}
    reports = {name: report_of(shifts("mean_confidence", d), hard=HARD) for name, d in by.items()}
    assert status_of(CLAIMS["lowers-confidence"], reports) == expected


@pytest.mark.parametrize(
    ("digits", "noisy", "blobs", "expected"),
    [
        (0.01, -0.02, -0.04, "supported"),
        (-0.01, 0.02, 0.0, "conditional"),
        (0.02, 0.02, 0.02, "refuted"),
        (0.01, 0.04, 0.0, "conditional"),
        (0.0, 0.0, 0.0, "inconclusive"),
    ],
)
def test_accuracy_depends(report_of: Report, digits: float, noisy: float, blobs: float, expected: str) -> None:
    by = {"digits": digits, "digits-noisy": noisy, "blobs": blobs}
    reports = {name: report_of(shifts("accuracy", d), hard=HARD) for name, d in by.items()}
    assert status_of(CLAIMS["accuracy-depends"], reports) == expected


@pytest.mark.parametrize(
    ("digits", "noisy", "blobs", "expected"),
    [
        (0.02, 0.02, 0.02, "supported"),
        (0.0, 0.02, 0.02, "supported"),
        (0.02, -0.02, 0.02, "conditional"),
        (-0.02, -0.02, -0.02, "refuted"),
    ],
)
def test_after_temperature(report_of: Report, digits: float, noisy: float, blobs: float, expected: str) -> None:
    by = {"digits": digits, "digits-noisy": noisy, "blobs": blobs}
    reports = {name: report_of(shifts("ece_after", d), hard=HARD) for name, d in by.items()}
    assert status_of(CLAIMS["after-temperature"], reports) == expected


@pytest.mark.parametrize("slug", CLAIMS)
def test_nineteen_seeds_decide_nothing(report_of: Report, slug: str) -> None:
    reports = {name: report_of(shifts("ece", -0.05), hard=HARD, seeds=19) for name in BUILT_IN}
    judgement = judge(CLAIMS[slug], run_witness(CLAIMS[slug], reports))
    assert (judgement.status, judgement.because) == ("inconclusive", "19 paired seeds; at least 20 are needed.")


@pytest.mark.parametrize("slug", CLAIMS)
def test_a_report_without_the_effect_leaves_the_claim_open(report_of: Report, slug: str) -> None:
    reports = {n: report_of({"prior:0.1": {}}, hard={"accuracy": 0.8}) for n in BUILT_IN}
    judgement = judge(CLAIMS[slug], run_witness(CLAIMS[slug], reports))
    assert judgement.status == "inconclusive" and judgement.because.startswith("Not measured: ")
    assert status_of(CLAIMS[slug], {}) == "inconclusive"


def test_runs_without_a_temperature_are_counted_out(report_of: Report) -> None:
    report = report_of(shifts("ece", -0.05), hard=HARD)
    report["metrics"]["hard"]["temperature"]["values"][3] = None
    claim = CLAIMS["improves-overconfident"]
    judgement = judge(claim, run_witness(claim, {"digits-noisy": report}))
    assert judgement.status == "inconclusive" and "has 19 seeds" in judgement.because
    report["metrics"]["hard"]["temperature"] = {"mean": None, "interval": None, "values": [None] * 20}
    assert judge(claim, run_witness(claim, {"digits-noisy": report})).because.startswith(
        "Not measured: fitted temperature"
    )


def test_seeds_are_those_that_all_reports_share(report_of: Report) -> None:
    reports = {n: report_of(shifts("accuracy", 0.1), hard=HARD) for n in ("digits", "digits-noisy", "blobs")}
    reports["blobs"]["seeds"] = list(range(5, 25))
    _, seeds = paired(CLAIMS["accuracy-depends"], reports)
    assert seeds == tuple(range(5, 20))


def test_what_holds_only_for_models_trained_to_the_end_is_conditional(report_of: Report) -> None:
    """Smoothing lowers the ECE of models that were trained past their best, and not of those that were stopped."""
    calibrated = HARD | {"confidence_gap": 0.0, "temperature": 1.0, "ece": 0.03}
    report = report_of(shifts("ece", 0.02), hard=calibrated, end=(shifts("ece", -0.05), HARD))
    judgement = judge(claim := CLAIMS["improves-overconfident"], run_witness(claim, {"digits-noisy": report}))
    assert judgement.status == "conditional"
    assert "Stopped: inconclusive, its premise was not met" in judgement.because
    assert "Trained to the end: supported" in judgement.because
    findings = run_witness(claim, {"digits-noisy": report}).findings
    found = {f.training: f.effect for f in findings if f.quantity.startswith("ECE, smooth:0.05")}
    assert found["stopped"] == pytest.approx(0.02, abs=0.005) and found["end"] == pytest.approx(-0.05, abs=0.005)


@pytest.mark.parametrize("key", ["seeds", "comparisons", "metrics", "metrics_end"])
def test_a_report_without_a_part_is_refused(report_of: Report, key: str) -> None:
    report = report_of(shifts("ece", -0.05), hard=HARD)
    del report[key]
    with pytest.raises(
        ReportError, match=f"the study report of digits-noisy has no '{key}'; run `onewarm study digits-noisy`"
    ):
        paired(CLAIMS["improves-overconfident"], {"digits-noisy": report})


def test_plan() -> None:
    planned = plan(load_ledger().values())
    assert planned.pop("lookalikes") == (
        *("hard", "smooth:0.1", "teacher:1", "teacher:1:smooth:0.1", "teacher:4", "teacher:4:smooth:0.1"),
    )
    assert planned == dict.fromkeys(
        ("digits", "digits-noisy", "blobs"), ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2")
    )


def test_pairs_are_those_without_hard_targets() -> None:
    assert pairs(load_ledger().values()) == {
        "lookalikes": (
            ("teacher:4", "smooth:0.1"),
            ("teacher:4:smooth:0.1", "teacher:4"),
            ("teacher:1:smooth:0.1", "teacher:1"),
        )
    }


def test_a_pair_is_read_from_the_report(report_of: Report, compared_row: Report) -> None:
    """A student of a smoothed teacher against one of a hard teacher: the row with that baseline is taken."""
    claim = CLAIMS["smoothed-teacher-hot"]
    report = report_of(
        {"teacher:4": {"accuracy": 0.1}, "teacher:4:smooth:0.1": {"accuracy": 0.1, "nll_after": 0.1}}, hard=HARD
    )
    assert judge(claim, run_witness(claim, {"lookalikes": report})).because.startswith("Not measured")
    for training, part in (("stopped", "metrics"), ("end", "metrics_end")):
        by_seed = {arm: {m: of["values"] for m, of in found.items()} for arm, found in report[part].items()}
        report["comparisons"] += [
            {"training": training, **compared_row("teacher:4:smooth:0.1", "teacher:4", metric, by_seed, 2)}
            for metric in ("accuracy", "nll_after")
        ]
    judgement = judge(claim, run_witness(claim, {"lookalikes": report}))
    assert judgement.status == "conditional"  # NLL rises as predicted, accuracy stays as it is
    assert judgement.judged[1].finding.effect == pytest.approx(0.1, abs=0.005)
