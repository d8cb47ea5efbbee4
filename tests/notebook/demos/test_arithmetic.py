"""The demos' arithmetic against NumPy's in extended precision, on rows that the pages never show."""

import numpy as np
import pytest

pytestmark = pytest.mark.browser
NAMES = ("sum", "logSumExp", "softmax", "logSoftmax", "target", "crossEntropy", "gradient", "entropy", "isDistribution")


def rows(count: int = 300) -> list[tuple[list[float], list[float]]]:
    """Logits and targets of 2 to 8 classes: the mass of a target is from 0 to 3, and some of it below 0."""
    random = np.random.default_rng(5)
    pairs = []
    for i in range(count):
        classes = 2 + i % 7
        z = random.normal(size=classes) * 10 ** random.uniform(-1, 3.3)
        t = random.uniform(-0.5 if i % 3 == 0 else 0, 1, classes)
        t *= random.uniform(0, 3) / max(abs(t.sum()), 0.1)
        if i % 10 == 0:
            t[:] = 0  # an ignored row
        pairs.append((z.tolist(), t.tolist()))
    return pairs


def definition(z: list[float], t: list[float]) -> tuple[float, np.ndarray]:
    """H = s logsumexp(z) - <t, z> and its gradient, in extended precision."""
    wide, mass = np.array(z, np.longdouble), np.array(t, np.longdouble)
    exp = np.exp(wide - wide.max())
    lse = wide.max() + np.log(exp.sum())
    return float((mass * (lse - wide)).sum()), np.asarray(mass.sum() * exp / exp.sum() - mass, np.float64)


def test_the_cross_entropy_scales_with_the_mass_of_the_target(kit) -> None:
    pairs = rows()
    found = kit("arithmetic", *NAMES).evaluate(
        "pairs => pairs.map(([z, t]) => [kit.crossEntropy(z, t), kit.gradient(z, t)])", pairs
    )
    for (z, t), (loss, gradient) in zip(pairs, found, strict=True):
        true_loss, true_gradient = definition(z, t)
        size = float(np.abs(np.array(t) * (max(z) - np.array(z))).sum())  # of what is added up
        assert abs(loss - true_loss) <= 1e-12 * max(1, size), (z, t)
        np.testing.assert_allclose(gradient, true_gradient, rtol=0, atol=1e-12)


def test_a_near_certain_row_keeps_its_small_loss(kit) -> None:
    tab = kit("arithmetic", *NAMES)
    assert tab.evaluate("kit.crossEntropy([40, 0], [1, 0])") == pytest.approx(np.exp(-40.0), rel=1e-12, abs=0)
    assert tab.evaluate("kit.crossEntropy([40, 0], [3, 0])") == pytest.approx(3 * np.exp(-40.0), rel=1e-12, abs=0)
    assert tab.evaluate("kit.logSumExp([0, -40])") == pytest.approx(np.exp(-40.0), rel=1e-12, abs=0)
    assert tab.evaluate("kit.logSoftmax([0, -800])") == [0, -800]
    assert tab.evaluate("kit.softmax([1e6, 1e6, 0])") == [0.5, 0.5, 0]


@pytest.mark.parametrize("off", [9e-7, -9e-7])
def test_a_row_within_a_millionth_of_1_is_a_distribution(kit, off: float) -> None:
    assert kit("arithmetic", *NAMES).evaluate("off => kit.isDistribution([0.5, 0.5 + off], 2)", off) is True


@pytest.mark.parametrize("off", [1.1e-6, -1.1e-6, 0.5, -0.5])
def test_a_row_further_from_1_is_none(kit, off: float) -> None:
    assert kit("arithmetic", *NAMES).evaluate("off => kit.isDistribution([0.5, 0.5 + off], 2)", off) is False


def test_what_else_is_no_distribution(kit) -> None:
    texts = ["[0.5, 0.5, 0]", "[1.5, -0.5]", "[NaN, 1]", "[Infinity, 0]", "'ab'", "null", "undefined", "{length: 2}"]
    tab = kit("arithmetic", *NAMES)
    assert [tab.evaluate(f"kit.isDistribution({text}, 2)") for text in texts] == [False] * len(texts)


def test_the_floor_of_a_target(kit) -> None:
    tab = kit("arithmetic", *NAMES)
    t = np.array([0.5, 1.0, 0.0, 0.25])
    true = -(t[t > 0] * np.log(t[t > 0] / t.sum())).sum()
    assert tab.evaluate("t => kit.entropy(t)", t.tolist()) == pytest.approx(true, abs=1e-14)
    assert tab.evaluate("kit.entropy([1.1, -0.1])") == float("-inf")
    assert tab.evaluate("kit.target(1, 0.2, [0.5, 0.25, 0.25])") == pytest.approx([0.1, 0.85, 0.05], abs=1e-15)
