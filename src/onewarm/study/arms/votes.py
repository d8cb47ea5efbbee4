"""The arm that trains on the votes of annotators."""

from __future__ import annotations

from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.study.arms.recipe import Context, Numbers, Recipe, like, to_numpy
from onewarm.target import SoftTarget, votes


def shares(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """Each class's share of the votes: ``t_k = n_k / sum_j n_j``; a row without votes has its label.

    Source: Peterson, Battleday, Griffiths and Russakovsky, "Human uncertainty makes classification more robust", ICCV
    2019.
    """
    counts = to_numpy(context.votes).astype(float)
    y = to_numpy(labels)
    if counts.shape != (len(y), num_classes):
        raise InputError(f"votes has shape {counts.shape}: expected {(len(y), num_classes)}, a count for each class")
    none = counts.sum(1) == 0
    counts[none, y[none]] = 1
    return votes(like(labels, counts))


VOTES = Recipe(
    "votes",
    "Annotators' votes",
    "each class's share of the votes of a row; the label where a row has none",
    "t_k = n_k / sum_j n_j",
    "Peterson, Battleday, Griffiths and Russakovsky, Human uncertainty makes classification more robust, ICCV 2019",
    "votes",
    other_names=("annotators", "crowd", "soft-labels"),
    needs=frozenset({"votes"}),
    target=shares,
)
RECIPES = (VOTES,)
