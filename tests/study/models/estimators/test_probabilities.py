import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.study.models.estimators.probabilities import SMALLEST, log_probabilities


def test_columns_go_to_their_classes_and_zero_is_finite():
    p = np.array([[0.2, 0.8], [0.0, 1.0]])
    logits = log_probabilities(p, np.array([2, 0]), 3)
    np.testing.assert_allclose(np.exp(logits), [[0.8, SMALLEST, 0.2], [1.0, SMALLEST, SMALLEST]])
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("p", "error"),
    [
        ([[0.5, 0.5]], r"^predict_proba of Own gave the shape \(1, 2\): expected 3 columns, one for each class of its"),
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
        log_probabilities(np.array(p), np.arange(3), 3, "Own")
