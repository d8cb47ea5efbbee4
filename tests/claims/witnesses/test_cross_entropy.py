"""Cross-entropy's witnesses fail for a library that is wrong in what they check."""

from collections.abc import Callable

import numpy as np
import pytest

from onewarm.claims.ledger import load_ledger
from onewarm.claims.status import status
from onewarm.claims.verify import run_witness
from onewarm.claims.witnesses import cross_entropy

CLAIMS = {c.slug: c for c in load_ledger().values() if c.key.startswith("claim:optimization/cross-entropy/")}


@pytest.mark.parametrize(
    ("slug", "breakage"),
    [
        ("likelihood", "loss_slightly_too_large"),
        ("likelihood", "labels_off_by_one"),
        ("entropy-and-kl", "loss_slightly_too_large"),
        ("entropy-and-kl", "entropy_in_bits"),
        pytest.param("proper", "gradient_slightly_off", marks=pytest.mark.long),
        ("proper", "loss_slightly_too_large"),
        ("direction", "gradient_slightly_off"),
        ("rows-with-mass", "loss_slightly_too_large"),
        ("rows-with-mass", "padding_counts"),
        ("rows-with-mass", "labels_off_by_one"),
        ("infimum", "loss_slightly_too_large"),
        ("infimum", "loss_with_a_floor"),
        ("infimum", "labels_off_by_one"),
    ],
)
def test_it_fails_when_the_library_is_broken(slug: str, breakage: str, break_library: Callable[[str], None]) -> None:
    break_library(breakage)
    assert status(CLAIMS[slug], run_witness(CLAIMS[slug])) == "refuted"


def test_absolute_error_chooses_the_mode() -> None:
    assert cross_entropy._absolute_misses(np.array([0.5, 0.3, 0.2])) == pytest.approx(0.5)
    assert cross_entropy._absolute_misses(np.array([1.0, 0.0, 0.0])) == 0
