"""The context of a page has what the concept folder has: texts as HTML, outputs of code that ran, links that work."""

import json
from pathlib import Path
from typing import Any

import pytest

from onewarm.claims.ledger import load_ledger
from onewarm.notebook.concept.load import ConceptError, load_concept
from onewarm.notebook.page.context import page_context
from onewarm.notebook.page.panel_list import PANELS
from onewarm.notebook.text.latex import LatexError
from onewarm.notebook.text.markdown import LinkError

CLAIM = "claim:optimization/label-smoothing/lowers-confidence"


@pytest.fixture
def context(folder: Any, tmp_path: Path) -> Any:
    """A function that gives the context of the small concept as it stands."""

    def make(evidence: Any = None, studies: Any = (), others: tuple[str, ...] = ()) -> dict[str, Any]:
        concept = load_concept(folder.write(tmp_path / "coin"))
        pages = dict.fromkeys((concept.key, *others), concept)
        made, make.characters = page_context(  # type: ignore[attr-defined]
            concept, claims=load_ledger(), evidence=evidence or {}, studies=studies, pages=pages
        )
        return made

    return make


def test_texts_are_html_and_code_has_run(context: Any) -> None:
    made = context()
    assert made["concept"]["summary"] == "A coin has <em>two</em> sides."
    assert made["concept"]["summary_plain"] == "A coin has two sides."
    assert made["concept"]["route"] == "concept/basics/coin/"
    assert made["panels"] is PANELS
    assert made["code"]["output"] == "1"
    found = {item["text"]: (item["output"], item["why"]) for item in made["statements"]}
    assert found == {"It remembers.": ("1", "No: <code>1</code>."), "It has two sides.": ("2", "Yes: <code>2</code>.")}
    assert made["structure"] == [
        {"name": "intuition", "kind": "Picture", "title": "Two sides", "text": "Heads or tails."}
    ]


def test_an_equation_is_numbered_and_texts_refer_to_it_by_number(context: Any) -> None:
    math = str(context()["math"])
    anchor = "equation/concept-notebook/basics/coin/sum"
    assert f'<figure class="equation" id="{anchor}">' in math
    assert f'<a href="#{anchor}" aria-label="Equation 1">(1)</a>' in math
    assert f'By <a href="#{anchor}" class="reference">(1)</a>, so it is.' in math
    assert "They add up." in math
    assert "+" in context.characters and {"C", "B"} <= context.characters  # formulas, and the letters of the headings


def test_a_link_leads_to_an_object_of_the_page_to_another_page_or_nowhere(folder: Any, context: Any) -> None:
    links = {
        "equation:basics/coin/sum": "#equation/concept-notebook/basics/coin/sum",
        "concept:basics/dice": "../../../concept/basics/dice/index.html",
        "https://example.org/": "https://example.org/",
    }
    for href, address in links.items():
        folder.yaml["summary"] = f"See [this]({href})."
        assert f'<a href="{address}"' in context(others=("concept:basics/dice",))["concept"]["summary"]
    folder.yaml["summary"] = "See [this](concept:basics/dice)."
    with pytest.raises(LinkError) as error:
        context()
    assert str(error.value).endswith(
        "concept.yaml: link to 'concept:basics/dice': it is neither an https address, nor the key of an object of this "
        "page, nor that of a concept with a page"
    )


def test_an_edge_has_an_address_once_the_other_concept_has_a_page(context: Any) -> None:
    (planned,) = context()["next"]
    assert (planned["title"], planned["href"]) == ("Dice", "")
    (edge,) = context(others=("concept:basics/dice",))["next"]
    assert edge["href"] == "../../../concept/basics/dice/index.html"
    assert edge["more"] == "<p>Carry this.</p>\n"
    assert [group["none"] for group in context()["map"]["groups"]] == [
        "Nothing: start here.", "Nothing yet.", "Nothing in particular.",
    ]  # fmt: skip


def test_a_state_is_shown_over_the_initial_model_without_what_belongs_to_the_page(folder: Any, context: Any) -> None:
    folder.yaml["demo"]["model"] |= {"calibration": None, "classes": [], "address": "", "side": "a"}
    made = context()
    opening = made["lesson"]["chapters"][0]["steps"][0]
    assert json.loads(opening["json"]) == {"shown": 0, "side": "a"}
    assert json.loads(opening["ask"]["json"]) == {"shown": 7, "side": "a"}
    assert json.loads(made["demo"]["model"]) == {
        "shown": 0, "side": "a", "classes": [], "address": "", "layout": "stage",
        "calibration": {"overconfident": None, "calibrated": None},
    }  # fmt: skip


def test_without_a_demo_file_there_are_notes_and_no_module(folder: Any, context: Any, tmp_path: Path) -> None:
    assert context()["demo"]["module"] == "demo.js"
    folder.demo = None
    (tmp_path / "coin/demo.js").unlink()
    demo = context()["demo"]
    assert (demo["module"], demo["notes"]) == ("", "A coin would turn here.")


def test_practice_asks_for_reasons_only_where_a_number_is_not_the_whole_answer(folder: Any, context: Any) -> None:
    number = {"value": 0.1, "tolerance": 1e-3, "expression": "0.1"}
    folder.yaml["practice"][1]["number"] = number
    concrete, why, neighbour = context()["practice"]
    assert [concrete["variants"][0]["value"], concrete["tolerance"], concrete["reasons"]] == ["0.5", "0.01", False]
    assert [why["variants"][0]["value"], why["tolerance"], why["reasons"]] == ["0.1", "0.001", True]
    assert [neighbour["variants"][0]["value"], neighbour["tolerance"], neighbour["reasons"]] == ["", "", False]
    assert [item["level"] for item in (concrete, why, neighbour)] == [
        "A concrete answer", "Why it holds", "A neighbouring idea",
    ]  # fmt: skip


def test_a_claim_is_shown_with_the_ledgers_title_and_its_evidence(
    folder: Any, context: Any, make_evidence: Any
) -> None:
    folder.yaml["claims"] = [CLAIM]
    title = load_ledger()[CLAIM].title
    (claim,) = context()["claims"][0]["claims"]
    assert (claim["object"]["title"], claim["status"]) == (title, "no witness")
    made = context({CLAIM: make_evidence(CLAIM, -0.05)})
    name = made["claims"][0]["claims"][0]["status"]
    assert name != "no witness"
    assert made["statuses"] == [{"name": name, "slug": name.replace(" ", "-"), "count": 1}]


def test_what_cannot_be_shown_is_an_error(folder: Any, context: Any) -> None:
    folder.page += "\n$\\foo$\n"
    with pytest.raises(LatexError, match=r"page\.md, line 9: the formula `\\foo` does not convert"):
        context()
    folder.page = folder.page.replace("$\\foo$", "")
    folder.code = "print(2)\n"
    with pytest.raises(ConceptError, match=r"witness\.py printed `2` as line 1, code\.output has `1`"):
        context()
