import numpy as np
import pytest

from onewarm.calibration import CalibrationSummary
from onewarm.calibration.metrics import confidence_gap, mean_confidence
from onewarm.study.verdict.suggestion import suggest


def study(study_of, gap, confidence=0.8, n=10, **options):
    rng = np.random.default_rng(0)
    values = {"confidence_gap": (gap + 0.01 * rng.normal(size=n)).tolist(), "mean_confidence": [confidence] * n}
    return study_of({"hard": values}, **options)


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_suggestion_undoes_an_overconfidence_of_smoothing_away(study_of, classes, alpha):
    """The optimum of smoothing by alpha is exactly as much less confident as the suggestion for its inverse says."""
    rng = np.random.default_rng(1)
    pi = rng.dirichlet(np.ones(classes), 2000)
    truth, smooth = (CalibrationSummary().update(p, pi) for p in (pi, (1 - alpha) * pi + alpha / classes))
    gap = confidence_gap(truth) - confidence_gap(smooth)
    found = suggest(study(study_of, gap, mean_confidence(truth)), "hard", classes)
    assert found.alpha == pytest.approx(alpha, abs=0.02)


@pytest.mark.parametrize(("gap", "why"), [(0.0, "no clear overconfidence"), (-0.1, "underconfident already")])
def test_hard_labels_where_nothing_is_overconfident(study_of, gap, why):
    found = suggest(study(study_of, gap), "hard", 10)
    assert found.alpha == 0 and why in found.because


def test_bounds(study_of):
    assert suggest(study(study_of, 0.7), "hard", 10).alpha == 0.5
    assert suggest(study(study_of, 0.1, 0.5), "hard", 2).alpha == 0.5
    assert "it takes 2 seeds" in suggest(study(study_of, 0.7, n=1), "hard", 10).because
    assert suggest(study(study_of, 0.0005, sampling="resplit"), "hard", 10).alpha == 0
