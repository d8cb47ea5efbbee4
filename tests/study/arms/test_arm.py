import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import softmax

import onewarm
from onewarm.errors import InputError
from onewarm.study.arms.arm import Arm, parse_arm, parse_arms
from onewarm.study.arms.recipe import Context
from onewarm.study.arms.registry import KINDS, RECIPES

LABELS = torch.tensor([0, 2, 2, 1])
ARMS = f"arms are {', '.join(r.syntax for r in RECIPES.values())}"
SHARES = st.floats(0, 1, exclude_min=True, exclude_max=True)
POSITIVE = st.floats(0, 100, exclude_min=True)
WITHIN = st.floats(0.1, 100)
COUNTS = st.integers(1, 10**6).map(float)
NUMBERS = {
    "smooth": [SHARES], "exclude-label": [SHARES], "prior": [SHARES], "negative": [st.floats(0, 1, exclude_min=True)],
    "ordinal": [WITHIN], "confusion": [SHARES], "online": [SHARES], "mixup": [WITHIN], "teacher": [WITHIN],
    "teacher-top": [COUNTS, WITHIN], "teacher-bucket": [COUNTS, WITHIN], "teacher-sampled": [COUNTS, WITHIN],
    "penalty": [POSITIVE], "focal": [POSITIVE], "maxsup": [POSITIVE],
    "margin": [st.floats(-0.0, 1000), POSITIVE],
}  # fmt: skip


@st.composite
def arms(draw, kinds=KINDS):
    kind = draw(st.sampled_from(kinds))
    numbers = tuple(draw(s) for s in NUMBERS.get(kind, []))
    teacher = None
    if "teacher" in RECIPES[kind].needs and draw(st.booleans()):
        able = [k for k, r in RECIPES.items() if not (r.reference or r.needs - {"votes"})]
        teacher = draw(arms(able))
    return Arm(kind, numbers, teacher)


@settings(deadline=None)
@given(arms())
def test_a_name_is_the_arm_exactly(arm):
    """`smooth:0.1` and `smooth:0.1000001` were one name, and so one run of the store."""
    assert parse_arm(arm.name) == arm
    assert parse_arm(arm.name).name == arm.name
    assert re.fullmatch("[a-z0-9:.-]+", arm.name)  # in addresses and file names


@settings(deadline=None)
@given(arms(), arms())
def test_two_arms_have_two_names(a, b):
    assert (a == b) == (a.name == b.name)


def test_names_have_one_spelling():
    spelt = (
        " hard ,smooth:.10,prior:1e-1,teacher:2.0,teacher:2.0:smooth:.10,teacher:1:hard,margin:10:.1,margin: 4 :1e-7"
    )
    names = "hard,smooth:0.1,prior:0.1,teacher:2,teacher:2:smooth:0.1,teacher:1,margin:10,margin:4:1e-07"
    assert [a.name for a in parse_arms(spelt)] == names.split(",")
    assert parse_arm("teacher:1:hard") == parse_arm("teacher:1")
    assert Arm("margin", (10,)) == Arm("margin", (10.0, 0.1)) == parse_arm("margin:10")
    assert parse_arms(["hard", "smooth:0.1"]) == (Arm("hard"), Arm("smooth", (0.1,)))


def test_every_example_is_an_arm_of_its_kind():
    for kind, recipe in RECIPES.items():
        assert parse_arm(recipe.example).kind == kind and parse_arm(recipe.example).name == recipe.example


def test_what_a_trainer_asks():
    asked = {a.name: a for a in parse_arms([r.example for r in RECIPES.values()])}
    said = {
        "alpha": {"smooth:0.1": 0.1, "exclude-label:0.1": 0.1, "prior:0.1": 0.1, "negative:0.1": -0.1,
                  "confusion:0.1": 0.1, "online:0.5": 0.5},
        "mixup": {"mixup:0.2": 0.2},
        "teacher_arm": {n: Arm("hard") for n in asked if n.startswith("teacher")},
    }  # fmt: skip
    for hook, expected in said.items():
        assert {n: getattr(a, hook) for n, a in asked.items() if getattr(a, hook) is not None} == expected
    assert {n: a.temperature for n, a in asked.items() if a.temperature != 1} == {
        n: 2 for n in asked if n.startswith("teacher")
    }
    assert [n for n, a in asked.items() if a.online] == ["online:0.5"]
    assert [n for n, a in asked.items() if a.reference] == ["logistic"]
    extra = ["teacher-bucket:3:2", "penalty:0.1", "focal:2", "maxsup:0.1", "margin:10"]
    assert [n for n, a in asked.items() if a.has_extra] == extra
    assert {n: set(a.needs) for n, a in asked.items() if a.needs} == {
        n: {n.split(":")[0].split("-")[0]}
        for n in asked
        if n.split(":")[0].split("-")[0] in ("confusion", "votes", "teacher")
    }
    takes_targets = ["hard", "smooth:0.1", "exclude-label:0.1", "prior:0.1", "ordinal:0.5", "logistic", "confusion:0.1"]
    takes_targets += ["votes", "teacher:2", "teacher-top:3:2", "teacher-sampled:10:2"]
    assert [n for n, a in asked.items() if not a.changes_loss] == takes_targets
    assert not {n for n, a in asked.items() if a.has_extra} & set(takes_targets)


def test_data_that_an_arm_cannot_be_trained_on_is_refused_before_it_is_trained():
    for recipe in RECIPES.values():
        parse_arm(recipe.example).check(4, votes=True)
        parse_arm(recipe.example).check(1000, votes=True)
    for arm, classes, error in (
        ("votes", 4, "the arm votes needs annotators' votes: pass votes=, or leave the arm out"),
        (
            "teacher-bucket:3:2",
            3,
            "a teacher's 3 largest classes of 3 are all of them: give at most 2, or take teacher:2",
        ),
        (
            "exclude-label:0.6",
            2,
            "exclude-label:0.6 leaves the label less than another of 2 classes: give a share of at most 0.5",
        ),
        ("teacher:2:votes", 4, "the arm votes needs annotators' votes: pass votes=, or leave the arm out"),
    ):
        with pytest.raises(InputError, match="^" + re.escape(error) + "$"):
            parse_arm(arm).check(classes, votes=False)


def test_an_order_of_the_alphabet_is_no_order():
    """Classes low, mid and high were high < low < mid to the ordinal arm."""
    for arm in ("ordinal:0.5", "teacher:2:ordinal:0.5"):
        parse_arm(arm).check(3, votes=False, names=("1", "2.5", "10"))
        error = (
            "the arm ordinal:0.5 goes by the order of the classes, and 'high', 'low', 'mid' have none: "
            "give labels that are numbers (0, 1, 2, ... in their order), or leave the arm out"
        )
        with pytest.raises(InputError, match="^" + re.escape(error) + "$"):
            parse_arm(arm).check(3, votes=False, names=("high", "low", "mid"))
    with pytest.raises(InputError, match=r"'a', 'b', 'c', \.\.\. have none"):
        parse_arm("ordinal:1").check(4, votes=False, names=("a", "b", "c", "d"))
    parse_arm("smooth:0.1").check(3, votes=False, names=("high", "low", "mid"))
    parse_arm("ordinal:1").check(2, votes=False, names=("no", "yes"))  # two classes have but one order


@pytest.mark.parametrize("arm", ["confusion:0.1", "votes", "teacher:2", "teacher-top:1:1"])
def test_what_is_missing(arm):
    remedy = {"confusion:0.1": "a confusion matrix", "votes": "annotators' votes: pass votes=, or leave the arm out"}
    with pytest.raises(InputError, match=f"^the arm {arm} needs {remedy.get(arm, 'teacher_logits')}$"):
        parse_arm(arm).target(LABELS, 4)


@pytest.mark.parametrize("arm", [r.example for r in RECIPES.values()])
def test_the_target_of_arrays_is_that_of_tensors(arm):
    arm, rng = parse_arm(arm), np.random.default_rng(0)
    known = Context(rng.standard_normal((4, 5)), rng.dirichlet(np.ones(5), 5), rng.integers(0, 3, (4, 5)), None, 3)
    of_tensors = arm.target(LABELS, 5, known)
    assert isinstance(of_tensors.weight, torch.Tensor)
    of_arrays = arm.target(LABELS.numpy(), 5, known)
    np.testing.assert_allclose(of_arrays.dense(), of_tensors.dense().numpy(), atol=1e-6)
    mass = arm.temperature**2
    if arm.kind == "teacher-bucket":
        assert (of_arrays.mass() < mass).all()
    else:
        np.testing.assert_allclose(of_arrays.mass(), mass, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("smoth:0.1", f"no arm 'smoth:0.1'; did you mean smooth:0.1? {ARMS}"),
        ("unigram:0.2", f"no arm 'unigram:0.2'; did you mean prior:0.2? {ARMS}"),
        ("Confidence Penalty:1", f"no arm 'Confidence Penalty:1'; did you mean penalty:1? {ARMS}"),
        ("qqq", f"no arm 'qqq'; {ARMS}"),
        ("hard:1", "the arm 'hard' takes no number, got 'hard:1'"),
        ("smooth", "the arm 'smooth' needs a share between 0 and 1 for ALPHA in smooth:ALPHA, e.g. smooth:0.1"),
        ("prior:x", "the arm 'prior:x' needs a share between 0 and 1 for ALPHA in prior:ALPHA, e.g. prior:0.1"),
        ("smooth:1", "the arm 'smooth:1' needs a share between 0 and 1, got 1, e.g. smooth:0.1"),
        (
            "smooth:-0.1",
            "the arm 'smooth:-0.1' needs a share between 0 and 1, got -0.1, e.g. smooth:0.1; "
            "for negative smoothing negative:0.1",
        ),
        ("smooth:nan", "the arm 'smooth:nan' needs a share between 0 and 1, got nan, e.g. smooth:0.1"),
        ("smooth:0.1:2", "the arm 'smooth:0.1:2' has '2' too many: expected smooth:ALPHA"),
        ("negative:1.5", "the arm 'negative:1.5' needs a share above 0 and at most 1, got 1.5, e.g. negative:0.1"),
        ("teacher:0", "the arm 'teacher:0' needs a temperature between 0.01 and 1000, got 0, e.g. teacher:2"),
        ("teacher:inf", "the arm 'teacher:inf' needs a temperature between 0.01 and 1000, got inf, e.g. teacher:2"),
        (
            "teacher:x",
            "the arm 'teacher:x' needs a temperature between 0.01 and 1000 for T in teacher:T[:ARM], e.g. teacher:2",
        ),
        (
            "teacher-top:2.5:1",
            "the arm 'teacher-top:2.5:1' needs a whole number of classes, at least 1, got 2.5, e.g. teacher-top:3:2",
        ),
        (
            "teacher:2:",
            "the arm 'teacher:2:' needs its teacher's arm after the last colon, e.g. teacher:2:smooth:0.1",
        ),
        ("teacher:2:smooth:2", "the arm 'smooth:2' needs a share between 0 and 1, got 2, e.g. smooth:0.1"),
        ("teacher:2:teacher:1", "the arm 'teacher:1' cannot train a teacher: name one that needs no other model"),
        ("teacher:2:logistic", "the arm 'logistic' cannot train a teacher: name one that needs no other model"),
        ("teacher:2,teacher:2:hard", "the arm 'teacher:2' is given twice"),
        (["hard", 0.1], "arms[1] is 0.1: expected a text, such as 'smooth:0.1'"),
        ("smoth:\x1b[2J", f"no arm 'smoth:\\x1b[2J'; did you mean smooth:\\x1b[2J? {ARMS}"),
        (
            "mixup:1e-9",
            "the arm 'mixup:1e-09' needs a parameter between 0.01 and 100, got 1e-09, e.g. mixup:0.2",
        ),
        ("hard,hard", "the arm 'hard' is given twice"),
        ("smooth:0.10,smooth:.1", "the arm 'smooth:0.1' is given twice"),
        (" , ", f"no arms given; {ARMS}"),
    ],
)
def test_what_is_no_arm(text, error):
    with pytest.raises(InputError, match="^" + re.escape(error) + "$"):
        parse_arms(text)


def test_an_arm_made_without_its_text_is_checked_too():
    for kind, numbers, teacher, error in (
        ("smoth", (0.1,), None, f"no arm 'smoth'; did you mean smooth? {ARMS}"),
        ("smooth", (2,), None, "the arm 'smooth:2' needs a share between 0 and 1, got 2, e.g. smooth:0.1"),
        ("hard", (2,), None, "the arm 'hard' takes no number, got 'hard:2'"),
        ("smooth", (0.1, 2), None, "the arm 'smooth' takes smooth:ALPHA, got 'smooth:0.1:2'"),
        ("smooth", (0.1,), Arm("hard"), "the arm 'smooth' has no teacher, got 'hard'"),
    ):
        with pytest.raises(InputError, match="^" + re.escape(error) + "$"):
            Arm(kind, numbers, teacher)


@pytest.mark.parametrize(
    "name", ["hard", "smooth:0.2", "exclude-label:0.2", "negative:0.1", "penalty:0.3", "maxsup:0.1"]
)
def test_the_optimum_of_known_class_probabilities_is_the_closed_form(name):
    """The lowest expected loss where class k has probability pi_k."""
    pi, label, arm = np.array([0.5, 0.3, 0.15, 0.05]), torch.arange(4), parse_arm(name)
    target = arm.target(label, 4)

    def loss(z):
        logits = torch.tensor(z, requires_grad=True)
        each = onewarm.cross_entropy(logits.expand(4, 4), target, reduction="none").double()
        if arm.has_extra:
            each = each + arm.extra(logits.expand(4, 4), label, target)
        total = (torch.tensor(pi) * each).sum()
        return total.item(), torch.autograd.grad(total, logits)[0].numpy()

    p = softmax(minimize(loss, np.log(pi), jac=True, method="BFGS", options={"gtol": 1e-9}).x)
    closed = {
        "hard": pi,
        "smooth:0.2": 0.8 * pi + 0.2 / 4,
        "exclude-label:0.2": 0.8 * pi + 0.2 * (1 - pi) / 3,
        "negative:0.1": 1.1 * pi - 0.1 / 4,
        "penalty:0.3": pi - 0.3 * p * (np.log(p) - (p * np.log(p)).sum()),  # p - pi + b p (log p + H) = 0
        "maxsup:0.1": pi - 0.1 * (np.eye(4)[0] - 1 / 4),
    }
    np.testing.assert_allclose(p, closed[name], atol=1e-7)
