"""Sample logs of lm-evaluation-harness: log-likelihoods of a question's choices as logits, the target as a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.columns.choice import Choice
from onewarm.tables.source import Column, Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc

_RESPONSES = ("filtered_resps", "resps")
_ROWS = 4096


class LmEval(Source):
    """A log of multiple-choice questions, read through the source of its file.

    A request's response is (log-likelihood, is greedy); a question has one for each choice. Questions may differ in how
    many: the logits of choices that one lacks are -inf, a masked class. K is the greatest number of choices.

    Source: EleutherAI, lm-evaluation-harness, ``evaluator.py`` (log_samples) and ``loggers/evaluation_tracker.py``,
    which write numbers of ``resps`` and the target as text.
    """

    def __init__(self, source: Source, responses: str) -> None:
        self.path, self.name, self.size, self.parts = source.path, source.name, source.size, source.parts
        self.inner, self.responses = source, responses
        # with mutual information each choice is asked a second time, without its question
        self.times = 2 if "acc_mutual_info" in source.columns else 1
        lengths = [self._lengths(columns[responses]) for columns, _, _ in source.batches([responses], _ROWS)]
        self.most = int(max((some.max(initial=0) for some in lengths), default=0))
        self.texts = [n for n in source.columns if n.startswith("arguments.gen_args_") and n.endswith(".arg_1")]
        scalars = {n: c for n, c in source.columns.items() if c.width == 1 and n not in self.texts}
        self.columns = scalars | {responses: Column("float", self.most), "target": Column("int")}

    def widened(self, most: int) -> None:
        """Make room for ``most`` choices, the greatest number in all files."""
        self.most = most
        self.columns[self.responses] = Column("float", most)

    def _lengths(self, column: Any) -> NDArray[np.int64]:
        """How many choices each question has, (n,); 0 where there are no responses."""
        lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        return np.asarray(lengths // self.times, np.int64)

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        """As ``Source.batches``: log-likelihoods (n, K), and targets as the number of the right choice."""
        special = {self.responses, "target"} & set(names)
        read = [n for n in names if n not in special]
        if special:
            read += [self.responses, "target", *(self.texts if "target" in names else ())]
        for columns, first, done in self.inner.batches(read, rows, part):
            found = {n: columns[n] for n in names if n not in special}
            if special:
                found[self.responses] = self._logits(columns[self.responses], first)
                if "target" in names:
                    found["target"] = self._targets(columns, first)
            yield {n: found[n] for n in names}, first, done

    def _logits(self, column: Any, first: int) -> NDArray[np.float64]:
        """(n, K): -inf where a question has no such choice; NaN in a row without responses."""
        lengths = self._lengths(column)
        try:
            response = column.flatten()
            while pa.types.is_list(response.type):
                response = pc.list_element(response, 0)
            values = response.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except (pa.ArrowInvalid, pa.ArrowIndexError) as error:
            if len(column) > 1:  # which row is it?
                for i in range(len(column)):
                    self._logits(column.slice(i, 1), first + i)
            raise InputError(
                f"{self.name}: row {first + 1}, column {self.responses!r} holds no log-likelihoods: {visible(error)}"
            ) from None
        logits = np.full((len(column), self.most), -np.inf)
        starts = (lengths.cumsum() - lengths) * self.times
        row = np.repeat(np.arange(len(column)), lengths)
        choice = np.arange(len(row)) - np.repeat(lengths.cumsum() - lengths, lengths)
        logits[row, choice] = values[np.repeat(starts, lengths) + choice]
        logits[lengths == 0] = np.nan
        return logits

    def _targets(self, columns: Columns, first: int) -> Any:
        """The number of the right choice, as whole numbers with empty cells; a text is that of a choice."""
        choices = self._lengths(columns[self.responses])
        texts = [columns[n].to_pylist() for n in self.texts]
        found: list[int | None] = []
        for i, target in enumerate(columns["target"].to_pylist()):
            known = target is not None and choices[i]
            found.append(self._target(target, [t[i] for t in texts], int(choices[i]), first + i) if known else None)
        return pa.array(found, pa.int64())

    def _target(self, target: Any, texts: list[str | None], choices: int, row: int) -> int:
        text = str(target).strip()
        index = int(text) if text.isdecimal() else None
        alike = [k for k, choice in enumerate(texts[:choices]) if choice is not None and choice.strip() == text]
        if len(alike) == 1 and (index is None or index >= choices):
            return alike[0]
        if index is None or index >= choices:
            raise InputError(
                f"{self.name}: row {row + 1}, column 'target' is {text[:40]!r}: it is the number of the right choice, "
                f"from 0, or the text of one of the {choices} choices"
            )
        return index


def unpacked(sources: Sequence[Source]) -> tuple[Source, ...]:
    """The sources; those of the choices, where a file is a log of multiple-choice questions.

    Raises:
        ValueError: it is a log of one log-likelihood a row.
    """
    found = tuple(_unpacked(source) for source in sources)
    logs = [source for source in found if isinstance(source, LmEval)]
    for log in logs:
        log.widened(max(other.most for other in logs))
    return found


def _unpacked(source: Source) -> Source:
    responses = next((n for n in _RESPONSES if n in source.columns), None)
    if responses is None or "target" not in source.columns or source.columns[responses].width == 1:
        return source
    columns, _, _ = next(source.batches([responses], 1), ({}, 0, 0))
    kind = columns[responses].type if columns else pa.null()
    if not (pa.types.is_list(kind) and pa.types.is_list(kind.value_type)):
        return source
    log = LmEval(source, responses)
    if log.most < 2:
        raise InputError(
            f"{source.name}: column {responses!r} holds one log-likelihood a row, and nothing to choose from: log a "
            "multiple-choice task, or add a column 'confidence' beside one of 0 and 1 named 'correct'"
        )
    return log


def chosen(source: Source, choice: Choice) -> Choice:
    """The choice for a log of multiple-choice questions, where the user names no predictions."""
    if not isinstance(source, LmEval) or (choice.probabilities or choice.logits or choice.confidence):
        return choice
    return replace(choice, logits=source.responses, labels=choice.labels or (None if choice.votes else "target"))
