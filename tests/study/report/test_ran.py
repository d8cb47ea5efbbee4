"""What ran: enough to know it, and to run it again."""

import shlex
from dataclasses import replace

import pytest

from onewarm.study.report.ran import again, command_line, described, python_lines, seconds, spans, what_ran
from onewarm.study.seeds import parse_seeds


@pytest.fixture(scope="module")
def report(simulate):
    notes = ["A column of dates <b> became 4 columns\u202e"]
    made = simulate(["hard", "smooth:0.1", "logistic"], [0, 1, 2, 7], classes=["<i>no</i>", "yes\u202e"], notes=notes)
    return replace(made, dataset={**made.dataset, "key": "some.csv"})


def test_everything_that_determines_the_study_is_there(report, viewed):
    told = what_ran(viewed(report))
    for words in ("90 training, 60 validation, 120 test", "<code>species</code>", "hidden 128", "0-2,7", "torch 2.9.0"):
        assert words in told, words
    assert "each seed splits the same rows anew" in told and "12 runs" in told
    assert "weight decay" in told and "Szegedy" in told and "t = (1 - a) onehot(y) + a / K" in told


def test_names_and_notes_from_files_are_text(report, viewed):
    told = what_ran(viewed(report))
    assert "<i>no" not in told and "&lt;i&gt;no&lt;/i&gt;, yes\\u202e" in told
    assert "dates &lt;b&gt; became 4 columns\\u202e" in told


def test_the_command_and_the_lines_of_python_run_the_same_study(report, viewed):
    view = viewed(report)
    words = shlex.split(command_line(view))
    assert words[:3] == ["onewarm", "study", "some.csv"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options == {"--arms": "hard,smooth:0.1", "--seeds": "0-2,7", "--label": "species"}
    assert list(parse_seeds(options["--seeds"])) == report.seeds
    given = {}
    code = python_lines(view).replace(
        "from onewarm.study import run", "run = lambda data, **k: given.update(k, data=data)"
    )
    exec(code, {"given": given})
    assert given == {"data": "some.csv", "arms": ["hard", "smooth:0.1"], "seeds": "0-2,7", "label": "species"}


def test_how_rows_are_split_and_what_is_left_out_is_in_both(report, viewed):
    """A study by groups was said to run again without them, which is another study."""
    options = {"group": "patient no", "rare": "drop", "drop": ["a", "b c"]}
    view = viewed(replace(report, dataset={**report.dataset, "options": options}))
    assert shlex.split(command_line(view))[9:] == [
        "--group", "patient no", "--rare", "drop", "--drop", "a", "--drop", "b c",
    ]  # fmt: skip
    assert "group='patient no', rare='drop', drop=['a', 'b c'])" in python_lines(view)
    split = viewed(replace(report, dataset={**report.dataset, "options": {"split": "part"}}))
    assert "--split-column part" in command_line(split) and "split='part'" in python_lines(split)
    array = viewed(replace(report, dataset={**report.dataset, "options": {"group": None}}))
    assert command_line(array) is None and "# group: the same array" in python_lines(array)
    assert "group=group)" in python_lines(array)


def test_data_in_memory_and_a_model_of_the_users_have_lines_of_python_only(report, viewed):
    frame = viewed(replace(report, dataset={**report.dataset, "key": "X", "label": None}))
    assert command_line(frame) is None and "run(X, y, arms=['hard', 'smooth:0.1'], seeds='0-2,7')" in python_lines(
        frame
    )
    theirs = viewed(replace(report, model={"network": "GaussianNB"}))
    assert command_line(theirs) is None and "label='species', model=model)" in python_lines(theirs)
    assert "On the command line" not in again(theirs, None) and "On the command line" in again(theirs, "onewarm study")


def test_a_path_with_a_space_is_quoted_and_the_own_command_is_kept(report, viewed):
    odd = replace(report, dataset={**report.dataset, "key": "my data.csv"})
    assert "'my data.csv'" in command_line(viewed(odd))
    assert "<code>onewarm study &lt;x&gt;</code>" in again(viewed(report), "onewarm study <x>")


def test_values_in_words():
    assert (
        described({"network": "logistic", "c": [0.1, 1.0], "none": None, "early": True})
        == "network: logistic; c 0.1 or 1; early True"
    )
    assert spans([3]) == "3" and spans([5, 4]) == "5,4" and seconds(119.6) == "2 min 0 s"
