"""The face for JAX, with and without it."""

import subprocess
import sys

import onewarm as ow


def test_it_loads_when_asked_for():
    assert ow.jax.cross_entropy is not ow.cross_entropy


def test_without_jax_one_sentence_says_what_to_install():
    code = "import sys; sys.modules['jax'] = None\ntry:\n import onewarm.jax\n"
    code += "except ImportError as e: print(type(e).__name__, e)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "MissingExtraError onewarm.jax needs jax: pip install 'onewarm[jax]'\n"
