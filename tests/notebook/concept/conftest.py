"""A small concept with every kind of object, written as text: tests change one place of it and look for the fault."""

from collections.abc import Callable
from pathlib import Path

import pytest

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
    summary: The two add up to one.
sources:
  - {name: book, title: A book, citation: "A, 2001", url: "https://example.org", place: p. 1, read: abstract,
     summary: So.}
code: {name: witness, title: Toss, text: A toss., output: "1"}
demo:
  notes: A coin turns.
  model: {sides: [0.5, 0.5], shown: 0, name: penny}
  highlights: [side]
  states:
    - {name: fair, title: Fair, text: Both alike., state: {sides: [0.5, 0.5]}}
lesson:
  minutes: 3
  able: [say what a coin does, count its sides]
  chapters:
    - name: toss
      title: Toss
      panel: storyboard
      steps:
        - name: guess
          text: A coin is tossed.
          state: fair
          ask:
            kind: number
            question: How often heads?
            answers:
              - {name: half, text: About half., feedback: Perhaps., between: [0.4, 0.6]}
              - {name: never, text: Never., feedback: No.}
            correct: half
            reveal: It is half.
            state: fair
            highlight: side
            gives_away: [half]
    - name: sides
      title: Sides
      panel: intuition
      steps: [{name: pair, text: A pair of sides.}]
    - name: look
      title: Look
      panel: inquiry
      steps: [{name: which, text: Which one?}]
    - name: play
      title: Play
      panel: demo
      steps: [{name: yours, text: Yours.}]
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
## Math

Two chances:

$$ h + t = 1 $$ (sum)
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes the concept folder `name`; `old` in concept.yaml becomes `new`; `label` is that of the equation."""

    def folder(old: str = "", new: str = "", *, name: str = "coin", page: str = PAGE, label: str = "sum") -> Path:
        assert not old or YAML.count(old) == 1, f"{old!r} is in the example {YAML.count(old)} times"
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        (path / "concept.yaml").write_text(YAML.replace(old, new) if old else YAML, encoding="utf-8")
        (path / "page.md").write_text(page.replace("(sum)", f"({label})"), encoding="utf-8")
        (path / "witness.py").write_text("print(1)\n", encoding="utf-8")
        return path

    return folder


@pytest.fixture
def line_of() -> Callable[[Path, str], int]:
    """1-based number of the last line of a folder's concept.yaml that contains a text."""

    def find(folder: Path, text: str) -> int:
        lines = (folder / "concept.yaml").read_text(encoding="utf-8").splitlines()
        return max(i for i, line in enumerate(lines, start=1) if text in line)

    return find
