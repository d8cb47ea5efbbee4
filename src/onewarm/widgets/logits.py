"""The logit demo as a widget, with the user's own logits and target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onewarm import checks
from onewarm.errors import InputError
from onewarm.loss import cross_entropy_with_gradient
from onewarm.notebook.page.demo_data import calibration_data
from onewarm.target import SoftTarget, as_target, smooth
from onewarm.widgets.demo import DemoWidget
from onewarm.widgets.values import MOST, array, integer, names, row

__all__ = ["LogitLab"]

_SAME = 1e-9  # targets of classes that differ by less are taken as equal


class LogitLab(DemoWidget):
    """Drag a logit and read loss, gradient and lowest possible loss: H(t, z) and dH/dz = softmax(z) - t.

    The target is t = (1 - alpha) onehot(label) + alpha * row; `recipe` selects the row: "uniform", "prior" or
    "teacher". A target that you pass is expressed in these: a smoothed label as label and alpha, any other row as the
    teacher's with alpha 1, so that moving alpha to 0 leads from it to the hard label.

    Args:
        logits: (K,) or (1, K), 2 to 64 finite numbers; NumPy, PyTorch, JAX or a list. Default: the example of the page.
        target: a label, probabilities (K,) or (1, K), or a SoftTarget of one row with mass 1.
        classes: K names.
        alpha, label, recipe, prior, teacher: the traits of that name, instead of a target. A prior or teacher has
            shape (K,), probabilities, or (K, K), a row for each label.
        studies: study reports, for the view that shows calibration by alpha.

    Traits, set by Python or the page: logits, alpha, label, recipe, prior, teacher, classes, state, address.

    Raises:
        TypeError, ValueError: names the place and the value: not numbers, NaN, shapes or widths that differ, a label
            out of range, a row that is not a distribution, alpha outside [-1, 1].

    Example:
        >>> lab = LogitLab([2.0, 1.0, 0.0], target=[0.7, 0.2, 0.1], classes=["cat", "lynx", "dog"])
        >>> lab.label, lab.alpha, lab.recipe
        (0, 1.0, 'teacher')
        >>> lab.alpha = 0  # the same label, hard
        >>> round(lab.loss, 4)
        0.4076
        >>> lab.logits = [2.0, float("nan"), 0.0]
        Traceback (most recent call last):
        onewarm.errors.InputError: logits[1] is nan: pass finite numbers

    Source: the gradient is Szegedy et al., CVPR 2016, section 7; the demo is that of the page on label smoothing.
    """

    concept = "concept:optimization/label-smoothing"
    _ranges = {"alpha": (-1, 1), "flag": (-1000, 1000)}  # noqa: RUF012  # read only
    _wholes = {"seed": (1, 999)}  # noqa: RUF012
    _texts = {  # noqa: RUF012
        "recipe": ("uniform", "prior", "teacher"),
        "view": ("before", "after", "end"),
        "data": ("overconfident", "calibrated"),
        "scene": ("rows", "training", "studies"),
        "cover": ("", "curve"),
    }

    if TYPE_CHECKING:
        logits: Any
        alpha: Any
        label: Any
        recipe: Any
        prior: Any
        teacher: Any
        classes: Any

    def __init__(
        self,
        logits: Any = None,
        target: Any = None,
        *,
        classes: Sequence[str] | None = None,
        studies: Sequence[Mapping[str, Any]] | None = None,
        **values: Any,
    ) -> None:
        self._width: int | None = None  # K; None until the logits are known
        if logits is not None:
            values["logits"] = logits = row("logits", logits)
            self._width = K = len(logits)
            values = {"classes": None, "prior": _long_tail(K), "teacher": _near(K), **values}
        if classes is not None:
            values["classes"] = list(classes)
        if studies is not None:
            values["calibration"] = calibration_data(studies)
        super().__init__(**values)
        self._width = len(self.logits)
        if target is not None:
            defaults = {"teacher"} if logits is not None else set()
            conflicts = {"alpha", "label", "recipe", "teacher"} & set(values) - defaults
            if conflicts:
                raise TypeError(f"both a target and {min(conflicts)}: pass one of the two")
            self.target = target
        for name in ("label", "classes", "prior", "teacher"):
            setattr(self, name, self.check(name, getattr(self, name)))

    # The traits as a target, a loss and a gradient

    @property
    def target(self) -> SoftTarget:
        """The target that the demo shows, one row; set it to any target."""
        value = {"uniform": None, "prior": self.prior, "teacher": self.teacher}[self.recipe]
        prior = None if value is None else np.asarray(value, float)
        if prior is not None and prior.ndim == 2:
            prior = prior[self.label]
        return smooth(np.array([self.label]), self.alpha, num_classes=len(self.logits), prior=prior)

    @target.setter
    def target(self, target: Any) -> None:
        for name, value in _traits(target, len(self.logits)).items():
            setattr(self, name, value)

    @property
    def loss(self) -> float:
        """H(t, z) of the logits and target that the demo shows, in nats."""
        return float(cross_entropy_with_gradient(np.array([self.logits]), self.target)[0])

    @property
    def gradient(self) -> NDArray[np.float64]:
        """dH/dz = softmax(z) - t of the logits and target that the demo shows, shape (K,)."""
        gradient: NDArray[np.float64] = cross_entropy_with_gradient(np.array([self.logits]), self.target)[1][0]
        return gradient

    def show(self, logits: Any, target: Any = None) -> None:
        """Show another row, of any number of classes, with its target; without one, the label is 0."""
        numbers = row("logits", logits)
        K = len(numbers)
        traits = _traits(target, K) if target is not None else {"label": 0}
        if len(self.logits) != K:
            traits = {"classes": None, "prior": _long_tail(K), "teacher": _near(K), **traits}
        self._width = K
        with self.hold_sync():  # one message, so that the page never has a row and a target that do not fit
            for name, value in {"label": 0, **traits, "logits": numbers}.items():
                setattr(self, name, value)

    def check(self, name: str, value: Any) -> Any:
        """The value of a trait, validated; raises TypeError or ValueError, which name the place and the value."""
        value = super().check(name, value)
        K = self._width
        if name == "logits":
            return self._logits(value, K)
        if name == "label":
            return integer(name, value, 0, (K or MOST) - 1, "class")
        if name in ("prior", "teacher") and value is not None:
            return _distributions(name, value, K)
        if name == "calibration" and not isinstance(value, dict | None):
            raise TypeError(f"calibration is {value!r}: this demo takes a mapping there; pass reports as `studies`")
        if name == "classes":
            return names(name, value, K, "logits")
        return value

    def _logits(self, value: Any, K: int | None) -> list[float]:
        numbers = row("logits", value)
        if K is not None and len(numbers) != K:
            raise InputError(f"logits has {len(numbers)} classes, the demo has {K}: use .show(logits, target)")
        return numbers


def _traits(target: Any, K: int) -> dict[str, Any]:
    """The traits that express this target."""
    mass = _mass(target, K)
    label = int(mass.argmax())
    others = np.delete(mass, label)
    if np.ptp(others) <= _SAME:
        return {"label": label, "alpha": min(1.0, float(K * others.mean())), "recipe": "uniform"}
    if mass.min() < 0:
        raise InputError(f"target[{int(mass.argmin())}] is {mass.min():g}: only uniform smoothing may go below 0 here")
    return {"label": label, "alpha": 1.0, "recipe": "teacher", "teacher": mass.tolist()}


def _mass(target: Any, K: int) -> NDArray[np.float64]:
    """A label, probabilities or a SoftTarget as one dense row of mass 1."""
    if isinstance(target, SoftTarget):
        dense = array("target", as_target(target, K).dense())
        if len(dense) != 1:
            raise InputError(f"target has {len(dense)} rows: pass one, target[:1]")
        if abs(dense.sum() - 1) > checks.SUM_TOLERANCE:
            raise InputError(f"target has mass {dense.sum():g}: LogitLab shows targets of mass 1; scale it")
        return np.asarray(dense[0])
    numbers = array("target", target)
    if numbers.size == 1:
        label = float(numbers.reshape(()))
        if not label.is_integer() or not 0 <= label < K:
            raise InputError(f"target is {label:g}: pass a class from 0 to {K - 1}, or K probabilities")
        return np.asarray(np.eye(K)[int(label)])
    return np.asarray(_distributions("target", row("target", target, K), K), float)


def _distributions(name: str, value: Any, K: int | None) -> Any:
    """K probabilities, or a row of them for each label; sums within 0.001 of 1 are normalised to 1."""
    rows = array(name, value)
    if rows.ndim == 2 and rows.shape[0] != rows.shape[1]:
        raise InputError(f"{name} has shape {rows.shape}: pass K probabilities, or (K, K), a row for each label")
    for i, probabilities in enumerate(np.atleast_2d(rows)):
        place = f"{name}[{i}]" if rows.ndim == 2 else name
        row(place, probabilities, K)
        lowest, total = probabilities.min(), probabilities.sum()
        if lowest < 0:
            raise InputError(f"{place}[{int(probabilities.argmin())}] is {lowest:g}: pass probabilities, none below 0")
        if abs(total - 1) > checks.SUM_TOLERANCE:
            raise InputError(f"{place} sums to {total:g}: pass probabilities that sum to 1")
    return (rows / rows.sum(axis=-1, keepdims=True)).tolist()


def _long_tail(K: int) -> list[float]:
    """Class frequencies 1, 1/2, 1/3, ..., the prior if none is given, as in the demo."""
    weight = 1 / np.arange(1, K + 1)
    return list(weight / weight.sum())


def _near(K: int) -> Any:
    """A teacher to whom neighbouring classes look alike, used if none is given, as in the demo."""
    weight = np.exp(-1.2 * np.abs(np.subtract.outer(np.arange(K), np.arange(K))))
    return (weight / weight.sum(axis=1, keepdims=True)).tolist()
