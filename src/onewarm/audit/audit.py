"""The audit of a model from files of its predictions: how overconfident it is, with intervals, and what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import onewarm
from onewarm.audit import measures
from onewarm.audit.diagrams import diagrams
from onewarm.audit.engines import run
from onewarm.audit.findings import Verdict
from onewarm.audit.judge import judge
from onewarm.audit.measures import Measure
from onewarm.audit.remedies import Option, compare
from onewarm.audit.row_sample import Rows
from onewarm.audit.slices import Slice, rank
from onewarm.audit.tally import Tally
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.defaults import BINS, LEVEL
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
        rows, num_classes, classes: N, K and the names of the classes.
        columns: the columns that were read, by their role.
        truth: its kind and class shares; for votes also how far they agree, their entropy in nats, and the temperature
            that their majority, taken as a label, would ask for.
        measures: name to value and interval, over all rows.
        chance_ece: the ECE to expect by chance of a perfectly calibrated model with these confidences.
        diagrams: reliability diagrams, of all rows, of P(y = 1) or of each class; see ``diagrams.diagrams``.
        options: what could be done, fitted on ``fitted_on`` of the even rows, scored on ``scored_on`` of the odd rows.
        recommended: the key of the recommended option.
        slices: those with the strongest evidence first.
        verdict: all of it in words.
        notes: what a reader should know about how the files were read.
    """

    files: tuple[dict[str, Any], ...]
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

    @property
    def ece(self) -> float:
        """ECE of the top class over all rows: the number that ``--fail-above`` compares."""
        value = self.measures["ece"].value
        assert value is not None
        return value

    def to_dict(self) -> dict[str, Any]:
        """All of it for JSON; the same files and options give the same numbers."""
        return {
            "format": FORMAT,
            "onewarm": onewarm.__version__,
            "files": list(self.files),
            "rows": self.rows,
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
        return json.dumps(self.to_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def audit(
    files: str | Path | Sequence[str | Path],
    *,
    labels: str | None = None,
    probabilities: str | None = None,
    logits: str | None = None,
    votes: str | None = None,
    slices: Sequence[str] = (),
    weight: str | None = None,
    normalize: bool = False,
    engine: str = "local",
    outputs: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> Audit:
    """Audit the predictions in ``files``: CSV, Parquet, Arrow or NPZ, names or globs, in one pass and bounded memory.

    All rows go into a ``CalibrationSummary``. A sample of the even rows of each file (the first is row 0) fits the
    options, a sample of the odd rows scores them: up to 2^20 / K rows each, which in most files is every row.

    Args:
        files: names or globs.
        labels: the column of the true classes, if it has no usual name; or FILE or FILE:COLUMN where the truth is in a
            file of its own, row for row.
        votes: likewise for votes or distributions: a column of lists, a prefix of columns, or names with commas.
        probabilities, logits: likewise for the predictions; a single column of numbers is for class 1 of two.
        slices: columns of groups to compare.
        weight: column of row weights.
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
    choice = Choice(labels, probabilities, logits, votes, tuple(slices), weight)
    reading = plan(patterns, choice, normalize=normalize, outputs=outputs)
    return conclude(reading, run(reading, engine=engine, progress=progress))


def conclude(reading: Plan, tally: Tally) -> Audit:
    """The audit of a tally."""
    fit, score = tally.fit.rows(), tally.score.rows()
    options: tuple[Option, ...] = ()
    best = None
    if fit is not None and score is not None:
        options, best = compare(fit, score, logits=reading.layout.logits)
    truth = _truth(reading, tally, fit)
    measured = measures.measure(tally.summary)
    chance = measures.chance_ece(tally.summary)
    slices = rank(tally.slices)
    fitted_on = len(fit.predictions) if fit is not None else 0
    scored_on = len(score.predictions) if score is not None else 0
    verdict = judge(
        rows=tally.count,
        num_classes=reading.num_classes,
        measures=measured,
        chance=chance,
        options=options,
        best=best,
        fitted_on=fitted_on,
        scored_on=scored_on,
        truth=truth,
        slices=slices,
        logits=reading.layout.logits,
        infinite=int(tally.summary.total("nll_infinite")),
    )
    classes = reading.layout.classes or tuple(str(k) for k in range(reading.num_classes))
    return Audit(
        files=tuple(
            {"name": source.name, "bytes": source.size, "rows": tally.file_rows.get(i, 0)}
            for i, source in enumerate(reading.sources)
        ),
        rows=tally.count,
        num_classes=reading.num_classes,
        classes=classes,
        columns={
            "logits" if reading.layout.logits else "probabilities": list(reading.layout.predictions),
            "votes" if reading.layout.votes else "labels": list(reading.layout.truth),
            "truth_file": reading.truth_source.name if reading.truth_source else None,
            "slices": list(reading.layout.slices),
            "weight": reading.layout.weight,
        },
        truth=truth,
        measures=measured,
        chance_ece=chance,
        diagrams=diagrams(tally.summary, classes),
        options=options,
        fitted_on=fitted_on,
        scored_on=scored_on,
        recommended=best.key if best else "leave",
        slices=slices,
        verdict=verdict,
        notes=reading.notes,
    )


def _truth(reading: Plan, tally: Tally, fit: Rows | None) -> dict[str, Any]:
    truth: dict[str, Any] = {"kind": "labels", "class_shares": (tally.class_rows / tally.count).tolist()}
    if not reading.layout.votes:
        return truth
    truth["kind"] = "votes" if fit is not None and fit.truth.dtype.kind in "iu" else "distributions"
    truth["majority_share"] = tally.majority / tally.count
    truth["entropy"] = measures.truth_entropy(tally.summary)
    truth["majority_temperature"] = _majority_temperature(fit, logits=reading.layout.logits)
    return truth


def _majority_temperature(fit: Rows | None, *, logits: bool) -> float | None:
    """The temperature for the most-voted class as a label: its distance to the T for the votes is their doubt."""
    if fit is None:
        return None
    majority: NDArray[np.int64] = fit.truth.argmax(axis=1)
    try:
        return fit_temperature(fit.predictions, majority, probabilities=not logits, normalize=not logits).temperature
    except ValueError:
        return None
