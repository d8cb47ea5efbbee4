"""The kinds of arms as text: for the documentation, and for the command line's help."""

from __future__ import annotations

from onewarm.study.arms.registry import RECIPES


def arms_table() -> str:
    """All kinds of arms as a Markdown table: syntax with an example, what it trains on, equation, source.

    Example:
        >>> print(arms_table().splitlines()[2])
        | `hard` | Hard labels: all mass on the label | `t = onehot(y)` | maximum likelihood |
    """
    rows = ["| arm | trains on | equation | source |", "|---|---|---|---|"]
    for recipe in RECIPES.values():
        example = "" if recipe.example == recipe.syntax else f", such as `{recipe.example}`"
        trains_on = f"{recipe.title}: {recipe.trains_on}"
        rows.append(f"| `{recipe.syntax}`{example} | {trains_on} | `{recipe.equation}` | {recipe.source} |")
    return "\n".join(rows) + "\n"


def arms_help() -> str:
    """All kinds of arms for a terminal, a line each: an example of it, and its title.

    Example:
        >>> print(arms_help().splitlines()[1])
        smooth:0.1            Uniform label smoothing
    """
    width = max(len(recipe.example) for recipe in RECIPES.values()) + 2
    return "\n".join(f"{recipe.example:<{width}}{recipe.title}" for recipe in RECIPES.values())
