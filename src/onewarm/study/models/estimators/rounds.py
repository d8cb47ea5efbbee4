"""The predictions of a boosted model after each of its rounds, so that it can be stopped at its best one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 100
"""A model of more rounds is looked at after this many of them, evenly spaced, the last among them."""


def rounds(fitted: Any) -> list[int]:
    """The rounds after which `staged` can tell a fitted model's probabilities; empty where it cannot.

    These are scikit-learn's boosted models and CatBoost's (`staged_predict_proba`), LightGBM's and XGBoost's.
    """
    total = 0
    if hasattr(fitted, "staged_predict_proba"):
        # Of AdaBoost and gradient boosting the estimators, of histograms `n_iter_`, of CatBoost the trees.
        counts = (getattr(fitted, name, None) for name in ("n_iter_", "tree_count_", "n_estimators_", "estimators_"))
        found = next(count for count in counts if count is not None)
        total = int(found) if np.ndim(found) == 0 else len(found)
    elif _takes(fitted, "num_iteration"):
        total = int(fitted.booster_.current_iteration())
    elif _takes(fitted, "iteration_range"):
        total = int(fitted.get_booster().num_boosted_rounds())
    return sorted({int(at) for at in np.linspace(1, total, min(total, MOST)).round()})


def staged(fitted: Any, x: Any, at: list[int]) -> Iterator[NDArray[np.float64]]:
    """The probabilities (N, classes) of the rows x after each of these rounds, which `rounds` gave."""
    if hasattr(fitted, "staged_predict_proba"):
        wanted = set(at)
        for i, p in enumerate(fitted.staged_predict_proba(x), 1):
            if i in wanted:
                yield np.asarray(p, np.float64)
        return
    for i in at:
        first = {"num_iteration": i} if _takes(fitted, "num_iteration") else {"iteration_range": (0, i)}
        yield np.asarray(fitted.predict_proba(x, **first), np.float64)


def _takes(fitted: Any, name: str) -> bool:
    return name in inspect.signature(fitted.predict_proba).parameters
