"""onewarm for JAX: the loss as XLA fuses it, and the linear loss; distillation."""

from onewarm.errors import needs

with needs("onewarm.jax", "jax"):
    import jax as _jax  # noqa: F401  # imported here to report a missing package with its remedy

from onewarm.jax.cross_entropy import cross_entropy, cross_entropy_with_gradient
from onewarm.jax.distillation import distillation
from onewarm.jax.linear import linear_cross_entropy

__all__ = ["cross_entropy", "cross_entropy_with_gradient", "distillation", "linear_cross_entropy"]
