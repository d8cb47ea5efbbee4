import gzip
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from onewarm.errors import InputError
from onewarm.tables.features import read

BODY = "a,b,label\n" + "".join(f"{i},{i * 0.5},{'xyz'[i % 3]}\n" for i in range(30))


def test_three_formats_hold_the_same_table(tmp_path):
    (tmp_path / "t.csv").write_text(BODY)
    a, b, names = np.arange(30), np.arange(30) * 0.5, np.array(list("xyz") * 10)
    pa.parquet.write_table(pa.table({"a": a, "b": b, "label": names}), tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", a=a, b=b, label=names, version=np.array(3))
    for suffix in ("csv", "parquet", "npz"):
        table = read(tmp_path / f"t.{suffix}")
        np.testing.assert_array_equal(table.x, np.column_stack([a, b]))
        np.testing.assert_array_equal(table.y, np.arange(30) % 3)
        assert (table.class_names, table.feature_names, table.label) == (("x", "y", "z"), ("a", "b"), "label")


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a", "a", "b", "a", "b"], ("a", "b")),
        ([7, -1, 7, -1, 7, -1], ("-1", "7")),
        ([1.0, 2.0, 1.0, 2.0, 1.0, 2.0], ("1", "2")),
        ([True, False, True, False, True, False], ("False", "True")),
        (pa.array(["u", "v"] * 3).dictionary_encode(), ("u", "v")),
    ],
)
def test_labels_of_any_type(tmp_path, values, classes):
    pa.parquet.write_table(pa.table({"a": range(6), "y": values}), tmp_path / "t.parquet")
    table = read(tmp_path / "t.parquet")
    assert table.class_names == classes
    named = [table.class_names[k] for k in table.y]
    plain = values.to_pylist() if isinstance(values, pa.Array) else values
    assert named == [str(int(v) if isinstance(v, float) else v) for v in plain]


@pytest.mark.parametrize("name", ["Label", "TARGET", "y", "class"])
def test_usual_label_names(tmp_path, name):
    (tmp_path / "t.csv").write_text(BODY.replace("label", name))
    assert read(tmp_path / "t.csv").label == name


def test_arrays_of_more_dimensions_are_flattened_by_row(tmp_path):
    x = np.random.default_rng(0).random((10, 2, 3))
    np.savez(tmp_path / "t.npz", X=x, y=np.arange(10) % 2)
    table = read(tmp_path / "t.npz")
    np.testing.assert_array_equal(table.x, x.reshape(10, 6))
    assert table.feature_names[:2] == ("X[0]", "X[1]")


def test_a_later_number_widens_the_column(tmp_path):
    rows = "".join(f"{i},{i % 2}\n" for i in range(200_000))  # more than PyArrow infers the type from
    (tmp_path / "t.csv").write_text("a,y\n" + rows + "0.25,1\n")
    assert read(tmp_path / "t.csv").x[-1, 0] == 0.25


CASES = {
    "mistyped": (
        BODY.replace("\n7,", "\nseven,"),
        "t.csv: column 'a' is not numbers: row 8 holds 'seven'; ",
    ),
    "empty": ("", "t.csv: is empty (0 bytes)"),
    "header only": ("a,label\n", "t.csv: no rows, only column names"),
    "cut short": (BODY[:-3], "t.csv: row 30 has 2 columns, not 3: '29,14.5'"),
    "ragged": (BODY.replace("3,1.5,x", "3,x"), "t.csv: row 4 has 2 columns, not 3: '3,x'"),
    "NaN": (BODY.replace("4,2.0,", "4,NaN,"), "t.csv: row 5, column 'b' is empty; fill it or drop the row"),
    "infinite": (BODY.replace("4,2.0,", "4,inf,"), "t.csv: row 5, column 'b' is inf; fill it or drop the row"),
    "gap": (BODY.replace("4,2.0,", "4,,"), "t.csv: row 5, column 'b' is empty; fill it or drop the row"),
    "no value at all": (
        "a,b,label\n" + "1,,u\n2,,v\n" * 5,
        "t.csv: column 'b' is empty in every row; drop it",
    ),
    "label missing": (
        BODY.replace("4,2.0,y", "4,2.0,"),
        "t.csv: row 5 has no label (column 'label'); fill it or drop the row",
    ),
    "one class": ("a,label\n1,2\n2,2\n", "t.csv: one class only: every row of 'label' is 2"),
    "rare class": (
        BODY + "1,2,q\n",
        "t.csv: class 'q' of 'label' has 1 row, and needs 3 (training, validation, test); merge or drop it",
    ),
    "measurements": (
        "a,y\n1,0.5\n2,.7\n",
        "t.csv: label column 'y' holds measurements, not classes: row 1 is 0.5",
    ),
    "no label column": (
        BODY.replace("label", "lbl"),
        "t.csv: no label column found (looked for label, labels, target, ",
    ),
    "two labels": (
        "y,label\n1,2\n",
        "t.csv: 'label', 'y' could each be the label; name one with --label",
    ),
    "no features": ("label\n1\n2\n", "t.csv: no feature columns besides the label column 'label'"),
    "twice": ("a,a,label\n1,2,3\n", "t.csv: column 'a' occurs twice; rename one"),
    "binary": (bytes(range(256)), "t.csv: is not UTF-8 text: save it as UTF-8"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_csv(tmp_path, case):
    content, error = CASES[case]
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match="^" + re.escape(error)):
        read(path)


def test_unknown_column_suggests_the_nearest(tmp_path):
    (tmp_path / "t.csv").write_text(BODY)
    with pytest.raises(InputError, match=r"^t\.csv: no column 'labl'; nearest: 'label'$"):
        read(tmp_path / "t.csv", "labl")


def test_missing_file_suggests_the_nearest(tmp_path):
    (tmp_path / "flowers.csv").write_text(BODY)
    with pytest.raises(FileNotFoundError, match=r"flower\.csv'; similar names: flowers\.csv$"):
        read(tmp_path / "flower.csv")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("t.parquet", "t.parquet: not a readable Parquet file, perhaps truncated: "),
        ("t.npz", "t.npz: not a readable NPZ file, perhaps truncated: "),
        ("t.docx", "t.docx: cannot read .docx; give .csv, "),
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


def test_columns_that_are_no_numbers(tmp_path):
    when = pa.array([0] * 6, pa.timestamp("ms"))
    pa.parquet.write_table(pa.table({"a": range(6), "when": when, "y": [0, 1] * 3}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"^t\.parquet: column 'when' holds timestamp\[ms\], not numbers; drop"):
        read(tmp_path / "t.parquet")
    pa.parquet.write_table(pa.table({"a": range(2), "y": [[0], [1]]}), tmp_path / "l.parquet")
    with pytest.raises(InputError, match=r"^l\.parquet: label column 'y' holds list<.*>, not one class a row$"):
        read(tmp_path / "l.parquet")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match=re.escape(f"{tmp_path} is a folder; give one of its files")):
        read(tmp_path)


def test_every_format_of_the_audit_is_one_of_studies(tmp_path):
    """Each had its own readers, and studies only three formats."""
    x, y = np.arange(12.0).reshape(6, 2), [0, 1] * 3
    lines = [f'{{"x": [{a}, {b}], "label": {k}}}' for (a, b), k in zip(x.tolist(), y, strict=True)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    semicolons = "a;b;label\n" + "".join(f"{a};{b};{k}\n" for (a, b), k in zip(x.tolist(), y, strict=True))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(semicolons.replace(".", ",").encode()))
    for name, features in (("t.jsonl", ("x[0]", "x[1]")), ("t.csv.gz", ("a", "b"))):
        table = read(tmp_path / name)
        np.testing.assert_array_equal(table.x, x)
        assert table.feature_names == features and table.y.tolist() == y


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("[1]", "row 7, column 'x' holds 1 numbers, and row 1 2; give lists of one length"),
        ("[1, null]", "row 7, column 'x[1]' is empty; fill it or drop the row"),
        ("[1, NaN]", "row 7, column 'x[1]' is nan; fill it or drop the row"),
        ('[1, "a"]', "column 'x' holds list<item: string>, not numbers; drop or encode it"),
        ("null", "row 7, column 'x' is empty; fill it or drop the row"),
    ],
)
def test_lists_that_are_no_features(tmp_path, last, message):
    lines = [f'{{"x": [{i}, {i}], "y": {i % 2}}}' for i in range(6)]
    (tmp_path / "t.jsonl").write_text("\n".join([*lines, f'{{"x": {last}, "y": 1}}']))
    with pytest.raises(InputError) as caught:
        read(tmp_path / "t.jsonl")
    assert str(caught.value) == f"t.jsonl: {message}"


def test_arrays_that_are_no_numbers(tmp_path):
    """A matrix of texts ended in a traceback, and a NaN of the signalling kind in a warning."""
    np.savez(tmp_path / "t.npz", x=np.array([["1", "a"]] * 6), y=np.array([0, 1] * 3))
    with pytest.raises(InputError, match=r"^t\.npz: column 'x' is not numbers: row 1 holds 'a'; drop or encode it$"):
        read(tmp_path / "t.npz")
    signalling = np.full(6, 0x7FA00000, np.uint32).view(np.float32)
    np.savez(tmp_path / "t.npz", x=signalling, y=np.array([0, 1] * 3))
    with pytest.raises(InputError, match=r"^t\.npz: row 1, column 'x' is nan; fill it or drop the row$"):
        read(tmp_path / "t.npz")
