"""Panels far from the screen rest without moving anything, also after something in them has changed."""

from typing import Any

SETUP = """async () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`.rests { content-visibility: auto } section { padding: 7px; border: 2px solid }`);
  document.adoptedStyleSheets = [sheet];
  for (let i = 0; i < 8; i++) {
    const [panel, more, text] = ["section", "details", "p"].map((tag) => document.createElement(tag));
    panel.id = `panel${i}`;
    more.append(document.createElement("summary"), "more ".repeat(300));
    text.textContent = "text ".repeat(200 + 137 * i);
    panel.append(text, more);
    document.body.append(panel);
  }
  window.before = document.documentElement.scrollHeight;
  const { restFarPanels } = await import("./rest.js");
  restFarPanels(document.querySelectorAll("section"));
}"""
HEIGHT = "document.documentElement.scrollHeight"
RESTING = "document.querySelectorAll('.rests').length"


def test_nothing_moves(blank: Any) -> None:
    blank.evaluate(SETUP)
    blank.wait_for_function(f"{RESTING} === 8")
    assert blank.evaluate(HEIGHT) == blank.evaluate("before")
    for name in ("panel6", "panel3", "panel7"):
        blank.evaluate("name => document.getElementById(name).scrollIntoView()", name)
        blank.wait_for_timeout(300)
        top = blank.evaluate("name => document.getElementById(name).getBoundingClientRect().top", name)
        end = blank.evaluate(f"{HEIGHT} - innerHeight - scrollY")
        assert abs(top) < 1 or end < 1, name
    assert blank.evaluate(HEIGHT) == blank.evaluate("before")


def test_what_opens_far_away_has_its_full_height(blank: Any) -> None:
    blank.evaluate(SETUP)
    blank.wait_for_function(f"{RESTING} === 8")
    grown = blank.evaluate(
        """() => { scrollTo(0, 0); const far = document.querySelector("#panel7 details"); far.open = true;
          return new Promise((done) => setTimeout(() => done(document.documentElement.scrollHeight), 50)); }"""
    )
    assert grown > blank.evaluate("before") + 20
    blank.wait_for_function(f"{RESTING} === 8")
    assert blank.evaluate(HEIGHT) == grown
    blank.set_viewport_size({"width": 700, "height": 700})
    blank.wait_for_function(f"{RESTING} === 8")
    narrow = blank.evaluate(HEIGHT)
    blank.evaluate("document.querySelectorAll('section').forEach((one) => one.classList.remove('rests'))")
    assert blank.evaluate(HEIGHT) == narrow
