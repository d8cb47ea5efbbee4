"""How a table is written, from its first lines; what it is read as is in test_csv.py."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.errors import InputError
from onewarm.tables.formats.dialect import find_dialect

name = st.text("abcXYZ_ .", min_size=1, max_size=6).filter(lambda n: n.strip() and n.strip(".").strip())
cell = st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.text('ab",;| ', max_size=8))


@given(st.lists(name, min_size=2, max_size=5, unique_by=str.strip), st.data(), st.sampled_from(",;\t|"))
def test_what_the_standard_library_writes_is_recognised(names, data, delimiter):
    rows = data.draw(st.lists(st.lists(cell, min_size=len(names), max_size=len(names)), min_size=3, max_size=6))
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *rows])
    found = find_dialect("a.csv", out.getvalue(), whole=True)
    assert found.names == tuple(n.strip() for n in names)
    assert found.delimiter == delimiter
    assert out.getvalue().encode()[: found.header].count(b"\n") == 1


def test_a_text_in_a_cell_does_not_choose_the_delimiter():
    text = "id,note\n1,a;b;c;d\n2,e;f\n"
    assert find_dialect("a.csv", text, whole=True).delimiter == ","
    text = "id;note\n1;one, two, three\n2;four, five\n"
    assert find_dialect("a.csv", text, whole=True).delimiter == ";"


def test_a_line_that_is_cut_does_not_count():
    text = "a;b\n1;0,5\n2;0,"
    assert find_dialect("a.csv", text, whole=False).decimal == ","


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\n", "a.csv: is empty: no column names and no rows"),
        ("x,y,x\n", "a.csv: column 'x' occurs twice; rename one"),
        ("x, x\n", "a.csv: column 'x' occurs twice; rename one"),
    ],
)
def test_lines_without_names(text, message):
    with pytest.raises(InputError) as caught:
        find_dialect("a.csv", text, whole=True)
    assert str(caught.value) == message


@pytest.mark.parametrize("columns", [1000, 20_000])
def test_many_columns(columns):
    text = ",".join(f"p{k}" for k in range(columns)) + "\n" + ",".join(["0.5"] * columns) + "\n"
    assert len(find_dialect("a.csv", text, whole=True).names) == columns
    assert csv.field_size_limit() == 131072


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ("1,0,75\n0,0,25\n", ("label", "p")),  # decimal commas: refused as rows of three columns
        ("0,1,0.75\n1,0,0.25\n", ("", "label", "p")),
        ("a,1,0.75\na,0,0.25\n", ("", "label", "p")),
        ('"7",1,0.75\n"5",0,0.25\n', ("", "label", "p")),
        ("1,0.75,\n0,0.25,\n", ("label", "p", "Unnamed: 2")),
    ],
)
def test_a_column_more_than_names(rows, names):
    assert find_dialect("a.csv", "label,p\n" + rows, whole=True).names == names


def test_thousands_between_commas_are_no_decimals():
    """A quoted "1,007" beside "999" was read as 1.007."""
    text = 'big,label\n"1,007",a\n999,b\n"12,345",a\n'
    assert find_dialect("t.csv", text, whole=True).decimal == "."
    assert find_dialect("t.csv", text.replace('"1,007"', '"0,75"'), whole=True).decimal == ","
    assert find_dialect("t.csv", "a;b\n1,007;2\n", whole=True).decimal == ","
