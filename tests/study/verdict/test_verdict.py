"""The sentences of a study against the differences that they describe."""

import pytest

from onewarm.study.verdict.verdict import significant, verdict


def row(arm, metric, mean, p=0.001):
    return {"arm": arm, "metric": metric, "mean": mean, "p_holm": p}


def test_gains_and_losses_are_named_and_noise_is_not():
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


@pytest.mark.parametrize(("p", "counts"), [(0.0, True), (0.0499, True), (0.05, False), (0.0501, False), (1.0, False)])
def test_a_difference_counts_where_its_corrected_p_is_below_one_in_twenty(p, counts):
    sentences = verdict([row("a", "ece", -0.1, p=p), row("a", "nll_after", -0.1, p=p)], ["hard", "a"], "hard")
    if counts:
        assert sentences == [
            "a against hard: better ECE (-0.100); after a fitted temperature better NLL (-0.100).",
            "With a temperature fitted afterwards, a does best on this data.",
        ]
    else:
        assert sentences == [
            "a against hard: no clear difference; after a fitted temperature no clear difference.",
            "None clearly beats hard here: where confidence is the trouble, fit a temperature instead.",
        ]
    assert significant(row("a", "ece", -0.1, p=p)) == counts and not significant(None)


@pytest.mark.parametrize(("metric", "name"), [("accuracy", "accuracy"), ("nll", "NLL"), ("ece", "ECE")])
@pytest.mark.parametrize("mean", [0.02, -0.02])
def test_more_accuracy_is_better_and_more_loss_is_worse(metric, name, mean):
    side = "better" if (mean > 0) == (metric == "accuracy") else "worse"
    assert (
        verdict([row("a", metric, mean)], ["hard", "a"], "hard")[0] == f"a against hard: {side} {name} ({mean:+.3f})."
    )


def test_no_clear_difference():
    rows = [row("a", m, 0.1, p=0.5) for m in ("accuracy", "nll", "ece", "nll_after", "ece_after")]
    assert verdict(rows, ["hard", "a"], "hard")[0] == (
        "a against hard: no clear difference; after a fitted temperature no clear difference."
    )


def test_nothing_to_compare_is_no_verdict():
    assert verdict([], ["hard"], "hard") == []
