"""onewarm for PyTorch: the loss under autograd."""

from onewarm.errors import needs

with needs("onewarm.torch", "torch"):
    import torch as _torch  # noqa: F401  # imported here to report a missing package with its remedy

from onewarm.torch.cross_entropy.explain import Way, explain
from onewarm.torch.cross_entropy.functional import cross_entropy, cross_entropy_with_gradient
from onewarm.torch.cross_entropy.module import CrossEntropyLoss, nn_cross_entropy
from onewarm.torch.distillation.functional import distillation
from onewarm.torch.distillation.layer import linear_distillation
from onewarm.torch.distillation.sampled import sample_teacher
from onewarm.torch.linear.functional import LinearCrossEntropyLoss, linear_cross_entropy
from onewarm.torch.parallel.functional import vocab_parallel_cross_entropy, vocab_parallel_soft
from onewarm.torch.parallel.linear import vocab_parallel_linear_cross_entropy

__all__ = [
    "CrossEntropyLoss",
    "LinearCrossEntropyLoss",
    "Way",
    "cross_entropy",
    "cross_entropy_with_gradient",
    "distillation",
    "explain",
    "linear_cross_entropy",
    "linear_distillation",
    "nn_cross_entropy",
    "sample_teacher",
    "vocab_parallel_cross_entropy",
    "vocab_parallel_linear_cross_entropy",
    "vocab_parallel_soft",
]
