"""The sentences of a study against the differences that they speak of."""

from onewarm.study.verdict import verdict


def row(arm, metric, mean, p=0.001):
    return {"arm": arm, "metric": metric, "mean": mean, "p_holm": p}


def test_gains_and_losses_are_told_apart_and_noise_is_not_told():
    rows = [
        row("smooth:0.1", "accuracy", -0.051),
        row("smooth:0.1", "nll", -0.2),
        row("smooth:0.1", "ece", -0.126),
        row("smooth:0.1", "nll_after", 0.201),
        row("smooth:0.1", "ece_after", -0.3, p=0.2),
    ]
    assert verdict(rows, ["hard", "smooth:0.1"], "hard") == [
        "smooth:0.1 against hard: better NLL (-0.200) and ECE (-0.126), worse accuracy (-0.051); "
        "after a fitted temperature worse NLL (+0.201).",
        "None clearly beats hard here: where confidence is the trouble, fit a temperature instead.",
    ]


def test_the_best_after_a_temperature_is_the_answer():
    rows = [row("a", "nll_after", -0.02), row("b", "nll_after", -0.03), row("b", "accuracy", 0.01)]
    assert verdict(rows, ["hard", "a", "b"], "hard")[-1] == (
        "With a temperature fitted afterwards, b does best on this data."
    )


def test_an_arm_that_loses_accuracy_is_not_recommended():
    rows = [row("a", "nll_after", -0.02), row("a", "accuracy", -0.01), row("b", "nll", -0.1)]
    assert verdict(rows, ["hard", "a", "b"], "hard")[-1] == (
        "Without a temperature b does best on this data; with one fitted afterwards, none clearly beats hard."
    )


def test_no_clear_difference_is_said():
    rows = [row("a", m, 0.1, p=0.5) for m in ("accuracy", "nll", "ece", "nll_after", "ece_after")]
    assert verdict(rows, ["hard", "a"], "hard")[0] == (
        "a against hard: no clear difference; after a fitted temperature no clear difference."
    )


def test_nothing_to_compare_is_no_verdict():
    assert verdict([], ["hard"], "hard") == []
