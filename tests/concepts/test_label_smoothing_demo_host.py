"""The logit demo and its host: state, address, calibration reports, and what is hostile or broken in them."""

import numpy as np
import pytest

pytestmark = pytest.mark.browser

ORIGIN = {"logits": [3, 1, -0.5, -1], "classes": ["cat", "dog", "fox", "owl"], "label": 0, "alpha": 0.1}


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def logit(tab, name: str):
    return tab.get_by_role("slider", name=f"logit of {name}")


def to_calibration(tab) -> None:
    tab.locator(".calibration").scroll_into_view_if_needed()


def test_the_address_carries_the_whole_state_to_another_page(show) -> None:
    tab = show()
    assert tab.evaluate("model.get('address') ?? null") is None  # untouched: no address is written
    logit(tab, "fox").press("Shift+ArrowUp")
    tab.get_by_role("slider", name="Smoothing α").press("PageUp")
    tab.get_by_label("true class: dog").check()
    tab.locator("label", has_text="teacher").click()
    tab.get_by_role("combobox", name="Loss along the logit of").select_option(label="owl")
    tab.get_by_role("button", name="Gradient step").click()
    tab.wait_for_timeout(250)
    address, left = tab.evaluate("model.get('address')"), state(tab)
    other = show({"address": "?" + address})
    other.evaluate("model.set('state', {highlight: 'gap'})")
    right = state(other)
    for key in ("logits", "alpha", "label", "recipe", "pick", "view", "loss", "gradient"):
        assert right[key] == left[key], key


HOSTILE = [
    *("", "?", "z", "z=&alpha=&label=&recipe=", "z=1,2", "z=1,2,3,4,5", "z=1,,2,3", "z=1 ,2,3,4 5", "z=0x10,1,2,3"),
    *("z=NaN,1,2,3", "z=Infinity,1,2,3", "z=1e999,0,0,0", "z=" + "9," * 9000, "z=%00%ff%zz", "z=<img src=x onerror=1>"),
    *("alpha=NaN", "alpha=2", "alpha=-1.5", "alpha=__proto__", "__proto__[alpha]=0.3"),
    *("label=-1", "label=4", "label=1.5", "label=cat", "pick=9", "view=../.."),
    *("recipe=__proto__", "recipe=constructor", "recipe=<script>alert(1)</script>"),
]


def test_a_malformed_address_changes_nothing(show) -> None:
    tab = show()
    assert tab.evaluate("texts => texts.map(text => demo.address.parse(text, 4))", HOSTILE) == [{}] * len(HOSTILE)
    assert tab.evaluate("[null, 7, {}, ['z=1,2,3,4']].map(value => demo.address.parse(value, 4))") == [{}] * 4
    tab = show({"address": "z=9,9,9&alpha=0.2&label=77&recipe=<b>"})  # what is valid is taken, the rest left out
    tab.evaluate("model.set('state', {highlight: 'bar'})")
    assert (state(tab)["logits"], state(tab)["alpha"], state(tab)["label"], state(tab)["recipe"]) == (
        ORIGIN["logits"],
        0.2,
        0,
        "uniform",
    )


def test_the_host_moves_the_demo_and_each_change_is_published_once(show, changes) -> None:
    tab = show()
    assert state(tab)["by"] == "start" and state(tab)["loss"] == pytest.approx(0.4063, abs=5e-5)
    patch = {"alpha": 0.2, "label": 1, "pick": 0, "highlight": "gap"}
    assert sorted(changes(tab, patch)) == ["alpha", "label", "state", "state"]
    assert state(tab)["by"] == "host" and state(tab)["logits"] == ORIGIN["logits"]
    assert tab.locator(".root").get_attribute("data-highlight") == "gap"
    invalid = {"highlight": "nonsense", "alpha": "x", "logits": [1, None]}
    assert changes(tab, state(tab), invalid) == ["state", "state"]  # the host's own changes: nothing is published
    tab.evaluate("model.set('state', {highlight: null})")
    assert tab.locator(".root").get_attribute("data-highlight") is None
    for key, value in {"logits": [1, 2, 3], "alpha": 0.4, "label": 2, "recipe": "prior"}.items():
        tab.evaluate("([key, value]) => model.set(key, value)", [key, value])
        assert state(tab)[key] == value
    assert tab.get_by_role("slider", name="logit of").count() == 3  # another number of classes: rebuilt
    tab.evaluate("model.set('address', 'z=0,0,1&alpha=0')")
    assert state(tab)["logits"] == [0, 0, 1]
    assert tab.locator(".readout").inner_text() == f"loss {np.logaddexp.reduce([0, 0, 1]) - 1:.4f}"


def test_each_highlight_names_something_on_the_page(show, study) -> None:
    tab = show({"calibration": study})
    for name in ("logit", "bar", "tick", "gap", "curve", "minimum", "alpha", "calibration"):
        tab.evaluate("name => model.set('state', {highlight: name})", name)
        assert tab.locator(".root").get_attribute("data-highlight") == name
        assert tab.locator(f"[data-object={name}]").count() > 0


def test_a_row_that_is_no_distribution_is_refused_in_words(show) -> None:
    tab = show({"recipe": "prior", "prior": [2, -1, 0, 0]})
    assert "The prior given here is not a distribution over 4 classes" in tab.locator(".why").inner_text()
    tab.evaluate("model.set('prior', [0.4, 0.3, 0.2, 0.1])")
    assert "not a distribution" not in tab.locator(".why").inner_text()
    assert tab.locator(".row[data-pull] .num-t").all_inner_texts() == ["0.940", "0.030", "0.020", "0.010"]


def test_cleanup_leaves_nothing_behind(show) -> None:
    tab = show()
    logit(tab, "cat").press("ArrowUp")
    tab.evaluate(
        "() => { cleanup(); model.set('state', {alpha: 0.5}); model.set('alpha', 0.4); model.set('calibration', 0); }"
    )
    assert tab.locator("main.demo").inner_html() == ""
    assert tab.evaluate("model.get('address')").startswith("z=3.1,1,-0.5,-1&alpha=0.1")  # what was pending was written
    tab.evaluate("() => { window.cleanup = demo.default.render({ model, el: document.querySelector('.demo') }); }")
    assert tab.get_by_role("slider", name="logit of").count() == 4


def test_one_slider_two_verdicts(show, study) -> None:
    tab = show({"calibration": study})
    to_calibration(tab)

    def verdicts() -> list[str]:
        to_calibration(tab)  # the slider that was pressed has scrolled it out of sight
        return [v.split("\n")[-1] for v in tab.locator(".calibration .verdict").all_inner_texts()]

    assert verdicts() == [
        "Smoothing 0.10 lowers ECE by 0.070 [0.060, 0.080].",
        "Smoothing 0.10 raises ECE by 0.130 [0.120, 0.140].",
    ]
    assert tab.locator(".card .subtitle").all_inner_texts() == ["Noisy <b>digits</b>, 20 seeds", "Digits, 20 seeds"]
    assert tab.locator(".card").first.locator("dd").all_inner_texts() == [
        "0.060 [0.050, 0.070]",
        "0.850",
        "0.900",
        "1.40",
    ]
    assert tab.locator(".card").first.locator(".bin:visible").count() == 14  # one bin is empty
    tab.get_by_role("slider", name="Smoothing α").press("End")
    assert verdicts()[0] == "Smoothing 0.20 changes ECE by 0.000 [−0.010, 0.010]: no clear change."
    assert "nearest to your 0.50: 0.20" in tab.locator(".calibration .note").first.inner_text()
    tab.get_by_role("button", name="Go to α = 0.10, where the verdicts are opposite").click()
    assert state(tab)["alpha"] == 0.1
    assert tab.locator(".opposite:focus").inner_text() == "Here the two verdicts are opposite."
    tab.get_by_role("slider", name="Smoothing α").press("Home")
    assert all(v.startswith("Hard targets: the baseline") for v in verdicts())
    tab.evaluate("model.set('state', {alpha: 0.05})")
    tab.locator("label", has_text="after a fitted temperature").click()
    assert verdicts()[0].startswith("After its temperature, smoothing 0.05 changes ECE by +0.001")
    assert state(tab)["view"] == "after"


def test_models_trained_to_the_end_are_shown_beside_on_request(show, study) -> None:
    """They were the only ones, and made smoothing look like a cure for what stopping would have spared."""
    study["overconfident"]["end"] = {k: study["calibrated"][k] for k in ("metrics", "comparisons", "reliability")}
    tab = show({"calibration": study})
    to_calibration(tab)
    verdict = tab.locator(".calibration .verdict").first
    assert verdict.inner_text().endswith("Smoothing 0.10 lowers ECE by 0.070 [0.060, 0.080].")
    tab.locator("label", has_text="trained to the end").click()
    assert state(tab)["view"] == "end"
    assert verdict.inner_text().endswith("Trained to the end, smoothing 0.10 raises ECE by 0.130 [0.120, 0.140].")
    second = tab.locator(".calibration .verdict").nth(1)  # it has no such models: its stopped ones stay
    assert second.inner_text().endswith("Smoothing 0.10 raises ECE by 0.130 [0.120, 0.140].")


def test_without_a_study_the_demo_says_what_would_measure_it(show, study) -> None:
    tab = show({"calibration": None})
    to_calibration(tab)
    tab.get_by_text("No study has run yet").wait_for()
    assert tab.locator(".calibration .verdict").all_inner_texts() == ["Not measured yet."] * 2
    tab.evaluate("data => model.set('calibration', data)", {"overconfident": None, "calibrated": study["calibrated"]})
    assert tab.locator(".calibration .verdict").nth(1).inner_text().endswith("raises ECE by 0.130 [0.120, 0.140].")


BROKEN = [
    *(7, "x", [], {"overconfident": 3}, {"calibrated": {"arms": "hard"}}),
    {"calibrated": {"arms": ["hard", None, "smooth:x"]}},
    {"overconfident": {"arms": ["hard"], "metrics": {"hard": {"ece": {"mean": "0.1"}}}}},
]


def test_a_broken_report_is_no_report(show, study) -> None:
    tab = show({"calibration": study})
    to_calibration(tab)
    for broken in BROKEN:
        tab.evaluate("data => model.set('calibration', data)", broken)
        assert tab.locator(".calibration .verdict").all_inner_texts() == ["Not measured yet."] * 2
