"""onewarm for PyTorch: the loss under autograd."""

from onewarm.torch.distill import distillation, linear_distillation
from onewarm.torch.linear import LinearCrossEntropyLoss, linear_cross_entropy
from onewarm.torch.loss import cross_entropy, cross_entropy_with_gradient
from onewarm.torch.module import CrossEntropyLoss, nn_cross_entropy
from onewarm.torch.parallel import vocab_parallel_cross_entropy, vocab_parallel_soft
from onewarm.torch.parallel_linear import vocab_parallel_linear_cross_entropy
from onewarm.torch.sampled import sample_teacher

__all__ = [
    "CrossEntropyLoss",
    "LinearCrossEntropyLoss",
    "cross_entropy",
    "cross_entropy_with_gradient",
    "distillation",
    "linear_cross_entropy",
    "linear_distillation",
    "nn_cross_entropy",
    "sample_teacher",
    "vocab_parallel_cross_entropy",
    "vocab_parallel_linear_cross_entropy",
    "vocab_parallel_soft",
]
