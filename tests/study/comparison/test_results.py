import numpy as np
import pytest


def test_all_arms_are_compared_on_the_seeds_that_all_have(study_of):
    """The columns of a table were silently means over different seeds."""
    results = study_of(
        {"hard": {"auroc": [0.5, None, 0.7]}, "a": {"auroc": [0.6, 0.9, 0.9]}, "b": {"auroc": [None] * 3}}
    )
    assert results.common("auroc") == [0, 2]
    assert results.mean("hard", "auroc") == pytest.approx(0.6) and results.mean("a", "auroc") == pytest.approx(0.75)
    assert results.mean("b", "auroc") is None and results.estimate("b", "hard", "auroc") == (None, None, 0)
    assert results.estimate("a", "hard", "auroc")[0] == pytest.approx(0.15)


def test_an_infinite_nll_is_not_left_out(study_of):
    """Leaving its seed out would give the arm the mean of its good runs, and take the seed from the others."""
    results = study_of(
        {"hard": {"nll": [1.0, 2.0, 3.0]}, "a": {"nll": [1.0, None, 1.0]}, "b": {"nll": [0.0, 1.0, 2.0]}}
    )
    assert results.common("nll") == [0, 1, 2]
    assert results.mean("a", "nll") is None and results.mean("b", "nll") == 1


def test_models_trained_to_the_end(study_of):
    results = study_of({"hard": {"nll": [1.0, 2.0]}, "a": {"nll": [1.0, 1.0]}}, {"hard": {"nll": [3.0, 5.0]}})
    assert results.values("hard", "nll", "end") == [3, 5] and results.mean("hard", "nll", "end") == 4
    assert not results.has("a", "nll", "end") and results.estimate("a", "hard", "nll", "end") == (None, None, 0)


def test_one_seed_has_a_mean_and_no_error(study_of):
    results = study_of({"hard": {"nll": [1.0]}, "a": {"nll": [0.5]}})
    assert results.estimate("a", "hard", "nll") == (-0.5, None, 1)


def test_shared_rows_are_in_the_error_of_a_difference(study_of):
    rng = np.random.default_rng(0)
    left_out = {arm: rng.normal(1, 0.1, (3, 20)) for arm in ("hard", "a")}
    stopped = {arm: {"nll": v.mean(1).tolist(), "temperature": [1.0, 1.1, 1.2]} for arm, v in left_out.items()}
    results = study_of(stopped, without={arm: {"nll": v.tolist()} for arm, v in left_out.items()}, sampling="fixed")
    _, found, _ = results.estimate("a", "hard", "nll")
    m = left_out["a"].mean(0) - left_out["hard"].mean(0)
    assert found.rows == pytest.approx(19 / 20 * ((m - m.mean()) ** 2).sum()) and found.rows_freedom == 19
    assert results.estimate("a", "hard", "temperature")[1].rows == 0  # of the validation rows
