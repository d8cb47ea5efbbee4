"""The status is what the rules make of the evidence, in every case."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.claims.evidence import Evidence, Finding, Ran
from onewarm.claims.ledger import Comparison, IdentityClaim, Source, StudyClaim
from onewarm.claims.status import MIN_SEEDS, RANK, judge, status

Make = Callable[..., StudyClaim]
Found = Callable[..., Evidence]

ABOVE, BELOW, ACROSS = (0.1, 0.3), (-0.3, -0.1), (-0.1, 0.1)


def wants(
    expected: str, dataset: str = "d", role: str = "test", margin: float = 0.0, training: str = "stopped"
) -> Comparison:
    return Comparison.model_validate(
        {"dataset": dataset, "metric": "ece", "arm": "smooth:0.1", "baseline": "hard", "expected": expected,
         "role": role, "margin": margin, "training": training}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "margin", "expected"),
    [
        (0.0, 0.5, "identity holds"),
        (1e-10, 0.5, "identity holds"),
        (1.01e-10, 0.5, "refuted"),
        (-2e-10, 0.5, "refuted"),
        (0.0, 1e-10, "refuted"),
        (0.0, -0.5, "refuted"),
        (0.0, None, "inconclusive"),
        (1.0, None, "refuted"),
    ],
)
def test_identities(
    identity_claim: IdentityClaim, evidence_of: Found, difference: float, margin: float | None, expected: str
) -> None:
    assert status(identity_claim, evidence_of(identity_claim, difference, margin)) == expected


def test_not_a_number_refutes_an_identity(identity_claim: IdentityClaim, evidence_of: Found) -> None:
    evidence = evidence_of(identity_claim, 0.0, 0.5)
    broken = evidence.findings[0].model_copy(update={"effect": None})
    evidence = evidence.model_copy(update={"findings": (broken, evidence.findings[1])})
    judgement = judge(identity_claim, evidence)
    assert (judgement.status, judgement.because) == ("refuted", "difference: not a finite number, tolerance 1e-10.")


@pytest.mark.parametrize(
    ("expected", "interval", "verdict"),
    [
        ("positive", ABOVE, "shown"),
        ("positive", BELOW, "contradicted"),
        ("positive", ACROSS, "open"),
        ("negative", BELOW, "shown"),
        ("negative", ABOVE, "contradicted"),
        ("negative", ACROSS, "open"),
        ("positive", (0.0, 0.2), "open"),
        ("negative", (-0.2, 0.0), "open"),
        ("not negative", ABOVE, "shown"),
        ("not negative", (-0.04, 0.2), "shown"),
        ("not negative", (-0.04, -0.01), "shown"),
        ("not negative", (-0.05, 0.2), "shown"),  # the low end may equal minus the margin
        ("not negative", (-0.0501, 0.2), "open"),
        ("not negative", ACROSS, "open"),
        ("not negative", BELOW, "contradicted"),
        ("none", BELOW, "context"),
    ],
)
def test_verdicts(
    study_claim: Make, evidence_of: Found, expected: str, interval: tuple[float, float], verdict: str
) -> None:
    claim = study_claim(wants(expected, margin=0.05))
    assert judge(claim, evidence_of(claim, interval)).judged[0].verdict == verdict


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ((ABOVE, ABOVE), "supported"),
        ((ABOVE, ACROSS), "conditional"),
        ((ABOVE, BELOW), "conditional"),
        ((BELOW, BELOW), "refuted"),
        ((BELOW, ACROSS), "refuted"),
        ((ACROSS, ACROSS), "inconclusive"),
        ((ABOVE, None), "inconclusive"),
        ((BELOW, None), "inconclusive"),
    ],
)
def test_rule_all(study_claim: Make, evidence_of: Found, intervals: tuple[object, ...], expected: str) -> None:
    claim = study_claim(wants("positive", "a"), wants("positive", "b"))
    assert status(claim, evidence_of(claim, *intervals)) == expected


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ((ABOVE, BELOW), "supported"),
        ((BELOW, ABOVE), "conditional"),  # the sign depends on the data, but the other way round than predicted
        ((ABOVE, ABOVE), "refuted"),
        ((BELOW, BELOW), "refuted"),
        ((ABOVE, ACROSS), "inconclusive"),
        ((ABOVE, (0.5, 0.6)), "conditional"),
        ((ABOVE, (-0.1, 0.05)), "conditional"),
        ((ACROSS, ACROSS), "inconclusive"),
        ((ABOVE, None), "inconclusive"),
    ],
)
def test_rule_differs(study_claim: Make, evidence_of: Found, intervals: tuple[object, ...], expected: str) -> None:
    claim = study_claim(wants("positive", "a"), wants("negative", "b"), rule="differs")
    assert status(claim, evidence_of(claim, *intervals)) == expected


@pytest.mark.parametrize("interval", [ABOVE, BELOW, ACROSS])
def test_one_effect_cannot_differ(study_claim: Make, evidence_of: Found, interval: tuple[float, float]) -> None:
    claim = study_claim(wants("positive", "a"), rule="differs")
    assert status(claim, evidence_of(claim, interval)) == "inconclusive"


@pytest.mark.parametrize("rule", ["all", "differs"])
def test_a_claim_without_tests_is_not_decided(study_claim: Make, evidence_of: Found, rule: str) -> None:
    claim = study_claim(wants("none", "a", role="context"), wants("none", "b", role="context"), rule=rule)
    assert status(claim, evidence_of(claim, ABOVE, ABOVE)) == "inconclusive"


@pytest.mark.parametrize(
    ("premise", "expected"), [(ABOVE, "supported"), (ACROSS, "inconclusive"), (BELOW, "inconclusive")]
)
def test_a_claim_whose_premise_fails_was_not_tested(
    study_claim: Make, evidence_of: Found, premise: tuple[float, float], expected: str
) -> None:
    claim = study_claim(wants("positive", "a", role="premise"), wants("positive", "b"))
    judgement = judge(claim, evidence_of(claim, premise, ABOVE))
    assert judgement.status == expected
    if expected == "inconclusive":
        why = "Its premise was not met: ECE, smooth:0.1 minus hard on a; paired seeds: 20."
        assert judgement.because == why


def test_context_decides_nothing(study_claim: Make, evidence_of: Found) -> None:
    claim = study_claim(wants("positive", "a"), wants("none", "b", role="context"))
    assert {status(claim, evidence_of(claim, ABOVE, c)) for c in (ABOVE, BELOW, ACROSS, None)} == {"supported"}


def test_the_adjusted_p_must_agree_with_the_interval(study_claim: Make, evidence_of: Found) -> None:
    claim = study_claim(wants("positive"))
    for p, expected in ((None, "supported"), (0.05, "supported"), (0.06, "inconclusive")):
        evidence = evidence_of(claim, ABOVE, p=p)
        for level in (0.95, 0.998, None):  # of one interval, or of many that hold together
            finding = evidence.findings[0].model_copy(update={"level": level})
            assert status(claim, evidence.model_copy(update={"findings": (finding,)})) == expected


@pytest.mark.parametrize(
    ("stopped", "end", "expected", "because"),
    [
        (ABOVE, ABOVE, "supported", "Stopped: supported, tests that show it: 1 of 1; that contradict it: 0. Trained to "
         "the end: supported, tests that show it: 1 of 1; that contradict it: 0; paired seeds: 20."),
        (BELOW, ABOVE, "conditional", "Stopped: refuted, "),
        (ACROSS, ABOVE, "conditional", "Stopped: inconclusive, "),
        (BELOW, ACROSS, "refuted", "Trained to the end: inconclusive, "),
        (BELOW, BELOW, "refuted", "Stopped: refuted, "),
        (ACROSS, ACROSS, "inconclusive", "Stopped: inconclusive, "),
        (None, ABOVE, "inconclusive", "Not measured: ECE, smooth:0.1 minus hard on d."),
        (ABOVE, None, "inconclusive", "Not measured: ECE, smooth:0.1 minus hard (trained to the end) on d."),
    ],
)  # fmt: skip
def test_a_claim_about_training_is_decided_stopped_and_trained_to_the_end(
    study_claim: Make, evidence_of: Found, stopped: object, end: object, expected: str, because: str
) -> None:
    """Claims rested on hard targets that were trained far past their best: what holds only there is conditional."""
    claim = study_claim(wants("positive"), wants("positive", training="end"))
    judgement = judge(claim, evidence_of(claim, stopped, end))
    assert judgement.status == expected and because in judgement.because


def test_a_premise_concerns_the_models_of_its_own_training(study_claim: Make, evidence_of: Found) -> None:
    """Hard targets overfit when trained to the end, and not when stopped: the tests at the end still count."""
    both = [wants("positive", "p", "premise", training=t) for t in ("stopped", "end")]
    claim = study_claim(*both, wants("positive"), wants("positive", training="end"))
    judgement = judge(claim, evidence_of(claim, ACROSS, ABOVE, ABOVE, ABOVE))
    assert judgement.status == "conditional"
    assert "Stopped: inconclusive, its premise was not met: ECE, smooth:0.1 minus hard on p." in judgement.because
    assert "Trained to the end: supported" in judgement.because


@pytest.mark.parametrize(("seeds", "expected"), [(None, "supported"), (20, "supported"), (19, "inconclusive")])
def test_fewer_seeds_behind_one_finding(
    study_claim: Make, evidence_of: Found, seeds: int | None, expected: str
) -> None:
    claim = study_claim(wants("positive"))
    evidence = evidence_of(claim, ABOVE)
    finding = evidence.findings[0].model_copy(update={"seeds": seeds})
    judgement = judge(claim, evidence.model_copy(update={"findings": (finding,)}))
    assert judgement.status == expected
    if expected == "inconclusive":
        assert judgement.because == "ECE, smooth:0.1 minus hard on d has 19 seeds; at least 20 are needed."


@pytest.mark.parametrize(("seeds", "expected"), [(20, "supported"), (19, "inconclusive")])
def test_fewer_seeds_in_the_study(study_claim: Make, evidence_of: Found, seeds: int, expected: str) -> None:
    claim = study_claim(wants("positive"))
    assert status(claim, evidence_of(claim, ABOVE, seeds=seeds)) == expected


def test_without_evidence_or_witness(study_claim: Make, evidence_of: Found) -> None:
    claim = study_claim(wants("positive"))
    judgement = judge(claim, None)
    assert judgement.status == "no witness"
    assert judgement.because == "Not checked yet: run `onewarm claims verify study`."
    without = claim.model_copy(update={"witness": None})
    judgement = judge(without, evidence_of(claim, ABOVE))
    assert (judgement.status, judgement.because) == ("no witness", "The claim names no witness.")


@pytest.mark.parametrize("changes", [{"tolerance": 1e-13}, {"witness": "m:other"}, {"predictions": None}])
def test_evidence_for_an_earlier_prediction_decides_nothing(
    identity_claim: IdentityClaim, evidence_of: Found, changes: dict[str, object]
) -> None:
    """A ledger that was tightened left the old evidence standing."""
    evidence = evidence_of(identity_claim, 1e-12, 0.5)
    assert status(identity_claim, evidence) == "identity holds"
    if "predictions" in changes:
        changes = {"predictions": identity_claim.predictions[:1]}
    judgement = judge(identity_claim.model_copy(update=changes), evidence)
    assert (judgement.status, judgement.judged) == ("no witness", ())
    assert judgement.because == (
        "Not checked for this prediction, only for an earlier: run `onewarm claims verify identity`."
    )


@pytest.mark.parametrize("written", [10.0, None])
def test_the_tolerance_is_the_ledgers(identity_claim: IdentityClaim, evidence_of: Found, written: float | None) -> None:
    """A tolerance of 10 in the evidence file let every identity hold, and one of null raised a TypeError."""
    small, large = evidence_of(identity_claim, 1e-12, 0.5), evidence_of(identity_claim, 1e-3, 0.5)
    edited = {"tolerance": written}
    judgement = judge(identity_claim, small.model_copy(update=edited))
    assert judgement.because == "The largest difference is 1.0e-12; 1e-10 is allowed."
    judgement = judge(identity_claim, large.model_copy(update=edited))
    assert (judgement.status, judgement.because) == ("refuted", "difference: 0.001, tolerance 1e-10.")


def test_evidence_of_another_claim_is_refused(
    study_claim: Make, identity_claim: IdentityClaim, evidence_of: Found
) -> None:
    claim = study_claim(wants("positive"))
    with pytest.raises(ValueError, match=r"evidence of claim:a/b/identity \(identity\) was given for claim:a/b/study"):
        status(claim, evidence_of(identity_claim, 0.0, 1.0))


ends = st.floats(-1, 1).flatmap(lambda low: st.tuples(st.just(low), st.floats(low, 1)))
SOURCE = Source(
    authors="A", title="T", venue="V", year=2020, url="https://example.org", place="P", read="abstract", summary="S."
)  # fmt: skip


wanted = st.sampled_from(["positive", "negative", "not negative", "none"])


@given(
    st.lists(st.tuples(wanted, ends, st.floats(0, 1)), min_size=1, max_size=4),
    st.sampled_from(["all", "differs"]),
    st.integers(0, 40),
)  # fmt: skip
def test_whatever_was_found(rows: list[tuple[str, tuple[float, float], float]], rule: str, seeds: int) -> None:
    predictions = tuple(wants(expected, f"d{i}") for i, (expected, _, _) in enumerate(rows))
    claim = StudyClaim.model_validate(
        {"key": "claim:a/b/c", "title": "T", "kind": "study", "statement": "S", "scope": "S", "rule": rule,
         "sources": (SOURCE,), "witness": "w:w", "predictions": predictions}
    )  # fmt: skip
    found = tuple(
        Finding(scope=p.scope, quantity=p.quantity, effect=sum(i) / 2, interval=i, level=0.95, p=q, expected=p.expected)
        for p, (_, i, q) in zip(predictions, rows, strict=True)
    )
    ran = Ran(date="2026-01-01", seconds=0.0, versions={}, command="c")
    evidence = Evidence(
        claim=claim.key, kind="study", predicted=claim.predicted, ran=ran, seeds=tuple(range(seeds)), findings=found
    )
    got = status(claim, evidence)
    assert got in RANK and got != "identity holds"
    if seeds < MIN_SEEDS:
        assert got == "inconclusive"
    for order in itertools.islice(itertools.permutations(found), 6):  # nothing depends on the order of findings
        assert status(claim, evidence.model_copy(update={"findings": order})) == got
    ranges = [f.interval or (0.0, 0.0) for f in found]
    mirrored = (f.model_copy(update={"interval": (-b, -a)}) for f, (a, b) in zip(found, ranges, strict=True))
    flipped = evidence.model_copy(update={"findings": tuple(mirrored)})
    if rule == "differs":  # whether the sign depends on the data has nothing to do with which sign it is
        opposite = {"positive": "negative", "negative": "positive"}
        turned = [p.model_copy(update={"expected": opposite.get(p.expected, p.expected)}) for p in predictions]
        if not any(p.expected == "not negative" for p in predictions):
            mirror = claim.model_copy(update={"predictions": tuple(turned)})
            assert status(mirror, flipped.model_copy(update={"predicted": mirror.predicted})) == got
    elif got == "supported" and any(p.expected in ("positive", "negative") for p in predictions):
        assert status(claim, flipped) != "supported"
