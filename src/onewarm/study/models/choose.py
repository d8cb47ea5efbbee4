"""Which model of a study an argument names: one of ours, an estimator, a PyTorch module, a function."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from typing import Any

from onewarm.errors import InputError, needs
from onewarm.study.models.estimators.estimator import Estimator
from onewarm.study.models.function import Function
from onewarm.study.models.logistic import GRID
from onewarm.study.models.model import Model
from onewarm.study.models.modules.module import Module
from onewarm.study.models.python_file import from_python_file, is_python_file
from onewarm.study.models.training import Perceptrons, Training
from onewarm.study.models.user_errors import user_code

with needs("onewarm.study", "study"):
    import torch
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

NAMES = ("mlp", "logistic", "hist-gradient-boosting")

EXPECTED = (
    f"expected {', '.join(map(repr, NAMES))}, FILE.py:NAME of one in a file, a factory of a "
    "torch.nn.Module (lambda features, classes: ...), or a scikit-learn, LightGBM or XGBoost estimator"
)


def choose(
    model: Any,
    training: Training,
    *,
    fit: Callable[..., Any] | None = None,
    key: str | None = None,
    device: str | None = None,
) -> Model:
    """The model of a study.

    Args:
        model: a name of `NAMES`, or `FILE.py:NAME`; an estimator or its class; a factory of PyTorch modules, or an
            instance; a `Model`.
        training: hyperparameters of our own network, and of a module.
        fit: a function that trains the model, see `Function`; by default it makes one itself.
        key: the user's name for a model of theirs, and for `fit`.
        device: where PyTorch trains our own network and modules; None is a GPU where that is faster.

    Raises:
        InputError: for anything else.
    """
    if device is not None:
        _check_device(device)
    if isinstance(model, str):
        if fit is not None and model == "mlp":
            return Function(None, fit, key)
        if fit is not None and not is_python_file(model):
            raise InputError(f"fit= trains a model of yours, and model={model!r} is ours: give one, or leave out fit=")
        if not is_python_file(model):
            return _named(model, training, device)
        model = from_python_file(model)
    if isinstance(model, Model):
        return model
    if inspect.isfunction(model) and not inspect.signature(model).parameters:
        with user_code(f"your function {model.__name__}"):
            made = model()
        if _is_estimator(made):
            model = made
    if fit is not None:
        return Function(model, fit, key)
    if _is_estimator(model):
        return Estimator(model, key)
    if callable(model):
        return Module(model, training, device, key)
    raise InputError(f"model is {model!r}: {EXPECTED}")


def _is_estimator(model: Any) -> bool:
    return hasattr(model, "predict_proba") or (hasattr(model, "fit") and hasattr(model, "get_params"))


def _named(name: str, training: Training, device: str | None) -> Model:
    if name == "mlp":
        return Perceptrons(training, device)
    if name == "logistic":
        regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        return Estimator(regression, options=[{"logisticregression__C": c} for c in GRID], original=False)
    if name == "hist-gradient-boosting":
        return Estimator(HistGradientBoostingClassifier())
    near = difflib.get_close_matches(name.strip().lower().replace("_", "-"), NAMES, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError(f"no model {name!r}{hint}: {EXPECTED}")


def _check_device(device: str) -> None:
    """Raises InputError for what PyTorch knows as no device, or does not have here."""
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise InputError(f"device is {device!r}: PyTorch says {str(error).splitlines()[0]!r}; try 'cpu'") from None
