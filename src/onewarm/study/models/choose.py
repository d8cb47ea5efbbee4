"""Which model of a study an argument names: one of ours, or an estimator."""

from __future__ import annotations

import difflib
import inspect
from typing import Any

from onewarm.errors import InputError
from onewarm.study.models.estimators.estimator import Estimator
from onewarm.study.models.model import Model
from onewarm.study.models.python_file import from_python_file, is_python_file
from onewarm.study.models.training import Perceptrons, Training
from onewarm.study.models.user_errors import user_code

NAMES = ("mlp", "hist-gradient-boosting")

EXPECTED = f"expected {', '.join(map(repr, NAMES))}, or a scikit-learn, LightGBM or XGBoost estimator"


def choose(model: Any, training: Training, *, key: str | None = None) -> Model:
    """The model of a study.

    Args:
        model: a name of `NAMES`, or `FILE.py:NAME`; an estimator or its class; a `Model`.
        training: hyperparameters of our own network, and of a module.
        key: the user's name for a model of theirs.

    Raises:
        InputError: for anything else.
    """
    if isinstance(model, str):
        if not is_python_file(model):
            return _named(model, training)
        model = from_python_file(model)
    if isinstance(model, Model):
        return model
    if inspect.isfunction(model) and not inspect.signature(model).parameters:
        with user_code(f"your function {model.__name__}"):
            made = model()
        if _is_estimator(made):
            model = made
    if _is_estimator(model):
        return Estimator(model, key)
    raise InputError(f"model is {model!r}: {EXPECTED}")


def _is_estimator(model: Any) -> bool:
    return hasattr(model, "predict_proba") or (hasattr(model, "fit") and hasattr(model, "get_params"))


def _named(name: str, training: Training) -> Model:
    if name == "mlp":
        return Perceptrons(training)
    if name == "hist-gradient-boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        return Estimator(HistGradientBoostingClassifier())
    near = difflib.get_close_matches(name.strip().lower().replace("_", "-"), NAMES, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError(f"no model {name!r}{hint}: {EXPECTED}")
