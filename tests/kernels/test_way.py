"""Which way the loss takes: by the environment, or by the definition where nothing can be compiled."""

from typing import Any

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.kernels import way
from onewarm.kernels.cpu import compiled, rows


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "_failure", None)


@pytest.mark.parametrize(("setting", "taken"), [("", "compiled"), ("auto", "compiled"), ("definition", "definition")])
def test_the_environment_chooses(setting: str, taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWARM_KERNEL", setting)
    assert way.way() == taken
    assert way.why() == (
        f"ONEWARM_KERNEL is '{setting}'." if setting == taken else "Compiled code is the usual way on a CPU."
    )


def test_another_setting_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWARM_KERNEL", "fast")
    with pytest.raises(InputError, match=r"^ONEWARM_KERNEL is 'fast': set it to 'auto', 'compiled' or 'definition'$"):
        rows.row_losses(np.zeros((1, 2)), np.zeros((1, 1), np.int64), np.ones((1, 1)))


class Fails:
    """A compiler that fails from some call on."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, *name: str) -> Any:
        self.after -= 1
        if self.after < 0:
            raise RuntimeError("LLVM ERROR: no such instruction")
        return compiled.kernel(*name)


@pytest.mark.parametrize("after", [0, 1])
def test_where_nothing_compiles_the_definition_is_taken(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for deferred rows alone, when the others have been computed in place."""
    z = np.random.default_rng(0).standard_normal((20, 60))
    z[4, 2] = -np.inf
    parts = np.zeros((20, 1), np.int64), np.ones((20, 1))
    monkeypatch.setenv("ONEWARM_KERNEL", "auto")
    wanted, slope = rows.row_losses(z, *parts)
    monkeypatch.setattr(rows, "kernel", Fails(after))
    place = z.copy()
    with pytest.warns(RuntimeWarning, match="compiling the loss failed.*RuntimeError: LLVM ERROR"):
        loss, gradient = rows.row_losses(place, *parts, out=place)
    np.testing.assert_allclose(loss, wanted, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(gradient), np.asarray(slope), rtol=1e-11, atol=1e-14)
    assert way.way() == "definition" and "no such instruction" in way.why()
    rows.row_losses(z, *parts)  # and no second warning


def test_where_compiled_code_is_asked_for_its_failure_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEWARM_KERNEL", "compiled")
    monkeypatch.setattr(rows, "kernel", Fails(0))
    with pytest.raises(RuntimeError, match="no such instruction"):
        rows.row_losses(np.zeros((1, 2)), np.zeros((1, 1), np.int64), np.ones((1, 1)))
    assert way.way() == "compiled"
