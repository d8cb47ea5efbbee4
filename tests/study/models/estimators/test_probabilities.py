import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.study.models.estimators.probabilities import SMALLEST, columns_of, log_probabilities


def test_columns_go_to_their_classes_and_zero_is_finite():
    p = np.array([[0.2, 0.8], [0.0, 1.0]])
    logits = log_probabilities(p, 2, np.array([2, 0]), 3)
    np.testing.assert_allclose(np.exp(logits), [[0.8, SMALLEST, 0.2], [1.0, SMALLEST, SMALLEST]])
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("p", "error"),
    [
        (
            [[0.5, 0.5]],
            r"^predict_proba of Own gave the shape \(1, 2\) for 1 rows: expected \(1, 3\), a column for each",
        ),
        ([0.2, 0.8, 0.0], r"^predict_proba of Own gave the shape \(3,\) for 3 rows: expected \(3, 3\), a column"),
        (np.zeros((0, 3)), r"^predict_proba of Own gave the shape \(0, 3\) for 1 rows: expected \(1, 3\), a column"),
        (
            [[0.2, 0.3, 0.5], [0.9, 0.9, 0.9]],
            r"^predict_proba of Own gave row 2 of 2 .*, sum 2\.7 instead of 1$",
        ),
        ([[np.nan, 0.5, 0.5]], r"^predict_proba of Own gave row 1 of 1 numbers .*, sum nan instead of 1$"),
        (
            [[-0.1, 0.6, 0.5]],
            r"^predict_proba of Own gave row 1 of 1 numbers that are no probabilities: each",
        ),
    ],
)
def test_what_is_no_distribution_is_refused(p, error):
    """Rows that summed to 2.7 were taken as if they had been divided by it."""
    with pytest.raises(InputError, match=error):
        log_probabilities(np.array(p), max(1, len(p)), np.arange(3), 3, "Own")


@pytest.mark.parametrize("classes", [["a", "b"], [0, 3], [0, 0], [0.0, 1.0], [-1, 1]])
def test_classes_that_are_not_those_of_the_labels_are_none(classes):
    fitted = type("Fitted", (), {"classes_": np.array(classes)})
    assert columns_of(fitted, 3) is None and columns_of(object(), 3).tolist() == [0, 1, 2]
