"""The terminal: what was done first, the recommendation last, at most 80 columns, readable when piped."""

import io

import pytest
from rich.console import Console

from onewarm.study.report.terminal import print_study


def printed(report, width=80):
    console = Console(file=io.StringIO(), width=width)
    print_study(report, console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def many(simulate):
    arms = ["hard", "smooth:0.05", "teacher:2:smooth:0.1", "teacher-bucket:10:2:exclude-label:0.05", "logistic"]
    return simulate(arms, range(5), notes=["Two columns were left out: \x1b[31m, [bold]"])


def test_the_order_is_data_means_differences_end_recommendation(many, format2):
    told = printed(many)
    titles = [
        "Study of Simulated",
        "Label column: species",
        "Two columns",
        "Every arm",
        "Minus hard",
        "Trained to the end",
    ]
    at = [told.index(t) for t in titles]
    assert at == sorted(at) and told.rstrip().endswith("Six seeds could have shown -0.010.")
    assert "A temperature does as well." in told and "against hard:" not in told  # that is what the table says
    assert "\\x1b[31m, [bold]" in told and "The intervals speak of this file, split anew." in told


def test_the_label_column_is_named_once(simulate, format2):
    told = printed(simulate(["hard"], [0], notes=["Label: column 'species' (4 classes)."]))
    assert told.count("species") == 1


def test_it_fits_80_columns_and_has_no_control_characters_when_piped(many, format2):
    lines = printed(many).splitlines()
    assert max(map(len, lines)) <= 80
    assert all(c.isprintable() for line in lines for c in line)
    assert "\u2212" not in "".join(lines)  # a program that reads the table knows only the hyphen


def test_the_numbers_are_those_of_the_report(many, format2):
    told = printed(many)
    nll = many.to_dict()["metrics"]["smooth:0.05"]["nll"]["mean"]
    (line,) = [line for line in told.split("Minus hard")[0].splitlines() if line.split()[:1] == ["smooth:0.05"]]
    assert line.split()[1] == f"{nll:.3f}"


def test_one_arm_and_one_seed(simulate, format2):
    """A study of one arm or one seed was an IndexError."""
    alone = printed(simulate(["hard"], [0]))
    assert "seed 0" in alone and "Minus" not in alone
    assert "not testable" in printed(simulate(["hard", "smooth:0.1"], [3]))


def test_a_model_without_an_end_has_no_table_of_it(simulate, format2):
    told = printed(simulate(["hard", "smooth:0.1"], range(3), end=False))
    assert "to the end" not in told and "stopped" not in told
