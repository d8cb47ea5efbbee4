"""onewarm for JAX: the loss as XLA fuses it, the linear loss, distillation."""

from onewarm.errors import MissingExtraError

try:
    import jax as _jax  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtraError("onewarm.jax needs JAX: pip install 'onewarm[jax]'") from error

from onewarm.jax.cross_entropy import cross_entropy, cross_entropy_with_gradient

__all__ = ["cross_entropy", "cross_entropy_with_gradient"]
