"""A scikit-learn or boosting estimator as a study's model: soft targets by weighted expansion inside fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError, needs
from onewarm.study.arms.arm import Arm
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.each import Job, train_each
from onewarm.study.models.estimators.expansion import expand
from onewarm.study.models.estimators.probabilities import columns_of, log_probabilities, short
from onewarm.study.models.estimators.rounds import rounds, staged
from onewarm.study.models.identity import identity
from onewarm.study.models.model import Curve, Outputs, Run, Trained
from onewarm.study.models.stopping import chosen
from onewarm.study.models.user_errors import user_code
from onewarm.target import SoftTarget

with needs("onewarm.study", "study"):
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter
    from threadpoolctl import threadpool_limits

EARLY_STOPPING = {"early_stopping": False, "n_iter_no_change": None, "early_stopping_rounds": None}
"""Parameters that hold out rows inside fit, and their value that does not."""


class Estimator:
    """An estimator with `fit(X, y, sample_weight=...)` and `predict_proba`, cloned for each run.

    A soft target is weighted rows of hard labels (`expansion`), made inside fit: validation and test rows are never
    expanded. In a Pipeline the steps before the last are fitted on the rows as they are, and the last step on the
    expanded ones. `random_state` is the study's seed. A fit uses one core unless `n_jobs` says otherwise: the study
    uses the others. A boosted model that tells its probabilities round by round is stopped at the round with the
    lowest validation NLL; others have one model. Nothing is held out inside fit.

    With a teacher at temperature T the estimator learns softmax(v / T), and its logits are T log p: so the student's
    logits divided by T are trained, as T^2 H(softmax(v / T), softmax(z / T)) asks.

    Args:
        estimator: an estimator, or a class of one that needs no arguments.
        key: what identifies it in the store; None is its class and parameters.
        options: parameters to try; the run with the lowest validation NLL is taken.
        original: whether it gets the rows as the user gave them, with their columns' names, instead of the study's
            features; by default, a Pipeline does, and one whose `categorical_features` are names of columns.

    Raises:
        InputError: for an estimator that cannot be trained on soft targets, with the remedy.

    Example:
        >>> from sklearn.naive_bayes import GaussianNB
        >>> Estimator(GaussianNB()).name
        'GaussianNB'
    """

    def __init__(
        self,
        estimator: Any,
        key: str | None = None,
        options: Sequence[Mapping[str, Any]] = ({},),
        original: bool | None = None,
    ) -> None:
        if isinstance(estimator, type):
            with user_code(f"model={estimator.__name__}()"):
                estimator = estimator()
        self.estimator = estimator
        self.name = type(estimator).__name__
        self.options = list(options)
        with user_code(f"model={self.name}"):
            _check(estimator)
            self._identity = key or identity(estimator)
            self._original = _names_columns(estimator) if original is None else original

    def describe(self) -> dict[str, Any]:
        """See `Model`."""
        return {
            "network": self.name,
            "estimator": self._identity,
            "targets": "a row for each class with mass, weighted by it, inside fit",
            **({"options": self.options} if len(self.options) > 1 else {}),
        }

    def refuses(self, arm: Arm) -> str | None:
        """See `Model`: it takes targets that are distributions, and nothing that changes the loss or the features."""
        if not arm.changes_loss:
            return None
        return (
            f"{self.name} cannot be trained with the arm {arm.name}, which is not a matter of weighted labels: leave "
            "the arm out, or take model='mlp' or a PyTorch module"
        )

    def train(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        progress: Callable[[float], None] | None = None,
    ) -> list[Trained]:
        """See `Model`."""
        return train_each(runs, splits, num_classes, partial(self._fit, num_classes), progress)

    def _fit(
        self, num_classes: int, job: Job, target: SoftTarget, split: Split, progress: Callable[[float], None]
    ) -> Trained:
        tried = []
        for i, options in enumerate(self.options, 1):
            trained = self._fit_with(options, num_classes, job, target, split)
            tried.append(replace(trained, options=options))
            progress(i / len(self.options))
        best = chosen([_nll(trained.stopped.validation, split.validation.y) for trained in tried])
        return tried[best or 0]

    def _fit_with(
        self, options: Mapping[str, Any], num_classes: int, job: Job, target: SoftTarget, split: Split
    ) -> Trained:
        temperature = job.arm.temperature
        row, label, weight = expand(target.scale(temperature**-2))
        classes, codes = np.unique(label, return_inverse=True)  # XGBoost wants all of 0..k-1
        parts = (split.train, split.validation, split.test)
        with user_code(f"{self.name}, arm {job.arm.name}, seed {job.seed}"), threadpool_limits(1):
            features, last = _parts(self._seeded(job).set_params(**options))
            x = [_rows(part, self._original) for part in parts]
            if features is not None:
                x[0] = features.fit_transform(x[0], split.train.y)
                x[1:] = [features.transform(part) for part in x[1:]]
            whole = len(row) == len(split.train) and bool((row == np.arange(len(row))).all())
            last.fit(x[0] if whole else _take(x[0], row), codes, sample_weight=weight)
            if (known := columns_of(last, len(classes))) is None:
                raise InputError(
                    f"{self.name} has the classes_ {short(last.classes_)}: expected those of the labels that fit was "
                    f"given, whole numbers from 0 to {len(classes) - 1}"
                )

            def logits(p: Any, rows: Rows) -> NDArray[np.float64]:
                probabilities = np.asarray(p, np.float64)
                of_all = log_probabilities(probabilities, len(rows), classes[known], num_classes, self.name)
                return np.asarray(temperature * of_all)

            at = rounds(last)
            if not at:
                return Trained(Outputs(*map(logits, map(last.predict_proba, x), parts)))
            told = [map(logits, staged(last, of, at), repeat(part)) for of, part in zip(x, parts, strict=True)]
            each = zip(*told, strict=True)
            return _stopped(at, each, split)

    def _seeded(self, job: Job) -> Any:
        copy = _copy(self.estimator)
        parameters = copy.get_params(deep=True)
        given: dict[str, Any] = {
            name: job.random_state for name in parameters if _base(name) in ("random_state", "random_seed")
        }
        for name, value in parameters.items():
            base = _base(name)
            means_something_else = (
                base == "n_iter_no_change" and f"{name.removesuffix(base)}early_stopping" in parameters
            )
            if base in EARLY_STOPPING and value not in (None, False) and not means_something_else:
                given[name] = EARLY_STOPPING[base]
        copy.set_params(**given)
        _, last = _parts(copy)
        if type(last).__module__.startswith(("lightgbm", "xgboost")) and last.get_params()["n_jobs"] is None:
            last.set_params(n_jobs=1)  # by itself it takes every core, in each of the study's workers
        if type(last).__module__.startswith("catboost"):
            last.set_params(**_of_catboost(last.get_params(), job.random_state))
        return copy


def _copy(estimator: Any) -> Any:
    """A clone; where scikit-learn's refuses a constructor that changes its arguments, as CatBoost's does, a new one."""
    try:
        return clone(estimator)
    except RuntimeError:
        return type(estimator)(**deepcopy(estimator.get_params(deep=False)))


def _of_catboost(given: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Parameters that CatBoost does not list unless they were given: a seed, one core, and silence."""
    wanted = {
        ("random_seed", "random_state"): ("random_seed", seed),
        ("thread_count",): ("thread_count", 1),
        ("allow_writing_files", "train_dir"): ("allow_writing_files", False),
        ("verbose", "silent", "logging_level", "verbose_eval"): ("logging_level", "Silent"),
    }
    return dict(set_to for names, set_to in wanted.items() if not set(names) & set(given))


def _stopped(
    at: list[int], each: Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]], split: Split
) -> Trained:
    """The model after the round with the lowest validation NLL, and after the last one."""
    train: list[float] = []
    validation: list[float] = []
    for logits in each:
        train.append(_nll(logits[0], split.train.y))
        validation.append(_nll(logits[1], split.validation.y))
        end = Outputs(*logits)
        if validation[-1] == min(validation) and validation.index(validation[-1]) == len(validation) - 1:
            best = end
    return Trained(
        best,
        end,
        steps=at[int(np.argmin(validation))],
        end_steps=at[-1],
        curve=Curve(tuple(at), tuple(train), tuple(validation)),
    )


def _nll(logits: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    of_all = np.logaddexp.reduce(logits, axis=1)
    return float((of_all - logits[np.arange(len(y)), y]).mean())


def _parts(estimator: Any) -> tuple[Any, Any]:
    """The steps before the last one of a pipeline, those of pipelines in it too, or None; and the estimator itself."""
    before: list[tuple[str, Any]] = []
    while isinstance(estimator, Pipeline):
        before += [(f"{len(before) + i}-{name}", step) for i, (name, step) in enumerate(estimator.steps[:-1], 1)]
        estimator = estimator.steps[-1][1]
    return (Pipeline(before) if before else None), estimator


def _rows(rows: Rows, original: bool) -> Any:
    return rows.original if original and rows.original is not None else rows.x


def _names_columns(estimator: Any) -> bool:
    """Whether an estimator may choose columns by their names: a pipeline, or one with names of categorical features."""
    named = getattr(estimator, "categorical_features", None)  # scikit-learn's histograms
    if named is None:
        named = estimator.get_params().get("cat_features")  # CatBoost
    return isinstance(estimator, Pipeline) or (
        isinstance(named, list | tuple | np.ndarray) and any(isinstance(name, str) for name in named)
    )


def _take(x: Any, row: NDArray[np.int64]) -> Any:
    return x.iloc[row] if hasattr(x, "iloc") else x[row]


def _base(name: str) -> str:
    """The parameter's own name, without those of the estimators that it is in."""
    return name.rpartition("__")[2]


def _check(estimator: Any) -> None:
    name = type(estimator).__name__
    for method in ("fit", "get_params", "set_params"):
        if not hasattr(estimator, method):
            raise InputError(f"model={name} has no {method}(): it is no scikit-learn estimator")
    features, last = _parts(estimator)
    said = name if last is estimator else f"{type(last).__name__}, the last step of your {name},"
    if not hasattr(last, "fit"):
        raise InputError(f"model={name} ends with the step {last!r}: expected a classifier")
    for step, transformer in [] if features is None else features.steps:
        if transformer != "passthrough" and not hasattr(transformer, "transform"):
            raise InputError(
                f"the step {step.partition('-')[2]!r} of your {name} has no transform(), which every step but the "
                "last needs: leave it out"
            )
    if not hasattr(last, "predict_proba"):
        remedy = {
            "LinearSVC": "; LogisticRegression is a linear model with probabilities",
            "SGDClassifier": "; with loss='log_loss' it has",
            "Perceptron": "; SGDClassifier(loss='log_loss') is one with probabilities",
        }.get(type(last).__name__, "; a study compares probabilities: give a classifier that has them")
        raise InputError(f"{said} has no predict_proba{remedy}")
    if not has_fit_parameter(last, "sample_weight"):
        newer = " (this version of scikit-learn's has not yet)" if type(last).__name__ == "MLPClassifier" else ""
        raise InputError(
            f"{said} takes no sample_weight in fit{newer}, which soft targets need: give a model that does, such as "
            "LogisticRegression, HistGradientBoostingClassifier or LGBMClassifier, or a function fit=..."
        )
    parameters = last.get_params(deep=True)
    inside = next((key for key in parameters if _base(key) == "cv"), None)
    inside = inside or ("probability" if parameters.get("probability") is True else None)
    if inside is not None:
        calibrates = inside == "probability" or hasattr(last, "calibrated_classifiers_") or "Calibrated" in said
        raise InputError(
            f"{said} cross-validates inside fit ({inside!r}), where several rows are copies of one, so its choice "
            f"would be too optimistic: give the estimator that it {'calibrates' if calibrates else 'chose'}"
        )
