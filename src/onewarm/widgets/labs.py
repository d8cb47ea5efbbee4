"""Widgets of single demos: each is a `DemoWidget` for one concept, with checks of its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onewarm.errors import InputError
from onewarm.widgets.demo import DemoWidget
from onewarm.widgets.values import integer, names, row

__all__ = ["CalibrationLab", "CrossEntropyLab", "DistillationLab", "ReliabilityLab", "TemperatureLab"]

DATA = ("overconfident", "calibrated")
PAGE_K = 4  # classes of the examples on the pages


class CalibrationLab(DemoWidget):
    """A small model trained in the page with label smoothing alpha, and its reliability diagram.

    Traits, set by Python or the page: alpha in [-1, 1]; data, "overconfident" (60 rows to train on) or "calibrated"
    (600); seed of the rows, 1 to 999. After training, `state["trained"]` has ece, confidence, accuracy, gap and nll
    (nats), and `stopped`: the same of the model at the step with the lowest held-out loss, and that step.

    Raises:
        TypeError, ValueError: names the trait and the value that it does not take.

    Example:
        >>> CalibrationLab(alpha=0.2, data="calibrated").alpha
        0.2
        >>> CalibrationLab(data="mine")
        Traceback (most recent call last):
        onewarm.errors.InputError: data is 'mine': choose one of overconfident, calibrated

    Source: ECE is Naeini, Cooper & Hauskrecht, AAAI 2015, with bins (lo, hi]; the demo is that of the page on label
    smoothing.
    """

    concept = "concept:optimization/label-smoothing"
    file = "calibration.js"
    starts = {"alpha": 0.1, "data": DATA[0], "seed": 1}  # noqa: RUF012  # read only
    _ranges = {"alpha": (-1, 1)}  # noqa: RUF012
    _wholes = {"seed": (1, 999)}  # noqa: RUF012
    _texts = {"data": DATA}  # noqa: RUF012


class _RowsLab(DemoWidget):
    """A demo of several rows of K numbers, one for each class; the first given row determines K."""

    rows: Mapping[
        str, float
    ]  # the rows, each with the number that fills it if it is not given and K is not that of the page
    index: str  # the trait that names a class

    def __init__(self, **values: Any) -> None:
        self._first = next((name for name in self.rows if values.get(name) is not None), next(iter(self.rows)))
        self._width = PAGE_K
        if values.get(self._first) is not None:
            values[self._first] = row(self._first, values[self._first])
            self._width = K = len(values[self._first])
            if K != PAGE_K:
                fills: dict[str, Any] = {name: [fill] * K for name, fill in self.rows.items()}
                values = {**fills, "classes": None, self.index: 0, **values}
        super().__init__(**values)

    def check(self, name: str, value: Any) -> Any:
        """The value of a trait, validated; raises TypeError or ValueError, which name the place and the value."""
        value = super().check(name, value)
        K = self._width
        if name in self.rows:
            numbers = row(name, value)
            if len(numbers) != K:
                raise InputError(f"{name} has {len(numbers)} classes, {self._first} has {K}: expected the same")
            return numbers
        if name == self.index:
            return integer(name, value, 0, K - 1, "class")
        return names(name, value, K, self._first) if name == "classes" else value


class CrossEntropyLab(_RowsLab):
    """The demo of the page *Cross-Entropy*: H(t, p) = -sum_k t_k log p_k as areas, with p = softmax(logits).

    Traits, set by Python or the page: logits, K finite numbers; votes, K numbers of at least 0, whose shares are the
    target t; classes, K names or None; unit, "nats" or "bits"; pick, the class marked on the curve, 0 to K - 1;
    scene, cover and flag, as the page uses them. K is 2 to 64 and cannot change.

    Raises:
        TypeError, ValueError: names the place and the value that it does not take.

    Example:
        >>> CrossEntropyLab(logits=[2.0, 0.0], votes=[3, 1]).votes
        [3.0, 1.0]
        >>> CrossEntropyLab(votes=[3, -1])
        Traceback (most recent call last):
        onewarm.errors.InputError: votes[1] is -1: pass numbers of votes, none below 0

    Source: the demo is that of the page on cross-entropy, which has its sources.
    """

    concept = "concept:optimization/cross-entropy"
    rows = {"logits": 0.0, "votes": 1.0}  # noqa: RUF012  # read only
    index = "pick"
    _ranges = {"flag": (0, 1)}  # noqa: RUF012
    _texts = {  # noqa: RUF012
        "unit": ("nats", "bits"),
        "scene": ("areas", "loss", "surprise", "slopes"),
        "cover": ("", "loss", "parts", "saving", "slope"),
    }

    def check(self, name: str, value: Any) -> Any:
        """The value of a trait, validated; raises TypeError or ValueError, which name the place and the value."""
        value = super().check(name, value)
        if name == "votes":
            if min(value) < 0:
                k = next(k for k, votes in enumerate(value) if votes < 0)
                raise InputError(f"votes[{k}] is {value[k]:g}: pass numbers of votes, none below 0")
            if not any(value):
                raise InputError("votes are all 0: pass at least one above 0")
        return value


class DistillationLab(_RowsLab):
    """The demo of the page *Knowledge Distillation*: T^2 KL(q || p), q and p the softmax of v / T and z / T.

    Traits, set by Python or the page: student, teacher (one trained with hard labels) and own, K logits each; kind of
    teacher, "hard", "smoothed" or "own"; alpha in [0, 1], with which the smoothed teacher was trained; temperature T in
    [0.01, 10000]; share of the teacher in the loss, [0, 1]; label, 0 to K - 1; classes, K names or None; axis of the
    probabilities, "linear" or "log"; scene and cover, as the page uses them. K is 2 to 64 and cannot change.

    Raises:
        TypeError, ValueError: names the place and the value that it does not take.

    Example:
        >>> DistillationLab(student=[1, 0, 0], own=[3, 2, 0], kind="own", temperature=2).temperature
        2
        >>> DistillationLab(temperature=0)
        Traceback (most recent call last):
        onewarm.errors.InputError: temperature is 0: pass a number from 0.01 to 10000

    Source: Hinton, Vinyals & Dean, arXiv:1503.02531, section 2; the demo is that of the page on knowledge distillation.
    """

    concept = "concept:optimization/knowledge-distillation"
    rows = {"student": 0.0, "teacher": 0.0, "own": 0.0}  # noqa: RUF012  # read only
    index = "label"
    _texts = {  # noqa: RUF012
        "kind": ("hard", "smoothed", "own"),
        "axis": ("linear", "log"),
        "scene": ("rows", "dark", "norm"),
        "cover": ("", "dark", "norm"),
    }
    _ranges = {"alpha": (0, 1), "temperature": (0.01, 1e4), "share": (0, 1)}  # noqa: RUF012


class ReliabilityLab(DemoWidget):
    """The demo of the page *Calibration & Reliability Diagrams*: the ECE, sum_b share_b |acc_b - conf_b|, as an area.

    Traits, set by Python or the page: rows (0 to 200), confidence and accuracy (0 to 1), ten numbers each, one for each
    bin of confidence; pick, the bin in hand, 0 to 9; coarse, into how many bins the ten are merged, "10", "5", "2" or
    "1". Of the samples of a model whose truth is known: drawn, rows of a sample, 30 to 3000; bins, 2 to 30; seed, 1 to
    999; error, the model's own ECE, 0 to 0.25. `state` has ece, mergedEce and parts (of the Brier score), and once it
    was drawn, sample (ece, debiased, mean, smooth).

    Raises:
        TypeError, ValueError: names the place and the value that it does not take.

    Example:
        >>> ReliabilityLab(accuracy=[0.5] * 10).pick
        9
        >>> ReliabilityLab(accuracy=[0.5, 1.5] * 5)
        Traceback (most recent call last):
        onewarm.errors.InputError: accuracy[1] is 1.5: pass numbers from 0 to 1

    Source: Naeini, Cooper & Hauskrecht, AAAI 2015, with bins (lo, hi]; the demo is that of the page.
    """

    concept = "concept:calibration/reliability-diagrams"
    _ranges = {"error": (0, 0.25), "flag": (0, 0.25)}  # noqa: RUF012  # read only
    tens = {"rows": 200, "confidence": 1, "accuracy": 1}  # noqa: RUF012
    _wholes = {"pick": (0, 9), "drawn": (30, 3000), "bins": (2, 30), "seed": (1, 999)}  # noqa: RUF012
    _texts = {  # noqa: RUF012
        "coarse": ("10", "5", "2", "1"),
        "scene": ("diagram", "sampling", "compare"),
        "cover": ("", "sample", "ece", "coarse"),
    }

    def check(self, name: str, value: Any) -> Any:
        """The value of a trait, validated; raises TypeError or ValueError, which name the place and the value."""
        value = super().check(name, value)
        if name in self.tens:
            numbers = row(name, value)
            if len(numbers) != 10:
                raise InputError(f"{name} has {len(numbers)} numbers: pass ten, one for each bin")
            bad = [b for b, number in enumerate(numbers) if not 0 <= number <= self.tens[name]]
            if bad:
                raise InputError(f"{name}[{bad[0]}] is {numbers[bad[0]]:g}: pass numbers from 0 to {self.tens[name]}")
            return numbers
        return value


class TemperatureLab(DemoWidget):
    """The demo of the page *Temperature Scaling*: the NLL of softmax(z / T) over T, for a small trained model.

    Traits, set by Python or the page: temperature T in [0.01, 100]; rows, "held-out" (400) or "training" (60, those of
    the model); seed of both, 1 to 999; example, the held-out one that is drawn, 0 to 399; alpha in [0, 0.5] of the
    smoothed model; classes, 4 names or None; scene, cover and flag, as the page uses them. `state` has nll (nats),
    best (the temperature with the lowest NLL; 0 where there is none), confidence, accuracy, ece, probabilities,
    smoothedBest and left (nats).

    Raises:
        TypeError, ValueError: names the trait and the value that it does not take.

    Example:
        >>> TemperatureLab(temperature=2, rows="training").rows
        'training'
        >>> TemperatureLab(temperature=0)
        Traceback (most recent call last):
        onewarm.errors.InputError: temperature is 0: pass a number from 0.01 to 100

    Source: Guo, Pleiss, Sun & Weinberger, ICML 2017, section 4.2; the demo is that of the page on temperature scaling.
    """

    concept = "concept:calibration/temperature-scaling"
    _ranges = {"temperature": (0.01, 100), "alpha": (0, 0.5), "flag": (0.25, 8)}  # noqa: RUF012  # read only
    _wholes = {"seed": (1, 999), "example": (0, 399)}  # noqa: RUF012
    _texts = {  # noqa: RUF012
        "rows": ("held-out", "training"),
        "scene": ("fit", "diagram", "example", "smoothed"),
        "cover": ("", "answer"),
    }

    def check(self, name: str, value: Any) -> Any:
        """The value of a trait, validated; raises TypeError or ValueError, which name the trait and the value."""
        value = super().check(name, value)
        return names(name, value, PAGE_K, "the logits") if name == "classes" else value
