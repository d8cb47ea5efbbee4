"""Names and references of a concept: duplicates, names that lead nowhere, edges, claims, and what is not reported."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onewarm.notebook.concept.load import ConceptError, load_concept, load_concepts
from onewarm.notebook.concept.references.file import ValidLists

Write = Callable[..., Path]
LineOf = Callable[[Path, str], int]

FAULTS = {
    "duplicate name": ("{name: two,", "{name: one,", "{name: one, level: why",
                       "practice[1].name: duplicate name 'one'. Line 66 has it already; keep or rename one."),
    "duplicate edge": ("equations:\n", "  contrast:\n    - {key: concept:basics/chance, title: C, reason: r}\n"
                       "equations:\n", "title: C,",
                       "edges.contrast[0].key: duplicate key 'concept:basics/chance'. "
                       "Line 9 has it already; keep or rename one."),
    "edge to itself": ("key: concept:basics/chance", "key: concept:basics/coin", "- key: concept:basics/coin",
                       "edges.prerequisites[0].key: edge to the concept itself. Name another concept."),
    "unknown demo state": ("tossed.\n          state: fair", "tossed.\n          state: fare", "state: fare",
                           "lesson.chapters[0].steps[0].state: no demo state 'fare'. Did you mean 'fair'?"),
    "unknown highlight": ("highlight: side\n", "highlight: sides\n", "highlight: sides",
                          "lesson.chapters[0].steps[0].ask.highlight: no highlight 'sides'. Did you mean 'side'?"),
    "unknown answer": ("correct: half", "correct: hal", "correct: hal",
                       "lesson.chapters[0].steps[0].ask.correct: no answer 'hal'. Did you mean 'half'?"),
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
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "text"), FAULTS.values(), ids=list(FAULTS))
def test_fault(write: Write, line_of: LineOf, old: str, new: str, at: str, text: str) -> None:
    folder = write(old, new)
    line = 1 if at == "key" else line_of(folder, at)
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    assert str(error.value) == f"{folder / 'concept.yaml'}:{line}: {text}"


def test_equations_of_file_and_page_must_agree(write: Write, line_of: LineOf) -> None:
    folder = write(label="total")
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    yaml, page = str(error.value).splitlines()
    assert yaml == (
        f"{folder}/concept.yaml:{line_of(folder, '- name: sum')}: equations[0].name: "
        "no equation labelled '(sum)' in page.md. There are: total."
    )
    assert page == (
        f"{folder}/page.md:5: equation 'total' is not described in concept.yaml. "
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


def test_claims_are_checked_against_the_ledger(write: Write, line_of: LineOf) -> None:
    folder = write()
    assert load_concepts([folder], claims=["claim:basics/coin/fair"])
    with pytest.raises(ConceptError) as error:
        load_concepts([folder], claims=["claim:basics/coin/fairer"])
    assert str(error.value) == (
        f"{folder}/concept.yaml:{line_of(folder, 'claim:basics/coin/fair')}: claims[0]: "
        "the ledger has no 'claim:basics/coin/fair'. Did you mean 'claim:basics/coin/fairer'?"
    )


def faults_of(folder: Path) -> list[tuple[int, str, str]]:
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    return [(fault.line, fault.key, fault.problem) for fault in error.value.faults]


def test_every_repetition_of_a_name_refers_to_its_first_line(write: Write, line_of: LineOf) -> None:
    folder = write("claims:\n", "claims:\n  - claim:basics/coin/x\n  - claim:basics/coin/x\n  - claim:basics/coin/x\n")
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    first = line_of(folder, "claim:basics/coin/x") - 2
    assert [(fault.line, fault.key, fault.remedy) for fault in error.value.faults] == [
        (first + i, f"claims[{i}]", f"Line {first} has it already; keep or rename one.") for i in (1, 2)
    ]


def test_an_object_of_another_kind_is_not_what_the_question_is_about(write: Write, line_of: LineOf) -> None:
    folder = write("{kind: equation, object: equation:basics", "{kind: source, object: equation:basics")
    with pytest.raises(ConceptError) as error:
        load_concept(folder)
    assert str(error.value) == (
        f"{folder}/concept.yaml:{line_of(folder, 'question: mine')}: research[7].object: "
        "no source 'equation:basics/coin/sum' on this page. There are: source:basics/coin/book."
    )


def test_an_object_of_its_own_kind_is_found(write: Write) -> None:
    for kind, name in (("source", "book"), ("misconception", "memory"), ("demo-state", "fair"), ("claim", "fair")):
        key = f"{{kind: {kind}, object: {kind}:basics/coin/{name}"
        load_concept(write("{kind: equation, object: equation:basics/coin/sum", key))


CHAPTERS = ("lesson", "chapters")


@pytest.mark.parametrize(
    ("faulty", "valid"),
    [
        ((), True),
        ((("lesson",),), False),
        ((CHAPTERS,), False),
        (((*CHAPTERS, 0),), False),
        (((*CHAPTERS, 1, "name"),), False),
        (((*CHAPTERS, 1, "text"),), True),
        (((*CHAPTERS, 1, "name", "deeper"),), True),
        ((("lesson", "minutes"), ("lesson", "able", 0), ("demo",), ("chapters", 0)), True),
        ((("title",), (*CHAPTERS, 0)), False),
        (((),), False),
    ],
)
def test_a_list_is_valid_unless_itself_or_an_items_name_is_at_fault(
    faulty: tuple[tuple[str | int, ...], ...], valid: bool
) -> None:
    assert (CHAPTERS in ValidLists(faulty)) is valid


STATE = "    - {name: fair, title: Fair, text: Both alike., state: {sides: [0.5, 0.5]}}\n"


@pytest.mark.parametrize(
    ("state", "key", "reported"),
    [
        (STATE.replace("name: fair", "name: The Fair"), "demo.states[0].name", False),
        ("    - fair\n", "demo.states[0]", False),
        (STATE.replace("text: Both alike.", "text: 3"), "demo.states[0].text", True),
    ],
)
def test_a_reference_into_a_list_whose_names_are_not_known_is_not_reported(
    write: Write, state: str, key: str, reported: bool
) -> None:
    folder = write(STATE, state)
    path = folder / "concept.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "reveal: It is half.\n            state: fair", "reveal: H.\n            state: odd"
    )
    path.write_text(text.replace("tossed.\n          state: fair\n", "tossed.\n"), encoding="utf-8")
    keys = [fault_key for _, fault_key, _ in faults_of(folder)]
    assert sorted(keys) == sorted([key, *(["lesson.chapters[0].steps[0].ask.state"] if reported else [])])
