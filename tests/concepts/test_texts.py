"""What the pages of all our concepts say agrees with what their code prints, and every formula converts."""

import re

import pytest

from onewarm.claims.ledger import load_ledger
from onewarm.notebook.concept.exercises import variants
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.load import Concept, load_concepts
from onewarm.notebook.concept.page_md import markdown_parser
from onewarm.notebook.concept.run_code import numbers_missing, run_code
from onewarm.notebook.concept.values import filled_text
from onewarm.notebook.text.latex import latex_to_mathml

CONCEPTS = load_concepts(our_concepts(), claims=load_ledger())
each_concept = pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.key.rsplit("/")[-1])


@each_concept
def test_code_prints_what_the_page_shows(concept: Concept) -> None:
    assert run_code(concept.code_text).strip() == concept.code.output.strip()
    assert len(concept.code_text.splitlines()) <= 35
    assert "False" not in concept.code.output


@pytest.mark.parametrize("item", [m for c in CONCEPTS for m in c.misconceptions], ids=lambda m: m.name)
def test_check_prints_the_numbers_of_the_correction(item: object) -> None:
    printed = run_code(item.check)
    assert printed.strip() and "False" not in printed
    assert numbers_missing(item.correction, printed) == ()


@pytest.mark.parametrize(
    ("item", "concept"),
    [(q, c) for c in CONCEPTS for q in c.practice if q.number],
    ids=lambda v: getattr(v, "name", ""),
)
def test_numeric_answer(item: object, concept: Concept) -> None:
    """The answer's text has the right number, for each set of numbers that may be drawn."""
    for one in variants(item, concept.values):
        written = set(re.findall(r"-?\d+(?:\.\d+)?", filled_text(item.answer, one.values).replace("−", "-")))
        assert any(abs(one.answer - float(number)) <= item.number.tolerance for number in written), one.values


@each_concept
def test_paper_has_a_picture_of_the_first_state(concept: Concept) -> None:
    assert concept.picture is not None


@each_concept
def test_practice_has_two_questions_a_level(concept: Concept) -> None:
    for level in ("concrete", "why", "neighbour"):
        assert sum(q.level == level for q in concept.practice) >= 2


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [t for v in value.values() for t in _texts(v)]
    if isinstance(value, list | tuple):
        return [t for v in value for t in _texts(v)]
    return [value] if isinstance(value, str) else []


@each_concept
def test_every_formula_converts(concept: Concept) -> None:
    count = 0
    for text in _texts(concept.model_dump(mode="json", exclude={"code_text", "folder"})):
        for token in markdown_parser().parse(text):
            for child in [token, *(token.children or ())]:
                if child.type.startswith("math"):
                    latex_to_mathml(child.content, display=child.type != "math_inline", source="page", line=1)
                    count += 1
    assert count > 40


@each_concept
def test_texts_have_balanced_marks(concept: Concept) -> None:
    """An odd dollar sign or backtick is a formula or a code that did not close."""
    data = concept.model_dump(mode="json", exclude={"code_text", "folder", "page"})
    prose = re.sub(r"\\\$", "", str({k: v for k, v in data.items() if k != "code"}))
    assert prose.count("$") % 2 == 0 and prose.count("`") % 2 == 0


def test_a_source_is_cited_in_one_form() -> None:
    """The same address has the same title and year on every page and in every claim."""
    forms: dict[str, set[tuple[str, str]]] = {}
    for claim in load_ledger().values():
        for source in (*claim.sources, *claim.counter):
            forms.setdefault(source.url, set()).add((source.title, str(source.year)))
    for concept in CONCEPTS:
        for source in concept.sources:
            forms.setdefault(source.url, set()).add((source.title, re.findall(r"\d{4}", source.citation)[-1]))
    assert {url: form for url, form in forms.items() if len(form) > 1} == {}
