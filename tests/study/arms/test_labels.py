import re

import numpy as np
import pytest
import torch

import onewarm
from onewarm.errors import InputError
from onewarm.study.arms.arm import parse_arm

LABELS = torch.tensor([0, 2, 2, 1])
EYE = np.eye(4)[LABELS]
NEAR = np.array([[np.exp(-((j - k) ** 2) / (2 * 0.7**2)) for k in range(4)] for j in range(4)])


@pytest.mark.parametrize(
    ("arm", "dense"),
    [
        ("hard", EYE),
        ("logistic", EYE),
        ("smooth:0.2", 0.8 * EYE + 0.2 / 4),
        ("exclude-label:0.3", 0.7 * EYE + 0.3 / 3 * (1 - EYE)),
        ("prior:0.4", 0.6 * EYE + 0.4 * np.array([0.25, 0.25, 0.5, 0])),
        ("negative:0.2", 1.2 * EYE - 0.2 / 4),
        ("negative:1", 2 * EYE - 1 / 4),
        ("ordinal:0.7", (NEAR / NEAR.sum(1, keepdims=True))[LABELS]),
    ],
)
def test_targets_of_labels(arm, dense):
    np.testing.assert_allclose(parse_arm(arm).target(LABELS, 4).dense().numpy(), dense, atol=1e-7)
    np.testing.assert_allclose(parse_arm(arm).target(LABELS.numpy(), 4).dense(), dense, atol=1e-15)


def test_uniform_smoothing_is_that_of_pytorch():
    z = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = onewarm.cross_entropy(z, parse_arm("smooth:0.2").target(LABELS, 4), reduction="none")
    theirs = torch.nn.functional.cross_entropy(z, LABELS, label_smoothing=0.2, reduction="none")
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("arm", ["smooth:0.2", "exclude-label:0.3", "prior:0.4", "negative:0.2"])
def test_the_smoothing_is_what_the_target_has(arm):
    """`onewarm.unsmooth` with it recovers the label from the target."""
    share, row = parse_arm(arm).smoothing(LABELS.numpy(), 4)
    t = parse_arm(arm).target(LABELS.numpy(), 4).dense()
    np.testing.assert_allclose((t - share * (1 / 4 if row is None else row)) / (1 - share), EYE, atol=1e-12)


def test_other_arms_have_no_smoothing():
    assert parse_arm("hard").smoothing(LABELS.numpy(), 4) is None
    assert parse_arm("ordinal:1").smoothing(LABELS.numpy(), 4) is None


def test_negative_smoothing_is_the_inverse_of_uniform_noise():
    """Patrini et al. 2017: the corrected target has, in expectation over the noise, all mass on the true label."""
    rate, classes = 0.3, 5
    noise = (1 - rate) * np.eye(classes) + rate / classes
    a = rate / (1 - rate)
    corrected = parse_arm(f"negative:{a!r}").target(np.arange(classes), classes).dense()
    np.testing.assert_allclose(noise @ corrected, np.eye(classes), atol=1e-12)


def test_a_wide_kernel_is_uniform_and_a_narrow_one_hard():
    wide, narrow = (parse_arm(f"ordinal:{w}").target(LABELS.numpy(), 4).dense() for w in ("100", "0.1"))
    np.testing.assert_allclose(wide, 1 / 4, atol=2e-4)
    np.testing.assert_allclose(narrow, EYE, atol=1e-15)


def test_a_label_that_would_have_less_than_others():
    error = "exclude-label:0.6 leaves the label less than another of 2 classes: give a share of at most 0.5"
    with pytest.raises(InputError, match=f"^{re.escape(error)}$"):
        parse_arm("exclude-label:0.6").target(np.array([0, 1]), 2)
    error = "exclude-label:0.1 needs at least 2 classes, got 1: take smooth"
    with pytest.raises(InputError, match=f"^{re.escape(error)}$"):
        parse_arm("exclude-label:0.1").target(np.array([0]), 1)
