"""A training function of the user's as a study's model: `fit(model, target, data)` trains, the study compares."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import InputError, needs
from onewarm.study.arms.arm import Arm
from onewarm.study.data.splits import Rows, Split
from onewarm.study.models.each import Job, train_each
from onewarm.study.models.estimators.probabilities import columns_of, log_probabilities, short
from onewarm.study.models.identity import identity
from onewarm.study.models.model import Outputs, Run, Trained
from onewarm.study.models.modules.factory import Factory, check_logits, logits_in
from onewarm.study.models.modules.inputs import FORMS, as_columns, features_of, form_of, in_dtype_of
from onewarm.study.models.user_errors import user_code
from onewarm.target import SoftTarget

with needs("onewarm.study", "study"):
    import torch
    from sklearn.base import clone
    from torch import nn

ROWS = 512
"""Rows that a module is asked for at once."""


class Function:
    """A function `fit(model, target, data)` of the user's, called for each run.

    It gets a new `model`, the `SoftTarget` of the training rows (tensors where the model is a PyTorch module, else
    NumPy arrays) and these rows: `data.x` (N, D) float32, `data.original` as they were given, `data.y`. It returns
    the trained model, or None where it trained `model` itself. The random numbers of Python, NumPy and PyTorch are
    seeded before. Of a module `model(x)` are the logits; other models are asked for `predict_proba` (columns in the
    order of `classes_`, where there is one), `predict_log_proba`, or called, for logits, with the rows as `data` has
    them: `data.original` where `fit` read that, else `data.x`. When to stop is the function's own affair: a run has one
    model.

    Args:
        model: what to train: a module or a factory (see `Factory`), an estimator, which is cloned, or None.
        fit: the function.
        key: what identifies both in the store; None is their code and what they use.

    Raises:
        InputError: where `fit` cannot be called.
    """

    def __init__(self, model: Any, fit: Callable[..., Any], key: str | None = None) -> None:
        if not callable(fit):
            raise InputError(f"fit is {fit!r}: expected a function fit(model, target, data)")
        try:
            inspect.signature(fit).bind(None, None, None)
        except TypeError:
            takes = f"{getattr(fit, '__name__', 'fit')}{inspect.signature(fit)}"
            raise InputError(
                f"fit is {takes}: expected a function of three arguments, fit(model, target, data)"
            ) from None
        except ValueError:
            pass  # a function of C, whose signature Python does not know
        self.fit = fit
        self.name = getattr(fit, "__name__", type(fit).__name__)
        self.model = model if model is None or hasattr(model, "get_params") else Factory(model)
        of_model = self.model.identity() if isinstance(self.model, Factory) else identity(model)
        self._identity = key or [identity(fit), of_model]

    def describe(self) -> dict[str, Any]:
        """See `Model`."""
        return {
            "network": f"trained by your function {self.name}",
            "fit": self._identity,
            "predicts": "on the rows that fit read: data.original, or else data.x",
        }

    def check(self, split: Split, num_classes: int) -> None:
        """Make one module, where it trains modules, and call it. Raises InputError where it is not usable."""
        if isinstance(self.model, Factory):
            with torch.random.fork_rng(), user_code(self.model.name):
                form_of(self.model, split.train, num_classes)

    def refuses(self, arm: Arm) -> str | None:
        """See `Model`: the function gets a target, which says nothing of another loss or other features."""
        if not arm.changes_loss:
            return None
        return (
            f"your function {self.name} gets a target, and the arm {arm.name} is more than a target: leave the arm "
            "out, or have the study train your module, without fit="
        )

    def train(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        progress: Callable[[float], None] | None = None,
    ) -> list[Trained]:
        """See `Model`."""
        with torch.random.fork_rng():
            as_labels = torch.from_numpy if isinstance(self.model, Factory) else np.asarray
            return train_each(runs, splits, num_classes, partial(self._fit, num_classes), progress, as_labels)

    def _fit(
        self, num_classes: int, job: Job, target: SoftTarget, split: Split, progress: Callable[[float], None]
    ) -> Trained:
        temperature = job.arm.temperature
        target = target.scale(temperature**-2)
        model = self._new(job, split.train, num_classes)
        torch.manual_seed(job.random_state)
        np.random.seed(job.random_state)
        random.seed(job.random_state)
        what = f"your function {self.name}, arm {job.arm.name}, seed {job.seed}"
        with user_code(what):
            data = TrainingRows(*(getattr(split.train, field.name) for field in fields(Rows)))
            trained = self.fit(model, target, data)
            if trained is None:
                trained = model
            if trained is None:
                raise InputError(f"{what}: returned None, and there was no model to train: return the trained model")
            parts = [split.train, split.validation, split.test]
            if not data.original_was_read:
                parts = [replace(part, original=None) for part in parts]
            return Trained(Outputs(*(temperature * logits(trained, rows, num_classes, self.name) for rows in parts)))

    def _new(self, job: Job, rows: Rows, classes: int) -> Any:
        if isinstance(self.model, Factory):
            x = form_of(self.model, rows, classes)(rows)
            return self.model.make(features_of(x), classes, job.random_state)
        if self.model is None:
            return None
        copy = clone(self.model)
        parameters = copy.get_params(deep=True)
        return copy.set_params(**{name: job.random_state for name in parameters if name.endswith("random_state")})


class TrainingRows(Rows):
    """Rows that know whether `original` was read: a model must predict on the kind of rows that it was trained on."""

    original_was_read = False

    def __getattribute__(self, name: str) -> Any:
        if name == "original":
            object.__setattr__(self, "original_was_read", True)
        return super().__getattribute__(name)


def logits(model: Any, rows: Rows, classes: int, name: str) -> NDArray[np.float64]:
    """The logits (N, K), or log probabilities, of a trained model of any kind on these rows.

    Raises InputError for a model that gives none, and for numbers that are none.
    """
    if isinstance(model, nn.Module):
        return of_module(model, rows, classes, name)
    x = rows.x if rows.original is None else rows.original
    for method in ("predict_proba", "predict_log_proba"):
        if hasattr(model, method):
            given = np.asarray(getattr(model, method)(x), np.float64)
            given = np.exp(given) if method == "predict_log_proba" else given
            if (columns := columns_of(model, classes)) is None:
                raise InputError(
                    f"the model of {name} has the classes {short(model.classes_)}: fit it on data.y, whose classes are "
                    f"0 to {classes - 1} in the report's order"
                )
            return log_probabilities(given, len(rows), columns, classes, f"the model of {name}")
    if callable(model):
        return check_logits(torch.as_tensor(np.asarray(model(x))), len(rows), classes, name).double().numpy()
    raise InputError(
        f"{name} returned a {type(model).__name__}: expected a module, or a model with predict_proba or "
        "predict_log_proba, or a function of the rows that gives logits"
    )


def of_module(module: nn.Module, rows: Rows, classes: int, name: str) -> NDArray[np.float64]:
    """The logits of a trained module, in evaluation mode, on the device where it is."""
    module.eval()
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    refused: Exception | None = None
    for form in (as_columns, *FORMS):
        x = form(rows)
        if x is None:
            continue
        try:
            with torch.no_grad():
                x = in_dtype_of(module, x)
                parts = [logits_in(module(part.to(device))) for part in torch.split(x, ROWS)]
        except (RuntimeError, TypeError, IndexError) as error:
            refused = error
            continue
        return check_logits(torch.cat(parts), len(x), classes, name).double().cpu().numpy()
    assert refused is not None
    raise refused
