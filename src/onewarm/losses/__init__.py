"""Losses beside the cross-entropy, and its second derivatives, in array API."""

from onewarm.losses.binary import binary_cross_entropy
from onewarm.losses.focal import focal_loss
from onewarm.losses.hessian import LossDerivatives, cross_entropy_with_hessian

__all__ = ["LossDerivatives", "binary_cross_entropy", "cross_entropy_with_hessian", "focal_loss"]
