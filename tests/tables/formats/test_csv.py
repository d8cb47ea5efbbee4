"""CSV files, and what their errors know."""

import csv

import numpy as np
import pytest

from onewarm.errors import InputError
from onewarm.tables.formats import open_source
from onewarm.tables.source import Column


def test_csv_errors_know_their_row_in_a_later_block(tmp_path, monkeypatch, write_table, table, refused):
    monkeypatch.setattr("onewarm.tables.formats.text_stream.BLOCK", 4096)
    path = write_table(tmp_path / "a.csv", table)
    text = path.read_text()
    numbers = ["p0", "p1", "p2"]
    path.write_text(text + "0.2,oops,0.6,1,day\n")
    assert (
        refused(path, numbers, numbers)
        == "a.csv: row 701, column 'p1' is 'oops', not a number; correct it or drop the row"
    )
    path.write_text(text + "0.2,0.2,0.6,1\n")
    assert (
        refused(path, numbers, numbers)
        == "a.csv: row 701 has 4 columns, not 5: '0.2,0.2,0.6,1'; complete it or drop the row"
    )
    path.write_text(text.split("\n", 1)[1])
    assert "a.csv: the first line holds numbers (0." in refused(path)
    path.write_text("p0,p1,label,p0\n0.5,0.5,0,1\n")
    assert refused(path) == "a.csv: column 'p0' occurs twice; rename one"


def test_csv_columns_that_only_look_like_text_or_integers(tmp_path, read, refused):
    """A type is guessed from the first block: ``numeric`` says better."""
    path = tmp_path / "a.csv"
    path.write_text("prob,y\n0.5,0\n?,1\n")
    source = open_source(path)
    assert not source.typed and source.columns["prob"] == Column("text")
    assert refused(path, ["prob"], numeric=["prob"]) == (
        "a.csv: row 2, column 'prob' is '?', not a number; correct it or drop the row"
    )
    path.write_text("z,y\n-1,0\n2,1\n")
    assert read(path, ["z"])["z"].dtype == np.int64
    assert read(path, ["z"], numeric=["z"])["z"].dtype == np.float64


def test_csv_that_is_not_utf8(tmp_path, refused):
    path = tmp_path / "a.csv"
    advice = "a.csv: is not UTF-8 text: save it as UTF-8 (iconv -f LATIN1 -t UTF-8), or correct its suffix"
    for data in (bytes(range(256)), b"p0,p1\n\0\n", "p0,p1,näme\n".encode("latin-1")):
        path.write_bytes(data)
        assert refused(path) == advice
    path.write_text("p0,näme\n0.5,0.5\n", encoding="utf-8")
    assert list(open_source(path).columns) == ["p0", "näme"]


def test_a_block_that_ends_within_a_character_is_utf8(tmp_path, monkeypatch):
    monkeypatch.setattr("onewarm.tables.formats.text_stream.BLOCK", 7)
    (tmp_path / "a.csv").write_text("abcd,äö\n1,2\n", encoding="utf-8")  # byte 7 is the second of two
    assert list(open_source(tmp_path / "a.csv").columns) == ["abcd", "äö"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_a_byte_order_mark(tmp_path, delimiter, read):
    path = tmp_path / "a.csv"
    path.write_text("p0,p1,label\n0.25,0.75,1\n".replace(",", delimiter), encoding="utf-8-sig")
    assert read(path, ["p0", "label"]) == {"p0": [0.25], "label": [1]}


WAYS = {
    "commas": "label,p0,p1\n1,0.25,0.75\n0,0.5,0.5\n",
    "semicolons": "label;p0;p1\n1;0.25;0.75\n0;0.5;0.5\n",
    "decimal commas": "label;p0;p1\n1;0,25;0,75\n0;0,5;0,5\n",
    "decimal commas in quotes": 'label,p0,p1\n1,"0,25","0,75"\n0,"0,5","0,5"\n',
    "decimal commas and tabs": "label\tp0\tp1\n1\t0,25\t0,75\n0\t0,5\t0,5\n",
    "tabs": "label\tp0\tp1\n1\t0.25\t0.75\n0\t0.5\t0.5\n",
    "bars": "label|p0|p1\n1|0.25|0.75\n0|0.5|0.5\n",
    "spaces": "label p0   p1\n  1 0.25 0.75\n  0  0.5  0.5\n",
    "spaces and an index": "   label    p0  p1\n0      1  0.25  0.75 \n1      0  0.5 0.5\n",
    "spaces and quotes": '"label" "p0" "p1"\n"1" 1 0.25 0.75\n"2" 0 0.5 0.5\n',
    "spaces, quotes and spaces in quotes": '"label" "p0"  "p1" "at"\n1 0.25 0.75 "New York"\n0 0.5 0.5 "Rome"\n',
    "an index without a name": ",label,p0,p1\n0,1,0.25,0.75\n1,0,0.5,0.5\n",
    "an index left out of the header": 'label,p0,p1\n"a",1,0.25,0.75\n"b",0,0.5,0.5\n',
    "a last comma": "label,p0,p1\n1,0.25,0.75,\n0,0.5,0.5,\n",
    "a last comma in the header too": "label,p0,p1,\n1,0.25,0.75,\n0,0.5,0.5,\n",
    "spaces around": " label , p0,p1 \n 1 , 0.25 , 0.75\n0, 0.5, 0.5 \n",
    "quotes": '"label","p0","p1"\n"1","0.25","0.75"\n"0","0.5","0.5"\n',
    "quotes after spaces": '"label", "p0", "p1"\n"1", "0.25", "0.75"\n"0", "0.5", "0.5"\n',
    "a byte-order mark": "\ufefflabel,p0,p1\n1,0.25,0.75\n0,0.5,0.5\n",
    "CR and LF": "label,p0,p1\r\n1,0.25,0.75\r\n0,0.5,0.5\r\n",
    "CR": "label,p0,p1\r1,0.25,0.75\r0,0.5,0.5\r",
    "no last line end": "label,p0,p1\n1,0.25,0.75\n0,0.5,0.5",
    "empty lines": "\n\nlabel,p0,p1\n\n1,0.25,0.75\n\n0,0.5,0.5\n\n",
    "exponents and signs": "label,p0,p1\n1,2.5E-1,+7.5e-01\n0,.5,.5\n",
    "Excel's sep line": "sep=;\nlabel;p0;p1\n1;0.25;0.75\n0;0.5;0.5\n",
    "NumPy's header": "# label p0 p1\n1 0.25 0.75\n0 0.5 0.5\n",
    "comments above": "# made by a model\n# on Monday\n# label,p0,p1\n1,0.25,0.75\n0,0.5,0.5\n",
    "lists": 'label,p\n1,"[0.25, 0.75]"\n0,"[0.5, 0.5]"\n',
    "NumPy's lists": "label,p\n1,[0.25 0.75]\n0,[0.5 0.5]\n",
    "lists of NumPy's numbers": 'label,p\n1,"[np.float64(0.25), np.float64(0.75)]"\n0,"[np.float64(.5), .5]"\n',
    "tensors": 'label,p\n1,"tensor([0.25, 0.75])"\n0,"tensor([0.5000, 0.5000])"\n',
    "lists over lines": 'label,p\n1,"[0.25\n  0.75]"\n0,"[0.5\n 0.5]"\n',
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_one_table_in_many_ways(tmp_path, way, encoding):
    (tmp_path / "a.txt").write_bytes(WAYS[way].encode(encoding))
    source = open_source(tmp_path / "a.txt")
    family = ["p0", "p1"] if "p0" in source.columns else ["p"]
    values = {n: [] for n in ["label", *family]}
    for columns, first, _ in source.batches(list(values), 10, numeric=family):
        assert first == len(values["label"])
        for name, column in columns.items():
            values[name] += column.to_pylist()
    assert values["label"] == [1, 0] and source.columns["label"] == Column("int")
    if family == ["p"]:
        assert source.columns["p"] == Column("float", 2)
        assert values["p"] == [[0.25, 0.75], [0.5, 0.5]]
    else:
        assert [values[n] for n in family] == [[0.25, 0.5], [0.75, 0.5]]


@pytest.mark.parametrize("block", [40, 97, 1 << 20])
def test_text_cells_are_those_of_the_standard_library(tmp_path, monkeypatch, block):
    """Cells with separators, quotes and line ends in them, wherever a block ends."""
    monkeypatch.setattr("onewarm.tables.formats.text_stream.BLOCK", block)
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list('ab ,;"\n\t|é'), rng.integers(1, 12))) for _ in range(300)]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["id", "text"], *enumerate(texts)])
    source = open_source(tmp_path / "a.csv")
    read = [text for columns, _, _ in source.batches(["text"], 50) for text in columns["text"].to_pylist()]
    with (tmp_path / "a.csv").open(newline="") as file:
        expected = [row["text"].strip() or None for row in csv.DictReader(file)]
    assert read == expected


def test_empty_cells(tmp_path):
    (tmp_path / "a.csv").write_text('x,name\n1,NA\n,\nnan, \nNone,None\n<NA>,""\n2,Ann\n')
    ((columns, _, _),) = open_source(tmp_path / "a.csv").batches(["x", "name"], 10)
    assert columns["x"].to_pylist() == [1, None, None, None, None, 2]
    assert columns["name"].to_pylist() == ["NA", None, None, "None", None, "Ann"]  # NA may be Namibia


def test_an_empty_line_of_the_only_column_is_an_empty_cell(tmp_path):
    """It was left out, and the labels below it became those of the rows above."""
    for end in ("", "\n", "\n\n\n"):
        (tmp_path / "a.csv").write_text("label\n1\n\n0" + end)
        batches = open_source(tmp_path / "a.csv").batches(["label"], 10)
        assert [v for columns, _, _ in batches for v in columns["label"].to_pylist()] == [1, None, 0]


def test_an_error_names_the_column_of_the_file(tmp_path, refused):
    """Arrow counts the columns of the file; its number was looked up among those that are read."""
    path = tmp_path / "a.csv"
    path.write_text("id,prob_0,prob_1,label\n7,0.5,0.5,1\n8,0.25,oops,0\n")
    names = ["prob_0", "prob_1", "label"]
    assert refused(path, names, names) == (
        "a.csv: row 2, column 'prob_1' is 'oops', not a number; correct it or drop the row"
    )
    path.write_text("label,p\n1,64.26%\n")
    assert refused(path, ["p"], ["p"]) == (
        "a.csv: row 1, column 'p' is '64.26%', not a number; leave the percent signs out, and divide by 100"
    )
    path.write_text("label,p\n1,0,64\n0,0,5\n")
    assert refused(path, ["p"], ["p"]) == (
        "a.csv: row 1 has 3 columns, not 2: '1,0,64'; where commas are decimal, separate columns with semicolons"
    )


def test_a_column_gets_wider_where_a_later_row_needs_it(tmp_path, monkeypatch):
    monkeypatch.setattr("onewarm.tables.formats.text_stream.BLOCK", 8)
    (tmp_path / "a.csv").write_text("x,y\n1,True\n" + "2,False\n" * 5 + "0.5,1\nabc,2\n")
    values = [
        (columns["x"].to_pylist(), columns["y"].to_pylist())
        for columns, _, _ in open_source(tmp_path / "a.csv").batches(["x", "y"], 10)
    ]
    assert values[0] == ([1], [True])
    assert [v for x, _ in values for v in x][-2:] == [0.5, "abc"]
    assert [v for _, y in values for v in y][-2:] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5,0.25,1\n0.5,0.5,0\n", "(0.5, ...): put column names above it, as 'p0,p1,label'"),
        ("1;0.5\n0;0.25\n", "(0.5, ...): put column names above it, as 'label;p0'"),
        ("3\n1\n", "(3, ...): put column names above it, as 'label'"),
        ("0.5 0.25\n0.5 0.25\n", "(0.5, ...): put column names above it, as 'p0 p1'"),
    ],
)
def test_a_table_without_names_gets_a_line_to_put_above_it(tmp_path, refused, text, message):
    (tmp_path / "a.csv").write_text(text)
    assert refused(tmp_path / "a.csv") == "a.csv: the first line holds numbers " + message


def test_pandas_names_of_a_matrix_are_names(tmp_path):
    (tmp_path / "a.csv").write_text("0,1\n0.25,0.75\n")
    assert list(open_source(tmp_path / "a.csv").columns) == ["0", "1"]


def test_lists_that_hold_no_numbers(tmp_path, refused):
    (tmp_path / "a.csv").write_text('p\n"[0.5, 0.5]"\n"[0.5, 0.5]"\n')
    source = open_source(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text('p\n"[0.5, 0.5]"\n"[0.5 ... 0.5]"\n')
    with pytest.raises(InputError) as caught:
        list(source.batches(["p"], 10))
    assert str(caught.value) == (
        "a.csv: row 2, column 'p' is '[0.5 ... 0.5]', not a list of numbers; NumPy left numbers out: save the numbers"
    )


def test_bytes_that_are_no_text_in_a_column_are_named_where_they_are_read(tmp_path, monkeypatch, refused):
    """Bytes beyond the first 1 MB, in the first block: a column of them was cast to text, with a traceback."""
    monkeypatch.setattr("onewarm.tables.formats.csv.check_text", lambda source, start: None)
    (tmp_path / "a.csv").write_bytes(b"p,name\n0.5,a\n0.25,\xff\n")
    assert list(open_source(tmp_path / "a.csv").columns) == ["p", "name"]
    assert refused(tmp_path / "a.csv") == "a.csv: row 2, column 'name' is not UTF-8 text; correct it or drop the row"
