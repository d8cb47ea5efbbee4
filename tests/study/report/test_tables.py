"""The tables of a study's page hold its numbers."""

import re

import pytest

from onewarm.study.report.tables import arm_name, differences_table, means_table, stopped_at, stopping_table


@pytest.fixture(scope="module")
def view(simulate, viewed):
    return viewed(simulate(["hard", "smooth:0.1", "logistic"], range(4)), recommended="smooth:0.1")


def cells(made):
    rows = re.findall(r'<tr(?: class="chosen")?><th scope="row">(.*?)</th>(.*?)</tr>', made)
    return {re.sub("<.*", "", name).strip(): re.findall("<td>(.*?)</td>", rest) for name, rest in rows}


def test_means(view):
    made = means_table(view)
    head = re.findall(r'<th scope="col">(.*?)</th>', made)
    assert cells(made)["hard"][head.index("NLL") - 1] == f"{view.mean('hard', 'nll'):.3f}"
    assert cells(made)["hard"][head.index("Accuracy") - 1] == f"{100 * view.mean('hard', 'accuracy'):.1f}\u00a0%"
    assert "<caption>Means over 4 seeds, of models stopped" in made and "Brier" not in made


def test_a_difference_has_its_interval_and_its_side_in_words(view):
    row = view.difference("smooth:0.1", "nll")
    cell = cells(differences_table(view))["smooth:0.1"][0]
    words = re.sub("<.*?>", " ", cell).split()
    assert float(words[0].replace("\u2212", "-")) == pytest.approx(row["mean"], abs=5e-4)
    assert "not clear" in " ".join(words) or "better" in words or "worse" in words
    ends = [float(w.replace("\u2212", "-")) for w in words if w[-1].isdigit()][1:]
    assert ends == pytest.approx(row["interval"], abs=5e-4)


def test_stopped_and_to_the_end_stand_beside_each_other(view):
    found = cells(stopping_table(view))
    assert found["hard"][:2] == [f"{view.mean('hard', 'nll', t):.3f}" for t in ("stopped", "end")]
    assert found["logistic"][1] == "–" and len(found["smooth:0.1"]) == 8


def test_one_arm_has_no_differences(simulate, viewed):
    alone = viewed(simulate(["hard"], [0]))
    assert len(cells(stopping_table(alone))["hard"]) == 6 and "minus" not in stopping_table(alone)


def test_what_an_arm_is_to_the_study_stands_beside_its_name(view):
    marks = [re.sub("<.*?>", "", arm_name(view, a)) for a in view.arms]
    assert marks == ["hard baseline", "smooth:0.1 recommended", "logistic reference"]


def test_the_steps_of_stopping(view):
    steps = [r.steps for r in view.runs("hard")]
    assert stopped_at(view, "hard") == f"{min(steps)} to {max(steps)}" and stopped_at(view, "logistic") == "–"
