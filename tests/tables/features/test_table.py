import gzip
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.errors import InputError
from onewarm.tables.features.raw import of_frame
from onewarm.tables.features.table import read, table

VALUES = np.round(np.random.default_rng(0).normal(50, 9, 30), 1)
BODY = "a,b,label\n" + "".join(f"{v},{i * 0.5},{'xyz'[i % 3]}\n" for i, v in enumerate(VALUES.tolist()))


def features(made):
    """All rows, standardised by themselves."""
    return made.encoder.transform(made.rows, made.encoder.fit(made.rows))


def test_three_formats_hold_the_same_table(tmp_path):
    (tmp_path / "t.csv").write_text(BODY)
    b, names = np.arange(30) * 0.5, np.array(list("xyz") * 10)
    pa.parquet.write_table(pa.table({"a": VALUES, "b": b, "label": names}), tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", a=VALUES, b=b, label=names, version=np.array(3))
    for suffix in ("csv", "parquet", "npz"):
        made = read(tmp_path / f"t.{suffix}")
        (block,) = made.encoder.blocks
        np.testing.assert_array_equal(block.values, np.column_stack([VALUES, b]))
        np.testing.assert_array_equal(made.y, np.arange(30) % 3)
        assert (made.class_names, made.label, made.columns) == (("x", "y", "z"), "label", 2)
        assert made.notes[0] == "Label: column 'label' (3 classes), found by its name."


@pytest.mark.parametrize("name", ["Label", "TARGET", "y", "class", "species", "Survived"])
def test_usual_label_names(tmp_path, name):
    """The column that was chosen was not printed."""
    (tmp_path / "t.csv").write_text(BODY.replace("label", name))
    made = read(tmp_path / "t.csv")
    assert made.label == name and made.notes[0] == f"Label: column {name!r} (3 classes), found by its name."
    assert read(tmp_path / "t.csv", name).notes[0] == f"Label: column {name!r} (3 classes)."


def test_arrays_of_more_dimensions_are_flattened_by_row(tmp_path):
    x = np.random.default_rng(0).random((10, 2, 3))
    np.savez(tmp_path / "t.npz", X=x, y=np.arange(10) % 2)
    made = read(tmp_path / "t.npz")
    np.testing.assert_allclose(features(made), ((x - x.mean()) / x.std()).reshape(10, 6), rtol=1e-5)


def test_a_later_number_widens_the_column(tmp_path):
    rows = "".join(f"{i % 1000},{i % 2}\n" for i in range(200_000))  # more than PyArrow infers the type from
    (tmp_path / "t.csv").write_text("a,y\n" + rows + "0.25,1\n")
    assert read(tmp_path / "t.csv").encoder.blocks[0].values[-1, 0] == 0.25


CASES = {
    "empty": ("", "t.csv: is empty (0 bytes)"),
    "header only": ("a,label\n", "t.csv: no rows, only column names"),
    "cut short": (BODY[:-3], "t.csv: row 30 has 2 columns, not 3: '52.0,14.5'"),
    "ragged": (BODY.replace(",1.5,x", ",x"), "t.csv: row 4 has 2 columns, not 3: '50.9,x'"),
    "label missing": (
        BODY.replace(",2.0,y", ",2.0,"),
        "t.csv: row 5 has no label (column 'label'); fill it or drop the row",
    ),
    "one class": ("a,label\n1,2\n2,2\n", "t.csv: one class only: every row of 'label' is 2"),
    "rare class": (
        BODY + "1,2,q\n2,4,p\n3,5,p\n",
        "t.csv: 2 classes have fewer than 3 rows of 'label', one each for training, validation and test: 'p' (2), 'q' "
        "(1); merge them into 'other' with --rare merge, or leave their rows out with --rare drop",
    ),
    "measurements": (
        "a,y\n1,0.5\n2,.7\n",
        "t.csv: label column 'y' holds measurements, not classes: row 1 is 0.5; make classes of them, as with",
    ),
    "whole measurements": (
        "a,y\n" + "".join(f"{i % 7},{i * 10}\n" for i in range(60)),
        "t.csv: label column 'y' holds 60 different numbers in 60 rows: measurements, not classes; make classes",
    ),
    "no label column": (
        BODY.replace("label", "lbl"),
        "t.csv: no label column found (looked for label, labels, target, ",
    ),
    "two labels": (
        "y,y_true\n1,2\n",
        "t.csv: 'y', 'y_true' could each be the label; name one with --label",
    ),
    "no features": ("label\n1\n2\n", "t.csv: no feature columns besides the label column 'label'"),
    "twice": ("a,a,label\n1,2,3\n", "t.csv: column 'a' occurs twice; rename one"),
    "binary": (bytes(range(256)), "t.csv: is not UTF-8 text: save it as UTF-8"),
    "nothing to learn from": (
        "id,one,label\n" + "".join(f"{i},5,{i % 2}\n" for i in range(20)),
        "t.csv: nothing to learn from besides the label: Left out: 'id': a different value in every row, as of an id",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_csv(tmp_path, case):
    content, error = CASES[case]
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match="^" + re.escape(error)):
        read(path)


def test_all_faults_of_a_file_in_one_message(tmp_path):
    """A file with eight faults took eight messages, one column at a time."""
    lines = ['{"v": [1, 2], "w": [1], "y": 0}'] * 3 + ['{"v": [1], "w": [1, 2], "y": null}', '{"v": [1, 2], "y": 0.5}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError) as caught:
        read(tmp_path / "t.jsonl")
    assert str(caught.value) == (
        "t.jsonl: row 4 has no label (column 'y'); fill it or drop the row; label column 'y' holds measurements, not "
        "classes: row 5 is 0.5; make classes of them, as with pandas.cut or pandas.qcut; row 4, column 'v' holds 1 "
        "numbers, and row 1 2; give lists of one length; row 4, column 'w' holds 2 numbers, and row 1 1; give lists of "
        "one length"
    )


def test_unknown_column_suggests_the_nearest(tmp_path):
    (tmp_path / "t.csv").write_text(BODY)
    with pytest.raises(InputError, match=r"^t\.csv: no column 'labl'; nearest: 'label'$"):
        read(tmp_path / "t.csv", "labl")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("t.parquet", "t.parquet: not a readable Parquet file, perhaps truncated: "),
        ("t.npz", "t.npz: not a readable NPZ file, perhaps truncated: "),
        ("t.docx", "t.docx: cannot read .docx; give .csv, "),
        ("t.xlsx", "t.xlsx: cannot read .xlsx: save it as CSV, or with pandas.read_excel(...).to_parquet("),
        ("t", "t: cannot read a file without suffix; give .csv, "),
    ],
)
def test_mistyped_file(tmp_path, name, error):
    (tmp_path / name).write_text(BODY)
    with pytest.raises(InputError, match="^" + re.escape(error)):
        read(tmp_path / name)


@pytest.mark.parametrize("suffix", ["parquet", "npz"])
def test_cut_short(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    if suffix == "npz":
        np.savez(path, X=np.ones((40, 2)), y=np.arange(40) % 2)
    else:
        pa.parquet.write_table(pa.table({"a": range(40), "y": [0, 1] * 20}), path)
    whole = path.read_bytes()
    for keep in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:keep])
        with pytest.raises(InputError, match=rf"^t\.{suffix}: not a readable "):
            read(path)


def test_npz_rows_disagree_and_objects(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.ones((40, 2)), y=np.arange(39) % 2)
    with pytest.raises(InputError, match=r"^t\.npz: arrays differ in rows: 'X' 40, 'y' 39$"):
        read(tmp_path / "t.npz")
    np.savez(tmp_path / "o.npz", X=np.ones((4, 2)), y=np.array(["a", 3, "a", 3], object))
    with pytest.raises(InputError, match=r"^o\.npz: array 'y' holds Python objects; save plain arrays"):
        read(tmp_path / "o.npz")
    np.savez(tmp_path / "n.npz", x=np.array([["1", "a"]] * 6), y=np.array([0, 1] * 3))
    with pytest.raises(InputError, match=r"^n\.npz: 'x' has shape \(6, 2\) and holds <U1: give numbers$"):
        read(tmp_path / "n.npz")


def test_every_format_of_the_audit_is_one_of_studies(tmp_path):
    """Each had its own readers, and studies only three formats; semicolons, .tsv, .gz, .feather and .json were
    refused."""
    x, y = np.random.default_rng(1).random((6, 2)).round(3), [0, 1] * 3
    lines = [f'{{"x": [{a}, {b}], "label": {k}}}' for (a, b), k in zip(x.tolist(), y, strict=True)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    (tmp_path / "t.json").write_text("[" + ",".join(lines) + "]")
    semicolons = "a;b;label\n" + "".join(f"{a};{b};{k}\n" for (a, b), k in zip(x.tolist(), y, strict=True))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(semicolons.replace(".", ",").encode()))
    (tmp_path / "t.tsv").write_text(semicolons.replace(";", "\t"))
    arrow = pa.table({"x": x.tolist(), "label": y})
    pa.feather.write_feather(arrow, tmp_path / "t.feather")
    pa.parquet.write_table(arrow, tmp_path / "t.parquet")
    for name in ("t.jsonl", "t.json", "t.csv.gz", "t.tsv", "t.feather", "t.parquet"):
        made = read(tmp_path / name)
        np.testing.assert_array_equal(made.encoder.blocks[0].values, x)
        assert made.y.tolist() == y, name


def test_signalling_nan_is_missing(tmp_path):
    """It ended in a warning."""
    x = np.arange(12, dtype=np.float32) / 4
    x.view(np.uint32)[3] = 0x7FA00000
    np.savez(tmp_path / "t.npz", x=x, y=np.array([0, 1] * 6))
    assert read(tmp_path / "t.npz").encoder.width == 2


def test_labels_that_are_no_column():
    raw = of_frame({"a": [0.5, 0.25, 0.125, 3.0, 4.5, 8.25]}, "X")
    assert table(raw, y=["u", "v"] * 3).class_names == ("u", "v")
    with pytest.raises(InputError, match=r"^y has 5 rows, and X 6: one label for each row$"):
        table(raw, y=[0, 1, 0, 1, 0])
