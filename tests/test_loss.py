"""Who computes the public loss; that it is right is tested in test_loss.py."""

import array_api_strict
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm import definition
from onewarm.kernels.cpu import rows as cpu


@pytest.fixture
def calls(monkeypatch):
    """Counts what reaches the kernel and the definition."""
    seen = {"kernel": 0, "definition": 0}

    def counted(name, function):
        def call(*args, **kwargs):
            seen[name] += 1
            return function(*args, **kwargs)

        return call

    monkeypatch.setattr(cpu, "row_losses", counted("kernel", cpu.row_losses))
    monkeypatch.setattr(definition, "cross_entropy", counted("definition", definition.cross_entropy))
    return seen


@pytest.mark.parametrize(
    "logits",
    [
        np.ones((2, 3)),
        np.ones((2, 3), np.float32),
        np.ones((2, 3), np.float16),
        torch.ones(2, 3),
        torch.ones(2, 3).half(),
    ],
)
def test_the_kernel_has_numpy_and_cpu_tensors(calls, logits):
    labels = torch.tensor([0, 1]) if isinstance(logits, torch.Tensor) else np.array([0, 1])
    assert float(ow.cross_entropy(logits, labels)) == pytest.approx(np.log(3))
    assert calls == {"kernel": 1, "definition": 0}


@pytest.mark.parametrize("logits", [jnp.ones((2, 3)), jnp.ones((2, 3), jnp.float16)])
def test_jax_has_a_form_of_its_own(calls, logits):
    assert float(ow.cross_entropy(logits, jnp.array([0, 1]))) == pytest.approx(np.log(3), rel=1e-3)
    assert calls == {"kernel": 0, "definition": 0}


def test_the_definition_has_the_rest(calls):
    logits, labels = array_api_strict.ones((2, 3)), array_api_strict.asarray([0, 1])
    assert float(ow.cross_entropy(logits, labels)) == pytest.approx(np.log(3))
    assert calls == {"kernel": 0, "definition": 1}


def test_the_public_functions_keep_the_documentation_of_the_definition():
    assert ow.cross_entropy.__doc__ == definition.cross_entropy.__doc__
    assert ow.cross_entropy_with_gradient.__doc__ == definition.cross_entropy_with_gradient.__doc__
