"""The calibration demo gets the smoothed arms of the two studies, and null where none ran."""

from typing import Any

from onewarm.notebook.page.demo_data import calibration_data


def report(key: str) -> dict[str, Any]:
    arms = ["hard", "smooth:0.1", "prior:0.1"]
    estimate = {"mean": 0.123456789, "interval": [0.1, 0.2], "values": [0.1] * 20}
    side = {"ece": 0.1, "bins": []}
    return {
        "format": 1,
        "dataset": {"key": key, "title": key},
        "arms": arms,
        "seeds": [0, 1],
        "metrics": {arm: {"ece": estimate, "logit_gap": estimate} for arm in arms},
        "metrics_end": {arm: {"ece": {"mean": 0.3, "interval": None}} for arm in arms},
        "comparisons": [{"arm": arm, "baseline": "hard", "metric": m, "mean": mean, "interval": [0, 1], "training": t}
                        for arm in arms[1:] for m in ("ece", "nll") for t, mean in (("stopped", 0.1), ("end", 0.2))],
        "reliability": {arm: {"before": side, "after": side, "temperature": 1.0} for arm in arms},
        "reliability_end": {arm: {"before": side, "after": None, "temperature": 2.0} for arm in arms},
    }  # fmt: skip


def test_no_study() -> None:
    assert calibration_data([]) == {"overconfident": None, "calibrated": None}


def test_by_data_set_without_what_the_demo_does_not_draw() -> None:
    found = calibration_data([report("digits-noisy"), report("blobs")])
    assert found["calibrated"] is None
    part = found["overconfident"]
    assert part["arms"] == ["hard", "smooth:0.1"]
    assert part["metrics"]["hard"] == {"ece": {"mean": 0.12346, "interval": [0.1, 0.2]}}
    assert [(c["arm"], c["metric"], c["mean"]) for c in part["comparisons"]] == [("smooth:0.1", "ece", 0.1)]
    assert set(part["reliability"]) == {"hard", "smooth:0.1"}


def test_the_models_trained_to_the_end_are_apart() -> None:
    """The demo showed only models that were trained far past their best."""
    end = calibration_data([report("digits")])["calibrated"]["end"]
    assert set(end) == {"metrics", "comparisons", "reliability"} and set(end["metrics"]) == {"hard", "smooth:0.1"}
    assert end["metrics"]["hard"]["ece"]["mean"] == 0.3 and end["reliability"]["hard"]["temperature"] == 2.0
    assert [(c["arm"], c["mean"]) for c in end["comparisons"]] == [("smooth:0.1", 0.2)]
    without = report("digits") | {"metrics_end": {}}
    assert calibration_data([without])["calibrated"]["end"] is None
