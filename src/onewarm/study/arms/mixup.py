"""The arm that trains on mixtures of two rows."""

from __future__ import annotations

import numpy as np

from onewarm.study.arms.recipe import Number, Recipe

MIXUP = Recipe(
    "mixup",
    "Mixup",
    "mixtures of two rows of the batch, features and targets alike, by a share drawn from Beta(B, B)",
    "x = l x_i + (1 - l) x_j, t = l onehot(y_i) + (1 - l) onehot(y_j), l ~ Beta(B, B)",
    "Zhang, Cisse, Dauphin and Lopez-Paz, mixup: Beyond Empirical Risk Minimization, ICLR 2018",
    "mixup:0.2",
    (Number("B", "a parameter of the beta distribution above 0", lambda b: 0 < b < np.inf),),
    other_names=("mix",),
    mixup=True,
    targets_only=False,
)
RECIPES = (MIXUP,)
