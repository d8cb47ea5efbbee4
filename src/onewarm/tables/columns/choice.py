"""What the user names, and what is read: the columns of predictions, truth, slices, weights and groups."""

from __future__ import annotations

from dataclasses import dataclass

from onewarm.tables.columns.coding import Coding


@dataclass(frozen=True)
class Choice:
    """The columns that the user names; those that are None are found by their usual names and by what they hold.

    Attributes:
        labels: column of the true classes.
        probabilities, logits, votes: one column of lists; or a family of one column for each class, given by its
            prefix (``p_``) or by names with commas.
        slices: columns of groups to compare, or pairs of them with a comma.
        weight: column of row weights.
        group: column whose equal values mark rows that are not independent, as the patient of an image.
        skip_missing: whether rows with a missing prediction, truth, weight or group are left out.
        confidence, correct: column of confidences, and of whether the answer was right: 0 and 1, or shares.
        positive: the label whose probability a single column of probabilities holds.
    """

    labels: str | None = None
    probabilities: str | None = None
    logits: str | None = None
    votes: str | None = None
    slices: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    skip_missing: bool = False
    confidence: str | None = None
    correct: str | None = None
    positive: str | None = None


@dataclass(frozen=True)
class Layout:
    """The columns to read. Predictions and votes are one column of lists, or one column for each class.

    Attributes:
        predictions: their columns; a single column of numbers is the probability (or logit) of class 1 of two, or with
            ``confidence`` that of the answer.
        logits: whether they are logits.
        truth: the column of labels, or the columns of votes (or distributions).
        votes: whether the truth is votes or distributions, not labels.
        slices, weight: columns of groups to compare, and of row weights.
        sliced: the slices by which rows are compared: each one column, or several.
        classes: names of the classes, where columns or labels name them.
        positive: of a single column, the label whose probability it holds, where a name or the rows tell.
        from_one: whether the columns are numbered from 1.
        separate_truth: whether the truth is in a file of its own.
        group: column of groups of rows that are not independent.
        confidence: whether the prediction is the confidence of an answer, and the truth whether it was right.
        answer: with ``confidence``, the column of answers, which are right where they equal the truth; None where the
            truth itself says whether the answer was right.
        coding: how labels become classes; None: they are 0..K-1.
        notes: what was decided by what the columns hold, and how to decide otherwise.
    """

    predictions: tuple[str, ...]
    logits: bool
    truth: tuple[str, ...]
    votes: bool
    slices: tuple[str, ...] = ()
    sliced: tuple[tuple[str, ...], ...] = ()
    weight: str | None = None
    classes: tuple[str, ...] | None = None
    positive: str | None = None
    from_one: bool = False
    separate_truth: bool = False
    group: str | None = None
    confidence: bool = False
    answer: str | None = None
    coding: Coding | None = None
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read from the file of the predictions."""
        truth = () if self.separate_truth else self.truth
        others = (name for name in (*self.slices, self.weight, self.group, self.answer) if name)
        return tuple(dict.fromkeys((*self.predictions, *truth, *others)))
