"""Witnesses of code length, stability and convexity fail for a library that is wrong in what they check."""

from collections.abc import Callable

import numpy as np
import pytest

from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.claims.verify import run_witness
from onewarm.claims.witnesses import cross_entropy_rivals

CLAIMS = {c.slug: c for c in load_ledger().values() if c.key.startswith("claim:optimization/cross-entropy/")}


@pytest.mark.parametrize(
    ("slug", "breakage"),
    [
        ("code-length", "loss_slightly_too_large"),
        ("softmax-cancels", "gradient_slightly_off"),
        ("stable-form", "loss_slightly_too_large"),
        ("stable-form", "loss_by_the_naive_formula"),
        ("convex", "gradient_too_large"),
        ("convex", "loss_concave"),
    ],
)
def test_it_fails_when_the_library_is_broken(slug: str, breakage: str, break_library: Callable[[str], None]) -> None:
    break_library(breakage)
    assert status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "refuted"


def test_the_code_is_a_prefix_code_and_comes_back() -> None:
    words = cross_entropy_rivals._codewords([1, 3, 2, 3])
    assert words == ["0", "110", "10", "111"]
    index = {word: k for k, word in enumerate(words)}
    assert cross_entropy_rivals._decode("110" + "0" + "111" + "10", index) == [1, 0, 3, 2]
    assert cross_entropy_rivals._decode("11", index) == []  # a message cut short is not one


def test_fifty_digits_against_a_known_logarithm() -> None:
    found = cross_entropy_rivals._exact(np.zeros(2), np.array([0.5, 0.5]))
    assert str(found).startswith("0.693147180559945309417232121458176568075500134360")
