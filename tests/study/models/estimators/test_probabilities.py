import numpy as np

from onewarm.study.models.estimators.probabilities import SMALLEST, log_probabilities


def test_columns_go_to_their_classes_and_zero_is_finite():
    p = np.array([[0.2, 0.8], [0.0, 1.0]])
    logits = log_probabilities(p, np.array([2, 0]), 3)
    np.testing.assert_allclose(np.exp(logits), [[0.8, SMALLEST, 0.2], [1.0, SMALLEST, SMALLEST]])
    assert np.isfinite(logits).all()
