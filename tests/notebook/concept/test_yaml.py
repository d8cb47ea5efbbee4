"""YAML that cannot be read is an error with file and line, never a crash."""

from pathlib import Path

import pytest

from onewarm.notebook.concept.yaml import ConceptError, read_yaml

BAD = {
    "unclosed quote": (b'a: 1\nb: "x\n', 3, "not YAML (found unexpected end of stream)"),
    "colon in a text": (b"a: 1\nb: so: be it\n", 2, "not YAML (mapping values are not allowed here)"),
    "tab": (b"a:\n\t- 1\n", 2, "not YAML (found character '\\t' that cannot start any token)"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "not YAML (but found another document)"),
    "tag": (b"a: !!python/object:os.system x\n", 1,
            "not YAML (could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object:os.system')"),
    "a list": (b"- a\n", 1, "expected a mapping, found a list"),
    "nothing": (b"", 1, "expected a mapping, found nothing"),
    "control character": (b"a: 1\nb: \x07\n", 2, "a character that YAML does not allow"),
    "not UTF-8": (b"a: \xff\n", 1, "byte 3 is not UTF-8"),
    "deep": (b"a: " + b"[" * 1500, 1, "not readable as YAML (RecursionError)"),
    "no date": (b"a: 2001-99-99\n", 1, "not readable as YAML (ValueError)"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "problem"), BAD.values(), ids=list(BAD))
def test_bad_yaml(tmp_path: Path, text: bytes, line: int, problem: str) -> None:
    file = tmp_path / "concept.yaml"
    file.write_bytes(text)
    with pytest.raises(ConceptError) as error:
        read_yaml(file)
    assert str(error.value).startswith(f"{file}:{line}: {problem}. ")


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConceptError, match=r"cannot be read \(Is a directory\)\. Check the path"):
        read_yaml(tmp_path)


def test_lines(tmp_path: Path) -> None:
    file = tmp_path / "concept.yaml"
    file.write_text("a:\n  - b: 1\n    c: 2\n  - d\n")
    document = read_yaml(file)
    assert document.value == {"a": [{"b": 1, "c": 2}, "d"]}
    assert {place: line for place, line in document.lines.items() if place} == {
        ("a",): 1, ("a", 0): 2, ("a", 0, "b"): 2, ("a", 0, "c"): 3, ("a", 1): 4,
    }  # fmt: skip
