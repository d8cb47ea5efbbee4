"""Witnesses of reliability diagrams hold, and fail for a library that is wrong in what they check."""

import math
from collections.abc import Callable

import pytest

from onewarm import calibration
from onewarm.calibration.intervals.estimate import Estimate
from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.claims.verify import run_witness
from onewarm.claims.witnesses import reliability_diagrams

CLAIMS = {c.slug: c for c in load_ledger().values() if c.key.startswith("claim:calibration/reliability-diagrams/")}


@pytest.mark.parametrize("slug", sorted(CLAIMS))
def test_every_claim_holds(slug: str) -> None:
    assert status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "identity holds"


def scaled(name: str, factor: float, more: float = 0.0) -> Callable[..., float]:
    right = getattr(calibration, name)
    return lambda summary, *of, **options: factor * right(summary, *of, **options) + more


@pytest.mark.parametrize(
    ("slug", "name", "wrong"),
    [
        ("area", "ece", scaled("ece", 1.001)),
        ("two-directions", "overconfidence", scaled("underconfidence", 1)),
        ("merging", "ece", lambda summary, bins=15: 1 / bins),
        ("base-rate", "brier_resolution", scaled("brier_resolution", 1, 0.01)),
        ("brier-parts", "brier_reliability", scaled("brier_reliability", 0.5)),
        ("biased-upwards", "ece", scaled("ece", 1.5)),
        ("root-law", "ece", scaled("ece", 2)),
        ("debiased", "squared_error", scaled("squared_error", 1, 1e-6)),
        ("continuity", "smooth_ece", scaled("ece", 1)),
        ("top-label", "top_label_ece", scaled("ece", 0.9)),
        (
            "interval",
            "estimate",
            lambda summary, metric: Estimate(metric, 0.07, 0.05, 0.09, 0.07, 0.9, "normal", summary.count),
        ),
    ],
)
def test_it_fails_when_the_library_is_broken(
    slug: str, name: str, wrong: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, name, wrong)
    assert status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "refuted"


def test_the_exact_mean_gap_of_one_and_two_tosses() -> None:
    assert reliability_diagrams.expected_gap(1, 0.3) == pytest.approx(2 * 0.3 * 0.7)
    assert reliability_diagrams.expected_gap(2, 0.5) == pytest.approx(0.25)
    assert reliability_diagrams.expected_gap(1000, 0.5) == pytest.approx(math.sqrt(2 / math.pi * 0.25 / 1000), rel=1e-3)
