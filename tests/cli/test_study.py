"""``onewarm study`` as a person meets it: what it prints, what it leaves behind, and how it says no."""

import json

import pytest

ARMS = ["--arms", "hard,smooth:0.1", "--seeds", "2"]


def test_study_of_a_file_prints_a_table_writes_json_and_trains_nothing_twice(run, flowers, home):
    out = flowers.with_name("report.json")
    first = run("study", flowers, "--label", "species", *ARMS, "--json", out)
    assert first.exit_code == 0, first.output
    assert "smooth:0.1" in first.output and "6/6" in first.output
    report = json.loads(out.read_text())
    assert report["dataset"]["num_classes"] == 3
    assert len(report["metrics"]["smooth:0.1"]["nll"]["values"]) == 2
    assert (home / "studies.db").is_file()
    second = run("study", flowers, "--label", "species", *ARMS, "--json", "-")
    assert json.loads(second.stdout) == report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["digit"], "digits"),
        (["nowhere.csv"], "nowhere.csv"),
        (["digits", "--arms", "hard,smooth:2"], "smooth:2"),
        (["digits", "--seeds", "0"], "seeds"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(run, arguments, said, home):
    result = run("study", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert not list(home.iterdir())


def test_a_missing_label_column_names_what_there_is(run, flowers):
    result = run("study", flowers, "--label", "specie")
    assert result.exit_code == 2
    assert "species" in result.output
