"""The reliability diagrams of an audit against the same written out from the rows."""

import numpy as np
import pytest
from scipy import stats

from onewarm.audit.diagrams import diagrams
from onewarm.calibration.defaults import BINS, LEVEL
from onewarm.calibration.summary.summary import CalibrationSummary


@pytest.fixture
def rows():
    """Probabilities (500, 3) and labels that are right less often."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1.0, 1.0, 1.0], 500)
    return p, np.array([rng.choice(3, p=0.7 * row + 0.1) for row in p])


def bin_of(confidence, bins=BINS):
    return np.ceil(confidence * bins).astype(int) - 1


def test_a_diagram_of_all_rows_and_one_of_the_rows_predicted_as_each_class(rows):
    p, labels = rows
    made = diagrams(CalibrationSummary(3, classwise=True).update(p, labels), ("x", "y", "z"))
    assert [d["of"] for d in made] == ["all", "class x", "class y", "class z", "answer x", "answer y", "answer z"]
    confidence, top = p.max(axis=1), p.argmax(axis=1)
    made = made[:1] + made[4:]
    for diagram, chosen in zip(made, [top >= 0, top == 0, top == 1, top == 2], strict=True):
        for b, told in enumerate(diagram["bins"]):
            inside = chosen & (bin_of(confidence) == b)
            assert (told["lower"], told["upper"], told["count"]) == (b / BINS, (b + 1) / BINS, inside.sum())
            if inside.any():
                right = (top == labels)[inside]
                assert told["confidence"] == pytest.approx(confidence[inside].mean())
                assert told["accuracy"] == pytest.approx(right.mean())
                wilson = stats.binomtest(int(right.sum()), len(right)).proportion_ci(LEVEL, "wilson")
                assert told["interval"] == pytest.approx([wilson.low, wilson.high])
            else:
                assert told["confidence"] is told["accuracy"] is told["interval"] is None


def test_more_than_100_classes_have_one_diagram():
    p = np.full((4, 101), 1 / 101)
    summary = CalibrationSummary(101, classwise=True).update(p, np.arange(4))
    assert len(diagrams(summary, tuple(map(str, range(101))))) == 1


def check_bins_of(diagram, p, happened, weights):
    for b, told in enumerate(diagram["bins"]):
        inside = bin_of(p) == b
        w = weights[inside]
        assert told["count"] == inside.sum()
        assert told["confidence"] == pytest.approx(np.average(p[inside], weights=w))
        assert told["accuracy"] == pytest.approx(np.average(happened[inside], weights=w))


def test_two_classes_have_a_diagram_of_the_event_over_0_to_1():
    """P(y = 1) eight points too high everywhere was nowhere to be seen: the top label alone had a diagram."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.0, 1.0, 5000)
    y = (rng.random(5000) < p - 0.08).astype(int)
    w = rng.integers(1, 4, 5000).astype(float)
    summary = CalibrationSummary(2, classwise=True).update(p, y, weights=w)
    made = {d["of"]: d for d in diagrams(summary, ("no", "yes"))}
    assert list(made) == ["all", "event", "answer no", "answer yes"]
    event = made["event"]
    assert (event["title"], event["predicted"], event["observed"]) == ("P(y = yes)", "P(y = yes)", "share of yes")
    check_bins_of(event, p, y, w)
    assert all(b["confidence"] > b["interval"][1] for b in event["bins"][3:])
    curve = np.interp([0.3, 0.5, 0.7], event["isotonic"]["x"], event["isotonic"]["y"])
    assert curve == pytest.approx([0.22, 0.42, 0.62], abs=0.05)
    n = w.sum() ** 2 / (w**2).sum()
    inside = bin_of(p) == 7
    effective = n * w[inside].sum() / w.sum()
    share = np.average(y[inside], weights=w[inside])
    z = stats.norm.ppf((1 + LEVEL) / 2)
    middle = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    assert np.mean(event["bins"][7]["interval"]) == pytest.approx(middle)


def test_each_of_several_classes_has_a_diagram_of_its_probability(rows):
    p, labels = rows
    made = diagrams(CalibrationSummary(3, classwise=True).update(p, labels), ("x", "y", "z"))
    y = next(d for d in made if d["of"] == "class y")
    few = [b for b in y["bins"] if b["count"]]
    assert sum(b["count"] for b in few) == 500
    mean = sum(b["count"] * b["confidence"] for b in few) / 500
    assert mean == pytest.approx(p[:, 1].mean())
    assert sum(b["count"] * b["accuracy"] for b in few) / 500 == pytest.approx((labels == 1).mean())
    assert y["smooth"] is None and (y["predicted"], y["observed"]) == ("P(y)", "share of y")


def test_events_have_one_diagram():
    summary = CalibrationSummary().update(np.array([0.2, 0.9]), np.array([0, 1]))
    assert [d["of"] for d in diagrams(summary, ())] == ["all"]


@pytest.mark.parametrize(("bins", "of_classes"), [(25, 24), (100, 60), (10, 10)])
def test_another_number_of_bins(rows, bins, of_classes):
    p, labels = rows
    made = diagrams(CalibrationSummary(3, classwise=True).update(p, labels), ("x", "y", "z"), bins)
    assert [len(d["bins"]) for d in made] == [bins] + 6 * [of_classes]
