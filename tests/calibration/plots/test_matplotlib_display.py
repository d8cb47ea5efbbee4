"""The drawing: what is on the axes is the data, in either theme, in our figure or in the caller's."""

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib import colors

matplotlib.use("Agg")

from onewarm.calibration import CalibrationSummary, ReliabilityDisplay
from onewarm.calibration.plots.matplotlib_display import HOW_TO_READ, THEMES, _short


@pytest.fixture(autouse=True)
def close_figures():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_picture_shows_the_data(case, theme, tmp_path):
    display = ReliabilityDisplay.from_predictions(case[0], case[1], logits=True, theme=theme, title="a model")
    data = display.data
    some = data.count > 0
    dots = display.ax_.collections[-1].get_offsets()
    np.testing.assert_allclose(dots, np.stack([data.confidence[some], data.accuracy[some]], axis=1))
    band, whisker = display.ax_.collections[:2]
    edge = band.get_paths()[0].vertices
    assert {tuple(v) for v in np.stack([data.curve.x, data.curve.high], axis=1)} <= {tuple(v) for v in edge}
    np.testing.assert_allclose(display.ax_.lines[0].get_ydata(), data.curve.y)
    whiskers = np.array([path.vertices[:, 1] for path in whisker.get_paths()])
    np.testing.assert_allclose(whiskers, data.interval[some])
    bars = display.ax_.patches
    np.testing.assert_allclose([bar.get_y() for bar in bars], data.confidence[some])
    np.testing.assert_allclose([bar.get_height() for bar in bars], (data.accuracy - data.confidence)[some])
    roles = set()
    for b, bar in zip(np.flatnonzero(some), bars, strict=True):
        inside = data.interval[b, 0] <= data.confidence[b] <= data.interval[b, 1]
        role = "count" if inside else "over" if data.confidence[b] > data.accuracy[b] else "under"
        assert bar.get_facecolor()[:3] == colors.to_rgb(THEMES[theme][role])
        roles.add(role)
    assert len(roles) > 1
    shares = [bar.get_height() for bar in display.counts_ax_.patches]
    np.testing.assert_allclose(shares, data.count / data.rows)
    legend = [text.get_text() for text in display.counts_ax_.get_legend().get_texts()]
    assert legend == [f"accuracy {data.overall_accuracy:.3f}", f"mean confidence {data.mean_confidence:.3f}"]
    assert display.ax_.get_title(loc="left") == "a model"
    display.figure_.savefig(tmp_path / "diagram.png")
    assert colors.to_hex(display.figure_.get_facecolor()) == THEMES[theme]["paper"]


def test_draws_into_the_callers_axes_with_the_callers_colours(case):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, layout="constrained")
    summary = CalibrationSummary().update(case[0], case[1], logits=True)
    first = ReliabilityDisplay.from_summary(summary, bins=40, ax=axes[0], colors={"count": "#123456"})
    assert first.ax_ is axes[0] and first.figure_ is figure
    assert colors.to_hex(first.counts_ax_.patches[0].get_facecolor()) == "#123456"
    figure.draw_without_rendering()
    # Both panels stay in the place that the caller's axes had.
    assert first.counts_ax_.get_position().y1 < axes[0].get_position().y0
    assert first.counts_ax_.get_position().x1 < axes[1].get_position().x0
    free = plt.figure().add_axes((0.2, 0.1, 0.5, 0.8))
    lower = ReliabilityDisplay.from_summary(summary, ax=free).counts_ax_.get_position()
    np.testing.assert_allclose((lower.x0, lower.y0, lower.width), (0.2, 0.1, 0.5))
    assert free.get_position().y0 > lower.y1


def test_it_explains_itself_below_its_own_figure(case):
    import matplotlib.pyplot as plt

    summary = CalibrationSummary().update(case[0], case[1], logits=True)
    display = ReliabilityDisplay.from_summary(summary, explain=True, curve=False)
    text = display.figure_.get_supxlabel()
    assert text.replace("\n", " ") == HOW_TO_READ and len(display.ax_.lines) == 1
    display.figure_.draw_without_rendering()
    shown = display.figure_._supxlabel.get_window_extent()
    assert shown.x0 >= 0 and shown.x1 <= display.figure_.bbox.x1 and shown.y0 >= 0
    assert shown.y1 < display.counts_ax_.get_window_extent().y0
    with pytest.raises(ValueError, match=r"^explain is True, but ax is given"):
        ReliabilityDisplay.from_summary(summary, explain=True, ax=plt.figure().add_subplot())


def test_bins_beyond_twenty_are_not_numbered(case):
    summary = CalibrationSummary().update(case[0], case[1], logits=True)
    few, many = (ReliabilityDisplay.from_summary(summary, bins=bins).counts_ax_ for bins in (15, 50))
    assert len(few.texts) == np.count_nonzero(summary.bins(15)[0])
    assert len(many.texts) == 0


def test_one_row_is_drawn():
    display = ReliabilityDisplay.from_predictions(np.array([[1.0, 0.0]]), np.array([0]))
    display.figure_.draw_without_rendering()


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (1234, "1.2k"), (9960, "10k"), (999_499, "999k"), (999_600, "1.0M"),
     (34_000_000, "34M"), (2_500_000_000, "2.5G")],
)  # fmt: skip
def test_counts_are_short(count, text):
    assert _short(count) == text


def test_errors(case):
    summary = CalibrationSummary().update(case[0], case[1], logits=True)
    with pytest.raises(ValueError) as error:
        ReliabilityDisplay.from_summary(summary, theme="sepia")
    assert str(error.value) == "theme is 'sepia': expected one of ['dark', 'light']"
    with pytest.raises(ValueError) as error:
        ReliabilityDisplay.from_summary(summary, colors={"gap": "red"})
    assert str(error.value) == (
        "colors has ['gap']: expected roles among ['count', 'grid', 'ink', 'muted', 'over', 'paper', 'under']"
    )


def test_matplotlib_is_not_imported_until_something_is_drawn():
    code = "import sys, onewarm.calibration; print('matplotlib' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
