"""The audit: how overconfident a model is, within what error, and what to do, from files of its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import onewarm
from onewarm.audit import measures
from onewarm.audit.engines import run
from onewarm.audit.judge import Verdict, judge
from onewarm.audit.measure import Measure
from onewarm.audit.plan import Plan, Progress, plan
from onewarm.audit.remedies import Option, compare
from onewarm.audit.row_sample import Rows
from onewarm.audit.slices import Slice, rank
from onewarm.audit.tally import Tally
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.tables.columns import Choice

__all__ = ["FORMAT", "Audit", "audit"]

FORMAT = 1
"""Version of the JSON that ``Audit.to_dict`` gives; raised when a field changes its meaning or goes."""

BINS = 15


@dataclass(frozen=True)
class Audit:
    """What an audit found. Made by ``audit``.

    Attributes:
        files: name, bytes and rows of each file.
        rows, num_classes, classes: N, K and the names of the classes.
        columns: which columns were read as what.
        truth: kind of the truth, its class shares, and for votes how far they agree and what T their majority needs.
        measures: name to value and interval, over all rows.
        chance_ece: the ECE that a perfectly calibrated model with these confidences would show.
        diagrams: reliability of the top class, and of each class where the summary keeps it.
        options: what could be done, fitted on even rows and scored on odd rows; ``fitted_on`` and ``scored_on`` rows.
        recommended: the key of one of them.
        slices: ranked by evidence.
        verdict: all of it in words.
        notes: what a reader should know of how the files were read.
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
        """ECE of the top class over all rows, 15 bins: what ``--fail-above`` compares."""
        value = self.measures["ece"].value
        assert value is not None
        return value

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for JSON: the same files and options give the same bytes."""
        return {
            "format": FORMAT,
            "onewarm": onewarm.__version__,
            "files": list(self.files),
            "rows": self.rows,
            "num_classes": self.num_classes,
            "classes": list(self.classes),
            "columns": self.columns,
            "truth": self.truth,
            "level": measures.LEVEL,
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
    progress: Progress | None = None,
) -> Audit:
    """Audit the predictions in ``files``: CSV, Parquet, Arrow or NPZ, names or globs, in one pass and bounded memory.

    All rows go into a ``CalibrationSummary``. Of the even rows of each file (the first is row 0) a sample fits the
    options, of the odd rows another scores them; up to 2^20 / K rows each, which are all rows of most files.

    Args:
        files: names or globs.
        labels, votes: the column of the truth, if not found by its name; votes and distributions: a column of lists,
            a prefix of columns, or names with commas. FILE or FILE:COLUMN, where it is in a file of its own, row for
            row.
        probabilities, logits: likewise the predictions; one scalar column is the probability of class 1 of two.
        slices: columns to compare groups by.
        weight: column of row weights.
        normalize: whether rows of probabilities may have another sum than 1, and are divided by it.
        engine: "local", or "ray" to map parts of the files over a Ray cluster.
        progress: told as ("reading", bytes, of how many).

    Raises:
        FileNotFoundError, ValueError: naming file, row, column, value and remedy.

    Example:
        >>> import tempfile
        >>> rng = np.random.default_rng(0)
        >>> confidence = rng.uniform(0.5, 1, 4000)
        >>> right = rng.uniform(size=4000) < confidence - 0.1
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/model.npz", p=np.stack([confidence, 1 - confidence], 1), label=1 - right)
        ...     found = audit(f"{folder}/model.npz")
        >>> found.verdict.kind, found.rows
        ('overconfident', 4000)
    """
    patterns = [str(files)] if isinstance(files, str | Path) else [str(f) for f in files]
    steps = plan(patterns, Choice(labels, probabilities, logits, votes, tuple(slices), weight))
    tally = run(steps, engine=engine, normalize=normalize, progress=progress)
    return conclude(steps, tally)


def conclude(steps: Plan, tally: Tally) -> Audit:
    """The audit of what was tallied."""
    fit, score = tally.fit.rows(), tally.score.rows()
    options: tuple[Option, ...] = ()
    best = None
    if fit is not None and score is not None:
        options, best = compare(fit, score, logits=steps.layout.logits, ece=measures.ece_of)
    truth = _truth(steps, tally, fit)
    found = measures.measure(tally.summary)
    chance = measures.chance_ece(tally.summary, BINS)
    ranked = rank(tally.slices)
    fitted_on = len(fit.predictions) if fit is not None else 0
    scored_on = len(score.predictions) if score is not None else 0
    verdict = judge(
        rows=tally.count,
        num_classes=steps.num_classes,
        measures=found,
        chance=chance,
        options=options,
        best=best,
        fitted_on=fitted_on,
        scored_on=scored_on,
        truth=truth,
        slices=ranked,
        logits=steps.layout.logits,
        infinite=int(tally.summary.total("nll_infinite")),
    )
    classes = steps.layout.classes or tuple(str(k) for k in range(steps.num_classes))
    return Audit(
        files=tuple(
            {"name": path.name, "bytes": size, "rows": tally.file_rows.get(i, 0)}
            for i, (path, size) in enumerate(zip(steps.paths, steps.sizes, strict=True))
        ),
        rows=tally.count,
        num_classes=steps.num_classes,
        classes=classes,
        columns={
            "logits" if steps.layout.logits else "probabilities": list(steps.layout.predictions),
            "votes" if steps.layout.votes else "labels": list(steps.layout.truth),
            "truth_file": steps.beside.name if steps.beside else None,
            "slices": list(steps.layout.slices),
            "weight": steps.layout.weight,
        },
        truth=truth,
        measures=found,
        chance_ece=chance,
        diagrams=measures.diagrams(tally.summary, BINS, classes),
        options=options,
        fitted_on=fitted_on,
        scored_on=scored_on,
        recommended=best.key if best else "leave",
        slices=ranked,
        verdict=verdict,
        notes=steps.notes,
    )


def _truth(steps: Plan, tally: Tally, fit: Rows | None) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": "labels", "class_shares": (tally.class_rows / tally.count).tolist()}
    if not steps.layout.votes:
        return said
    said["kind"] = "votes" if fit is not None and fit.truth.dtype.kind in "iu" else "distributions"
    said["majority_share"] = tally.majority / tally.count
    said["entropy"] = measures.truth_entropy(tally.summary)
    said["majority_temperature"] = _majority_temperature(fit, logits=steps.layout.logits)
    return said


def _majority_temperature(fit: Rows | None, *, logits: bool) -> float | None:
    """T that the most-voted class, taken as a label, would ask for: what remains is the votes' doing."""
    if fit is None:
        return None
    majority: NDArray[np.int64] = fit.truth.argmax(axis=1)
    try:
        return fit_temperature(fit.predictions, majority, probabilities=not logits, normalize=not logits).temperature
    except ValueError:
        return None
