"""The reference of every study: multinomial logistic regression with hard labels, by scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.errors import needs
from onewarm.study.arms.arm import Arm
from onewarm.study.data.splits import Split
from onewarm.study.models.model import Outputs, Run, Trained
from onewarm.study.models.stopping import chosen

with needs("onewarm.study", "study"):
    from scipy.special import log_softmax
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]

GRID = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2)
"""Values of C, the inverse strength of the L2 penalty."""

ITERATIONS = (1_000, 10_000)
"""Of L-BFGS, at most; the second number where the first does not suffice."""


class Logistic:
    """Multinomial logistic regression: min_W  sum_i -log p_{y_i}(x_i) + |W|^2 / (2 C), C by the validation NLL.

    Features are standardised by the training rows. A class without training rows gets the probability 1 / (n + K), as
    by adding one to each count, and the others' are scaled down; where there is one class only, it gets the rest.

    Source: Cox, "The Regression Analysis of Binary Sequences", JRSS B 20(2), 1958; scikit-learn's LogisticRegression.
    """

    name = "logistic"

    def describe(self) -> dict[str, Any]:
        """See `Model`."""
        return {
            "name": "multinomial logistic regression (scikit-learn), hard labels, standardised features",
            "C": list(GRID),
            "chosen": "the C with the lowest validation NLL; of equal ones the smaller",
        }

    def refuses(self, arm: Arm) -> str | None:
        """See `Model`: it is trained with hard labels only."""
        if arm.reference or arm.kind == "hard":
            return None
        return (
            f"logistic regression is the reference and is trained with hard labels, not {arm.name}; leave the arm out"
        )

    def train(
        self,
        runs: list[Run],
        splits: Mapping[int, Split],
        num_classes: int,
        progress: Callable[[float], None] | None = None,
    ) -> Iterator[Trained]:
        """See `Model`; `options` has the chosen C, and `converged` False where L-BFGS did not converge for it."""
        report = progress or (lambda share: None)
        for i, run in enumerate(runs):
            yield _train(splits[run.seed], num_classes, lambda share, i=i: report((i + share) / len(runs)))  # type: ignore[misc]


def _train(split: Split, num_classes: int, progress: Callable[[float], None]) -> Trained:
    scaler = StandardScaler().fit(split.train.x.astype(np.float64))
    parts = [scaler.transform(part.x.astype(np.float64)) for part in (split.train, split.validation, split.test)]
    found = np.unique(split.train.y)
    validation_y = split.validation.y
    outputs: list[Outputs] = []
    converged: list[bool] = []
    nll: list[float] = []
    model = LogisticRegression(warm_start=True)
    for i, c in enumerate(GRID):
        if len(found) > 1:
            model.set_params(C=c)
            converged.append(_fit(model, parts[0], split.train.y))
            seen = [_log_probabilities(model, part) for part in parts]
        else:
            converged.append(True)
            seen = [np.zeros((len(part), 1)) for part in parts]
        outputs.append(Outputs(*(_all_classes(z, found, num_classes, len(parts[0])) for z in seen)))
        nll.append(float(-outputs[-1].validation[np.arange(len(validation_y)), validation_y].mean()))
        progress((i + 1) / len(GRID))
    best = chosen(nll) or 0
    options: dict[str, Any] = {"C": GRID[best]}
    return Trained(outputs[best], options=options if converged[best] else options | {"converged": False})


def _fit(model: Any, x: Floats, y: NDArray[np.int64]) -> bool:
    """Fit from where the model stands; whether L-BFGS has converged. One thread: more change the last bits."""
    with threadpool_limits(1, "blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is asked for, and kept in the run's options
        for most in ITERATIONS:
            model.set_params(max_iter=most).fit(x, y)
            if int(model.n_iter_.max()) < most:
                return True
    return False


def _log_probabilities(model: Any, x: Floats) -> Floats:
    """The log-softmax of the scores: finite where the probability itself is 0, as `predict_log_proba` is not."""
    scores = np.asarray(model.decision_function(x), np.float64)
    if scores.ndim == 1:  # two classes: the log odds of the second
        scores = np.stack([np.zeros_like(scores), scores], axis=1)
    return np.asarray(log_softmax(scores, axis=1), np.float64)


def _all_classes(log_p: Floats, found: NDArray[np.int64], num_classes: int, rows: int) -> Floats:
    """Log probabilities (N, K) from those of the classes that were found among the training rows."""
    if len(found) == num_classes:
        return log_p
    each = 1 / (rows + num_classes)
    whole = np.full((len(log_p), num_classes), np.log(each))
    rest = 1 - each * (num_classes - len(found))
    whole[:, found] = log_p + np.log(rest)
    return whole
