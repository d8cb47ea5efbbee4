"""Arms that train on the label and add a term to its cross-entropy."""

from __future__ import annotations

from typing import Any

from onewarm.study.arms.recipe import Number, Numbers, Recipe, between
from onewarm.target import SoftTarget


def negative_entropy(logits: Any, labels: Any, target: SoftTarget | None, numbers: Numbers) -> Any:
    """Confidence penalty: ``-b H(p) = b sum_k p_k log p_k``.

    Source: Pereyra, Tucker, Chorowski, Kaiser and Hinton, ICLR 2017 workshop, section 3.
    """
    log_p = logits.log_softmax(-1)
    return numbers[0] * (log_p.exp() * log_p).sum(-1)


def focal(logits: Any, labels: Any, target: SoftTarget | None, numbers: Numbers) -> Any:
    """What makes the cross-entropy the focal loss: ``((1 - p_y)^g - 1) (-log p_y)``.

    Source: Lin, Goyal, Girshick, He and Dollar, "Focal Loss for Dense Object Detection", ICCV 2017, equation 4.
    """
    hard = -logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
    others = -(-hard).expm1()  # 1 - p_y, exact where p_y is near 1
    sure = others == 0  # where the power's derivative may be infinite, times a loss of 0
    return (others.masked_fill(sure, 1.0) ** numbers[0] * ~sure - 1) * hard


def max_logit(logits: Any, labels: Any, target: SoftTarget | None, numbers: Numbers) -> Any:
    """Max suppression: ``a (max_k z_k - mean_k z_k)``; label smoothing has z_y for the maximum.

    Source: Zhou et al., "MaxSup: Overcoming Representation Collapse in Label Smoothing", NeurIPS 2025.
    """
    return numbers[0] * (logits.amax(-1) - logits.mean(-1))


def beyond_margin(logits: Any, labels: Any, target: SoftTarget | None, numbers: Numbers) -> Any:
    """Margin-based label smoothing: ``w mean_k max(0, max_j z_j - z_k - m)``.

    The mean over the classes is that of the authors' code, for which their weight of 0.1 is; the paper writes a sum.

    Source: Liu, Ben Ayed, Galdran and Dolz, "The Devil is in the Margin: Margin-based Label Smoothing for Network
    Calibration", CVPR 2022.
    """
    margin, weight = numbers
    return weight * (logits.amax(-1, keepdim=True) - logits - margin).relu().mean(-1)


PENALTY = Recipe(
    "penalty",
    "Confidence penalty",
    "the label, less B times the entropy of the prediction",
    "H(onehot(y), z) - b H(p)",
    "Pereyra, Tucker, Chorowski, Kaiser and Hinton, Regularizing Neural Networks by Penalizing Confident Output "
    "Distributions, ICLR 2017 workshop, section 3",
    "penalty:0.1",
    (between("B", "a number", 0, 100),),
    other_names=("confidence-penalty", "entropy", "cp"),
    extra=negative_entropy,
    targets_only=False,
)
FOCAL = Recipe(
    "focal",
    "Focal loss",
    "the label, weighted less where it is already probable",
    "(1 - p_y)^g H(onehot(y), z)",
    "Lin, Goyal, Girshick, He and Dollar, Focal Loss for Dense Object Detection, ICCV 2017, equation 4; for "
    "calibration Mukhoti et al., NeurIPS 2020",
    "focal:2",
    (between("GAMMA", "a number", 0, 100),),
    other_names=("focal-loss",),
    extra=focal,
    targets_only=False,
)
MAXSUP = Recipe(
    "maxsup",
    "Max suppression",
    "the label, plus ALPHA times the largest logit above the mean logit",
    "H(onehot(y), z) + a (max_k z_k - mean_k z_k)",
    "Zhou, Li, Cheng, Yan, Dong, Fritz and Keuper, MaxSup: Overcoming Representation Collapse in Label Smoothing, "
    "NeurIPS 2025",
    "maxsup:0.1",
    (between("ALPHA", "a number", 0, 100),),
    other_names=("max-suppression", "max-sup"),
    extra=max_logit,
    targets_only=False,
)
MARGIN = Recipe(
    "margin",
    "Margin-based label smoothing",
    "the label, plus WEIGHT (0.1) times how far the largest logit is more than M above each logit, on average",
    "H(onehot(y), z) + w mean_k max(0, max_j z_j - z_k - m)",
    "Liu, Ben Ayed, Galdran and Dolz, The Devil is in the Margin: Margin-based Label Smoothing for Network "
    "Calibration, CVPR 2022",
    "margin:10",
    (
        Number("M", "a margin of at least 0 and at most 1000", lambda m: 0 <= m <= 1000),
        between("WEIGHT", "a number", 0, 100, default=0.1),
    ),
    other_names=("mbls", "margin-based"),
    extra=beyond_margin,
    targets_only=False,
)
RECIPES = (PENALTY, FOCAL, MAXSUP, MARGIN)
