"""A concept folder loads, and every fault of one is reported with file, line, key and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from onewarm.notebook.concept.load import ConceptError, load_concept

Write = Callable[..., Path]
LineOf = Callable[[Path, str], int]


def test_loads(write: Write) -> None:
    concept = load_concept(write())
    assert concept.key == "concept:basics/coin"
    assert concept.code_text == "print(1)\n"
    assert concept.page.math.strip().startswith("Two chances:")
    assert [(e.name, e.latex, e.line) for e in concept.page.equations] == [("sum", "h + t = 1", 5)]
    assert concept.demo_state("fair") == {"sides": [0.5, 0.5], "shown": 0, "name": "penny"}
    assert concept.demo_file is None
    assert concept.research_for("equation", "equation:basics/coin/sum").question == "mine"
    assert concept.research_for("equation", "equation:basics/coin/other").question == "q"


def test_a_concept_is_frozen(write: Write) -> None:
    concept = load_concept(write())
    with pytest.raises(ValidationError, match="frozen"):
        concept.title = "Die"


FAULTS = {
    "missing key": ("title: Coin\n", "", "key", "title: missing key. Add `title:` here."),
    "missing key in a list": (
        "    reason: It is a chance.\n".replace("    r", "      r"), "", "- key: concept:basics/chance",
        "edges.prerequisites[0].reason: missing key. Add `reason:` here."),
    "unknown key": ("section: Basics", "section: Basics\nsumary: x", "sumary",
                    "sumary: unknown key. Did you mean 'summary'?"),
    "unknown key in a list": ("feedback: Perhaps.,", "feedback: a, feedbak: c,",
                              "feedbak", "lesson.chapters[0].steps[0].ask.answers[0].feedbak: unknown key. "
                              "Did you mean 'feedback'?"),
    "number for text": ("section: Basics", "section: 12", "section: 12",
                        "section: expected text, found a number. Quote the value."),
    "mapping for text": ("[Two., Not three.]", "[Two: yes, Not three.]", "Two: yes",
                         "practice[0].rubric[0]: expected text, found a mapping. Quote the value."),
    "text for a list": ("highlights: [side]", "highlights: side", "highlights: side",
                        "demo.highlights: expected a list, found text. Write a list."),
    "text for a number": ("value: 2,", "value: two,", "value: two",
                          "practice[0].number.value: expected a number, found text. Write a number."),
    "text for a mapping": ("steps: [{name: pair, text: A pair of sides.}]", "steps: [pair]", "steps: [pair]",
                           "lesson.chapters[1].steps[0]: expected a mapping, found text. Write a mapping."),
    "too few nudges": ("[Look., Turn it., Count.]", "[Look., Count.]", "[Look., Count.]",
                       "practice[0].nudges: expected at least 3 items, found 2. Add to the list."),
    "too many nudges": ("[Look., Turn it., Count.]", "[a, b, c, d]", "[a, b, c, d]",
                        "practice[0].nudges: expected at most 3 items, found 4. Shorten the list."),
    "empty text": ("section: Basics", "section: ' '", "section: ' '", "section: empty text. Write the text."),
    "unknown level": ("level: concrete", "level: easy", "level: easy",
                      "practice[0].level: unknown value 'easy'. Use 'concrete', 'why' or 'neighbour'."),
    "bad name": ("name: memory", "name: The Memory", "The Memory",
                 "misconceptions[0].name: 'The Memory' is not of the right form. "
                 "Use lower-case letters, digits and single hyphens, as in finite-gap."),
    "duplicate YAML key": ("section: Basics", "section: Basics\ntitle: Coins", "title: Coins",
                           "title: duplicate key. It is on line 2 already; keep one of the two."),
    "alias": ("title: Coin\n", "title: &t Coin\nsection: *t\n", "*t", "alias. Write the value out instead."),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "text"), FAULTS.values(), ids=list(FAULTS))
def test_fault(write: Write, line_of: LineOf, old: str, new: str, at: str, text: str) -> None:
    folder = write(old, new)
    line = 1 if at == "key" else line_of(folder, at)
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    assert str(error.value) == f"{folder / 'concept.yaml'}:{line}: {text}"


def test_every_fault_is_reported_at_once(write: Write, line_of: LineOf) -> None:
    folder = write("title: Coin\n", "titel: Coin\n", page="## Maths\n")
    (folder / "witness.py").unlink()
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    assert str(error.value).splitlines() == [
        f"{folder}/concept.yaml:1: title: missing key. Add `title:` here.",
        f"{folder}/concept.yaml:2: titel: unknown key. Did you mean 'title'?",
        f"{folder}/concept.yaml:{line_of(folder, '- name: sum')}: equations[0].name: "
        "no equation labelled '(sum)' in page.md. There are none yet.",
        f"{folder}/page.md:1: missing part 'Math'. Add the line `## Math`.",
        f"{folder}/page.md:1: unknown part '## Maths'. Did you mean 'Math'? Headings inside a part start with ###.",
        f"{folder}/witness.py:1: missing file. Add witness.py to the folder.",
    ]


FORMS = {
    "concept": ("key: concept:basics/chance", "key: basics/chance", "edges.prerequisites[0].key: 'basics/chance'",
                "Write concept:section/slug, as in concept:basics/coin-toss."),
    "claim": ("- claim:basics/coin/fair", "- basics/coin/fair", "claims[0]: 'basics/coin/fair'",
              "Write claim:section/slug/name; `onewarm claims list` has all of them."),
    "object": ("object: equation:basics/coin/sum", "object: sum", "research[7].object: 'sum'",
               "Write kind:section/slug/name, as in equation:basics/coin-toss/sum."),
    "address": ('"https://example.org"', '"http://example.org"', "sources[0].url: 'http://example.org'",
                "Write an address that starts with https://."),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "what", "remedy"), FORMS.values(), ids=list(FORMS))
def test_a_text_of_the_wrong_form_is_reported_with_an_example(
    write: Write, old: str, new: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConceptError) as error:
        load_concept(write(old, new))
    assert f": {what} is not of the right form. {remedy}" in str(error.value)
