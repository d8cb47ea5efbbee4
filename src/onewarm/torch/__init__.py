"""onewarm for PyTorch: the loss under autograd."""

from onewarm.torch.loss import cross_entropy

__all__ = ["cross_entropy"]
