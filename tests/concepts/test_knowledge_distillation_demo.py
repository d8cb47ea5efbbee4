"""The distillation demo in a real browser: every control, every width, both themes, its address and its host."""

import pytest

pytestmark = pytest.mark.browser

CONCEPT = "knowledge-distillation"
ORIGIN = {
    "student": [3, -0.5, 1, -1],
    "teacher": [6, 3, 0, -3],
    "own": [0, 0, 0, 0],
    "classes": ["cat", "lynx", "dog", "truck"],
    "kind": "hard",
    "temperature": 4,
    "share": 1,
    "label": 0,
}
ROOT = "document.querySelector('.onewarm-distillation-demo').shadowRoot.querySelector('.root')"


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def logit(tab, who: str, name: str):
    return tab.get_by_role("slider", name=f"{who}'s logit of {name}")


def test_the_gap_spans_from_the_bars_end_to_the_tick(show) -> None:
    tab = show({"student": [0, 2, 0.5, -1], "label": 2, "temperature": 2})
    for row in tab.locator(".row[data-pull]").all():
        bar, gap, tick = (row.locator(f".{name}").bounding_box() for name in ("bar", "gap", "tick"))
        ends = sorted([bar["x"] + bar["width"], tick["x"] + tick["width"] / 2])
        assert [gap["x"], gap["x"] + gap["width"]] == pytest.approx(ends, abs=0.6)


def test_a_change_is_in_the_table_and_announced_when_the_hand_rests(show) -> None:
    tab = show()
    assert tab.locator(".sr[role=status]").inner_text() == ""
    logit(tab, "student", "lynx").press("PageUp")
    tab.locator(".numbers tbody tr").nth(1).locator("td", has_text="0.5000").first.wait_for(state="attached")
    tab.locator(".sr[role=status]").filter(has_text="T 4.00, loss 1.").wait_for(state="attached")
    assert "The hard-trained teacher tells 0.0731 nats" in tab.locator(".sr[role=status]").inner_text()


@pytest.mark.parametrize("width", [360, 600, 1040, 1500])
def test_no_width_overflows_or_shrinks_the_text(show, width: int) -> None:
    names = [
        "an unreasonably-long-name-without-an-end-in-sight",
        "قطة",
        "<script>alert(1)</script>",
        "",
        "a",
        "b",
        "c",
        "d",
    ]
    big = {"student": [3, -0.5, 1, -1, 0, 0, 2, 4000], "teacher": [-900, 3, 0, -3, 1, 1, 1, 1], "own": [0] * 8}
    tab = show({**big, "classes": names, "kind": "own"}, width=width)
    tab.get_by_text("The same picture as a table").click()
    tab.locator(".curves").scroll_into_view_if_needed()
    assert tab.evaluate("() => document.documentElement.scrollWidth") == width
    smallest = f"""() => {{
      const texts = [...{ROOT}.querySelectorAll("*")]
        .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim()));
      return Math.min(...texts.map(node => {{
        const chart = node.ownerSVGElement;
        const shrunk = chart ? chart.getBoundingClientRect().width / chart.viewBox.baseVal.width : 1;
        return shrunk * parseFloat(getComputedStyle(node).fontSize); }})); }}"""
    assert tab.evaluate(smallest) >= 12


def test_dark_follows_the_page_and_reduced_motion_glides_nowhere(show) -> None:
    paper = f"() => getComputedStyle({ROOT}).backgroundColor"
    glides = f"() => {{ model.set('state', {{temperature: 2}}); return {ROOT}.classList.contains('glide'); }}"
    light, dark = show(color_scheme="light", reduced_motion="reduce"), show(color_scheme="dark")
    assert (light.evaluate(paper), dark.evaluate(paper)) == ("rgb(255, 255, 255)", "rgb(20, 24, 31)")
    assert (light.evaluate(glides), dark.evaluate(glides)) == (False, True)


def test_the_charts_wait_until_they_are_near_the_screen(show) -> None:
    tab = show(width=360)
    drawn = tab.locator(".told-hard[d]")
    assert drawn.count() == 0
    tab.locator(".dark").scroll_into_view_if_needed()
    drawn.first.wait_for(state="attached")


def test_every_control_is_reached_and_moved_from_the_keyboard(show) -> None:
    tab = show()
    where = """() => {
      let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      if (!e || e === document.body) return null;
      const label = e.labels?.[0]?.textContent ?? "";
      return [e.getAttribute("aria-label") ?? label, e.value || e.textContent, e.type ?? e.tagName].join("|"); }"""
    seen: list[str] = []
    for _ in range(40):
        tab.keyboard.press("Tab")
        here = tab.evaluate(where)
        if here is None or here in seen:
            break
        seen.append(here)
        name = here.split("|")[0]
        before = state(tab)
        if name.startswith("Temperature"):
            tab.keyboard.press("ArrowRight")
            assert state(tab)["temperature"] == pytest.approx(4 * 2**0.125)
            tab.keyboard.press("Home")
            assert state(tab)["temperature"] == 0.5
            tab.keyboard.press("End")
            assert state(tab)["temperature"] == 32
        elif name.startswith("Teacher's share"):
            tab.keyboard.press("ArrowLeft")
            assert state(tab)["share"] == pytest.approx(0.95)
        elif name.startswith("smoothed with"):
            tab.keyboard.press("ArrowRight")
            assert state(tab)["alpha"] == pytest.approx(0.11)
        elif here.endswith("|linear|radio"):
            tab.keyboard.press("ArrowRight")
            assert state(tab)["axis"] == "log"
            assert float(tab.locator(".row:nth-child(5) .p .tick").evaluate("e => parseFloat(e.style.left)")) > 60
        elif here.endswith("|hard|radio"):
            tab.keyboard.press("ArrowRight")
            assert state(tab)["kind"] == "smoothed"
        elif name.startswith("true class"):
            tab.keyboard.press("ArrowDown")
            assert state(tab)["label"] == 1
            tab.keyboard.press("ArrowUp")
        elif "logit of" in name:
            who, k = name.split("'")[0], ORIGIN["classes"].index(name.split()[-1])
            start = before["student"][k] if who == "student" else None
            tab.keyboard.press("End")
            at = state(tab)["student" if who == "student" else "own"][k]
            assert at == 6 and (who == "student" or state(tab)["kind"] == "own")
            tab.keyboard.press("Shift+ArrowDown")
            assert state(tab)["student" if who == "student" else "own"][k] == pytest.approx(5.99)
            if start is not None:
                patch = "([k, v]) => model.set('state', {student: model.get('state').student.with(k, v)})"
                tab.evaluate(patch, [k, start])
        elif "Gradient step" in here:
            tab.keyboard.press("Enter")
            assert state(tab)["student"] != before["student"]
        elif "Reset" in here:
            tab.keyboard.press("Space")
            assert state(tab)["student"] == ORIGIN["student"] and state(tab)["temperature"] == 4
    kinds = [one.rsplit("|", 1)[1] for one in seen]
    assert kinds.count("range") == 3 and kinds.count("button") == 3 and kinds.count("DIV") == 8
    assert kinds.count("radio") == 3 and kinds.count("SUMMARY") == 2


def test_a_teacher_that_is_touched_becomes_your_own(show) -> None:
    tab = show()
    tab.locator("label", has_text="smoothed").first.click()
    assert state(tab)["kind"] == "smoothed"
    assert logit(tab, "teacher", "truck").get_attribute("aria-valuenow") == "-1.1561"
    lane = tab.locator(".logit.teacher .lane").nth(1).bounding_box()
    y = lane["y"] + lane["height"] / 2
    tab.mouse.move(lane["x"] + lane["width"] * 0.5, y)
    tab.mouse.down()
    tab.mouse.move(lane["x"] + lane["width"] * 0.75, y + 90, steps=3)
    tab.mouse.up()
    now = state(tab)
    assert now["kind"] == "own" and now["own"][1] == 3 and now["own"][3] == pytest.approx(-1.1561, abs=5e-5)
    assert now["teacher"] == ORIGIN["teacher"]
    tab.locator("label", has_text="hard-trained").click()
    tab.locator("label", has_text="your own").click()
    assert state(tab)["own"] == ORIGIN["teacher"]  # your own starts from the one that stands there


def test_the_host_moves_the_demo_and_each_change_is_published_once(show, changes) -> None:
    tab = show()
    assert state(tab)["by"] == "start" and state(tab)["loss"] == pytest.approx(1.9083, abs=5e-5)
    patch = {"temperature": 2, "kind": "smoothed", "highlight": "dark"}
    assert sorted(changes(tab, patch)) == ["kind", "state", "state", "temperature"]
    assert state(tab)["by"] == "host" and state(tab)["student"] == ORIGIN["student"]
    invalid = {"highlight": "x", "temperature": 0, "share": 2, "kind": "__proto__", "student": [1, None]}
    assert changes(tab, state(tab), invalid) == ["state", "state"]  # the host's own changes: nothing is published
    tab.evaluate("model.set('student', [1, 2, 3])")  # another number of classes: rebuilt, and a teacher for it
    assert (state(tab)["student"], state(tab)["teacher"]) == ([1, 2, 3], [6, 3, 0])
    assert len(state(tab)["target"]) == 3
    assert tab.get_by_role("slider", name="logit of").count() == 6
    tab.evaluate("model.set('student', [1, 2, 3, 4, 5])")
    assert len(state(tab)["target"]) == 5 and sum(state(tab)["target"]) == pytest.approx(1)


def test_the_address_carries_the_whole_state_to_another_page(show) -> None:
    tab = show()
    assert tab.evaluate("model.get('address') ?? null") is None  # untouched: no address is written
    logit(tab, "student", "dog").press("Shift+ArrowUp")
    logit(tab, "teacher", "truck").press("PageUp")
    tab.get_by_role("slider", name="Temperature T").press("ArrowLeft")
    tab.get_by_role("slider", name="Teacher's share w").press("ArrowLeft")
    tab.get_by_label("true class: dog").check()
    tab.locator("label", has_text="logarithmic").click()
    tab.wait_for_timeout(250)
    address, left = tab.evaluate("model.get('address')"), state(tab)
    other = show({"address": "?" + address})
    other.evaluate("model.set('state', {highlight: 'gap'})")
    right = state(other)
    for key in (
        "student",
        "teacher",
        "own",
        "kind",
        "alpha",
        "temperature",
        "share",
        "label",
        "axis",
        "loss",
        "gradient",
    ):
        assert right[key] == left[key], key


HOSTILE = [
    *("", "?", "z", "z=&v=&T=&w=", "z=1,2", "v=1,2,3,4,5", "own=1,,2,3", "z=0x10,1,2,3", "z=1e999,0,0,0"),
    *("T=0", "T=-1", "T=NaN", "T=Infinity", "T=1e9", "w=1.5", "w=-0.1", "alpha=2", "label=4", "label=1.5"),
    *("kind=__proto__", "kind=<script>alert(1)</script>", "__proto__[T]=3", "v=" + "9," * 9000, "z=%00%ff%zz"),
]


def test_a_malformed_address_changes_nothing(show) -> None:
    tab = show()
    assert tab.evaluate("texts => texts.map(text => demo.address.parse(text, 4))", HOSTILE) == [{}] * len(HOSTILE)
    tab = show({"address": "z=9,9,9&T=8&label=77&kind=<b>"})  # what is valid is taken, the rest left out
    tab.evaluate("model.set('state', {highlight: 'bar'})")
    found = state(tab)
    assert (found["student"], found["temperature"], found["label"], found["kind"]) == (ORIGIN["student"], 8, 0, "hard")


def test_each_highlight_names_something_on_the_page(show) -> None:
    tab = show()
    for name in ("temperature", "logit", "bar", "tick", "gap", "share", "norm", "limit", "dark", "mass", "wrong"):
        tab.evaluate("name => model.set('state', {highlight: name})", name)
        assert tab.locator(".root").get_attribute("data-highlight") == name
        assert tab.locator(f"[data-object={name}]").count() > 0


def test_many_classes_show_the_likeliest_mistakes(show) -> None:
    K = 12
    tab = show({"student": [0] * K, "teacher": [K - k for k in range(K)], "own": [0] * K, "classes": None})
    tab.locator(".dark").scroll_into_view_if_needed()
    tab.locator(".wrong .who", has_text="class 5").wait_for()
    assert tab.locator(".wrongs .who").all_inner_texts() == [f"class {k}" for k in range(1, 6)]


def test_two_classes_have_nothing_to_tell_and_nothing_breaks(show) -> None:
    tab = show({"student": [0, 1000], "teacher": [5, -5], "own": [0, 0], "classes": ["yes", "no"], "temperature": 0.5})
    tab.locator(".dark").scroll_into_view_if_needed()
    tab.locator(".told-hard[d]").wait_for(state="attached")
    assert state(tab)["told"] == {"hard": 0, "smoothed": 0, "own": 0}
    assert "NaN" not in tab.locator(".root").inner_html()


def test_cleanup_leaves_nothing_behind(show) -> None:
    tab = show()
    logit(tab, "student", "cat").press("ArrowUp")
    tab.evaluate("() => { cleanup(); model.set('state', {temperature: 9}); model.set('share', 0.4); }")
    assert tab.locator("main.demo").inner_html() == ""
    assert tab.evaluate("model.get('address')").startswith("z=3.1,-0.5,1,-1&v=6,3,0,-3")  # what was pending was written
    tab.evaluate("() => { window.cleanup = demo.default.render({ model, el: document.querySelector('.demo') }); }")
    assert tab.get_by_role("slider", name="logit of").count() == 8
