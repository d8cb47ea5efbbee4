"""Anchors: what an address names is found and focused, also in upper case, or pasted with the full stop after it."""

from typing import Any

import pytest

SETUP = """async () => {
  for (const id of ["math", "claim/smooth:0.05", "more"]) {
    const section = document.createElement("section");
    section.id = id;
    document.body.append(section);
  }
  const fold = document.createElement("details");
  fold.append(document.createElement("summary"), document.querySelector("#more"));
  document.body.append(fold);
  (await import("./target.js")).land();
}"""


@pytest.mark.browser
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("math", "math"),
        ("Math", "math"),
        ("math.", "math"),
        ("MATH%20", "math"),
        ("math),", "math"),
        ("claim%2Fsmooth%3A0.05", "claim/smooth:0.05"),
        ("Claim/Smooth:0.05.", "claim/smooth:0.05"),
        ("more!", "more"),
        ("none", None),
        ("%E0%A4%A", None),
        ("__proto__", None),
        ("%", None),
    ],
)
def test_an_anchor_finds_what_it_names(blank: Any, written: str, name: str | None) -> None:
    blank.evaluate(SETUP)
    blank.evaluate("hash => { location.hash = hash; }", written)
    if name is None:
        blank.wait_for_timeout(50)
        assert blank.evaluate("document.querySelector(':target')") is None
    else:
        blank.wait_for_function("name => document.querySelector(':target')?.id === name", arg=name)
        blank.wait_for_function("name => document.activeElement.id === name", arg=name)
        assert blank.evaluate("document.querySelector(':target').checkVisibility()")
