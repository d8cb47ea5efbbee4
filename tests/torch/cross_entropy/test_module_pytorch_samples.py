"""PyTorch's own tests of cross-entropy, on the drop-in: its operator and module samples and its error inputs.

``pytorch_samples.py`` runs them in another process. All pass but those named here, each with its reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("pytorch_samples.py")
CHECKS = [
    "op_values_and_gradients",
    "op_noncontiguous",
    "op_negative_views",
    "op_fake_tensors",
    "op_traced",
    "op_vmap",
    "op_gradients_batched_and_forward",
    "op_second_derivatives",
    "op_forward_over_reverse",
    "op_compiled",
    "module_forward",
    "module_gradients",
]
# Refused as well, but not in PyTorch's words: ours name the argument, its shape or dtype, and what to do.
OTHER_WORDS = {
    "RuntimeError: Expected floating point type for target with class probabilities": "TypeError: target has dtype",
    "RuntimeError: expected target dtype to be Long or Byte": "TypeError: target has dtype",
    "ValueError: Expected input batch_size .* to match target batch_size": "target has shape",
    "RuntimeError: weight tensor should be defined either for all .* classes or no classes": "class_weight has shape",
    "RuntimeError: ignore_index is not supported for floating point target": "ignore_index is 1 and target holds",
    "RuntimeError: label_smoothing must be between 0.0 and 1.0": "label_smoothing is 1.5: expected a number",
    "RuntimeError: Expected target size": "target has shape",
}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def outcome() -> Callable[[str], dict[str, Any]]:
    """Runs a check; skips where PyTorch has no such samples."""

    def run(check: str) -> dict[str, Any]:
        pytest.importorskip("expecttest", reason="torch.testing._internal needs it: pip install expecttest")
        done = subprocess.run([sys.executable, "-P", str(SCRIPT), check], capture_output=True, text=True, timeout=1500)
        assert done.returncode == 0, done.stderr
        if "torch.testing._internal lacks" in done.stdout:
            pytest.skip(done.stdout.strip())
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result

    return run


@pytest.mark.parametrize("check", CHECKS)
def test_every_sample(outcome: Callable[[str], dict[str, Any]], check: str) -> None:
    result = outcome(check)
    assert result["failed"] == {}
    assert result["samples"] >= 18


def test_error_inputs(outcome: Callable[[str], dict[str, Any]]) -> None:
    result = outcome("module_errors")
    if result["samples"] == 0:
        pytest.skip("this PyTorch has no error inputs for its modules")
    for name, text in result["failed"].items():
        wanted = name.partition(" ")[2]
        assert wanted in OTHER_WORDS and OTHER_WORDS[wanted] in text, f"{name}: {text}"
