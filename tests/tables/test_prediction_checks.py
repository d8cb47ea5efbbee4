"""What is wrong with predictions is said by file, row, column and value, with the likely cause; good ones have none."""

import numpy as np
import pytest

from onewarm.tables.prediction_checks import prediction_fault
from onewarm.tables.row_checks import Place

AT = Place("a.csv", 10)
P = [[0.25, 0.75], [0.5, 0.5]]


def fault(values, names=("p0", "p1"), logits=False, normalize=False):
    error = prediction_fault(AT, names, np.array(values), logits=logits, normalize=normalize)
    return error and str(error)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (P, {}),
        ([[0.25, 0.7505]], {}),
        ([[3.0, 1.0]], {"normalize": True}),
        ([[3.0, -1e9], [-np.inf, 0.0]], {"logits": True}),
    ],
)
def test_good_rows(values, options):
    assert fault(values, **options) is None


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([P[0], [np.nan, 1]], {}, "row 12, column 'p0' is nan: correct it, or leave such rows out with --skip-missing"),
        ([P[0], [0, np.inf]], {}, "row 12, column 'p1' is inf: probabilities are finite numbers; fix or drop the row"),
        ([[25.0, 75.0], [50, 50]], {}, "row 11, column 'p0' is 25: these are percentages; divide by 100"),
        (
            [P[0], [-1.5, 2.5]],
            {},
            "row 12, column 'p0' is -1.5: probabilities are within 0..1; are these logits? pass them with --logits",
        ),
        ([[2.0, 0.0]], {}, "row 11, column 'p0' is 2: probabilities are within 0..1; are these labels or votes?"),
        (
            [P[0], [0.5, 0.498]],
            {},
            "row 12, columns 'p0'..'p1' sum to 0.998, not 1 (tolerance 0.001): pass --normalize to scale rows, if only "
            "rounding did this",
        ),
        (
            [P[0], [0.0, 0.0]],
            {"normalize": True},
            "row 12, columns 'p0'..'p1' sum to 0, not 1 (tolerance 0.001): leave it out",
        ),
        (
            [[0.0, 0.5]],
            {"names": ("probs",)},
            "row 11, column 'probs' sums to 0.5, not 1 (tolerance 0.001): pass --normalize to scale rows, if only "
            "rounding did this",
        ),
        (
            [[0.0, np.nan, 1.0]],
            {"names": ("probs",)},
            "row 11, column 'probs[1]' is nan: correct it, or leave such rows out with --skip-missing",
        ),
        (
            [[1.0, 0.0], [-92.0, 93.0]],
            {"names": ("prob",)},
            "row 12, column 'prob' is 93: these are percentages; divide by 100",
        ),
        (
            [[0, 1], [np.nan, 1]],
            {"logits": True},
            "row 12, column 'p0' is nan: a logit is a number (or -inf, which masks a class); leave such rows out with "
            "--skip-missing",
        ),
        (
            [[0, np.inf]],
            {"logits": True},
            "row 11, column 'p1' is inf: a logit is a number (or -inf, which masks a class); fix or drop the row",
        ),
        ([[0, 1], [-np.inf, -np.inf]], {"logits": True}, "row 12 is -inf in every class: leave one unmasked"),
    ],
)
def test_bad_rows(values, options, said):
    assert fault(values, **options) == f"a.csv: {said}"
