"""The logit demo in a real browser: what is seen at every width and in both themes, and every control."""

import pytest

pytestmark = pytest.mark.browser

ORIGIN = {"logits": [3, 1, -0.5, -1], "classes": ["cat", "dog", "fox", "owl"], "label": 0, "alpha": 0.1}


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def logit(tab, name: str):
    return tab.get_by_role("slider", name=f"logit of {name}")


def test_the_gap_spans_from_the_bars_end_to_the_tick(show) -> None:
    tab = show({"logits": [0, 2, 0.5, -1], "label": 2, "alpha": 0.3})
    for row in tab.locator(".row[data-pull]").all():
        bar, gap, tick = (row.locator(f".{name}").bounding_box() for name in ("bar", "gap", "tick"))
        ends = sorted([bar["x"] + bar["width"], tick["x"] + tick["width"] / 2])
        assert [gap["x"], gap["x"] + gap["width"]] == pytest.approx(ends, abs=0.6)


def test_the_table_follows_a_change_and_the_change_is_announced(show) -> None:
    tab = show()
    assert tab.locator(".sr[role=status]").inner_text() == ""
    logit(tab, "dog").press("PageUp")
    cell = tab.locator(".stage > .numbers tbody tr").nth(1).locator("td").first
    cell.filter(has_text="2.0000").wait_for(state="attached")
    tab.locator(".sr[role=status]").filter(has_text="Loss 0.").wait_for(state="attached")


@pytest.mark.parametrize("width", [360, 600, 1040, 1500])
def test_no_width_overflows_or_shrinks_the_text(show, study, width: int) -> None:
    names = [
        "an unreasonably-long-name-without-an-end-in-sight",
        "قطة",
        "<script>alert(1)</script>",
        "owl",
        "",
        "a",
        "b",
        "c",
    ]
    tab = show({"classes": names, "logits": [3, 1, -0.5, -1, 0, 2, -4, 5], "calibration": study}, width=width)
    tab.get_by_text("The same picture as a table").click()
    tab.locator(".calibration").scroll_into_view_if_needed()
    assert tab.evaluate("() => document.documentElement.scrollWidth") == width
    smallest = """() => {
      const texts = [...document.querySelector(".onewarm-logit-demo").shadowRoot.querySelectorAll("*")]
        .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
      return Math.min(...texts.map(node => {
        const chart = node.ownerSVGElement;
        const shrunk = chart ? chart.getBoundingClientRect().width / chart.viewBox.baseVal.width : 1;
        return shrunk * parseFloat(getComputedStyle(node).fontSize); })); }"""
    assert tab.evaluate(smallest) >= 12


ROOT = "document.querySelector('.onewarm-logit-demo').shadowRoot.querySelector('.root')"


def test_dark_follows_the_page(show) -> None:
    paper = f"() => getComputedStyle({ROOT}).backgroundColor"
    assert show(color_scheme="light").evaluate(paper) == "rgb(255, 255, 255)"
    tab = show(color_scheme="dark")
    assert tab.evaluate(paper) == "rgb(20, 24, 31)"
    tab.evaluate("() => { document.documentElement.style.colorScheme = 'light'; }")
    assert tab.evaluate(paper) == "rgb(255, 255, 255)"  # a page that decides for light, whatever the reader prefers


def test_reduced_motion_glides_nowhere(show) -> None:
    glides = f"() => {{ model.set('state', {{alpha: 0.3}}); return {ROOT}.classList.contains('glide'); }}"
    assert show(reduced_motion="reduce").evaluate(glides) is False
    assert show(reduced_motion="no-preference").evaluate(glides) is True


def test_the_charts_wait_until_they_are_near_the_screen(show, study) -> None:
    tab = show({"calibration": study}, width=360)  # on a phone, the loss lies below the rows and calibration far below
    drawn = tab.locator(".calibration .line")
    tab.locator(".curve.soft[d]").wait_for(state="attached")
    assert drawn.count() == 0
    tab.locator(".calibration").scroll_into_view_if_needed()
    drawn.first.wait_for(state="attached")


def test_every_control_is_reached_and_moved_from_the_keyboard(show, study) -> None:
    tab = show({"calibration": study})
    where = """() => {
      let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      if (!e || e === document.body) return null;
      const name = e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? "";
      return [name, e.value || e.textContent, e.type ?? e.tagName].join("|"); }"""
    seen: list[str] = []
    for _ in range(32):
        tab.wait_for_timeout(0)  # until what the last key changed, or hid, is drawn
        tab.keyboard.press("Tab")
        here = tab.evaluate(where)
        if here is None or here in seen:
            break
        seen.append(here)
        kind = here.rsplit("|", 1)[1]
        before = state(tab)
        if kind == "range":
            tab.keyboard.press("ArrowRight")
            assert state(tab)["alpha"] == 0.11
        elif "|uniform|" in here:
            tab.keyboard.press("ArrowRight")
            assert state(tab)["recipe"] == "prior"
        elif here.startswith("true class"):
            tab.keyboard.press("ArrowDown")
            assert state(tab)["label"] == 1
            tab.keyboard.press("ArrowUp")  # back, or the next Tab would start from that row
        elif here.startswith("logit of"):
            k = ORIGIN["classes"].index(here.split("|")[0].removeprefix("logit of "))
            for key, value in [
                ("ArrowUp", 0.1),
                ("ArrowLeft", 0),
                ("PageUp", 1),
                ("PageDown", 0),
                ("Shift+ArrowRight", 0.01),
                ("Shift+ArrowDown", 0),
            ]:
                start = ORIGIN["logits"][k]
                tab.keyboard.press(key)
                assert state(tab)["logits"][k] == pytest.approx(start + value), key
            tab.keyboard.press("Home")
            assert state(tab)["logits"][k] == -6
            tab.keyboard.press("End")
            assert state(tab)["logits"][k] == 6
            tab.evaluate("([k, v]) => model.set('state', {logits: model.get('state').logits.with(k, v)})", [k, start])
        elif kind == "select-one":
            tab.keyboard.press("ArrowDown")
            assert state(tab)["pick"] == 0
        elif "|before|" in here:
            tab.keyboard.press("ArrowRight")
            assert state(tab)["view"] == "after"
        elif "Gradient step" in here:
            tab.keyboard.press("Enter")
            assert state(tab)["logits"] != before["logits"]
        elif "Reset" in here:
            tab.keyboard.press("Space")
            assert state(tab)["logits"] == ORIGIN["logits"]
    kinds = [one.rsplit("|", 1)[1] for one in seen]
    assert kinds.count("range") == 2 and kinds.count("radio") == 4 and kinds.count("button") == 6
    assert kinds.count("DIV") == 4 and kinds.count("select-one") == 1 and kinds.count("SUMMARY") == 5


def test_a_logit_is_dragged_and_touches_only_its_own(show) -> None:
    tab = show()
    lane = tab.locator(".row[data-pull] .track.z .lane").nth(2).bounding_box()
    x = lambda z: lane["x"] + lane["width"] * (z + 6) / 12  # noqa: E731
    y = lane["y"] + lane["height"] / 2
    tab.mouse.move(x(-0.5), y)
    tab.mouse.down()
    tab.mouse.move(x(1.0), y + 60, steps=4)
    tab.mouse.move(x(2.0), y + 200)
    assert state(tab)["logits"] == [3, 1, 2, -1]
    tab.mouse.move(x(99), y)
    tab.mouse.up()
    tab.mouse.move(x(0), y)
    assert state(tab)["logits"] == [3, 1, 6, -1] and state(tab)["by"] == "user"


def test_an_axis_widens_for_a_large_logit_and_not_under_the_hand(show) -> None:
    tab = show({"logits": [8, 1, 0, -1000]})
    assert logit(tab, "cat").get_attribute("aria-valuemax") == "1000"
    logit(tab, "owl").press("End")
    assert state(tab)["logits"][3] == 1000
    logit(tab, "owl").press("PageDown")
    assert state(tab)["logits"][3] == 900
    tab.evaluate("model.set('state', {logits: [8, 1, 0, 0]})")
    assert logit(tab, "owl").get_attribute("aria-valuemax") == "1000"
    logit(tab, "owl").blur()
    tab.evaluate("model.set('state', {logits: [7, 1, 0, 0]})")
    assert logit(tab, "owl").get_attribute("aria-valuemax") == "10"
