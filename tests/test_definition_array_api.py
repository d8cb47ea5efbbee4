"""What array-api-strict allows is all that targets and losses ask of an array library: it agrees with NumPy."""

import array_api_strict as strict
import numpy as np
import pytest

import onewarm as ow

K = 3


def recipes(xp):
    y = xp.asarray([0, 1, 2, -100])
    p, prior = xp.asarray([[0.5, 0.25, 0.25]] * 4), xp.asarray([0.5, 0.3, 0.2])
    table = xp.asarray([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    hot = ow.one_hot(y, K)
    return {
        "hard": hot,
        "smooth": ow.smooth(y, 0.1, num_classes=K),
        "exclude_label": ow.smooth(y, 0.1, num_classes=K, exclude_label=True),
        "prior": ow.smooth(hot, 0.1, prior=prior),
        "class-conditional": ow.smooth(hot, 0.1, prior=table),
        "alpha by row": ow.smooth(y, xp.asarray([0.1, 0.2, 0.3, 0.4]), num_classes=K),
        "votes": ow.votes(xp.asarray([[1, 2, 0], [0, 3, 1], [1, 1, 1], [0, 0, 0]])),
        "top-k": ow.top_k(xp.asarray([[0, 1]] * 4), xp.asarray([[0.5, 0.3]] * 4), num_classes=K),
        "teacher": ow.soft(p),
        "mix": ow.mix(ow.soft(p), hot, 0.3),
        "concat": ow.concat([ow.soft(p[:2, :]), ow.smooth(y[2:], 0.1, num_classes=K)]),
        "rows by integers": ow.smooth(y, 0.1, num_classes=K)[xp.asarray([3, 1, 0, 2])],
        "rows by mask": ow.concat([hot, hot])[xp.asarray([True, False] * 4)],
        "rows by slice": ow.concat([hot, hot])[2:6],
        "reweight": hot.reweight(xp.asarray([1.0, 2.0, 3.0])),
        "scale": hot.scale(xp.asarray([1.0, 2.0, 3.0, 4.0])),
    }


def logits(xp):
    z = np.random.default_rng(0).normal(size=(4, K))
    z[0, 2] = -np.inf
    return xp.asarray(z)


@pytest.mark.parametrize("recipe", recipes(np))
def test_targets_and_losses(recipe):
    theirs, ours = recipes(np)[recipe], recipes(strict)[recipe]
    for name in ("dense", "mass", "entropy", "has_mass"):
        np.testing.assert_allclose(np.asarray(getattr(ours, name)()), getattr(theirs, name)(), rtol=1e-14)
    for options in ({"reduction": "none"}, {"normalizer": "mass", "z_loss": 0.1}):
        pairs = [ow.cross_entropy_with_gradient(logits(xp), t, **options) for xp, t in ((strict, ours), (np, theirs))]
        for a, b in zip(*pairs, strict=True):
            np.testing.assert_allclose(np.asarray(a), b, rtol=1e-12, atol=1e-15)
    focal = [ow.focal_loss(logits(xp), t) for xp, t in ((strict, ours), (np, theirs))]
    np.testing.assert_allclose(float(focal[0]), float(focal[1]), rtol=1e-13)


def test_other_losses_and_shapes():
    def of(xp):
        z = xp.asarray(np.random.default_rng(1).normal(size=(2, K, 2)))
        y, p = xp.asarray([[0, 1], [2, 0]]), xp.asarray(np.random.default_rng(2).dirichlet(np.ones(K), (2, 2)))
        return [
            ow.cross_entropy(z, y, axis=1, reduction="none"),
            ow.cross_entropy(xp.moveaxis(z, 1, -1), p, softcap=2.0, logit_scale=3.0),
            ow.binary_cross_entropy(z, xp.astype(z > 0, xp.float64), mask=z < 1, pos_weight=xp.asarray([1.0, 2.0])),
            ow.unsmooth(xp.asarray([[0.6, 0.2, 0.2]]), 0.1, prior=xp.asarray([0.5, 0.3, 0.2])),
        ]

    for a, b in zip(of(strict), of(np), strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-13)


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: ow.one_hot(xp.asarray([5]), K),
        lambda xp: ow.cross_entropy(xp.asarray([[0.0, float("nan")]]), xp.asarray([0])),
        lambda xp: ow.soft(xp.asarray([[0.5, 0.1]])),
        lambda xp: ow.votes(xp.asarray([[-1, 1]])),
        lambda xp: ow.binary_cross_entropy(xp.asarray([1.0]), xp.asarray([2.0])),
    ],
)
def test_the_same_errors(call):
    messages = []
    for xp in (np, strict):
        with pytest.raises(ValueError) as error:
            call(xp)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
