"""``Audit``: the results of an audit, which report, JSON and notebook show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import onewarm
from onewarm.audit.comparison.comparison import Comparison
from onewarm.audit.comparison.rows import compare_rows
from onewarm.audit.findings import Question, Verdict
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option
from onewarm.audit.row_sample import Rows
from onewarm.audit.slices import Slice
from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.checks.visible import visible_json
from onewarm.errors import InputError

FORMAT = 2
"""Version of the JSON that ``Audit.to_dict`` gives; raised when a field changes its meaning or is removed."""


@dataclass(frozen=True)
class Audit:
    """The results of an audit; made by ``audit``.

    Attributes:
        files: name, bytes and rows of each file.
        kind: "binary", "multiclass" or "confidence" (a confidence, and whether the answer was right).
        rows, num_classes, classes: N, K and the names of the classes.
        columns: the columns that were read, by their role.
        truth: its kind and class shares; for votes also how far they agree, their entropy in nats, and the temperature
            that their majority, taken as a label, would ask for.
        measures: name to value and interval, over all rows.
        questions: what a user of the probabilities relies on, with intervals that hold together in 95 % of samples.
        chance_ece: the ECE to expect by chance of a perfectly calibrated model with these confidences.
        diagrams: reliability diagrams, of all rows, of P(y = 1) or of each class; see ``diagrams.diagrams``.
        options: what could be done, each of ``scored_on`` rows is scored by a map fitted on up to ``fitted_on`` others.
        recommended: the key of the recommended option.
        slices: those that are surely most wrong first.
        verdict: all of it in words.
        notes: what a reader should know about how the files were read.
        skipped: rows with a missing value, which were left out on request.
        bins: number of equal-width bins of questions, errors and diagrams.
        calibrator: the recommended map, fitted on the sample: ``save_map`` writes it, ``onewarm calibrate`` applies it.
        sample: up to 2^20 / K of the rows, which ``compare`` compares.
    """

    files: tuple[dict[str, Any], ...]
    kind: str
    rows: int
    num_classes: int
    classes: tuple[str, ...]
    columns: dict[str, Any]
    truth: dict[str, Any]
    measures: dict[str, Measure]
    questions: tuple[Question, ...]
    chance_ece: float
    diagrams: tuple[dict[str, Any], ...]
    options: tuple[Option, ...]
    fitted_on: int
    scored_on: int
    recommended: str
    slices: tuple[Slice, ...]
    verdict: Verdict
    notes: tuple[str, ...] = ()
    skipped: int = 0
    bins: int = BINS
    calibrator: CalibrationMap | None = field(default=None, repr=False, compare=False)
    sample: Rows | None = field(default=None, repr=False, compare=False)

    @property
    def ece(self) -> float:
        """ECE of the top class over all rows; where there are only confidences, theirs."""
        value = self.measures["ece"].value
        assert value is not None
        return value

    @property
    def worst_ece(self) -> tuple[str, float]:
        """The greatest of "ece" and, for two classes, "event_ece", with its name: what ``--fail-above`` compares."""
        values = [(name, self.measures[name].value or 0.0) for name in ("ece", "event_ece") if name in self.measures]
        return max(values, key=lambda one: one[1])

    def compare(self, after: Audit, *, names: tuple[str, str] = ("before", "after")) -> Comparison:
        """Compare this audit with another of the same rows: paired differences with intervals.

        Up to 2^20 / K rows are compared: those of the sample, which is the same for the same rows.

        Args:
            after: an audit of the same rows in the same order, with the same truth.
            names: what to call the two.

        Raises:
            ValueError: other classes, other rows or another truth, with the first row that differs.

        Example:
            >>> from onewarm.audit import audit
            >>> rng = np.random.default_rng(0)
            >>> p = rng.uniform(0, 1, 4000)
            >>> y = (rng.uniform(size=4000) < p).astype(int)
            >>> comparison = audit(p**2, y).compare(audit(p, y))
            >>> comparison.headline
            'after is better in NLL, Brier score, accuracy, ECE of P(y = 1) and ECE.'
        """
        if not isinstance(after, Audit):
            raise TypeError(f"after is a {type(after).__name__}: expected an Audit")
        if (self.kind, self.classes) != (after.kind, after.classes):
            raise InputError(
                f"the audits are of other predictions: {self.kind} with the classes {', '.join(self.classes[:5])}, and "
                f"{after.kind} with {', '.join(after.classes[:5])}"
            )
        assert self.sample is not None and after.sample is not None
        return compare_rows(
            self.sample,
            after.sample,
            names=names,
            logits=("logits" in self.columns, "logits" in after.columns),
            files=tuple(f["name"] for f in self.files),
        )

    @classmethod
    def from_estimator(cls, estimator: Any, x: Any, y: Any, **options: Any) -> Audit:
        """The audit of a fitted classifier on data that it was not fitted on.

        Args:
            estimator: has ``predict_proba`` and ``classes_``, as those of scikit-learn and of boosting libraries.
            x: what ``predict_proba`` takes.
            y: true classes (N,), each one of ``classes_``; votes or distributions (N, K); or a SoftTarget.
            options: others of ``audit``, such as ``weight``, ``group`` or ``slices``.

        Raises:
            TypeError: an estimator without ``predict_proba``, or not fitted.
            ValueError: a label that is none of ``classes_``, with its row.

        Example:
            >>> from sklearn.datasets import load_breast_cancer
            >>> from sklearn.naive_bayes import GaussianNB
            >>> x, y = load_breast_cancer(return_X_y=True)
            >>> Audit.from_estimator(GaussianNB().fit(x[::2], y[::2]), x[1::2], y[1::2]).kind
            'binary'
        """
        for needed in ("predict_proba", "classes_"):
            if not hasattr(estimator, needed):
                raise TypeError(
                    f"{type(estimator).__name__} has no {needed}: pass a fitted classifier that gives probabilities "
                    "(sklearn's CalibratedClassifierCV gives them for one that does not)"
                )
        from onewarm.audit.audit import audit  # which makes an Audit

        classes = np.asarray(estimator.classes_).tolist()
        return audit(np.asarray(estimator.predict_proba(x)), y, classes=classes, **options)

    def _repr_html_(self) -> str:
        """For a notebook: the verdict, one picture that shows it, one action; self-contained, without scripts."""
        from onewarm.audit.report.first_screen import first_screen  # the report is a view of an audit

        return first_screen(self)

    def __repr__(self) -> str:
        name, ece = self.worst_ece
        title = "ECE" if name == "ece" else "ECE of P(y = 1)"
        return f"Audit({self.rows:,} rows, {title} {ece:.4f}: {self.verdict.headline})"

    def to_dict(self) -> dict[str, Any]:
        """All of it for JSON; the same files and options give the same numbers."""
        return {
            "format": FORMAT,
            "onewarm": onewarm.__version__,
            "kind": self.kind,
            "files": list(self.files),
            "rows": self.rows,
            "skipped": self.skipped,
            "num_classes": self.num_classes,
            "classes": list(self.classes),
            "columns": self.columns,
            "truth": self.truth,
            "level": LEVEL,
            "bins": self.bins,
            "measures": {name: m.to_dict() for name, m in self.measures.items()},
            "questions": [q.to_dict() for q in self.questions],
            "chance_ece": self.chance_ece,
            "verdict": self.verdict.to_dict(),
            "recommended": self.recommended,
            "fitted_on": self.fitted_on,
            "scored_on": self.scored_on,
            "options": [o.to_dict() for o in self.options],
            "slices": [s.to_dict() for s in self.slices],
            "reliability": list(self.diagrams),
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """``to_dict`` as JSON text: versioned by its "format", the same bytes for the same files and options."""
        return visible_json(self.to_dict()) + "\n"
