"""``look``: all that may spoil an audit, as findings."""

from __future__ import annotations

import numpy as np

from onewarm.audit.data_checks.agreement import other_rows, reversed_labels, shifted
from onewarm.audit.data_checks.copies import copies
from onewarm.audit.data_checks.permutation import flipped, permuted
from onewarm.audit.data_checks.runs import runs
from onewarm.audit.data_checks.values import constant, hard, zeros
from onewarm.audit.data_checks.view import View
from onewarm.audit.findings import Finding
from onewarm.audit.tally import Tally
from onewarm.tables.plan import Plan


def look(reading: Plan, tally: Tally) -> tuple[Finding, ...]:
    """What may spoil the audit of a tally: that predictions and truth do not belong together first.

    Weight "wrong rows": labels of other rows, shifted or reversed labels, permuted classes, P(y = 0) for P(y = 1), hard
    predictions. Weight "spoils": copies of rows, runs of near-equal rows, constant scores, infinite scores. A bad model
    is not accused: see each check for its limits.
    """
    sample, first = tally.sample.rows(), tally.head.rows()
    if sample is None or first is None:
        return ()
    classes = reading.layout.classes or tuple(str(k) for k in range(reading.num_classes))
    view, head = (
        View.of(rows, reading.kind, logits=reading.layout.logits, normalize=reading.normalize)
        for rows in (sample, first)
    )
    return examine(
        view,
        head,
        classes,
        count=tally.count,
        first_file=tally.file_rows.get(0, 0),
        infinite=int(tally.summary.total("nll_infinite")),
    )


def examine(
    view: View, head: View, classes: tuple[str, ...], *, count: int, first_file: int, infinite: int
) -> tuple[Finding, ...]:
    """The findings of a random sample of rows and of the first rows of the files; see ``look``.

    Args:
        view, head: the rows.
        classes: the names of the classes.
        count: N.
        first_file: rows of the first file.
        infinite: rows with an infinite NLL.
    """
    unusable = hard(view) or constant(view)
    if unusable is not None:
        return (unusable,)
    clustered, wider = runs(head)
    if view.groups is not None:
        clustered, wider = None, float((np.unique(view.groups, return_counts=True)[1] ** 2).sum()) / len(view)
    moved = shifted(head) or reversed_labels(view, first_file)
    mixed = moved or permuted(view, classes, wider) or flipped(view, wider) or other_rows(view, wider)
    found = (mixed, copies(view, count), clustered, zeros(view, count, infinite))
    return tuple(f for f in found if f is not None)
