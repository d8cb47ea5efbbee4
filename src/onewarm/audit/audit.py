"""``audit``: whether predictions can be relied on, with intervals, and what to do; from files or from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.audit import measures
from onewarm.audit.data_checks.look import look
from onewarm.audit.diagrams import diagrams
from onewarm.audit.engines import run
from onewarm.audit.judge import agreeing, judge
from onewarm.audit.measures import Measure
from onewarm.audit.questions.ask import ask
from onewarm.audit.remedies import compare
from onewarm.audit.result import FORMAT, Audit
from onewarm.audit.row_sample import Rows
from onewarm.audit.slices import rank
from onewarm.audit.tally import Tally
from onewarm.audit.wording.headline import Asked
from onewarm.calibration.calibrators.temperature import fit_temperature
from onewarm.calibration.defaults import BINS
from onewarm.calibration.intervals.bernoulli_sums import LEAST
from onewarm.calibration.summary.cells import CELLS, CLASS_CELLS, check_bins
from onewarm.errors import InputError
from onewarm.tables.arguments import given, in_words_of_python
from onewarm.tables.columns.choice import Choice
from onewarm.tables.plan import Plan, Progress, plan
from onewarm.tables.source import Source

__all__ = ["FORMAT", "Audit", "audit"]


def audit(
    predictions: Any = None,
    labels: Any = None,
    *,
    probabilities: Any = None,
    logits: Any = None,
    confidence: Any = None,
    correct: Any = None,
    votes: Any = None,
    classes: Sequence[Any] | None = None,
    positive: str | None = None,
    slices: Sequence[str] | Mapping[str, Any] = (),
    group: Any = None,
    weight: Any = None,
    skip_missing: bool = False,
    normalize: bool = False,
    bins: int | None = None,
    engine: str = "local",
    outputs: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> Audit:
    """Audit predictions: whether they can be relied on, with intervals, and what to do; from files or from memory.

    Files (CSV, JSON Lines, Parquet, Arrow, NPZ and more; names or globs) are read in one pass and bounded memory. All
    rows go into a ``CalibrationSummary``; what could be done is fitted and scored on a random sample of up to 2^20 / K
    rows, which in most files is every row.

    Each of ``labels``, ``probabilities``, ``logits``, ``confidence``, ``correct``, ``votes``, ``group`` and ``weight``
    is the name of a column of the files or of the DataFrame, or an array.

    Args:
        predictions: names of files, or globs; probabilities (N, K), or (N,) of class 1; a DataFrame or an Arrow table;
            or a mapping of names to arrays.
        labels: the true classes: 0..K-1, names, or, in two classes, True and False. A column, if it has no usual name;
            FILE or FILE:COLUMN where the truth is in a file of its own, row for row; an array (N,); votes or
            distributions (N, K); or a SoftTarget.
        probabilities, logits: a column of lists, a prefix of columns, names with commas, or an array (N, K); a single
            column, or (N,), is for class 1 of two.
        confidence, correct: of answers that have no classes: how sure they are, and whether they were right.
        votes: votes or distributions as the truth, in the place of ``labels``.
        classes: names of the classes of an array, in its order; labels may be these names then.
        positive: the label that a single column of probabilities is for.
        slices: columns of groups to compare, or a mapping of names to arrays.
        group: equal values mark rows that are not independent, as the patient of an image.
        weight: weights of the rows.
        skip_missing: whether rows with a missing value are left out.
        normalize: whether rows of probabilities may have another sum than 1, and are divided by it.
        bins: number of equal-width bins of questions, errors and diagrams; 15 by default;
            divides 120 (600 of confidences alone).
        engine: "local", or "ray" to map parts of the files over a Ray cluster.
        outputs: files that will be written afterwards; folders and input files are rejected before anything is read.
        progress: called with "reading", the bytes read so far and the bytes there are.

    Raises:
        FileNotFoundError: a file is missing.
        TypeError: arrays beside files.
        ValueError: bad input, with file (or argument), row, column, value and remedy.
        ImportError: the engine is "ray", and Ray Data is not installed.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(0.1, 0.9, 20_000)
        >>> y = rng.uniform(size=20_000) < p - 0.08
        >>> audit(p, y.astype(int)).verdict.headline[:43]
        'P(y = 1) is 8.0 points too high on average '
    """
    files, choice, names = given(
        predictions,
        labels=labels,
        probabilities=probabilities,
        logits=logits,
        confidence=confidence,
        correct=correct,
        votes=votes,
        classes=classes,
        positive=positive,
        slices=slices,
        group=group,
        weight=weight,
        skip_missing=skip_missing,
    )
    with in_words_of_python() if isinstance(files, Source) else nullcontext():
        return _audited(files, choice, names, normalize, bins, engine, outputs, progress)


def _audited(
    files: Sequence[str] | Source,
    choice: Choice,
    names: tuple[str, ...] | None,
    normalize: bool,
    bins: int | None,
    engine: str,
    outputs: Sequence[str | Path],
    progress: Progress | None,
) -> Audit:
    reading = plan(files, choice, normalize=normalize, outputs=outputs)
    if names is not None:
        if len(names) != reading.num_classes:
            raise InputError(f"classes has {len(names)} names, but the predictions have {reading.num_classes} classes")
        reading = replace(reading, layout=replace(reading.layout, classes=names))
    bins = BINS if bins is None else bins
    check_bins(bins, CELLS if reading.kind == "confidence" else CLASS_CELLS)
    reading = replace(reading, bins=bins)
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
    least = max(LEAST, remedies.zeros.floor if remedies and remedies.zeros.rows else 0.0)
    truth = _truth(reading, tally, sample)
    measured = measures.measure(tally.summary, bins=reading.bins, clusters=tally.clusters, least=least)
    chance = measures.chance_ece(tally.summary, reading.bins, tally.clusters)
    slices = rank(tally.slices, reading.slicings)
    classes = reading.layout.classes or tuple(str(k) for k in range(reading.num_classes))
    asked = _asked(reading, tally, classes, measured, least)
    measured = agreeing(measured, asked)
    verdict = judge(
        asked,
        measures=measured,
        chance=chance,
        remedies=remedies,
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
        questions=asked.questions,
        chance_ece=chance,
        diagrams=diagrams(tally.summary, classes, reading.bins),
        options=remedies.options if remedies else (),
        fitted_on=remedies.fitted_on if remedies else 0,
        scored_on=remedies.scored_on if remedies else 0,
        recommended=verdict.action.key if remedies and verdict.action.key == remedies.best.key else "leave",
        slices=slices,
        verdict=verdict,
        notes=reading.notes(tally.changes),
        skipped=tally.changes.get("skipped", 0),
        bins=reading.bins,
        calibrator=remedies.calibrator if remedies else None,
        sample=sample,
    )


def _asked(
    reading: Plan, tally: Tally, classes: tuple[str, ...], measured: Mapping[str, Measure], least: float
) -> Asked:
    """The questions of the predictions, and what their sentences need."""
    summary = tally.summary
    questions = ask(summary, reading.kind, classes=classes, bins=reading.bins, clusters=tally.clusters, least=least)
    confidence, accuracy = (measured[name].value or 0.0 for name in ("mean_confidence", "accuracy"))
    event = (confidence, accuracy)
    if reading.kind == "binary":
        predicted, observed = (
            summary[f"class_{name}"][:, 1].sum() / summary.weight for name in ("probability", "truth")
        )
        event = (float(predicted), float(observed))
    ece = measured.get("event_ece")
    grouped = tally.clusters is not None
    return Asked(reading.kind, tally.count, classes, questions, confidence, accuracy, event, ece, reading.bins, grouped)


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
