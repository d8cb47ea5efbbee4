"""The studies of claims: which arms, seeds, pairs and store they are run with, and their progress."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onewarm.claims import run_studies, verify
from onewarm.claims.ledger import Claim, load_ledger
from onewarm.claims.status import MIN_SEEDS
from onewarm.study.engines.driver import Progress

LEDGER = load_ledger()
CLAIMS = {claim.slug: claim for claim in LEDGER.values()}
LOOKALIKES = ("hard", "smooth:0.1", "teacher:1", "teacher:1:smooth:0.1", "teacher:4", "teacher:4:smooth:0.1")
PAIRS = (
    ("teacher:4", "smooth:0.1"),
    ("teacher:4:smooth:0.1", "teacher:4"),
    ("teacher:1:smooth:0.1", "teacher:1"),
)


class Calls(list[dict[str, Any]]):
    """Stands for `onewarm.study.run`: keeps what it is called with, and reports the data set."""

    def __call__(self, dataset: str, *, arms: list[str], seeds: Any, store: str, pairs: Any, progress: Any) -> Any:
        self.append({"dataset": dataset, "arms": arms, "seeds": seeds, "store": store, "pairs": tuple(pairs)})
        progress(Progress(1.5, 1, 140))

        class Report:
            @staticmethod
            def to_dict() -> dict[str, Any]:
                return {"dataset": dataset}

        return Report()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    made = Calls()
    monkeypatch.setattr(run_studies, "run", made)
    return made


def run(claims: list[Claim], home: Path, **options: Any) -> tuple[dict[str, Any], list[tuple[str, float, float]]]:
    steps: list[tuple[str, float, float]] = []
    return run_studies.run_studies(claims, LEDGER, home, lambda *step: steps.append(step), **options), steps


def test_a_study_has_the_arms_of_the_claims_and_their_seeds_and_the_store_of_the_home(home: Path, calls: Calls) -> None:
    reports, steps = run([CLAIMS["improves-overconfident"]], home)
    assert reports == {"digits-noisy": {"dataset": "digits-noisy"}}
    assert steps == [("study of digits-noisy", 1.5, 140)]
    (call,) = calls
    assert call == {
        "dataset": "digits-noisy",
        "arms": ("hard", "smooth:0.05", "smooth:0.1", "smooth:0.2"),
        "seeds": MIN_SEEDS,
        "store": f"sqlite:///{home / 'studies.db'}",
        "pairs": (),
    }


@pytest.mark.parametrize("slug", ["teacher-informs", "smoothed-teacher-hot", "smoothed-teacher-cool"])
def test_whichever_claim_is_verified_the_arms_and_pairs_are_those_of_the_ledger(
    home: Path, calls: Calls, slug: str
) -> None:
    run([CLAIMS[slug]], home)
    (call,) = calls
    assert (call["dataset"], call["arms"], call["pairs"]) == ("lookalikes", LOOKALIKES, PAIRS)


def test_every_data_set_of_the_claims_is_studied_once(home: Path, calls: Calls) -> None:
    reports, steps = run(list(LEDGER.values()), home, store="sqlite:///:memory:")
    assert (
        sorted(reports)
        == sorted({call["dataset"] for call in calls})
        == ["blobs", "digits", "digits-noisy", "lookalikes"]
    )
    assert len(calls) == len(steps) == 4 and {call["store"] for call in calls} == {"sqlite:///:memory:"}


def test_identities_need_no_study(home: Path, calls: Calls) -> None:
    assert run([CLAIMS["gradient"]], home) == ({}, []) and calls == []


def test_verify_runs_the_studies_that_its_claims_need(
    home: Path, report_of: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hard = {"accuracy": 0.85, "ece": 0.12, "temperature": 2.0, "confidence_gap": 0.1, "nll": 0.6}
    report = report_of({"smooth:0.05": {"ece": -0.05}}, hard=hard)
    asked: list[Any] = []

    def studies(claims: list[Claim], *rest: Any) -> dict[str, Any]:
        asked.append(([claim.slug for claim in claims], rest[1], rest[3]))
        return {"digits-noisy": report}

    monkeypatch.setattr(run_studies, "run_studies", studies)
    (result,) = verify.verify(["improves-overconfident"], home, store="sqlite:///s.db")
    assert asked == [(["improves-overconfident"], home, "sqlite:///s.db")] and result.after == "supported"
    verify.verify(["gradient"], home)  # an identity needs none
    assert len(asked) == 1
