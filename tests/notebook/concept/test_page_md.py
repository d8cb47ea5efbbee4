"""page.md in parts, with the lines on which they stand."""

from pathlib import Path

import pytest

from onewarm.notebook.concept.page_md import read_page
from onewarm.notebook.concept.yaml import ConceptError

GOOD = "\n## Math\n\nA $p$.\n\n### Inside\n\n$$ a = b $$ (first)\n\n$$\nc\n= d\n$$ (second)\n"


def read(folder: Path, text: str) -> object:
    (folder / "page.md").write_text(text, encoding="utf-8")
    return read_page(folder / "page.md")


def test_parts(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(GOOD, encoding="utf-8")
    page = read_page(tmp_path / "page.md")
    lines = GOOD.splitlines(keepends=True)
    assert page.math == "".join(lines[2:]) and page.math_line == 3
    assert [(e.name, e.latex, e.line) for e in page.equations] == [
        ("first", "a = b", 8), ("second", "c\n= d", 10),
    ]  # fmt: skip


FAULTS = {
    "missing part": (GOOD.replace("## Math", "### Math"), "1: missing part 'Math'. Add the line `## Math`."),
    "repeated part": (GOOD + "\n## Math\n", "15: repeated part 'Math'. It is on line 2 already; keep one."),
    "top heading": ("# Math\n" + GOOD, "1: unknown part '# Math'. Write `## Math`. "
                    "Headings inside a part start with ###."),
    "duplicate anchor": (GOOD.replace("second", "first"), "10: duplicate equation label 'first'. "
                         "Line 8 has it already; choose another."),
    "bad label": (GOOD.replace("first", "First_one"), "8: equation label 'First_one' is not a name. "
                  "Use lower-case letters, digits and single hyphens, as in `(finite-gap)`."),
}  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=list(FAULTS))
def test_faults(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConceptError) as error:
        read(tmp_path, text)
    assert str(error.value) == f"{tmp_path / 'page.md'}:{fault}"


def test_a_heading_in_code_is_no_part(tmp_path: Path) -> None:
    read(tmp_path, GOOD + "\n```\n## Math\n```\n")
