"""Arms whose target follows from the label alone: hard, and its smoothings towards a fixed row or kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onewarm.checks import Array
from onewarm.errors import InputError
from onewarm.study.arms.recipe import SHARE, Context, Numbers, Recipe, between, first_number, like
from onewarm.target import SoftTarget, smooth

MOST_NEGATIVE = 1.0
"""Negative smoothing goes to alpha = -1: the backward correction for labels of which one half was drawn anew.

The correction of uniform noise of rate r is alpha = -r / (1 - r) (Patrini et al. 2017). Below -1 most labels would be
noise; and the further below 0, the sooner the loss, which has no lower bound for a target with negative mass, is
lowered by the negative part alone.
"""


def uniform_row(labels: NDArray[np.int64], num_classes: int, numbers: Numbers) -> tuple[float, None]:
    """Uniform label smoothing: ``t = (1 - a) onehot(y) + a / K``.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016, section 7.
    """
    return numbers[0], None


def other_classes(labels: NDArray[np.int64], num_classes: int, numbers: Numbers) -> tuple[float, None]:
    """The label keeps 1 - a: ``t = (1 - a) onehot(y) + a (1 - onehot(y)) / (K - 1)``; uniform with a K / (K - 1).

    Source: fairseq's label_smoothed_cross_entropy (Ott et al., NAACL 2019 demonstrations).
    """
    if num_classes < 2:
        raise InputError(f"exclude-label:{numbers[0]:g} needs at least 2 classes, got {num_classes}: take smooth")
    share = numbers[0] * num_classes / (num_classes - 1)
    if share > 1:
        raise InputError(
            f"exclude-label:{numbers[0]:g} leaves the label less than another of {num_classes} classes: "
            f"give a share of at most {1 - 1 / num_classes:g}"
        )
    return share, None


def class_frequencies(
    labels: NDArray[np.int64], num_classes: int, numbers: Numbers
) -> tuple[float, NDArray[np.float64]]:
    """Unigram smoothing: ``t = (1 - a) onehot(y) + a f``, f the shares of the classes among the training labels.

    Source: Szegedy et al., CVPR 2016, section 7 (a prior over labels); Pereyra et al., ICLR 2017 workshop, section 3.2
    (unigram).
    """
    return numbers[0], np.bincount(labels, minlength=num_classes) / len(labels)


def taken_from_all(labels: NDArray[np.int64], num_classes: int, numbers: Numbers) -> tuple[float, None]:
    """Negative smoothing: ``t = (1 + a) onehot(y) - a / K``.

    Source: Wei et al., "To Smooth or Not? When Label Smoothing Meets Noisy Labels", ICML 2022.
    """
    return -numbers[0], None


def ordinal_kernel(labels: Array, num_classes: int, context: Context, numbers: Numbers) -> SoftTarget:
    """Neighbours in the order of the classes: ``t_k = exp(-(k - y)^2 / (2 w^2)) / sum_j exp(-(j - y)^2 / (2 w^2))``.

    Source: Diaz and Marathe, "Soft Labels for Ordinal Regression", CVPR 2019, with the squared distance.
    """
    k = np.arange(num_classes)
    kernel = np.exp(-(((k[:, None] - k) / numbers[0]) ** 2) / 2)
    rows = kernel / kernel.sum(1, keepdims=True)
    return smooth(labels, 1.0, num_classes=num_classes, prior=like(labels, rows))


HARD = Recipe(
    "hard",
    "Hard labels",
    "all mass on the label",
    "t = onehot(y)",
    "maximum likelihood",
    "hard",
    other_names=("one-hot", "onehot", "ce", "cross-entropy", "none"),
)
LOGISTIC = Recipe(
    "logistic",
    "Multinomial logistic regression, the reference of every study",
    "all mass on the label, whatever model the study trains",
    "t = onehot(y)",
    "Cox, The Regression Analysis of Binary Sequences, JRSS B 20(2), 1958",
    "logistic",
    other_names=("logistic-regression", "logreg", "lr", "linear"),
    reference=True,
)
SMOOTH = Recipe(
    "smooth",
    "Uniform label smoothing",
    "a share ALPHA of the mass moved to the uniform row (the label keeps 1 - ALPHA + ALPHA / K)",
    "t = (1 - a) onehot(y) + a / K",
    "Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception Architecture for Computer Vision, "
    "CVPR 2016, section 7",
    "smooth:0.1",
    (SHARE,),
    other_names=("uniform", "label-smoothing", "ls", "smoothing"),
    alpha=first_number,
    smoothing=uniform_row,
)
EXCLUDE_LABEL = Recipe(
    "exclude-label",
    "Label smoothing over the other classes",
    "a share ALPHA moved to the other classes, equally (the label keeps 1 - ALPHA, as in fairseq)",
    "t = (1 - a) onehot(y) + a (1 - onehot(y)) / (K - 1)",
    "Ott et al., fairseq: A Fast, Extensible Toolkit for Sequence Modeling, NAACL 2019 demonstrations "
    "(label_smoothed_cross_entropy)",
    "exclude-label:0.1",
    (SHARE,),
    other_names=("exclude", "fairseq"),
    alpha=first_number,
    smoothing=other_classes,
)
PRIOR = Recipe(
    "prior",
    "Unigram label smoothing",
    "a share ALPHA moved to the class frequencies f of the training labels",
    "t = (1 - a) onehot(y) + a f",
    "Szegedy et al., CVPR 2016, section 7; Pereyra, Tucker, Chorowski, Kaiser and Hinton, Regularizing Neural Networks "
    "by Penalizing Confident Output Distributions, ICLR 2017 workshop, section 3.2",
    "prior:0.1",
    (SHARE,),
    other_names=("unigram", "frequency"),
    alpha=first_number,
    smoothing=class_frequencies,
)
NEGATIVE = Recipe(
    "negative",
    "Negative label smoothing",
    f"a share ALPHA, at most {MOST_NEGATIVE:g}, taken from the uniform row: the correction of uniform label noise of "
    "rate ALPHA / (1 + ALPHA)",
    "t = (1 + a) onehot(y) - a / K",
    "Wei, Liu, Liu, Niu, Sugiyama and Liu, To Smooth or Not? When Label Smoothing Meets Noisy Labels, ICML 2022; "
    "Patrini, Rozza, Menon, Nock and Qu, Making Deep Neural Networks Robust to Label Noise, CVPR 2017",
    "negative:0.1",
    (between("ALPHA", "a share", 0, MOST_NEGATIVE),),
    other_names=("nls", "negative-smoothing", "backward"),
    alpha=lambda numbers: -numbers[0],
    smoothing=taken_from_all,
    targets_only=False,  # an estimator takes no row of negative weight
)
ORDINAL = Recipe(
    "ordinal",
    "Soft labels for ordered classes",
    "mass on the classes near the label in their order, by a Gaussian kernel of standard deviation WIDTH classes; the "
    "labels are numbers",
    "t_k = exp(-(k - y)^2 / (2 w^2)) / sum_j exp(-(j - y)^2 / (2 w^2))",
    "Diaz and Marathe, Soft Labels for Ordinal Regression, CVPR 2019",
    "ordinal:0.5",
    (between("WIDTH", "a number of classes", 0.1, 100),),
    other_names=("sord", "gaussian", "ordinal-kernel"),
    target=ordinal_kernel,
    ordered=True,
)
RECIPES = (HARD, SMOOTH, EXCLUDE_LABEL, PRIOR, NEGATIVE, ORDINAL, LOGISTIC)
