"""The terminal shows the verdict, every option and measure, the slices with the most evidence, and the notes."""

import io
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from onewarm.audit.audit import audit
from onewarm.audit.findings import Action, Finding
from onewarm.audit.measures import TITLES
from onewarm.audit.report.groups import measured
from onewarm.audit.report.terminal import print_audit
from onewarm.report.numbers import number


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 3)) * 1.5
    e = np.exp(z)
    labels = (e.cumsum(axis=1) / e.sum(axis=1, keepdims=True) > rng.random((2000, 1))).argmax(axis=1)
    path = tmp_path_factory.mktemp("data") / "a.npz"
    group = np.array([f"[bold]{k}" for k in rng.integers(0, 12, 2000)])
    np.savez(path, logits=2 * z, label=labels, group=group, votes=np.ones((2000, 3), int))
    return audit(path)


def printed(found, width=200):
    console = Console(file=io.StringIO(), width=width)
    print_audit(found, console)
    return console.file.getvalue()


def line_of(text, start):
    (line,) = [line for line in text.splitlines() if line.strip().startswith(start)]
    return " ".join(line.split())


def test_the_headline_first_then_the_action_then_the_findings_each_once(found):
    text = " ".join(printed(found).split())
    v = found.verdict
    at = -1
    for sentence in (v.headline, v.action.sentence, *v.action.why, *(f.sentence for f in v.findings)):
        words = " ".join(sentence.split())
        assert text.count(words) == 1 and text.index(words) > at, sentence
        at = text.index(words)
    assert "Note: The truth is 'label'; 'votes' could be it too: --votes votes" in text


def test_code_and_remedies_of_findings_are_printed_and_nothing_is_said_twice(found):
    action = Action("temperature", "Divide.", ("It gains.",), code="cal = [1]\np = 2", command="onewarm calibrate x")
    findings = (Finding("a", "It gains."), Finding("b", "Half are copies.", "spoils", remedy="Use --group."))
    text = printed(replace(found, verdict=replace(found.verdict, action=action, findings=findings)))
    for line in ("    cal = [1]", "    p = 2", "    onewarm calibrate x", "  Half are copies. Use --group."):
        assert line in [kept.rstrip() for kept in text.splitlines()]
    assert text.count("It gains.") == 1
    none = replace(found, verdict=replace(found.verdict, action=action, findings=findings[:1]))
    assert "What was found" not in printed(none)


def test_it_fits_into_80_columns(found):
    """Intervals were cut with an ellipsis where a column was too narrow."""
    text = printed(found, width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_every_measure_with_its_interval(found):
    text = printed(found)
    for name, one in found.measures.items():
        title = TITLES[name].strip()
        assert line_of(text, title + "  ") == " ".join(" ".join((title, *measured(name, one))).split())


def test_every_option_with_its_gain_and_those_that_cannot_be_fitted(found):
    text = printed(found)
    option = next(o for o in found.options if o.key == "temperature")
    assert found.recommended == "temperature"
    gain = f"{number(option.gain)} ({number(option.interval[0])} to {number(option.interval[1])})"
    assert line_of(text, "> Temperature, T") == (
        f"> Temperature, T = {option.parameters['temperature']:.4f} {number(option.nll)} {gain} {number(option.brier)} "
        f"{number(option.ece)}"
    )
    failed = replace(option, parameters={}, problem="all rows are right")
    text = printed(replace(found, options=(found.options[0], failed)))
    assert line_of(text, "> Temperature ") == "> Temperature - cannot be fitted - -"


def test_rows_that_do_not_belong_together_have_no_remedies_and_no_slices(found):
    """Labels of other rows: the advice was to retrain with label smoothing, alpha about 1."""
    text = printed(replace(found, verdict=replace(found.verdict, kind="wrong rows")))
    assert "Remedies" not in text and "Slices" not in text and "Accuracy" in text


def test_ten_slices_whose_names_are_text(found):
    text = printed(found)
    assert "Slices (10 of 12)" in text
    first = found.slices[0]
    assert first.value.startswith("[bold]")
    assert line_of(text, f"group = {first.value} ").startswith(f"group = {first.value} {first.rows:,} ")
    assert f"{first.gap * 100:+.1f}" in line_of(text, f"group = {first.value} ")
    assert "Slices" not in printed(replace(found, slices=()))


def test_nothing_of_a_file_reaches_the_terminal_raw(found):
    """Escape sequences, newlines and reversed text in names of slices, classes and files were obeyed."""
    evil = "\x1b[2J\nab\u202e[red]:bomb:\x9b\x07"
    one = replace(found.slices[0], name=f"{evil} = {evil}")
    verdict = replace(
        found.verdict,
        headline=f"Class {evil} is wrong.",
        action=replace(found.verdict.action, sentence=f"Use {evil}.", why=(evil,), code=f"x = {evil!r}", command=evil),
        findings=(Finding("a", f"Of {evil}.", remedy=evil),),
    )
    text = printed(replace(found, slices=(one,), verdict=verdict, notes=(evil,)))
    assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"]
    assert text.count("\\x1b[2J\\nab\\u202e[red]:bomb:\\x9b\\x07") >= 8
