"""The public loss: the fused kernel where there is one, the definition elsewhere."""

from onewarm.loss import cross_entropy, cross_entropy_with_gradient

__all__ = ["cross_entropy", "cross_entropy_with_gradient"]
