"""The example of the page in numbers: four logits, the first class is right, alpha = 0.1."""

import numpy as np

import onewarm as ow

K, alpha = 4, 0.1
_z = np.array([[3.0, 1.0, -0.5, -1.0]])
_label = np.array([0])
_hard, _soft = ow.one_hot(_label, K), ow.smooth(_label, alpha, num_classes=K)


def _p(z):
    return np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])[0]


def _with_label_at(logit):
    return np.array([[logit, *_z[0, 1:]]])


# the prediction, the two targets, and what either asks for
p_cat, p_lynx, p_dog, p_truck = _p(_z)
t_cat, t_wrong = _soft.dense()[0, :2]
hard_loss, _gap = ow.cross_entropy_with_gradient(_z, _hard)
hard_gap_cat, hard_gap_lynx, hard_gap_dog, hard_gap_truck = _gap[0]
loss, _gap = ow.cross_entropy_with_gradient(_z, _soft)
gap_cat, gap_lynx, gap_dog, gap_truck = _gap[0]

# the chase: the label's logit at 6, all logits times three
p_chase = _p(_with_label_at(6.0))[0]
chase_loss, _gap = ow.cross_entropy_with_gradient(_with_label_at(6.0), _hard)
chase_gap = _gap[0, 0]
p_tripled = _p(3 * _z)[0]
tripled_loss = ow.cross_entropy(3 * _z, _hard)

# past the tick, and back to the lowest point of the one curve: log-odds of the target, against the other three logits
overshoot_loss, _gap = ow.cross_entropy_with_gradient(_with_label_at(6.0), _soft)
overshoot_gap = _gap[0, 0]
valley = np.log(t_cat / (1 - t_cat)) + np.logaddexp.reduce(_z[0, 1:])
valley_loss = ow.cross_entropy(_with_label_at(valley), _soft)
at_ninety = np.log(0.9 / 0.1) + np.logaddexp.reduce(_z[0, 1:])

# every bar on its tick
lead = np.log(1 + K * (1 - alpha) / alpha)
floor = _soft.entropy()[0]
