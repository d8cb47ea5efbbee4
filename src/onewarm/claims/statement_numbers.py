"""Results that a claim's statement names: each is given by an expression, and agrees with it to the digits typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

import onewarm as ow

if TYPE_CHECKING:
    from onewarm.claims.ledger import Claim

__all__ = ["undeclared_numbers", "wrong_numbers"]

_DECIMAL = re.compile(r"(?<![\w.])\d*\.\d+(?!\w|\.\d)")


def undeclared_numbers(claim: Claim) -> Iterator[str]:
    """Decimals of title and statement that are neither settings, that is numbers of the formula, the scope or the
    predictions, nor declared in `numbers`; and those of `numbers` that are not in title and statement."""
    said = _DECIMAL.findall(f"{claim.title} {claim.statement}")
    texts = [claim.formula, claim.scope, *(str(v) for p in claim.predictions for v in p.model_dump().values())]
    given = {float(number) for number in _DECIMAL.findall(" ".join(texts))}
    for number in dict.fromkeys(said):
        if float(number) not in given and number not in claim.numbers:
            yield f"statement: the number {number} is typed; add it under numbers, with the expression that gives it"
    for number in claim.numbers:
        if number not in said:
            yield f"numbers: {number} is not in the statement; remove it, or write it there"


def wrong_numbers(claim: Claim, measured: Mapping[str, float]) -> Iterator[str]:
    """Numbers of the statement that are not what their expressions give, rounded as they are typed.

    An expression is Python over `ow`, `np` and what the claim's witness has `measured`, by name.
    """
    for number, expression in claim.numbers.items():
        value = float(eval(expression, {"ow": ow, "np": np, **measured}))
        if f"{value:.{len(number.partition('.')[2])}f}" != number:
            yield f"the statement says {number}, and {expression} is {value:.6g}"
