"""The page's numbers: the demo's model with seed 2, its best temperature, and a smoothed model beside it.

The rows and the model are drawn and trained here as in demo/model.js, step by step.
"""

import math as _math

import numpy as np

import onewarm as ow

_K, _INPUTS, _APART = 4, 13, 2.5


def _uniforms(seed):
    """Marsaglia's xorshift with 32 bits: numbers in (0, 1]."""
    x = ((seed + 1) * 0x9E3779B1 & 0xFFFFFFFF) | 1

    def following():
        nonlocal x
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        return (x + 1) / 2**32

    for _ in range(16):
        following()
    return following


def _clouds(uniform, n):
    """Inputs (n, 13) and labels (n,) of four normal clouds."""
    inputs, labels = np.ones((n, _INPUTS)), np.empty(n, int)
    for i in range(n):
        labels[i] = min(_K - 1, int(uniform() * _K))
        for d in range(_INPUTS - 1):
            normal = _math.sqrt(-2 * _math.log(uniform())) * _math.cos(2 * _math.pi * uniform())
            inputs[i, d] = normal + (_APART if d == labels[i] else 0)
    return inputs, labels


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _trained(inputs, labels):
    """Weights (4, 13) after 40 steps of gradient descent with momentum."""
    weights = velocity = np.zeros((_K, _INPUTS))
    for _ in range(40):
        slope = (_softmax(inputs @ weights.T) - np.eye(_K)[labels]).T @ inputs / len(inputs)
        velocity = 0.9 * velocity - 0.5 * slope
        weights = weights + velocity
    return weights


def _model(seed):
    """Logits, labels and true probabilities of the training rows and of the held-out rows."""
    uniform = _uniforms(seed)
    training, held_out = _clouds(uniform, 60), _clouds(uniform, 400)
    weights = _trained(*training)
    return [(x @ weights.T, y, _softmax(_APART * x[:, :_K])) for x, y in (training, held_out)]


_training, _held_out = _model(2)
_z, _y, _pi = _held_out
_nll = lambda z, y, T: float(ow.cross_entropy(z / T, y))  # noqa: E731
_fit = ow.calibration.fit_temperature(_z, _y)
_p, _q = _softmax(_z), _softmax(_z / _fit.temperature)
_right = _p.argmax(axis=1) == _y

rows = len(_y)
right = int(_right.sum())
accuracy = _right.mean()
confidence = _p.max(axis=1).mean()
best = _fit.temperature
confidence_after = _q.max(axis=1).mean()
nll_before, nll_after, nll_two = _fit.nll_before, _fit.nll_after, _nll(_z, _y, 2)
nll_hot = _nll(_z, _y, 6)
nll_at_low_end, nll_at_high_end = _nll(_z, _y, 2.6), _nll(_z, _y, 4)
_ece = lambda p: ow.calibration.ece(ow.calibration.CalibrationSummary().update(p, _y))  # noqa: E731
ece_before, ece_after = _ece(_p), _ece(_q)
_random = np.random.default_rng(0)  # labels drawn from the scaled probabilities: a model that is calibrated exactly
_drawn = [(_random.random((rows, 1)) > _q.cumsum(axis=1)).sum(axis=1).clip(max=_K - 1) for _ in range(200)]
ece_chance = np.mean([ow.calibration.ece(ow.calibration.CalibrationSummary().update(_q, y)) for y in _drawn])
train_right = int((_training[0].argmax(axis=1) == _training[1]).sum())
train_nll, train_nll_half = _nll(*_training[:2], 1), _nll(*_training[:2], 0.5)
train_nll_best = _nll(*_training[:2], best)

_row = 129
p_cat, p_truck = _p[_row, [0, 3]]
q_cat, q_truck = _q[_row, [0, 3]]
ratio_before, ratio_after = p_truck / p_cat, q_truck / q_cat
lead = _z[_row, 3] - _z[_row, 0]

sure = 0.999
sure_halved = 1 / (1 + np.sqrt((1 - sure) / sure))

_alpha = 0.1
_smoothed = 0.9 * _pi + _alpha / _K
_smoothed_fit = ow.calibration.fit_temperature(np.log(_smoothed), _pi)
_kl = lambda p: float((_pi * (np.log(_pi) - np.log(p))).sum(axis=1).mean())  # noqa: E731
smoothed_confidence, true_confidence = _smoothed.max(axis=1).mean(), _pi.max(axis=1).mean()
smoothed_best = _smoothed_fit.temperature
smoothed_left = _kl(_smoothed)
smoothed_left_best = _kl(_smoothed_fit.apply(np.log(_smoothed)).astype(float))
smoothed_wide = np.log(0.925 / 0.025)

# the model as trained, where the stage cannot move
_bin = np.ceil(_p.max(axis=1) * 15).astype(int)
_bins = [_bin == i for i in np.unique(_bin)]
picture = {
    "kind": "reliability",
    "confidence": [_p.max(axis=1)[part].mean() for part in _bins],
    "accuracy": [_right[part].mean() for part in _bins],
    "share": [part.mean() for part in _bins],
}
