"""The entropy demo in a real browser: what is seen at every width and in both themes, every control, and its host."""

import numpy as np
import pytest

pytestmark = pytest.mark.browser

CONCEPT = "cross-entropy"
ORIGIN = {"logits": [3, 1, -0.5, -1], "votes": [12, 5, 2, 1], "classes": ["cat", "lynx", "dog", "truck"], "pick": 1}
ROOT = "document.querySelector('.onewarm-entropy-demo').shadowRoot.querySelector('.root')"


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def slider(tab, name: str):
    return tab.get_by_role("slider", name=name)


def test_the_table_follows_a_change_and_the_change_is_announced(show) -> None:
    tab = show()
    assert tab.locator(".sr[role=status]").inner_text() == ""
    slider(tab, "votes for dog").press("PageUp")
    cell = tab.locator(".stage > .numbers tbody tr").nth(2).locator("td").first
    cell.filter(has_text="12").wait_for(state="attached")
    tab.locator(".sr[role=status]").filter(has_text="entropy 1.").wait_for(state="attached")


def test_every_slider_moves_by_drag_and_by_key(show) -> None:
    tab = show()
    track = tab.locator(".track.v.draggable").nth(1).bounding_box()
    tab.mouse.move(track["x"] + 20, track["y"] + track["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(track["x"] + track["width"] / 2, track["y"] + track["height"] / 2)
    tab.mouse.up()
    assert state(tab)["votes"] == [12, 10, 2, 1]
    for name, key, index in (("votes for truck", "votes", 3), ("logit of truck", "logits", 3)):
        for press, move in (("ArrowUp", 1), ("ArrowLeft", -1), ("PageUp", 10), ("PageDown", -10)):
            before = state(tab)[key][index]
            slider(tab, name).press(press)
            unit = 1 if key == "votes" else 0.1
            assert state(tab)[key][index] == pytest.approx(before + move * unit), press
        for press, end in (("End", 20 if key == "votes" else 6), ("Home", 0 if key == "votes" else -6)):
            slider(tab, name).press(press)
            assert state(tab)[key][index] == end


def test_the_last_vote_stays(show) -> None:
    tab = show({"votes": [0, 1, 0, 0]})
    slider(tab, "votes for lynx").press("Home")
    assert state(tab)["votes"] == [0, 1, 0, 0]
    assert slider(tab, "votes for lynx").get_attribute("aria-valuenow") == "1"


def test_a_box_can_be_picked_and_so_can_its_name_in_a_list(show) -> None:
    tab = show()
    tab.locator(".areas .box").nth(2).locator(".paid").click()
    assert state(tab)["pick"] == 2
    tab.locator(".facts dd").first.filter(has_text="3.6688 nats").wait_for()
    assert tab.get_by_label("The surprise of").input_value() == "2"
    tab.get_by_label("The surprise of").select_option("0")
    assert state(tab)["pick"] == 0
    tab.locator(".facts dd").first.filter(has_text="0.1688 nats").wait_for()


@pytest.mark.parametrize("width", [360, 600, 1040, 1500])
def test_no_width_overflows_or_shrinks_the_text(show, width: int) -> None:
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
    model = {
        "classes": names,
        "logits": [3, 1, -0.5, -1, 0, 2, -4, 5],
        "votes": [3, 4, 5, 0, 2, 1, 0, 9],
        "unit": "bits",
    }
    tab = show(model, width=width)
    tab.get_by_text("The same picture as a table").click()
    tab.locator(".price-pane").scroll_into_view_if_needed()
    assert tab.evaluate("() => document.documentElement.scrollWidth") == width
    tab.evaluate("model.set('state', {logits: [3e5, -8e5, 20, 5, 0, 0, 0, 0]})")
    assert tab.evaluate("() => document.documentElement.scrollWidth") == width
    smallest = """() => {
      const texts = [...document.querySelector(".onewarm-entropy-demo").shadowRoot.querySelectorAll("*")]
        .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
      return Math.min(...texts.map(node => {
        const chart = node.ownerSVGElement;
        const shrunk = chart ? chart.getBoundingClientRect().width / chart.viewBox.baseVal.width : 1;
        return shrunk * parseFloat(getComputedStyle(node).fontSize); })); }"""
    assert tab.evaluate(smallest) >= 12
    inside = """() => {
      const svg = document.querySelector(".onewarm-entropy-demo").shadowRoot.querySelector(".areas svg");
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")].filter(t => t.textContent).map(t => t.getBoundingClientRect())
        .every(r => r.left >= box.left - 1 && r.right <= box.right + 1); }"""
    assert tab.evaluate(inside)


def test_dark_follows_the_page_and_calm_glides_nowhere(show) -> None:
    paper = f"() => getComputedStyle({ROOT}).backgroundColor"
    assert show(color_scheme="light").evaluate(paper) == "rgb(255, 255, 255)"
    assert show(color_scheme="dark").evaluate(paper) == "rgb(20, 24, 31)"
    glides = f"() => {{ model.set('state', {{pick: 2}}); return {ROOT}.classList.contains('glide'); }}"
    assert show(reduced_motion="reduce").evaluate(glides) is False
    assert show(reduced_motion="no-preference").evaluate(glides) is True


def test_every_control_has_a_name_and_is_reached_from_the_keyboard(show) -> None:
    tab = show()
    where = """() => {
      let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      if (!e || e === document.body) return null;
      return e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent; }"""
    seen: list[str] = []
    for _ in range(30):
        tab.keyboard.press("Tab")
        here = tab.evaluate(where)
        if here is None:
            break
        seen.append(here)
    assert seen == [
        *("Target", "nats", "Gradient step", "Say what the votes say", "Reset"),
        *(f"{what} {name}" for name in ORIGIN["classes"] for what in ("votes for", "logit of")),
        *("The curve as a table", "The surprise of", "The same picture as a table"),
    ]


def test_each_highlight_names_something_on_the_page(show) -> None:
    tab = show()
    tab.locator(".areas .paid").first.wait_for()
    for name in (
        "votes",
        "logit",
        "box",
        "line",
        "extra",
        "saving",
        "divergence",
        "total",
        "curve",
        "slope",
        "lowest",
        "now",
        "gradient",
    ):
        tab.evaluate("name => model.set('state', {highlight: name})", name)
        assert tab.locator(".root").get_attribute("data-highlight") == name
        assert tab.locator(f"[data-object={name}]").count() > 0


def test_the_address_holds_the_state_and_gives_it_back(show) -> None:
    tab = show()
    slider(tab, "logit of cat").press("ArrowUp")
    tab.wait_for_function("() => model.get('address')")
    assert tab.evaluate("model.get('address')") == "z=3.1,1,-0.5,-1&votes=12,5,2,1&unit=nats&pick=1&scene=areas"
    again = show({"address": "z=1,2,3,4&votes=0,0.5,0,3&unit=bits&pick=3"})
    now = state(again)
    assert (now["logits"], now["votes"], now["unit"], now["pick"]) == ([1, 2, 3, 4], [0, 0.5, 0, 3], "bits", 3)


HOSTILE = [
    *("", "?", "&&&=", "votes=", "votes=1", "votes=0,0,0,0", "votes=-1,2,3,4", "votes=1,2,3,NaN", "votes=1,2,3,1e9"),
    *("z=1,2,3", "z=1,2,3,Infinity", "z=0x1,1,1,1", "unit=hartley", "unit=<script>", "pick=4", "pick=-1", "pick=1.5"),
    "z=" + "1," * 3000,
]


def test_a_malformed_address_changes_nothing(show) -> None:
    tab = show()
    assert tab.evaluate("texts => texts.map(text => demo.address.parse(text, 4))", HOSTILE) == [{}] * len(HOSTILE)
    tab = show({"address": "z=9,9,9&votes=1,1,1,1&unit=<b>&pick=77"})  # what is valid is taken, the rest left out
    now = state(tab)
    assert (now["logits"], now["votes"], now["unit"], now["pick"]) == (ORIGIN["logits"], [1] * 4, "nats", 1)


def test_the_host_moves_the_demo_and_each_change_is_published_once(show, changes) -> None:
    tab = show()
    assert state(tab)["by"] == "start"
    assert sorted(changes(tab, {"votes": [1, 1, 1, 1], "pick": 0})) == ["pick", "state", "state", "votes"]
    assert state(tab)["by"] == "host"
    invalid = {"votes": [0, 0, 0, 0], "unit": "x", "logits": [1, None], "pick": 9}
    assert changes(tab, invalid) == ["state"]  # the host's own change: nothing is published
    tab.evaluate("model.set('logits', [1, 2, 3])")  # another number of classes: built anew, and the votes start level
    assert slider(tab, "logit of").count() == 3 and state(tab)["votes"] == [5, 5, 5]
    tab.evaluate("model.set('votes', [1, 2, 1])")
    assert state(tab)["entropy"] == pytest.approx(1.5 * np.log(2))
    tab.evaluate("model.set('state', {logits: [0, 0], votes: [1, 3]})")
    assert tab.locator(".readout").inner_text() == "loss 0.6931"


def test_cleanup_leaves_nothing_behind(show) -> None:
    tab = show()
    tab.evaluate("() => { cleanup(); model.set('state', {pick: 3}); model.set('votes', [1, 1, 1, 1]); }")
    assert tab.locator("main.demo").inner_html() == ""
    tab.evaluate("() => { window.cleanup = demo.default.render({ model, el: document.querySelector('.demo') }); }")
    assert slider(tab, "logit of").count() == 4
