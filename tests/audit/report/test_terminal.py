"""The terminal shows the verdict, every option and measure, the slices with the most evidence, and the notes."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from onewarm.audit.audit import audit
from onewarm.audit.measures import TITLES
from onewarm.audit.report.terminal import print_audit
from onewarm.audit.words import number


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


def printed(found):
    console = Console(file=io.StringIO(), width=200)
    print_audit(found, console)
    return console.file.getvalue()


def line_of(text, start):
    (line,) = [line for line in text.splitlines() if line.strip().startswith(start)]
    return " ".join(line.split())


def test_every_sentence_and_note(found):
    text = printed(found)
    v = found.verdict
    for sentence in (v.headline, *(f.sentence for f in v.findings), v.action.sentence, *v.action.why):
        assert " ".join(sentence.split()) in " ".join(text.split())
    assert "Note: The truth is 'label'; 'votes' could be it too: --votes votes" in text


def test_every_measure_with_its_interval(found):
    text = printed(found)
    for name, one in found.measures.items():
        ends = f" {number(one.interval[0])} to {number(one.interval[1])}" if one.interval else ""
        assert line_of(text, TITLES[name].strip() + "  ") == f"{TITLES[name].strip()} {number(one.value)}{ends}"


def test_every_option_with_its_gain_and_those_that_cannot_be_fitted(found):
    text = printed(found)
    option = next(o for o in found.options if o.key == "temperature")
    gain = f"{number(option.interval[0])} to {number(option.interval[1])}"
    assert line_of(text, "Temperature, T") == (
        f"Temperature, T {option.parameters['temperature']:.4f} {number(option.nll)} {gain} {number(option.brier)} "
        f"{number(option.ece)}"
    )
    failed = replace(option, parameters={}, problem="all rows are right")
    text = printed(replace(found, options=(found.options[0], failed)))
    assert line_of(text, "Temperature ") == "Temperature - cannot be fitted - -"


def test_ten_slices_whose_names_are_text(found):
    text = printed(found)
    assert "Slices, the strongest evidence first (10 of 12)" in text
    first = found.slices[0]
    assert first.value.startswith("[bold]")
    assert line_of(text, f"group = {first.value} ").startswith(f"group = {first.value} {first.rows:,} ")
    assert f"{first.gap * 100:+.1f}" in line_of(text, f"group = {first.value} ")
    assert "Slices" not in printed(replace(found, slices=()))
