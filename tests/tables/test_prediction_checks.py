"""What is wrong with predictions is said by file, row, column and value, with the likely cause; good ones have none."""

import numpy as np
import pytest

from onewarm.tables.prediction_checks import mended, prediction_fault, told
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
            [[0.75, 0.25], [1.25, -0.25]],
            {"names": ("prob",)},
            "row 12, column 'prob' is -0.25: probabilities are within 0..1; are these logits? pass them with --logits",
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


def mend(values, names=("p0", "p1", "p2"), unit=0.0, **options):
    return mended(AT, names, np.array(values), logits=False, normalize=False, unit=unit, **options)


def test_values_beyond_0_and_1_by_rounding_are_clipped_and_their_rows_counted():
    values, changes = mend([[1 + 1e-10, -1e-10, 0], [-1e-7, 0.5, 0.5], [0.2, 0.3, 0.5]])
    assert values.min() == 0 and values.max() == 1 and changes == {"clipped": 2}
    with pytest.raises(ValueError, match=r"row 11, column 'p1' is -0\.01: probabilities are within 0\.\.1"):
        mend([[0.51, -0.01, 0.5]])


@pytest.mark.parametrize("digits", [2, 3, 4])
@pytest.mark.parametrize("k", [3, 30, 300])
def test_rows_rounded_to_any_digits_are_divided_by_their_sum(digits, k):
    """Two decimals of three classes sum to 1.01, and were refused."""
    p = np.random.default_rng(0).dirichlet(np.ones(k), 200).round(digits)
    off = np.abs(p.sum(axis=1) - 1) > 1e-3
    if off.any():
        values, changes = mend(p, names=tuple(f"p{i}" for i in range(k)), unit=10.0**-digits)
        assert changes == {"divided": off.sum()}
        np.testing.assert_allclose(values[off].sum(axis=1), 1)
        np.testing.assert_array_equal(values[~off], p[~off])


def test_a_row_beyond_rounding_is_refused_and_one_decimal_is_no_rounding():
    with pytest.raises(ValueError, match=r"row 11, columns 'p0'..'p2' sum to 1\.02, not 1"):
        mend([[0.34, 0.34, 0.34]], unit=0.01)
    with pytest.raises(ValueError, match=r"sum to 0\.9, not 1"):
        mend([[0.3, 0.3, 0.3]], unit=0.1)


def test_confidences_out_of_range():
    with pytest.raises(ValueError, match="row 12, column 'conf' is 93: these are percentages; divide by 100"):
        mend([0.5, 93.0], names=("conf",))
    with pytest.raises(ValueError, match=r"row 12, column 'conf' is -2: confidences are within 0\.\.1"):
        mend([0.5, -2.0], names=("conf",))


def test_what_was_done_is_told_with_how_many_rows():
    assert told("skipped", 1, 0) == "1 row with a missing value was left out."
    assert told("skipped", 1234, 0) == "1,234 rows with a missing value were left out."
    assert told("divided", 2, 0.01).startswith("2 rows summed to 1 within the rounding of numbers to 0.01")
    assert told("clipped", 2, 0).startswith("2 rows held a probability beyond 0..1")
