"""The arm that trains on mixtures of two rows."""

from __future__ import annotations

from onewarm.study.arms.recipe import Recipe, between

MIXUP = Recipe(
    "mixup",
    "Mixup",
    "mixtures of two rows of the batch, features and targets alike, by a share drawn from Beta(B, B)",
    "x = l x_i + (1 - l) x_j, t = l onehot(y_i) + (1 - l) onehot(y_j), l ~ Beta(B, B)",
    "Zhang, Cisse, Dauphin and Lopez-Paz, mixup: Beyond Empirical Risk Minimization, ICLR 2018",
    "mixup:0.2",
    (between("B", "a parameter", 0.01, 100),),
    other_names=("mix",),
    mixup=True,
    targets_only=False,
)
RECIPES = (MIXUP,)
