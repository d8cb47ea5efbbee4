"""The audit of a model from files of its predictions: how overconfident it is, with intervals, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import onewarm
from onewarm.audit import measures
from onewarm.audit.comparison.comparison import Comparison
from onewarm.audit.comparison.rows import compare_rows
from onewarm.audit.data_checks.look import look
from onewarm.audit.diagrams import diagrams
from onewarm.audit.engines import run
from onewarm.audit.findings import Question, Verdict
from onewarm.audit.judge import agreeing, judge
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option, compare
from onewarm.audit.row_sample import Rows
from onewarm.audit.slices import Slice, rank
from onewarm.audit.tally import Tally
from onewarm.audit.wording.headline import Asked
from onewarm.calibration.calibrators.calibration_map import CalibrationMap
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.checks.visible import visible_json
from onewarm.errors import InputError
from onewarm.tables.columns import Choice
from onewarm.tables.plan import Plan, Progress, plan

__all__ = ["FORMAT", "Audit", "audit"]

FORMAT = 1
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
        chance_ece: the ECE to expect by chance of a perfectly calibrated model with these confidences.
        diagrams: reliability diagrams, of all rows, of P(y = 1) or of each class; see ``diagrams.diagrams``.
        options: what could be done, each of ``scored_on`` rows is scored by a map fitted on up to ``fitted_on`` others.
        recommended: the key of the recommended option.
        slices: those that are surely most wrong first.
        verdict: all of it in words.
        notes: what a reader should know about how the files were read.
        skipped: rows with a missing value, which were left out on request.
        calibrator: the recommended map, fitted on the sample: ``save_map`` writes it, ``onewarm calibrate`` applies it.
        sample: up to 2^21 / K of the rows, which ``compare`` compares.
    """

    files: tuple[dict[str, Any], ...]
    kind: str
    rows: int
    num_classes: int
    classes: tuple[str, ...]
    columns: dict[str, Any]
    truth: dict[str, Any]
    measures: dict[str, Measure]
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

        Up to 2^21 / K rows are compared: those of the sample, which is the same for the same rows.

        Args:
            after: an audit of the same rows in the same order, with the same truth.
            names: what to call the two.

        Raises:
            ValueError: other classes, other rows or another truth, with the first row that differs.

        Example:
            >>> rng = np.random.default_rng(0)
            >>> p = rng.uniform(0, 1, 4000)
            >>> y = (rng.uniform(size=4000) < p).astype(int)
            >>> comparison = audit(p**2, y).compare(audit(p, y))  # doctest: +SKIP
            >>> comparison.headline  # doctest: +SKIP
            'after is better in NLL, nats, Brier score, ECE of P(y = 1) and ECE.'
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

    def __repr__(self) -> str:
        name, ece = self.worst_ece
        title = "ECE" if name == "ece" else "ECE of P(y = 1)"
        return f"Audit({self.verdict.kind}: {self.verdict.headline!r}, rows={self.rows:,}, {title} {ece:.4f})"

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
            "bins": BINS,
            "measures": {name: m.to_dict() for name, m in self.measures.items()},
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


def audit(
    files: str | Path | Sequence[str | Path],
    *,
    labels: str | None = None,
    probabilities: str | None = None,
    logits: str | None = None,
    confidence: str | None = None,
    correct: str | None = None,
    votes: str | None = None,
    slices: Sequence[str] = (),
    group: str | None = None,
    weight: str | None = None,
    skip_missing: bool = False,
    normalize: bool = False,
    engine: str = "local",
    outputs: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> Audit:
    """Audit the predictions in ``files``: CSV, Parquet, Arrow or NPZ, names or globs, in one pass and bounded memory.

    All rows go into a ``CalibrationSummary``. The options are fitted and scored on a random sample of up to 2^21 / K
    rows, which in most files is every row.

    Args:
        files: names or globs.
        labels: the column of the true classes, if it has no usual name; or FILE or FILE:COLUMN where the truth is in a
            file of its own, row for row.
        votes: likewise for votes or distributions: a column of lists, a prefix of columns, or names with commas.
        probabilities, logits: likewise for the predictions; a single column of numbers is for class 1 of two.
        confidence, correct: the columns of a confidence and of whether the answer was right, where no class is known.
        slices: columns of groups to compare.
        group: column whose equal values mark rows that are not independent, as the patient of an image.
        weight: column of row weights.
        skip_missing: whether rows with a missing value are left out.
        normalize: whether rows of probabilities may have another sum than 1, and are divided by it.
        engine: "local", or "ray" to map parts of the files over a Ray cluster.
        outputs: files that will be written afterwards; folders and input files are rejected before anything is read.
        progress: called with "reading", the bytes read so far and the bytes there are.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: bad input, with file, row, column, value and remedy.
        ImportError: the engine is "ray", and Ray Data is not installed.

    Example:
        >>> import tempfile
        >>> rng = np.random.default_rng(0)
        >>> confidence = rng.uniform(0.5, 1, 4000)
        >>> right = rng.uniform(size=4000) < confidence - 0.1
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/model.npz", p=np.stack([confidence, 1 - confidence], 1), label=1 - right)
        ...     result = audit(f"{folder}/model.npz")
        >>> result.verdict.kind, result.rows
        ('overconfident', 4000)
    """
    patterns = [str(files)] if isinstance(files, str | Path) else [str(f) for f in files]
    choice = Choice(
        labels, probabilities, logits, votes, tuple(slices), weight, group, skip_missing, confidence, correct
    )
    reading = plan(patterns, choice, normalize=normalize, outputs=outputs)
    return conclude(reading, run(reading, engine=engine, progress=progress))


def conclude(reading: Plan, tally: Tally) -> Audit:
    """The audit of a tally."""
    sample = tally.sample.rows()
    remedies = None
    if sample is not None:
        remedies = compare(
            sample,
            logits=reading.layout.logits,
            kind=reading.kind,
            classes=reading.layout.classes or (),
            event=len(reading.layout.predictions) == 1 and reading.kind == "binary",
        )
    truth = _truth(reading, tally, sample)
    measured = measures.measure(tally.summary)
    chance = measures.chance_ece(tally.summary)
    slices = rank(tally.slices, reading.slicings)
    options = remedies.options if remedies else ()
    best = remedies.best if remedies else None
    classes = reading.layout.classes or tuple(str(k) for k in range(reading.num_classes))
    asked = _asked(tally.count, classes, measured)
    measured = agreeing(measured, asked)
    verdict = judge(
        asked,
        measures=measured,
        chance=chance,
        options=options,
        best=best,
        slices=slices,
        truth=truth,
        logits=reading.layout.logits,
        infinite=int(tally.summary.total("nll_infinite")),
        spoilers=look(reading, tally),
    )
    return Audit(
        files=tuple(
            {"name": source.name, "bytes": source.size, "rows": tally.file_rows.get(i, 0)}
            for i, source in enumerate(reading.sources)
        ),
        kind=reading.kind,
        rows=tally.count,
        num_classes=reading.num_classes,
        classes=classes,
        columns=reading.roles,
        truth=truth,
        measures=measured,
        chance_ece=chance,
        diagrams=diagrams(tally.summary, classes),
        options=options,
        fitted_on=remedies.fitted_on if remedies else 0,
        scored_on=remedies.scored_on if remedies else 0,
        recommended=best.key if best else "leave",
        slices=slices,
        verdict=verdict,
        notes=reading.notes(tally.changes),
        skipped=tally.changes.get("skipped", 0),
        calibrator=remedies.calibrator if remedies else None,
        sample=sample,
    )


def _asked(rows: int, classes: tuple[str, ...], measured: Mapping[str, Measure]) -> Asked:
    """The question of the top label, until all are asked."""
    confidence, accuracy, gap = (measured[n] for n in ("mean_confidence", "accuracy", "confidence_gap"))
    assert confidence.value is not None and accuracy.value is not None and gap.value is not None
    questions: tuple[Question, ...] = ()
    if gap.interval is not None:
        questions = (Question("confidence", "the top label", gap.value, gap.interval, 0.0, 1.0, rows),)
    return Asked("multiclass", rows, classes, questions, confidence.value, accuracy.value)


def _truth(reading: Plan, tally: Tally, sample: Rows | None) -> dict[str, Any]:
    truth: dict[str, Any] = {"kind": "labels", "class_shares": (tally.class_rows / tally.count).tolist()}
    if not reading.layout.votes:
        return truth
    truth["kind"] = "votes" if sample is not None and sample.truth.dtype.kind in "iu" else "distributions"
    truth["majority_share"] = tally.majority / tally.count
    truth["entropy"] = measures.truth_entropy(tally.summary)
    truth["majority_temperature"] = _majority_temperature(sample, logits=reading.layout.logits)
    return truth


def _majority_temperature(sample: Rows | None, *, logits: bool) -> float | None:
    """The temperature for the most-voted class as a label: its distance to the T for the votes is their doubt."""
    if sample is None:
        return None
    majority: NDArray[np.int64] = sample.truth.argmax(axis=1)
    try:
        return fit_temperature(sample.predictions, majority, probabilities=not logits, normalize=not logits).temperature
    except ValueError:
        return None
