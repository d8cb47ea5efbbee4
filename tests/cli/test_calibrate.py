"""The command applies what the audit saved, and names what is wrong."""

import numpy as np
import pytest
from typer.testing import CliRunner

from onewarm.calibration import CalibrationMap, load_map, save_map
from onewarm.cli.app import app


def run(*arguments):
    return CliRunner().invoke(app, ["calibrate", *map(str, arguments)])


def test_what_the_audit_saves_is_applied(tmp_path, draw):
    z, labels = draw(n=3000)
    np.savez(tmp_path / "old.npz", logits=z, label=labels)
    saved = CliRunner().invoke(app, ["audit", str(tmp_path / "old.npz"), "--save", str(tmp_path / "calibrator.json")])
    assert saved.exit_code == 0, saved.output
    np.savez(tmp_path / "new.npz", logits=z[:100])
    done = run(tmp_path / "new.npz", "--with", tmp_path / "calibrator.json", "--out", tmp_path / "out.npz")
    assert done.exit_code == 0 and "Wrote 100 rows to" in done.output
    with np.load(tmp_path / "out.npz") as arrays:
        expected = load_map(tmp_path / "calibrator.json").apply(z[:100], logits=True)
        np.testing.assert_allclose(arrays["probabilities"], expected)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "calibrator.json is no calibrator"),
        (None, "no file"),
        ("", "is not readable JSON"),
    ],
)
def test_bad_calibrators_are_named_and_nothing_is_written(tmp_path, content, said):
    (tmp_path / "new.csv").write_text("p0,p1\n0.5,0.5\n")
    if content is not None:
        (tmp_path / "calibrator.json").write_text(content)
    done = run(tmp_path / "new.csv", "--with", tmp_path / "calibrator.json", "--out", tmp_path / "out.csv")
    assert done.exit_code == 2 and said in " ".join(done.output.split()) and not (tmp_path / "out.csv").exists()


def test_other_classes_are_named(tmp_path):
    (tmp_path / "new.csv").write_text("p0,p1\n0.5,0.5\n")
    save_map(CalibrationMap("temperature", 3, {"temperature": 2.0}), tmp_path / "calibrator.json")
    done = run(tmp_path / "new.csv", "--with", tmp_path / "calibrator.json", "--out", tmp_path / "out.csv")
    assert done.exit_code == 2 and "has predictions for 2 classes" in " ".join(done.output.split())
