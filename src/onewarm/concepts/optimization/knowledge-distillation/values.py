"""The numbers of the page: a picture of a cat, a student, and two teachers of the same truth, at several temperatures.

`hard_lynx_4` is what the hard-trained teacher gives lynx at temperature 4, and so on.
"""

import numpy as np

import onewarm as ow

_student = np.array([3.0, -0.5, 1.0, -1.0])
_teacher = np.array([6.0, 3.0, 0.0, -3.0])
_label = np.array([0])


def _row(logits, T=1.0):
    """softmax(logits / T)."""
    return np.exp(logits / T) / np.exp(logits / T).sum()


def _told(q):
    """Nats from the probabilities q to the nearest ones that treat the wrong classes alike."""
    nearest = ow.smooth(_label, (1 - q[0]) * len(q) / (len(q) - 1), num_classes=len(q)).dense()
    return float(ow.cross_entropy(np.log(nearest), ow.soft(q[None])) - ow.soft(q[None]).entropy()[0])


def _slope(T, share=1.0):
    """Loss and gradient in the student's logits of `share` T^2 KL(q || p) and the rest of the label's cross-entropy."""
    q = ow.soft(_row(_teacher, T)[None])
    crossed, slope = ow.cross_entropy_with_gradient(_student[None] / T, q)
    of_label, pull = ow.cross_entropy_with_gradient(_student[None], _label)
    loss = share * T**2 * (crossed - q.entropy()[0]) + (1 - share) * of_label
    return float(loss), share * T * slope[0] + (1 - share) * pull[0]


# The two teachers, at temperatures 1, 2, 4 and 32
hard_cat_1, hard_lynx_1, hard_dog_1, hard_truck_1 = _row(_teacher)
hard_cat_4, hard_lynx_4, hard_dog_4, hard_truck_4 = _row(_teacher, 4)
hard_cat_32, hard_lynx_32, hard_dog_32, hard_truck_32 = _row(_teacher, 32)
_smoothed = np.log(ow.smooth(ow.soft(_row(_teacher)[None]), 0.1).dense()[0])  # trained with alpha .1 on the same truth
smoothed_cat_1, smoothed_lynx_1, smoothed_dog_1, smoothed_truck_1 = _row(_smoothed)
smoothed_cat_4, smoothed_lynx_4, smoothed_dog_4, smoothed_truck_4 = _row(_smoothed, 4)
hard_ratio_1, hard_ratio_4 = hard_lynx_1 / hard_truck_1, hard_lynx_4 / hard_truck_4
smoothed_ratio_1, smoothed_ratio_4 = smoothed_lynx_1 / smoothed_truck_1, smoothed_lynx_4 / smoothed_truck_4
asked = 0.1 / 4  # of each wrong class in the smoothed teacher's training
even_4 = (1 - hard_cat_4) / 3  # the wrong classes of the hard-trained teacher, spread evenly
strength_4 = (1 - smoothed_cat_4) * 4 / 3  # the label smoothing nearest to the smoothed teacher at 4

# What they tell beyond label smoothing: the mass on wrong classes times the entropy they lack
hard_mass_1, hard_mass_4 = 1 - hard_cat_1, 1 - hard_cat_4
smoothed_mass_1, smoothed_mass_4 = 1 - smoothed_cat_1, 1 - smoothed_cat_4
hard_told_1, hard_told_2, hard_told_4, hard_told_32 = (_told(_row(_teacher, T)) for T in (1, 2, 4, 32))
smoothed_told_1, smoothed_told_4 = _told(_row(_smoothed)), _told(_row(_smoothed, 4))
told_ratio_4 = hard_told_4 / smoothed_told_4
hard_lacks_1, hard_lacks_4 = hard_told_1 / hard_mass_1, hard_told_4 / hard_mass_4
_grid = np.geomspace(1, 4, 20_001)[:, None]
_rows = np.exp(_teacher / _grid) / np.exp(_teacher / _grid).sum(axis=1, keepdims=True)
_lacks = np.log(3) - ow.soft(_rows[:, 1:], normalize=True).entropy()
peak = _grid[np.argmax((1 - _rows[:, 0]) * _lacks), 0]  # the temperature at which the hard-trained one tells most
mass_gain, lacks_loss = hard_mass_4 / hard_mass_1, hard_lacks_1 / hard_lacks_4

# The student beside the hard-trained teacher
loss_1, (slope_cat_1, slope_lynx_1, slope_dog_1, slope_truck_1) = _slope(1)
loss_4, (slope_cat_4, slope_lynx_4, slope_dog_4, slope_truck_4) = _slope(4)
loss_mixed, (slope_cat_mixed, *_) = _slope(4, 0.5)
label_slope_cat = _slope(1, 0)[1][0]
size_1, size_4, size_32 = (np.linalg.norm(_slope(T)[1]) for T in (1, 4, 32))
bare_1, bare_4, bare_8, bare_16, bare_32 = (np.linalg.norm(_slope(T)[1]) / T**2 for T in (1, 4, 8, 16, 32))
label_size = np.linalg.norm(_slope(1, 0)[1])
limit = np.linalg.norm(_student - _student.mean() - (_teacher - _teacher.mean())) / 4
short_lynx_4, gap_dog_4 = -slope_lynx_4 / 4, slope_dog_4 / 4

# A share of 0.1 for a teacher that says the same of every class is label smoothing with alpha .1
uniform_cat, uniform_lynx, uniform_dog, uniform_truck = ow.cross_entropy_with_gradient(
    _student[None], ow.smooth(_label, 0.1, num_classes=4)
)[1][0]
flat_strength = 4 / (3 + np.exp(np.log(1 + 4 * 0.9 / 0.1) / 4))  # a flat row of alpha .1 at T = 4

# The two teachers before anything is softened
picture = {
    "kind": "bars",
    "rows": list(zip(("cat", "lynx", "dog", "truck"), _row(_teacher).tolist(), _row(_smoothed).tolist(), strict=True)),
    "bar": "probability by the hard-trained teacher",
    "tick": "by the smoothed one",
}
