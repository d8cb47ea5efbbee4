"""A concept folder loads, and every fault of one is told with file, line, key and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from onewarm.notebook.concept.load import ConceptError, load_concept, load_concepts
from onewarm.notebook.concept.objects import concept_objects

YAML = """\
key: concept:basics/coin
title: Coin
section: Basics
summary: A coin has two sides.
structure:
  - {name: intuition, title: Two sides, text: Heads or tails.}
edges:
  prerequisites:
    - key: concept:basics/chance
      title: Chance
      reason: It is a chance.
      planned: true
equations:
  - name: sum
    title: Sum
    says: The two add up to one.
sources:
  - {name: book, title: A book, citation: "A, 2001", url: "https://example.org", place: p. 1, read: abstract, says: So.}
code: {name: witness, title: Toss, text: A toss., output: "1"}
demo:
  notes: A coin turns.
  model: {sides: [0.5, 0.5], shown: 0, name: penny}
  highlights: [side]
  states:
    - {name: fair, title: Fair, text: Both alike., state: {sides: [0.5, 0.5]}}
storyboard:
  question: What happens?
  options:
    - {name: heads, text: Heads., feedback: Perhaps., ending: It was.}
    - {name: tails, text: Tails., feedback: Perhaps., ending: It was not.}
  correct: heads
  steps:
    - {name: toss, title: Toss, text: It turns., state: fair, highlight: side}
inquiry:
  question: Which one?
  cues:
    - {name: edge, text: The edge, answer: No.}
    - {name: side, text: The side, answer: Yes., highlight: side}
  correct: side
  reveal: {text: This side., state: fair}
claims:
  - claim:basics/coin/fair
misconceptions:
  - {name: memory, wrong: It remembers., correction: "No: `1`.", check: print(1)}
practice:
  - name: one
    level: concrete
    question: How many sides?
    answer: Two.
    number: {value: 2, tolerance: 0.1, expression: "2"}
    nudges: [Look., Turn it., Count.]
    rubric: [Two., Not three.]
  - {name: two, level: why, question: Why so., answer: So., nudges: [a, b, c], rubric: [a, b]}
  - {name: three, level: neighbour, question: And dice., answer: Six., nudges: [a, b, c], rubric: [a, b]}
research:
  - {kind: concept, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: equation, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: source, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: code, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: claim, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: misconception, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: demo-state, question: q, evidence: [e], resolves: [r], next_action: n}
  - {kind: equation, object: equation:basics/coin/sum, question: mine, evidence: [e], resolves: [r], next_action: n}
"""
PAGE = """\
## Intuition

Heads or tails.

## Math

Two chances:

$$ h + t = 1 $$ (sum)
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a concept folder; `old` in concept.yaml becomes `new`."""

    def folder(old: str = "", new: str = "", *, name: str = "coin", page: str = PAGE) -> Path:
        assert not old or YAML.count(old) == 1, f"{old!r} stands {YAML.count(old)} times in the example"
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        (path / "concept.yaml").write_text(YAML.replace(old, new) if old else YAML, encoding="utf-8")
        (path / "page.md").write_text(page, encoding="utf-8")
        (path / "witness.py").write_text("print(1)\n", encoding="utf-8")
        return path

    return folder


def line_of(folder: Path, text: str) -> int:
    """1-based number of the last line that has the text."""
    lines = (folder / "concept.yaml").read_text(encoding="utf-8").splitlines()
    return max(i for i, line in enumerate(lines, start=1) if text in line)


def test_loads(write: Write) -> None:
    concept = load_concept(write())
    assert concept.key == "concept:basics/coin"
    assert concept.code_text == "print(1)\n"
    assert concept.page.intuition.strip() == "Heads or tails."
    assert concept.page.math.strip().startswith("Two chances:")
    assert [(e.name, e.latex, e.line) for e in concept.page.equations] == [("sum", "h + t = 1", 9)]
    assert concept.demo_state("fair") == {"sides": [0.5, 0.5], "shown": 0, "name": "penny"}
    assert concept.demo_file is None
    assert concept.research_for("equation", "equation:basics/coin/sum").question == "mine"
    assert concept.research_for("equation", "equation:basics/coin/other").question == "q"


def test_every_object_has_a_key_and_an_anchor(write: Write) -> None:
    objects = concept_objects(load_concept(write()))
    assert [(o.key, o.anchor) for o in objects] == [
        ("concept:basics/coin", "concept/concept-notebook/basics/coin"),
        ("equation:basics/coin/sum", "equation/concept-notebook/basics/coin/sum"),
        ("code:basics/coin/witness", "code/concept-notebook/basics/coin/witness"),
        ("demo-state:basics/coin/fair", "demo-state/concept-notebook/basics/coin/fair"),
        ("misconception:basics/coin/memory", "misconception/concept-notebook/basics/coin/memory"),
        ("source:basics/coin/book", "source/concept-notebook/basics/coin/book"),
        ("claim:basics/coin/fair", "claim/concept-notebook/basics/coin/fair"),
    ]


def test_a_demo_added_later_moves_no_key_and_no_anchor(write: Write) -> None:
    before = concept_objects(load_concept(write()))
    (write() / "demo.js").write_text("export default {};", encoding="utf-8")
    after = load_concept(write())
    assert after.demo_file is not None
    assert concept_objects(after) == before


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
    "unknown key in a list": ("feedback: Perhaps., ending: It was.", "feedback: a, ending: b, feedbak: c",
                              "feedbak", "storyboard.options[0].feedbak: unknown key. Did you mean 'feedback'?"),
    "number for text": ("section: Basics", "section: 12", "section: 12",
                        "section: expected text, found a number. Quote the value."),
    "mapping for text": ("[Two., Not three.]", "[Two: yes, Not three.]", "Two: yes",
                         "practice[0].rubric[0]: expected text, found a mapping. Quote the value."),
    "text for a list": ("highlights: [side]", "highlights: side", "highlights: side",
                        "demo.highlights: expected a list, found text. Write a list."),
    "text for a number": ("value: 2,", "value: two,", "value: two",
                          "practice[0].number.value: expected a number, found text. Write a number."),
    "text for a mapping": ("reveal: {text: This side., state: fair}", "reveal: side", "reveal: side",
                           "inquiry.reveal: expected a mapping, found text. Write a mapping."),
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
    "duplicate name": ("{name: two,", "{name: one,", "{name: one, level: why",
                       "practice[1].name: duplicate name 'one'. Line 46 has it already; keep or rename one."),
    "duplicate edge": ("equations:\n", "  contrast:\n    - {key: concept:basics/chance, title: C, reason: r}\n"
                       "equations:\n", "title: C,",
                       "edges.contrast[0].key: duplicate key 'concept:basics/chance'. "
                       "Line 9 has it already; keep or rename one."),
    "edge to itself": ("key: concept:basics/chance", "key: concept:basics/coin", "- key: concept:basics/coin",
                       "edges.prerequisites[0].key: edge to the concept itself. Name another concept."),
    "unknown demo state": ("text: It turns., state: fair", "text: It turns., state: fare", "state: fare",
                           "storyboard.steps[0].state: no demo state 'fare'. Did you mean 'fair'?"),
    "unknown highlight": ("answer: Yes., highlight: side", "answer: Yes., highlight: sides", "sides}",
                          "inquiry.cues[1].highlight: no highlight 'sides'. Did you mean 'side'?"),
    "unknown answer": ("correct: heads", "correct: head", "correct: head",
                       "storyboard.correct: no choice 'head'. Did you mean 'heads'?"),
    "unknown model key": ("state: {sides: [0.5, 0.5]}", "state: {side: [0.5, 0.5]}", "state: {side:",
                          "demo.states[0].state.side: unknown key. Did you mean 'sides'?"),
    "model value of another type": ("state: {sides: [0.5, 0.5]}", "state: {sides: [1]}", "sides: [1]",
                                    "demo.states[0].state.sides: expected a list of 2, found a list of 1. "
                                    "Write a value of the type that it has in `demo.model`."),
    "level without question": ("level: why,", "level: concrete,", "practice:",
                               "practice: no question of level 'why'. Add one."),
    "unknown object": ("object: equation:basics/coin/sum", "object: equation:basics/coin/some",
                       "object: equation:basics/coin/some",
                       "research[7].object: no equation 'equation:basics/coin/some' on this page. "
                       "Did you mean 'equation:basics/coin/sum'?"),
    "kind without question": ("  - {kind: source, question: q, evidence: [e], resolves: [r], next_action: n}\n",
                              "", "research:",
                              "research: no general question of kind 'source'. "
                              "Add one without `object:`; it serves every object of the kind."),
    "alias": ("title: Coin\n", "title: &t Coin\nsection: *t\n", "*t", "alias. Write the value out instead."),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "text"), FAULTS.values(), ids=list(FAULTS))
def test_fault(write: Write, old: str, new: str, at: str, text: str) -> None:
    folder = write(old, new)
    line = 1 if at == "key" else line_of(folder, at)
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    assert str(error.value) == f"{folder / 'concept.yaml'}:{line}: {text}"


def test_every_fault_is_told_at_once(write: Write) -> None:
    folder = write("title: Coin\n", "titel: Coin\n", page="## Maths\n")
    (folder / "witness.py").unlink()
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    assert str(error.value).splitlines() == [
        f"{folder}/concept.yaml:1: title: missing key. Add `title:` here.",
        f"{folder}/concept.yaml:2: titel: unknown key. Did you mean 'title'?",
        f"{folder}/concept.yaml:{line_of(folder, '- name: sum')}: equations[0].name: "
        "no equation labelled '(sum)' in page.md. There are none yet.",
        f"{folder}/page.md:1: missing part 'Intuition'. Add the line `## Intuition`.",
        f"{folder}/page.md:1: missing part 'Math'. Add the line `## Math`.",
        f"{folder}/page.md:1: unknown part '## Maths'. Did you mean 'Math'? Headings inside a part start with ###.",
        f"{folder}/witness.py:1: missing file. Add witness.py to the folder.",
    ]


def test_equations_of_file_and_page_must_agree(write: Write) -> None:
    folder = write(page=PAGE.replace("(sum)", "(total)"))
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    yaml, page = str(error.value).splitlines()
    assert yaml == (
        f"{folder}/concept.yaml:{line_of(folder, '- name: sum')}: equations[0].name: "
        "no equation labelled '(sum)' in page.md. There are: total."
    )
    assert page == (
        f"{folder}/page.md:9: equation 'total' is not described in concept.yaml. "
        "Add it under `equations:`, or remove the label."
    )


def test_dangling_edge(write: Write) -> None:
    coin = write("      planned: true\n", "")
    with pytest.raises(ConceptError) as error:
        load_concepts([coin])
    assert str(error.value) == (
        f"{coin}/concept.yaml:9: edges.prerequisites[0].key: dangling edge: no concept 'concept:basics/chance'. "
        "There are none yet. Or mark the edge `planned: true` while that concept has no page."
    )


def test_edges_are_checked_across_concepts(write: Write) -> None:
    chance = write(
        "key: concept:basics/coin\n", "key: concept:basics/chances\n", name="chance"
    )  # a key of its own; its edge and its research object still name others
    text = (chance / "concept.yaml").read_text().replace("equation:basics/coin/", "equation:basics/chances/")
    (chance / "concept.yaml").write_text(text)
    coin = write("      planned: true\n", "")
    with pytest.raises(ConceptError, match=r"Did you mean 'concept:basics/chances'\? Or mark the edge"):
        load_concepts([coin, chance])
    (coin / "concept.yaml").write_text(
        (coin / "concept.yaml").read_text().replace("concept:basics/chance\n", "concept:basics/chances\n")
    )
    assert [c.key for c in load_concepts([coin, chance])] == ["concept:basics/coin", "concept:basics/chances"]


def test_duplicate_concept(write: Write) -> None:
    first, second = write(name="first"), write(name="second")
    with pytest.raises(ConceptError) as error:
        load_concepts([first, second])
    assert str(error.value) == (
        f"{second}/concept.yaml:1: key: duplicate key 'concept:basics/coin'. "
        f"{first}/concept.yaml has it already; rename one."
    )


def test_claims_are_checked_against_the_ledger(write: Write) -> None:
    folder = write()
    assert load_concepts([folder], claims=["claim:basics/coin/fair"])
    with pytest.raises(ConceptError) as error:
        load_concepts([folder], claims=["claim:basics/coin/fairer"])
    assert str(error.value) == (
        f"{folder}/concept.yaml:{line_of(folder, 'claim:basics/coin/fair')}: claims[0]: "
        "the ledger has no 'claim:basics/coin/fair'. Did you mean 'claim:basics/coin/fairer'?"
    )
