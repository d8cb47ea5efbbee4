"""The public names of `onewarm.torch`, two of which are also names of its rooms."""

import subprocess
import sys

import pytest

ROOMS = ["onewarm.torch.cross_entropy.ops", "onewarm.torch.distillation.sampled", "onewarm.torch.cross_entropy.module"]


@pytest.mark.parametrize("rooms", [ROOMS, ROOMS[::-1]], ids=["losses first", "distillation between"])
def test_the_functions_win_over_the_rooms_of_their_name(rooms: list[str]) -> None:
    """Whatever a fresh Python imports first."""
    program = f"""
import importlib
for room in {rooms!r}:
    importlib.import_module(room)
import onewarm.torch
from onewarm.torch import __all__ as names
assert all(callable(getattr(onewarm.torch, name)) for name in names)
from onewarm.torch.cross_entropy import ops
from onewarm.torch.distillation import sampled
print(type(onewarm.torch.cross_entropy).__name__, type(onewarm.torch.distillation).__name__)
print(ops.__name__, sampled.__name__)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["function", "function", ROOMS[0], ROOMS[1]]
