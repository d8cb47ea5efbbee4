"""Arms that spread a class's mass as a model confuses it: from a matrix, or from this run's own last epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import Array
from onewarm.study.arms.recipe import SHARE, Context, Numbers, Recipe, first_number, like, to_numpy
from onewarm.target import SoftTarget, smooth


def confusion_matrix(probabilities: Any, labels: Any, num_classes: int) -> NDArray[np.float64]:
    """How a model confuses the classes: ``C[y] = (1/K + sum_(i: y_i = y) p_i) / (1 + n_y)``, rows of sum 1.

    The mean prediction for the rows of each class, with one more row of the uniform prediction, so that a class of few
    rows, or of none, has a row too. To leak nothing, the model must not have been trained on these rows, and they must
    not be test rows. A study takes the seed's *validation* rows and the hard model of its training rows: predictions on
    the training rows themselves are sharper than on new ones (at zero training error they confuse nothing), and
    cross-fitting would train further models on fewer rows. The price is that K (K - 1) rates of the validation rows
    enter the target whose training is then stopped on these rows; the test rows never do.

    Args:
        probabilities: (N, K), a model's softmax on rows that it was not trained on.
        labels: (N,) of these rows.
        num_classes: K.

    Returns:
        (K, K) float64, row y the mean prediction where the label is y.

    Example:
        >>> confusion_matrix([[0.8, 0.2], [0.6, 0.4]], [0, 0], 2).round(3).tolist()
        [[0.633, 0.367], [0.5, 0.5]]
    """
    p, y = to_numpy(probabilities).astype(np.float64), to_numpy(labels)
    sums = np.full((num_classes, num_classes), 1 / num_classes)
    np.add.at(sums, y, p)
    sums /= sums.sum(1, keepdims=True)
    return sums


def confused_with(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """Class-conditional smoothing: ``t = (1 - a) onehot(y) + a c_y``, ``c_yk = C_yk / (1 - C_yy)``, 0 at k = y.

    The label keeps 1 - a, and the rest is shared as a hard model shares what it does not give to the label.

    Source: Liu and JaJa, "Class-Similarity Based Label Smoothing for Confidence Calibration", ICANN 2021.
    """
    others = np.where(np.eye(num_classes, dtype=bool), 0.0, to_numpy(context.confusion).astype(np.float64))
    total = others.sum(1, keepdims=True)
    nobody = (1 - np.eye(num_classes)) / max(num_classes - 1, 1)  # a class that is never confused: all alike
    rows = np.where(total > 0, others / np.where(total > 0, total, 1.0), nobody)
    return smooth(labels, numbers[0], num_classes=num_classes, prior=like(labels, rows))


def of_last_epoch(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """Online label smoothing: ``t = (1 - a) onehot(y) + a S_y``, S of `new_table`; uniform before the first epoch's.

    Source: Zhang et al., "Delving Deep into Label Smoothing", IEEE Transactions on Image Processing 30, 2021.
    """
    uniform = np.full((num_classes, num_classes), 1 / num_classes)
    table = uniform if context.table is None else to_numpy(context.table).astype(np.float64)
    return smooth(labels, numbers[0], num_classes=num_classes, prior=like(labels, table))


def new_table(probabilities: Any, labels: Any, num_classes: int) -> Any:
    """Online label smoothing's table: row y is the mean prediction of the rows of class y that were classified right.

    Args:
        probabilities: (..., N, K) tensor: an epoch's predictions. Leading axes are models, each with a table.
        labels: (..., N).
        num_classes: K.

    Returns:
        (..., K, K), of the dtype of `probabilities`; a class of which no row was right has the uniform row.

    Source: Zhang et al., IEEE Transactions on Image Processing 30, 2021.
    """
    right = (probabilities.argmax(-1) == labels)[..., None]
    classes = labels.new_tensor(range(num_classes))
    of_class = ((labels[..., None] == classes) & right).to(probabilities.dtype)  # (..., N, K)
    sums = of_class.transpose(-1, -2) @ probabilities
    counts = of_class.sum(-2)[..., None]
    rows = sums / counts.clamp(min=1)
    return rows + (counts == 0).to(rows.dtype) / num_classes


CONFUSION = Recipe(
    "confusion",
    "Class-conditional label smoothing",
    "a share ALPHA moved to the classes that a hard model confuses with the label, in proportion, on validation rows",
    "t = (1 - a) onehot(y) + a c_y, c_yk = C_yk / (1 - C_yy) for k other than y, C the confusion matrix",
    "Liu and JaJa, Class-Similarity Based Label Smoothing for Confidence Calibration, ICANN 2021, with the confusion "
    "matrix for similarity",
    "confusion:0.1",
    (SHARE,),
    other_names=("class-conditional", "class", "similarity"),
    needs=frozenset({"confusion"}),
    alpha=first_number,
    target=confused_with,
)
ONLINE = Recipe(
    "online",
    "Online label smoothing",
    "a share ALPHA moved to the mean prediction of the last epoch for the rows of the label that were right",
    "t = (1 - a) onehot(y) + a S_y, S_y = mean of p over the rows of class y classified right",
    "Zhang, Jiang, Hou, Wei, Han, Li and Cheng, Delving Deep into Label Smoothing, IEEE Transactions on Image "
    "Processing 30, 2021",
    "online:0.5",
    (SHARE,),
    other_names=("ols", "online-smoothing"),
    alpha=first_number,
    target=of_last_epoch,
    online=True,
    targets_only=False,
)
RECIPES = (CONFUSION, ONLINE)
