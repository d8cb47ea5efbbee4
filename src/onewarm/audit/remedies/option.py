"""One remedy with its scores, and all that were compared with the one that is advised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from onewarm.audit.remedies.zeros import Zeros
from onewarm.calibration.calibrators.calibration_map import CalibrationMap

LEAST_GAIN = 0.001
"""Nats per row: an option that gains less on held-out rows is not worth a change."""
FEW_ZEROS = 0.01
"""Share of rows: where at most this many give a true class the probability 0, the advice does not rest on them."""


@dataclass(frozen=True)
class Option:
    """One remedy, with its scores on rows that it was not fitted on.

    Attributes:
        key: of ``METHODS``: "leave", "temperature", "platt", ...
        parameters: those fitted on all rows of the sample, or, where there are many rows and another option is
            advised, on those of one fold: numbers, or lists of them; for "isotonic" the number of steps of its curves.
        problem: why it could not be fitted, or None. If it could not, the scores are None.
        nll: nats per row; a probability of exactly 0 counts as ``Zeros.floor``.
        brier: mean over rows, summed over classes, 0..2; in kind "confidence" of the one event, 0..1.
        ece, ece_interval: of the cross-fitted predictions, 0..1: the error that remains; of the top label, in kind
            "confidence" of the confidence. The interval is known for "leave" and for the advised option.
        event_ece, event_ece_interval: for two classes, of P(y = 1); else None.
        gain, interval: NLL of leaving the model as it is minus the NLL with this option, nats per row: mean of the
            paired differences, and its interval (see ``gain_interval``; over groups, where there are groups).
        brier_gain, brier_interval: the same of the Brier score.
        infinite: rows that give a true class a probability of exactly 0 (of "leave" alone).
        free: how many numbers it fits.
        code: the line of Python that applies it to ``p`` (or logits ``z``), with NumPy as ``np``.
        calibrator: the map with these parameters; None if it could not be fitted.
    """

    key: str
    parameters: dict[str, Any]
    problem: str | None = None
    nll: float | None = None
    brier: float | None = None
    ece: float | None = None
    ece_interval: tuple[float, float] | None = None
    event_ece: float | None = None
    event_ece_interval: tuple[float, float] | None = None
    gain: float | None = None
    interval: tuple[float, float] | None = None
    brier_gain: float | None = None
    brier_interval: tuple[float, float] | None = None
    infinite: int = 0
    free: int = 0
    code: str = ""
    calibrator: CalibrationMap | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The attributes, but the map, as values for JSON."""
        ends = {
            name: getattr(self, name) for name in ("interval", "ece_interval", "event_ece_interval", "brier_interval")
        }
        values = {**self.__dict__, **{name: list(e) if e else None for name, e in ends.items()}}
        del values["calibrator"]
        return values


@dataclass(frozen=True)
class Remedies:
    """The remedies that were compared; made by ``compare``.

    Attributes:
        options: those of ``KEYS``, in the order of the numbers that they fit; the first is "leave".
        best: the advised one: the simplest of those that gain at least ``LEAST_GAIN`` beyond noise, and are within
            noise of the best of them; else "leave".
        runner_up: where "leave" is advised: the option with the greatest gain, which is below ``LEAST_GAIN`` or not
            beyond noise (or see ``resting_on_zeros``); else the option that is better by less than noise, or None.
        resting_on_zeros: whether ``runner_up`` would be advised, were it not for a few rows (at most ``FEW_ZEROS``)
            that give a true class a probability of exactly 0.
        zeros: the probabilities of exactly 0 and 1, and what a 0 counts as.
        folds: of cross-fitting; each row is scored by a map that was fitted on other folds.
        fitted_on: rows that such a map was fitted on, at most.
        scored_on: rows of the sample: all are scored.
    """

    options: tuple[Option, ...]
    best: Option
    runner_up: Option | None
    resting_on_zeros: bool
    zeros: Zeros
    folds: int
    fitted_on: int
    scored_on: int

    @property
    def calibrator(self) -> CalibrationMap | None:
        """The advised map, fitted on all rows of the sample: what ``--save`` writes. For "leave" the identity."""
        return self.best.calibrator
