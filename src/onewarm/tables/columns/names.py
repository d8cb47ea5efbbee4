"""The usual names of columns, and how a name tells of which class a column is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from onewarm.tables.source import Column

PROBABILITY_NAMES = (
    "probabilities", "probability", "probs", "prob", "proba", "y_prob", "y_proba", "softmax", "p", "pred_prob",
    "pred_proba", "predicted_prob", "predicted_probability", "predicted_probabilities", "prediction_probability",
    "y_pred_prob", "y_pred_proba", "predict_proba", "p_hat", "phat", "score", "scores", "y_score",
)  # fmt: skip
LOGIT_NAMES = ("logits", "logit")
LOG_PROBABILITY_NAMES = (
    "logprobs",
    "log_probs",
    "log_probabilities",
    "logp",
)  # of all classes: logits whose softmax is p
LABEL_NAMES = (
    "label", "labels", "target", "targets", "y", "y_true", "y_test", "truth", "class", "true_label", "true_labels",
    "true", "true_class", "ground_truth", "groundtruth", "gold", "gold_label", "actual", "actuals", "obs", "observed",
    "class_label", "y_actual",
)  # fmt: skip
RARE_LABEL_NAMES = ("species", "outcome", "response", "diagnosis", "reference", "category", "event")
ANSWER_NAMES = (
    "prediction", "predictions", "pred", "preds", "predicted", "predicted_label", "predicted_class", "pred_label",
    "pred_class", "y_pred", "y_hat", "yhat", "prediction_label", "answer", "model_answer", "top_label", "argmax",
    "top1", "top_1", "top1_class", "top1_label", "top1_pred", "predict", "model_prediction", "predicted_answer",
)  # fmt: skip
CONFIDENCE_NAMES = (
    "confidence", "conf", "confidences", "prob_max", "max_prob", "top_prob", "p_max", "pmax", "max_probability",
    "max_confidence", "top1_prob", "top1_confidence", "top1_conf", "top1_score", "top_score",
    "pred_confidence", "prediction_confidence", "confidence_score",
    "msp", "certainty", "verbalized_confidence", "model_confidence", "top_probability", "probability_max",
)  # fmt: skip
CORRECT_NAMES = (
    "correct", "is_correct", "right", "is_right", "hit", "acc", "accuracy", "exact_match", "correctness", "was_correct",
)  # fmt: skip
VOTE_NAMES = ("votes", "counts", "soft_labels")
SLICE_NAMES = ("slice", "group")
WEIGHT_NAMES = ("weight", "weights", "sample_weight")

_WORDS = {
    "probability": "predicted[_ .]?probability|prediction[_ .]?probability|pred[_ .]?proba?|y[_ .]?pred[_ .]?proba?"
    "|predict[_ .]?proba|y[_ .]?proba?|probabilities|probability|probas?|probs?|softmax|prediction|predicted"
    "|y[_ .]?pred|pred|y[_ .]?score|scores?|confidence|conf|p",
    "logit": "logits?|log[_ .]?probs?|log[_ .]?probabilit(?:y|ies)|z",
    "votes": "votes?|counts?",
}
_SURE = re.compile(r"p|prob.*|.*prob.*|softmax|logits?|log.*|z|votes?|counts?")
_EXTRAS = frozenset({"value", "values", "max", "total", "sum", "top", "true", "label", "class", "correct", "min",
                     "mean", "argmax", "entropy", "threshold", "gap", "adj", "adjusted", "std", "pred", "prediction",
                     "confidence", "conf"})  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One column of a family.

    Attributes:
        family: what the names of the family's columns have in common.
        sure: whether that says what it is even where no rows prove it: ``prob_``, not ``pred_``.
        number, label: the column's class, as a number (else None) and as text.
    """

    family: str
    sure: bool
    number: int | None
    label: str


def clean(name: str) -> str:
    """A name as it is compared: ``" Y_True"`` is ``"y_true"``."""
    return name.strip().lower().lstrip(".")


def folded(text: str) -> str:
    """A class's name as names of columns and labels are compared: ``"Iris-setosa"`` is ``"iris_setosa"``."""
    if re.fullmatch(r"[-+]?[\d.]+", text.strip()):
        return text.strip()
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_") or text.strip()


def quoted(name: str) -> str:
    """A name as one writes it after an option."""
    return name if re.fullmatch(r"[-\w.]+", name) else repr(name)


def is_label(name: str) -> bool:
    """Whether a column has a usual name of labels; a prediction's has none."""
    return clean(name) in LABEL_NAMES or clean(name).startswith(("actual_", "actual "))


def usual(columns: Mapping[str, Column], names: tuple[str, ...]) -> list[str]:
    """The columns with one of these names, in the file's order."""
    return [n for n in columns if clean(n) in names]


def member(name: str, kind: Literal["probability", "logit", "votes"]) -> Member | None:
    """The family and class that a column's name tells of; None if it tells of none.

    >>> member("p_2", "probability")
    Member(family='p_', sure=True, number=2, label='2')
    >>> [member(name, "probability").label for name in (".pred_Yes", "cat_proba", "P(y=1)", "3")]
    ['Yes', 'cat', '1', '3']
    """
    text = name.strip()
    words = _WORDS[kind]
    if text.isdecimal():
        return Member("", False, int(text), text) if kind == "probability" else None
    shapes = (
        rf"\.?(?P<word>{words})(?:[\s_.\-]*(?:class|label)[\s_.\-]*|[\s_.\-]*)[(\[]?(?:y\s*=\s*)?(?P<label>\d+)[)\]]?",
        rf"\.?(?P<word>{words})[\s_.\-]+(?P<label>.+)",
        rf"\.?(?P<word>{words})[(\[](?P<label>.+)[)\]]",
        rf"(?P<label>.+?)[\s_.\-]+(?P<word>{words})",
    )
    for shape in shapes:
        match = re.fullmatch(shape, text, re.IGNORECASE)
        if match:
            label, (start, end) = match["label"].strip(), match.span("label")
            numbered = re.fullmatch(r"(?:class|label)?[\s_.\-]*(\d+)", label, re.IGNORECASE)
            number = int(numbered[1]) if numbered else None
            sure = _SURE.fullmatch(match["word"].lower()) is not None
            return Member(f"{text[:start]}|{text[end:]}".lower().rstrip("|"), sure, number, label)
    return None


def is_extra(label: str) -> bool:
    """Whether the rest of a name says that the column belongs to no class, as ``p_value`` and ``prob_max``."""
    return clean(label) in _EXTRAS
