"""Calibrated files: the map's own probabilities, with the other columns, in every format, or nothing at all."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from scipy.special import softmax

from onewarm.calibration import CalibrationMap
from onewarm.tables import calibrated
from onewarm.tables.calibrated import calibrate_file

Z = np.random.default_rng(0).normal(size=(700, 3))
P = softmax(Z, axis=1)
MADE = CalibrationMap("vector", 3, {"scale": [0.5, 0.7, 0.6], "shift": [0.1, 0.0, -0.1]})
TABLE = pa.table({"id": [f"r{i}" for i in range(700)]} | {f"p{k}": P[:, k] for k in range(3)} | {"n": np.arange(700)})


def read(path):
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return dict(arrays)
    table = pyarrow.csv.read_csv(path) if path.suffix == ".csv" else pyarrow.parquet.read_table(path)
    return {name: np.array(table.column(name).to_pylist()) for name in table.column_names}


@pytest.mark.parametrize("out", ["out.parquet", "out.csv", "out.npz"])
@pytest.mark.parametrize("file", ["new.parquet", "new.csv"])
def test_probabilities_take_their_place_and_other_columns_stay(tmp_path, write_table, monkeypatch, file, out):
    monkeypatch.setattr(calibrated, "BATCH_NUMBERS", 1000)
    path = write_table(tmp_path / file, TABLE)
    seen = []
    count = calibrate_file(str(path), MADE, tmp_path / out, progress=lambda *at: seen.append(at))
    found = read(tmp_path / out)
    assert count == 700 and list(found) == ["id", "p0", "p1", "p2", "n"] and len(seen) >= 2
    np.testing.assert_allclose(np.stack([found[f"p{k}"] for k in range(3)], axis=1), MADE.apply(P), rtol=1e-12)
    assert found["id"].tolist() == TABLE["id"].to_pylist() and found["n"].tolist() == list(range(700))
    assert not list(tmp_path.glob(".*"))


def test_logits_lists_and_single_columns(tmp_path):
    for values, name, suffix, names in (
        ({"logits": Z}, "new.npz", ".npz", ["probabilities"]),
        ({"logits": Z}, "new.npz", ".csv", ["p0", "p1", "p2"]),
        ({"probabilities": P}, "new.npz", ".parquet", ["probabilities"]),
    ):
        np.savez(tmp_path / name, **values)
        calibrate_file(str(tmp_path / name), MADE, tmp_path / f"out{suffix}")
        found = read(tmp_path / f"out{suffix}")
        assert list(found) == names
        q = found[names[0]] if len(names) == 1 else np.stack([found[n] for n in names], axis=1)
        np.testing.assert_allclose(q, MADE.apply(Z, logits=True), rtol=1e-9)
    event = CalibrationMap("platt", 2, {"slope": 0.5, "intercept": -1.0})
    (tmp_path / "one.csv").write_text("p1\n0.9\n0.2\n")
    calibrate_file(str(tmp_path / "one.csv"), event, tmp_path / "one_out.csv", probabilities="p1")
    np.testing.assert_allclose(read(tmp_path / "one_out.csv")["p1"], event.apply(np.array([0.9, 0.2])))


@pytest.mark.parametrize(
    ("text", "made", "out", "said"),
    [
        (
            "p0,p1\n0.5,0.5\n",
            MADE,
            "out.csv",
            "new.csv has predictions for 2 classes, but the calibrator was",
        ),
        ("p0,p1,p2\n1,0,0\n.5,.6,0\n", MADE, "out.csv", "new.csv: row 2, columns 'p0'..'p2' sum to 1.1, not 1"),
        ("p0,p1,p2\n1,0,x\n", MADE, "out.csv", "new.csv"),
        ("p0,p1,p2\n", MADE, "out.csv", "new.csv"),
        ("p0,p1,p2\n1,0,0\n", MADE, "out.xlsx", "has the suffix '.xlsx': write one of .parquet, .csv, .npz"),
        ("p0,p1,p2\n1,0,0\n", MADE, "new.csv", "is the input: write to another file"),
        (
            "prob_cat,prob_dog\n0.5,0.5\n",
            CalibrationMap("leave", 2, {}, classes=("dog", "cat")),
            "out.csv",
            "new.csv has the classes cat, dog, but the calibrator was fitted on dog, cat, in this order",
        ),
    ],
)
def test_bad_input_writes_nothing(tmp_path, text, made, out, said):
    path = tmp_path / "new.csv"
    path.write_text(text)
    with pytest.raises(ValueError) as error:
        calibrate_file(str(path), made, tmp_path / out)
    assert said in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["new.csv"] and path.read_text() == text


def test_a_name_that_is_taken_is_refused(tmp_path):
    np.savez(tmp_path / "new.npz", logits=Z, probability=np.zeros(700))
    made = CalibrationMap("leave", 3)
    calibrate_file(str(tmp_path / "new.npz"), made, tmp_path / "out.npz", logits="logits")
    assert set(read(tmp_path / "out.npz")) == {"probability", "probabilities"}
