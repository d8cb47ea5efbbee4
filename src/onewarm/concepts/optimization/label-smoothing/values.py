"""The numbers of the page: four logits of which the first class is right, and a small model trained on few examples."""

import numpy as np

import onewarm as ow
from onewarm.calibration import CalibrationSummary, accuracy, ece, mean_confidence

# four logits, alpha = 0.1: the prediction, the two targets, and what either asks for
K, alpha = 4, 0.1
_z = np.array([[3.0, 1.0, -0.5, -1.0]])
_label = np.array([0])
_hard, _soft = ow.one_hot(_label, K), ow.smooth(_label, alpha, num_classes=K)


def _softmax(z):
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _label_at(logit):
    return np.array([[logit, *_z[0, 1:]]])


p_cat, p_lynx, p_dog, p_truck = _softmax(_z)[0]
t_cat, t_wrong = _soft.dense()[0, :2]
hard_loss, _gap = ow.cross_entropy_with_gradient(_z, _hard)
hard_gap_cat, hard_gap_lynx, hard_gap_dog, hard_gap_truck = _gap[0]
loss, _gap = ow.cross_entropy_with_gradient(_z, _soft)
gap_cat, gap_lynx, gap_dog, gap_truck = _gap[0]
turning_alpha = K * p_truck  # where the weakest class's tick passes the end of its bar

# the first state of the stage, where it cannot move
picture = {
    "kind": "bars",
    "rows": list(zip(("cat", "lynx", "dog", "truck"), _softmax(_z)[0], _hard.dense()[0], strict=True)),
    "bar": "probability p",
    "tick": "target t",
}

# the chase: the label's logit at 6, or every logit times three
p_chase = _softmax(_label_at(6.0))[0, 0]
chase_loss = ow.cross_entropy(_label_at(6.0), _hard)
p_tripled = _softmax(3 * _z)[0, 0]
tripled_loss = ow.cross_entropy(3 * _z, _hard)

# past the tick, and back to the lowest point of that one curve, where the label's probability is its target
overshoot_loss, _gap = ow.cross_entropy_with_gradient(_label_at(6.0), _soft)
overshoot_gap = _gap[0, 0]
valley = np.log(t_cat / (1 - t_cat)) + np.logaddexp.reduce(_z[0, 1:])
valley_loss = ow.cross_entropy(_label_at(valley), _soft)

# every bar on its tick
lead = np.log(1 + K * (1 - alpha) / alpha)
floor = _soft.entropy()[0]
floor_ten = ow.smooth(_label, alpha, num_classes=10).entropy()[0]

# mass with a direction: by class frequency at alpha = 0.2, by a teacher at alpha = 0.5
_frequencies = ow.smooth(_label, 0.2, num_classes=K, prior=np.array([0.4, 0.1, 0.3, 0.2])).dense()[0]
prior_lynx, prior_dog = _frequencies[[1, 2]]
_teacher = ow.smooth(_label, 0.5, num_classes=K, prior=np.array([0.8, 0.17, 0.02, 0.01])).dense()[0]
teacher_lynx, teacher_truck = _teacher[[1, 3]]


# The model that the stage trains (demo/training.js): softmax regression on three overlapping clouds, scored on 1,000
# new examples. "Stopped" is the step with the lowest loss on 300 held-out ones; "end" is step 400.
def _uniforms(seed, count):
    x, mask = (seed + 1) * 0x9E3779B1 & 0xFFFFFFFF | 1, 0xFFFFFFFF
    drawn = []
    for _ in range(count + 16):
        x ^= x << 13 & mask
        x ^= x >> 17
        x ^= x << 5 & mask
        drawn.append((x + 1) / 2**32)
    return np.array(drawn[16:])


_centres = np.c_[1.5 * np.eye(3, 12), np.full(3, -(1.5**2) / 2)]


def _clouds(seed, n):
    u = _uniforms(seed, 25 * n).reshape(n, 25)
    labels = np.minimum(2, (3 * u[:, 0]).astype(int))
    normal = np.sqrt(-2 * np.log(u[:, 1::2])) * np.cos(2 * np.pi * u[:, 2::2])
    return np.c_[normal + _centres[labels, :12], np.ones(n)], labels


_test = _clouds(0, 1000)[0]
_truth = _softmax(_test @ _centres.T)
_held, _held_labels = _clouds(1000, 300)


def _trained(n, alpha, steps=400):
    inputs, labels = _clouds(1, n)
    target = ow.smooth(labels, alpha, num_classes=3).dense()
    path, velocity = np.zeros((steps + 1, 3, 13)), np.zeros((3, 13))
    for i in range(steps):
        slope = (_softmax(inputs @ path[i].T) - target).T @ inputs / n + 1e-3 * path[i]
        velocity = 0.9 * velocity - 0.5 * slope
        path[i + 1] = path[i] + velocity
    held = _softmax((_held @ path.reshape(-1, 13).T).reshape(-1, 3)).reshape(300, -1, 3)
    stopped = np.log(held[range(300), :, _held_labels]).mean(0).argmax()
    return [CalibrationSummary().update(_softmax(_test @ path[i].T), _truth) for i in (stopped, steps)]


_stopped, _end = _trained(60, 0.0)
few_hard_stopped_ece, few_hard_ece = ece(_stopped, bins=15), ece(_end, bins=15)
few_hard_confidence, few_hard_accuracy = mean_confidence(_end), accuracy(_end)
_stopped, _end = _trained(60, 0.2)
few_soft_stopped_ece, few_soft_ece = ece(_stopped, bins=15), ece(_end, bins=15)
few_soft_confidence, few_soft_accuracy = mean_confidence(_end), accuracy(_end)
_stopped, _end = _trained(600, 0.0)
many_hard_stopped_ece, many_hard_ece = ece(_stopped, bins=15), ece(_end, bins=15)
_stopped, _end = _trained(600, 0.2)
many_soft_stopped_ece, many_soft_ece = ece(_stopped, bins=15), ece(_end, bins=15)
many_soft_confidence, many_soft_accuracy = mean_confidence(_end), accuracy(_end)
