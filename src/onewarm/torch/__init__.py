"""onewarm for PyTorch: the loss under autograd."""

from onewarm.torch.linear import LinearCrossEntropyLoss, linear_cross_entropy
from onewarm.torch.loss import cross_entropy, cross_entropy_with_gradient
from onewarm.torch.parallel import vocab_parallel_cross_entropy, vocab_parallel_soft
from onewarm.torch.parallel_linear import vocab_parallel_linear_cross_entropy

__all__ = [
    "LinearCrossEntropyLoss",
    "cross_entropy",
    "cross_entropy_with_gradient",
    "linear_cross_entropy",
    "vocab_parallel_cross_entropy",
    "vocab_parallel_linear_cross_entropy",
    "vocab_parallel_soft",
]
