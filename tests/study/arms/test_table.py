import re

from onewarm.study.arms.arm import parse_arm
from onewarm.study.arms.registry import RECIPES
from onewarm.study.arms.table import arms_help, arms_table


def test_the_table_has_a_row_of_four_cells_for_each_kind():
    rows = arms_table().splitlines()[2:]
    assert len(rows) == len(RECIPES)
    for row, recipe in zip(rows, RECIPES.values(), strict=True):
        name, trains_on, equation, source = re.fullmatch(r"\| (.*) \| (.*) \| `(.*)` \| (.*) \|", row).groups()
        assert name.startswith(f"`{recipe.syntax}`") and recipe.example in name
        assert (trains_on, equation, source) == (
            f"{recipe.title}: {recipe.trains_on}",
            recipe.equation,
            recipe.source,
        )
        assert "|" not in name + trains_on + equation + source


def test_the_help_gives_an_arm_of_each_kind_to_copy():
    lines = arms_help().splitlines()
    assert [parse_arm(line.split()[0]).kind for line in lines] == list(RECIPES)
    assert max(map(len, lines)) <= 100
