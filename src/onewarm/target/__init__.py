"""Functions that make a target from labels, votes, probabilities, a sparse teacher or other targets."""

from onewarm.soft_target import SoftTarget, concat
from onewarm.target.annotations import Annotations, votes_from
from onewarm.target.combine import as_target, mix
from onewarm.target.labels import one_hot, smooth
from onewarm.target.teacher import soft, top_k
from onewarm.target.votes import votes

__all__ = [
    "Annotations",
    "SoftTarget",
    "as_target",
    "concat",
    "mix",
    "one_hot",
    "smooth",
    "soft",
    "top_k",
    "votes",
    "votes_from",
]
