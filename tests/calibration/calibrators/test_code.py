"""The line of Python of a map runs, and gives what the map gives."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import onewarm.calibration
from onewarm.calibration import fit_map, save_map
from onewarm.calibration.calibrators.code import python_line
from onewarm.calibration.calibrators.methods import METHODS


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("form", ["event", "binary", "three", "twenty"])
@pytest.mark.parametrize("key", METHODS)
def test_the_line_does_what_the_map_does(key, form, logits, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, {"three": 3, "twenty": 20}.get(form, 2)))
    y = (1.5 * z + rng.gumbel(size=z.shape)).argmax(axis=1)
    made = fit_map(key, z, y, logits=True, floor=1e-9)
    values = z if logits else softmax(z, axis=1)
    if form == "event":
        values = z[:, 1] - z[:, 0] if logits else values[:, 1]
    line = python_line(made, logits=logits, event=form == "event")
    if key == "leave":
        assert line == ""
        return
    save_map(made, tmp_path / "calibrator.json")
    monkeypatch.chdir(tmp_path)
    names = {"np": np, "onewarm": onewarm, "z" if logits else "p": values}
    exec(line, names)
    q, expected = names["q"], made.apply(values, logits=logits)
    np.testing.assert_allclose(q, expected[:, 1] if q.ndim < expected.ndim else expected, atol=1e-5)
    assert "\n" not in line and len(log_softmax(z, axis=1)) == 2000
