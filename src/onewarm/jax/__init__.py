"""onewarm for JAX: the loss as XLA fuses it, and the linear loss."""

from onewarm.errors import MissingExtraError

try:
    import jax as _jax  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtraError("onewarm.jax needs JAX: pip install 'onewarm[jax]'") from error

from onewarm.jax.cross_entropy import cross_entropy, cross_entropy_with_gradient
from onewarm.jax.linear import linear_cross_entropy

__all__ = ["cross_entropy", "cross_entropy_with_gradient", "linear_cross_entropy"]
