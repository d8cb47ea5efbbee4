"""Soft targets for classifiers and language models, and what they do to confidence.

>>> import numpy as np, onewarm as ow
>>> target = ow.smooth(np.array([0]), 0.1, num_classes=4)
>>> float(ow.cross_entropy(np.array([[3.0, 1.0, -0.5, -1.0]]), target).round(4))
0.4063
"""

from importlib import import_module
from types import ModuleType

from onewarm.definition import unsmooth
from onewarm.loss import cross_entropy, cross_entropy_with_gradient
from onewarm.losses import binary_cross_entropy, cross_entropy_with_hessian, focal_loss
from onewarm.target import SoftTarget, concat, mix, one_hot, smooth, soft, top_k, votes, votes_from

__version__ = "0.1.0"

__all__ = [
    "SoftTarget",
    "binary_cross_entropy",
    "concat",
    "cross_entropy",
    "cross_entropy_with_gradient",
    "cross_entropy_with_hessian",
    "focal_loss",
    "mix",
    "one_hot",
    "smooth",
    "soft",
    "top_k",
    "unsmooth",
    "votes",
    "votes_from",
]

_LAZY = ("audit", "boosting", "calibration", "jax", "notebook", "study", "torch", "widgets")  # when first used


def __getattr__(name: str) -> ModuleType:
    if name in _LAZY:
        return import_module(f"onewarm.{name}")
    raise AttributeError(f"module 'onewarm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
