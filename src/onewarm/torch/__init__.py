"""onewarm for PyTorch: the loss under autograd."""

from onewarm.torch.loss import cross_entropy, cross_entropy_with_gradient

__all__ = ["cross_entropy", "cross_entropy_with_gradient"]
