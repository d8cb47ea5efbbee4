"""Temperature scaling's witnesses fail for a library that is wrong in what they check."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import onewarm
from onewarm import calibration
from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.claims.verify import run_witness

CLAIMS = {c.slug: c for c in load_ledger().values() if c.key.startswith("claim:calibration/temperature-scaling/")}


def map_mixes_probabilities(patch: pytest.MonkeyPatch) -> None:
    """With the uniform ones: the order stays, but ratios are not what a temperature makes of them."""

    def apply(self: CalibrationMap, values: Any, **_: Any) -> Any:
        p = np.exp(values - np.max(values, axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        T = self.parameters["temperature"]
        return (p + T / p.shape[1]) / (1 + T)

    patch.setattr(CalibrationMap, "apply", apply)


def map_turns_the_order(patch: pytest.MonkeyPatch) -> None:
    real = CalibrationMap.apply
    patch.setattr(CalibrationMap, "apply", lambda self, z, **k: real(self, -z, **k))


def fit_slightly_off(patch: pytest.MonkeyPatch) -> None:
    def fit(*arrays: Any, **options: Any) -> Any:
        found = real(*arrays, **options)
        return dataclasses.replace(found, temperature=found.temperature * (1 + 1e-8))

    real = calibration.fit_temperature
    patch.setattr(calibration, "fit_temperature", fit)


def fit_never_refuses(patch: pytest.MonkeyPatch) -> None:
    def fit(*arrays: Any, **options: Any) -> Any:
        return real(*arrays, **options, prior=1.0)

    real = calibration.fit_temperature
    patch.setattr(calibration, "fit_temperature", fit)


def unsmooth_forgets_to_divide(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(onewarm, "unsmooth", lambda p, alpha: p - alpha / p.shape[1])


OWN = {
    f.__name__: f
    for f in (
        map_mixes_probabilities,
        map_turns_the_order,
        fit_slightly_off,
        fit_never_refuses,
        unsmooth_forgets_to_divide,
    )
}


@pytest.mark.parametrize(
    ("slug", "breakage"),
    [
        ("order-kept", "map_mixes_probabilities"),
        ("order-kept", "map_turns_the_order"),
        ("temperature-limits", "map_mixes_probabilities"),
        ("entropy-grows-with-temperature", "entropy_in_bits"),
        ("entropy-grows-with-temperature", "map_mixes_probabilities"),
        ("nll-convex-in-inverse-temperature", "loss_slightly_too_large"),
        ("nll-convex-in-inverse-temperature", "labels_off_by_one"),
        ("fit-matches-the-mean-logit", "fit_slightly_off"),
        ("fit-matches-the-mean-logit", "fit_never_refuses"),
        ("scaling-has-maximum-entropy", "entropy_in_bits"),
        ("training-rows-have-no-best-temperature", "fit_never_refuses"),
        ("training-rows-have-no-best-temperature", "labels_off_by_one"),
        ("fit-follows-the-scale", "fit_slightly_off"),
        ("two-classes-are-a-sigmoid-without-offset", "fit_slightly_off"),
        ("two-classes-are-a-sigmoid-without-offset", "map_mixes_probabilities"),
        ("smoothed-models-need-less-than-one", "unsmooth_forgets_to_divide"),
        ("smoothed-models-need-less-than-one", "entropy_in_bits"),
        ("lower-nll-may-have-higher-ece", "ece_is_zero"),
    ],
)
def test_it_fails_when_the_library_is_broken(
    slug: str, breakage: str, break_library: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if breakage == "ece_is_zero":
        monkeypatch.setattr(calibration, "ece", lambda summary: 0.0)
    elif breakage in OWN:
        OWN[breakage](monkeypatch)
    else:
        break_library(breakage)
    assert status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "refuted"
