"""On every page, in Chromium: answers come after their questions, and a term is explained where it is first used."""

from collections.abc import Callable
from typing import Any

import pytest

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.load import load_concept
from onewarm.notebook.page.answers import given_away
from onewarm.notebook.text.glossary import load_glossary

pytestmark = pytest.mark.browser
CONCEPTS = {folder.name: load_concept(folder) for folder in our_concepts()}

# What can be read of the stage: texts that are drawn, and the names and values that screen readers read.
STAGE = """() => {
  const said = [];
  const visit = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        const { parentElement: parent } = node;
        if (parent && !["STYLE", "SCRIPT"].includes(parent.tagName) && parent.checkVisibility()) said.push(node.data);
        continue;
      }
      if (node.nodeType !== Node.ELEMENT_NODE || !node.checkVisibility()) continue;
      for (const name of ["aria-label", "aria-valuetext", "title"]) said.push(node.getAttribute(name) ?? "");
      if (node.shadowRoot) visit(node.shadowRoot);
    }
  };
  visit(document.querySelector(".stage-place"));
  return said.join("\\n");
}"""
ABOVE = """(name) => {
  const own = document.querySelector(`[data-step="${name}"]`), question = own.querySelector("[data-question]");
  const parts = [document.querySelector("header.rail"), document.querySelector(".opening"),
                 ...document.querySelectorAll(".chapter > h2, .chapter .step")];
  const comesFirst = (p) => p.compareDocumentPosition(question) & Node.DOCUMENT_POSITION_FOLLOWING;
  const before = parts.filter((p) => comesFirst(p) && !p.contains(question));
  const beside = [...own.children].filter((child) => child !== question);
  return [...before, ...beside].map((p) => p.innerText).join("\\n");
}"""
FIRST_USE = r"""(terms) => {
  const skipped = "script, style, template, math, svg, code, pre, samp, select, textarea, nav, [data-no-terms]";
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(skipped) && !node.getRootNode().host) texts.push(node);
  }
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
  return terms.flatMap(({ name, forms }) => {
    const words = forms.map((f) => (f === f.toLowerCase() ? new RegExp(`(?<![\\w-])${escaped(f)}s?(?![\\w-])`, "i")
                                                          : new RegExp(`(?<![\\w-])${escaped(f)}(?![\\w-])`)));
    const first = texts.find((node) => words.some((word) => word.test(node.data)));
    if (!first) return [];
    // The word itself, or a longer term that it is a part of.
    const marked = first.parentElement.closest("dfn") ?? first.parentElement.querySelector("dfn");
    return marked ? [] : [`${name}: ${first.data.trim().slice(0, 80)}`];
  });
}"""


@pytest.mark.parametrize("name", CONCEPTS)
def test_nothing_above_or_beside_a_question_answers_it(visit: Callable[..., Any], our_site: str, name: str) -> None:
    concept = CONCEPTS[name]
    assert concept.lesson is not None
    page = visit(f"{our_site}{route(concept.key)}index.html", viewport={"width": 1280, "height": 800}).page
    steps = [step for chapter in concept.lesson.chapters for step in chapter.steps if step.ask is not None]
    assert len(steps) >= 3
    for step in steps:
        assert step.ask is not None
        page.evaluate(
            "name => document.querySelector(`[data-step='${name}']`).scrollIntoView({block: 'center'})", step.name
        )
        page.wait_for_timeout(500)
        assert given_away(page.evaluate(ABOVE, step.name).replace("−", "-"), step.ask) == (), step.name
        assert given_away(page.evaluate(STAGE).replace("−", "-"), step.ask) == (), f"on the stage of {step.name}"


@pytest.mark.parametrize("name", CONCEPTS)
def test_the_first_use_of_each_term_is_marked_and_shows_its_definition(
    visit: Callable[..., Any], our_site: str, name: str
) -> None:
    page = visit(f"{our_site}{route(CONCEPTS[name].key)}index.html").page
    terms = [{"name": term.name, "forms": list(term.forms)} for term in load_glossary()]
    assert page.evaluate(FIRST_USE, terms) == []
    word = page.locator("main a.term").first
    word.focus()
    word.press("Shift+Tab")
    page.keyboard.press("Tab")  # focus by the keyboard
    box = page.locator("[role=tooltip]")
    assert box.is_visible() and len(box.inner_text()) > 20
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == box.get_attribute("id")
    page.keyboard.press("Escape")
    assert box.is_hidden()
    word.hover()
    box.wait_for(state="visible")
    word.click()  # what it says is seen already, so the link is followed
    page.wait_for_function("() => document.activeElement.id.startsWith('term-')")
    assert page.locator(":focus").evaluate("node => node.checkVisibility()")


def test_a_demo_stands_alone_for_slides_and_other_sites(visit: Callable[..., Any], our_site: str) -> None:
    page = visit(f"{our_site}{route(CONCEPTS['label-smoothing'].key)}index.html?embed=demo&alpha=0.2").page
    slider = page.locator(".demo input[type=range]").first
    assert slider.input_value() == "0.2"
    assert page.locator("h1").is_hidden() and page.locator("footer").is_hidden()
    slider.press("ArrowRight")
    page.wait_for_url("**alpha=0.21**", wait_until="commit")
    assert "embed=demo" in page.url
