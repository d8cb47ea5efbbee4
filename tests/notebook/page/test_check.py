"""Every fault of a folder is reported at once, with the line to correct; what is no fault is not."""

from pathlib import Path
from typing import Any

import pytest

from onewarm.notebook.concept.starter import new_concept
from onewarm.notebook.page.check import concept_faults

# What is broken in the starter's files: file, old, new, and the fault with the text that its line holds.
BROKEN = (
    ("concept.yaml", r"surprised by $\log 2$", r"surprised by $\lgo 2$",
     r"summary: the formula `\lgo 2` does not convert: unknown command \lgo. Correct the formula.", r"\lgo 2"),
    ("concept.yaml", "text: The picture, in", "txt: The picture, in",
     "structure[0].txt: unknown key. Did you mean 'text'?", "txt: The"),
    ("concept.yaml", "    surprise 0.6931", "    surprise 0.7",
     "code.output: witness.py printed `surprise 0.6931` as line 1, code.output has `surprise 0.7`. "
     "Correct the code or the output.", "    surprise 0.7"),
    ("concept.yaml", "text: Both sides are equally likely.", "text: See [this](nowhere).",
     "demo.states[0].text: link to 'nowhere': it is neither an https address, nor the key of an object of "
     "this page, nor that of a concept with a page. Correct the address.", "(nowhere)"),
    ("concept.yaml", "          state: fair\n", "          state: fiar\n",
     "lesson.chapters[0].steps[0].state: no demo state 'fiar'. Did you mean 'fair'?", "fiar"),
    ("concept.yaml", "correct: height", "correct: heihgt",
     "lesson.chapters[2].steps[0].ask.correct: no answer 'heihgt'. Did you mean 'height'?", "heihgt"),
    ("concept.yaml", "claims: []", "claims: [claim:a/b/gradint]",
     "claims[0]: the ledger has no 'claim:a/b/gradint'. Did you mean 'claim:a/b/gradient'?", "gradint"),
    ("concept.yaml", "check: print(np.log(2).round(4))", "check: |\n      x = 1\n      print(y)",
     "misconceptions[0].check: NameError: name 'y' is not defined. Correct the check.", "print(y)"),
    ("concept.yaml", "expression: np.log(sides)", "expression: np.log(side)",
     "practice[0].number.expression: NameError: name 'side' is not defined. Correct the expression.", "np.log(side)"),
    ("concept.yaml", "surprises by {{ value:even .4f }}", "surprises by 0.6931",
     "lesson.chapters[1].steps[0].text: the number 0.6931 is typed. Write {{ value:even .4f }}, which is that number.",
     "surprises by 0.6931"),
    ("concept.yaml", "surprise by {{ value:rare .4f }}", "surprise by {{ value:rar .4f }}",
     "lesson.chapters[0].steps[0].ask.reveal: no value 'rar' in values.py. Did you mean 'rare'?", "value:rar "),
    ("concept.yaml", "- The sign is right.", r"- The $\foo$ is right.",
     r"practice[0].rubric[1]: the formula `\foo` does not convert: unknown command \foo. Correct the formula.",
     r"\foo"),
    ("concept.yaml", "planned: true\n      more", "planned: false\n      more",
     "edges.next[0].key: dangling edge: no concept 'concept:x/bad-continued'. "
     "Did you mean 'concept:x/good'? Or mark the edge `planned: true` while that concept has no page.",
     "bad-continued"),
    ("page.md", "Define every symbol", r"Define every $\belif$",
     r"the formula `\belif` does not convert: unknown command \belif. Correct the formula.", r"\belif"),
    ("page.md", "$$ (surprise)\n", "$$ (surprise)\n\n$$ a $$ (extra)\n",
     "equation 'extra' is not described in concept.yaml. Add it under `equations:`, or remove the label.", "(extra)"),
)  # fmt: skip


def test_all_of_them_at_once_each_on_its_line(tmp_path: Path) -> None:
    good, bad = new_concept("x/good", tmp_path), new_concept("x/bad", tmp_path)
    for name, old, new, *_ in BROKEN:
        text = (bad / name).read_text(encoding="utf-8")
        assert old in text, old
        (bad / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    (bad / "demo.js").write_text("let x = 1;", encoding="utf-8")
    expected = {(bad / "demo.js", 1, "there is no default export. Add `export default "
                 "{ render({ model, el }) { ... } };`."),
                (bad / "concept.yaml", 0, "structure[0].text: missing key. Add `text:` here.")}  # fmt: skip
    for name, _, _, message, mark in BROKEN:
        lines = (bad / name).read_text(encoding="utf-8").splitlines()
        expected.add((bad / name, 1 + next(i for i, line in enumerate(lines) if mark in line), message))
    faults = concept_faults([bad], others=[good], claims=["claim:a/b/gradient"])
    found = {(f.file, 0 if "missing key" in f.problem else f.line, f.what) for f in faults}
    assert found == expected
    assert list(faults) == sorted(faults)
    assert {fault.file.parent for fault in concept_faults([good, bad], claims=[])} == {bad}


def test_yaml_that_is_none_leaves_the_rest_to_be_checked(folder: Any, tmp_path: Path) -> None:
    path = folder.write(tmp_path / "coin")
    (path / "concept.yaml").write_text("a: [", encoding="utf-8")
    (path / "page.md").write_text("## Maths\n\n$\\foo$\n", encoding="utf-8")
    assert [(f.file.name, f.line, f.problem) for f in concept_faults([path])] == [
        ("concept.yaml", 1, "not YAML (expected the node content, but found '<stream end>')"),
        ("page.md", 1, "missing part 'Math'"),
        ("page.md", 1, "unknown part '## Maths'"),
        ("page.md", 3, "the formula `\\foo` does not convert: unknown command \\foo"),
    ]


@pytest.mark.parametrize("value", [None, 3, "text", [], [3], {"a": 1}, [{"name": {}}], [[]]])
@pytest.mark.parametrize("key", ["key", "edges", "demo", "lesson", "practice", "research", "claims", "code"])
def test_no_shape_of_yaml_stops_the_check(folder: Any, tmp_path: Path, key: str, value: Any) -> None:
    folder.yaml[key] = value
    assert concept_faults([folder.write(tmp_path / "coin")], claims=()) or (key, value) == ("claims", [])
