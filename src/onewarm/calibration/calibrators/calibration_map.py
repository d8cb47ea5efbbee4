"""A fitted calibration map: which method, its parameters, and the probabilities that it gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self

import numpy as np

from onewarm import checks
from onewarm.calibration.calibrators.methods import method
from onewarm.calibration.calibrators.rows import check_values, fit_rows, log_probabilities
from onewarm.calibration.summary.inputs import Array, Floats, read_predictions
from onewarm.errors import InputError

_BLOCK = 1 << 20  # numbers that are mapped at a time


@dataclass(frozen=True)
class CalibrationMap:
    """A map from a model's probabilities to calibrated ones; made by ``fit_map``, or loaded by ``load_map``.

    Attributes:
        key: the method, of ``METHODS``: "temperature", "platt", "vector", "isotonic", ...
        num_classes: K.
        parameters: names to numbers, or to lists of them, as the method has them.
        floor: what a probability of exactly 0 stands for, in [0, 1/K); with 0 it stays 0 where the method allows it.
        classes: names of the K classes in their order, or () where they have none.
    """

    key: str
    num_classes: int
    parameters: dict[str, Any] = field(default_factory=dict)
    floor: float = 0.0
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = method(self.key).names
        if set(self.parameters) != set(names):
            raise InputError(f"parameters of {self.key} are {', '.join(names) or 'none'}, not {list(self.parameters)}")
        if not isinstance(self.num_classes, int) or self.num_classes < 2:
            raise InputError(f"num_classes is {self.num_classes!r}: expected an integer of at least 2")
        if self.classes and len(self.classes) != self.num_classes:
            raise InputError(f"classes has {len(self.classes)} names, but there are {self.num_classes} classes")
        if not 0 <= self.floor < 1 / self.num_classes:
            raise InputError(f"floor is {self.floor}: expected at least 0 and less than 1/K")

    @property
    def free(self) -> int:
        """How many numbers the method fitted."""
        return method(self.key).free(self.parameters, self.num_classes)

    def apply(self, values: Any, *, logits: bool = False, normalize: bool = False) -> Floats:
        """Calibrated probabilities.

        Args:
            values: (N, K) probabilities, or logits; for two classes also (N,) probabilities (or log-odds) of class 1.
            logits: whether the values are logits.
            normalize: whether rows of probabilities may have another sum than 1.

        Returns:
            (N, K) float64 that sum to 1 in each row; or (N,) for (N,) values.

        Raises:
            TypeError, ValueError: bad input, with the argument, the first bad row, its value and a remedy.

        Example:
            >>> CalibrationMap("temperature", 2, {"temperature": 2.0}).apply(np.array([[0.1, 0.9]])).round(3)
            array([[0.25, 0.75]])
        """
        array = read_predictions(values, "logits" if logits else "probabilities")
        events = array.ndim == 1
        if (2 if events else array.shape[1]) != self.num_classes:
            raise InputError(
                f"values have {2 if events else array.shape[1]} classes, but this map was fitted on {self.num_classes}"
            )
        check_values(array, logits=logits, normalize=normalize)
        out = np.empty(array.shape)
        for rows, part in self._blocks(array):
            log_p = log_probabilities(part, logits=logits, floor=self.floor)
            mapped = method(self.key).apply(self.parameters, log_p)
            out[rows] = mapped[:, 1] if events else mapped
        return out

    def _blocks(self, array: Array) -> Iterator[tuple[slice, Array]]:
        step = max(1, _BLOCK // self.num_classes)
        for start in range(0, len(array), step):
            rows = slice(start, start + step)
            yield rows, array[rows]

    def to_dict(self) -> dict[str, Any]:
        """The attributes as values for JSON."""
        return {
            "method": self.key,
            "num_classes": self.num_classes,
            "classes": list(self.classes),
            "parameters": self.parameters,
            "floor": self.floor,
        }

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """The map of a ``to_dict``. Raises InputError, with the field, for anything else."""
        if not isinstance(values, dict):
            raise InputError(f"expected an object with method, num_classes and parameters, not {type(values).__name__}")
        missing = [n for n in ("method", "num_classes", "parameters") if n not in values]
        if missing:
            raise InputError(f"{missing[0]!r} is missing")
        key, k, parameters = values["method"], values["num_classes"], values["parameters"]
        floor, classes = values.get("floor", 0.0), values.get("classes", [])
        if not isinstance(key, str) or not isinstance(parameters, dict):
            raise InputError("'method' is a name and 'parameters' an object")
        if not isinstance(k, int) or isinstance(k, bool) or not 2 <= k <= 1 << 24:
            raise InputError(f"'num_classes' is {str(k)[:40]!r}: expected an integer of at least 2")
        if not _is_number(floor):
            raise InputError(f"'floor' is {str(floor)[:40]!r}: expected a number")
        if not isinstance(classes, list) or not all(isinstance(c, str) for c in classes):
            raise InputError("'classes' is a list of names")
        made = cls(key, k, parameters, float(floor), tuple(classes))
        made._check_parameters()
        return made

    def _check_parameters(self) -> None:
        """Raise InputError where a parameter has not the shape or the range that the method needs."""
        several = 1 if self.num_classes == 2 else self.num_classes
        for name, value in self.parameters.items():
            at = f"parameter {name!r} of {self.key}"
            if self.key == "isotonic":
                if not isinstance(value, list) or len(value) != several:
                    raise InputError(f"{at} is not a list of {several} lists")
                for curve in value:
                    _check_curve(at, curve, rising=True, unit=name == "y")
            elif self.key == "vector" or (self.num_classes > 2 and self.key in ("intercept", "platt", "beta")):
                if not isinstance(value, list) or len(value) != self.num_classes or not all(map(_is_number, value)):
                    raise InputError(f"{at} is not a list of {self.num_classes} numbers")
            elif not _is_number(value):
                raise InputError(f"{at} is {str(value)[:40]!r}: expected a number")
        if self.key == "isotonic":
            for x, y in zip(self.parameters["x"], self.parameters["y"], strict=True):
                if len(x) != len(y):
                    raise InputError("parameters 'x' and 'y' of isotonic have different lengths")
        if self.parameters.get("temperature", 1.0) <= 0:
            raise InputError(f"parameter 'temperature' is {self.parameters['temperature']}: expected above 0")
        if self.parameters.get("alpha", 0.0) >= 1:
            raise InputError(f"parameter 'alpha' is {self.parameters['alpha']}: expected less than 1")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_curve(at: str, curve: Any, *, rising: bool, unit: bool) -> None:
    if not isinstance(curve, list) or not curve or not all(map(_is_number, curve)):
        raise InputError(f"{at} is not a list of lists of numbers")
    if any(b < a for a, b in pairwise(curve)):
        raise InputError(f"{at} is not in increasing order")
    if curve[0] < 0 or curve[-1] > 1 + checks.SUM_TOLERANCE:
        raise InputError(f"{at} is not within 0..1")


def fit_map(
    key: str,
    values: Any,
    truth: Any,
    *,
    logits: bool = False,
    weights: Any = None,
    floor: float = 0.0,
    normalize: bool = False,
    classes: tuple[str, ...] = (),
) -> CalibrationMap:
    """Fit a calibration map on rows that the model was not trained on.

    Args:
        key: the method: "leave", "intercept", "temperature", "unsmooth", "platt", "temperature-unsmooth", "beta",
            "vector" or "isotonic" (which needs scikit-learn).
        values: (N, K) probabilities, or logits; or (N,) probabilities (or log-odds) of an event.
        truth: labels (N,), votes (N, K) of integers, or distributions (N, K) of floats; for (N,) values whether the
            event happened, or shares in 0..1.
        logits: whether the values are logits.
        weights: (N,) numbers, not negative, or None.
        floor: what a probability of exactly 0 stands for; 0 makes a row whose true class has it an error.
        normalize: whether rows of probabilities may have another sum than 1.
        classes: names of the classes, to be kept with the map.

    Raises:
        InputError: an unknown method, or no best parameters: the reason.
        TypeError, ValueError: bad input, with the argument, the first bad row, its value and a remedy.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(0.1, 0.9, 20_000)
        >>> happened = rng.random(20_000) < p - 0.08                       # eight points too high
        >>> mended = fit_map("intercept", p, happened)
        >>> mended.parameters["intercept"] < 0, abs(mended.apply(p).mean() - happened.mean()) < 1e-3
        (True, np.True_)

    Source: Guo, Pleiss, Sun & Weinberger, ICML 2017 (temperature, vector); Platt 1999; Zadrozny & Elkan, KDD 2002
    (isotonic); Kull, Silva Filho & Flach, AISTATS 2017 (beta).
    """
    how = method(key)
    rows = fit_rows(values, truth, logits=logits, weights=weights, floor=floor, normalize=normalize)
    return CalibrationMap(key, rows.num_classes, how.fit(rows), floor, classes)
