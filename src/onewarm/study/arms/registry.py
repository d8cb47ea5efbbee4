"""The kinds of arms by name. A new one is a `Recipe` in a file of its family, which is listed here."""

from __future__ import annotations

from onewarm.study.arms import confusion, labels, losses, mixup, teacher, votes
from onewarm.study.arms.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.kind: recipe for family in (labels, confusion, votes, mixup, teacher, losses) for recipe in family.RECIPES
}
KINDS = tuple(RECIPES)
