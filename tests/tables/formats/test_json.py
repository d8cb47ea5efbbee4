"""JSON Lines and JSON files."""

import gzip
import json

import numpy as np
import polars
import pytest

from onewarm.tables.formats import open_source
from onewarm.tables.source import Column

RECORDS = [{"p": [0.25, 0.75], "label": 1, "name": "a"}, {"p": [0.5, 0.5], "label": 0, "name": None}]
FRAME = polars.DataFrame(RECORDS)

LAYOUTS = {
    "records": json.dumps(RECORDS),
    "records, indented": json.dumps(RECORDS, indent=2),
    "lines": "\n".join(map(json.dumps, RECORDS)),
    "polars' lines": FRAME.write_ndjson(),
    "polars' records": FRAME.write_json(),
    "columns": json.dumps({n: [r[n] for r in RECORDS] for n in RECORDS[0]}),
    "columns by index": json.dumps({n: {str(i): r[n] for i, r in enumerate(RECORDS)} for n in RECORDS[0]}),
    "split": json.dumps({"columns": list(RECORDS[0]), "index": [0, 1], "data": [list(r.values()) for r in RECORDS]}),
    "table": json.dumps({"schema": {"fields": []}, "data": RECORDS}),
    "results under a key": json.dumps({"model": "m", "seed": 1, "results": RECORDS}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_table_in_many_layouts(tmp_path, layout):
    (tmp_path / "a.json").write_text(LAYOUTS[layout])
    source = open_source(tmp_path / "a.json")
    assert source.columns == {"p": Column("float", 2), "label": Column("int"), "name": Column("text")}
    values = {n: [] for n in source.columns}
    for columns, _, _ in source.batches(list(source.columns), 1):
        for name, column in columns.items():
            values[name] += column.to_pylist()
    assert values == {n: [r[n] for r in RECORDS] for n in RECORDS[0]}


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".jsonl.gz"])
def test_lines_in_blocks(tmp_path, monkeypatch, read, suffix):
    monkeypatch.setattr("onewarm.tables.formats.text_stream.BLOCK", 100)
    rng = np.random.default_rng(0)
    lines = "".join(json.dumps({"i": i, "x": float(rng.random())}) + "\r\n" * (1 + i % 2) for i in range(500))
    data = lines.encode()
    (tmp_path / f"a{suffix}").write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    assert read(tmp_path / f"a{suffix}", ["i"])["i"].tolist() == list(range(500))
    done = [done for *_, done in open_source(tmp_path / f"a{suffix}").batches(["i"], 10)]
    assert done == sorted(done) and done[-1] == (tmp_path / f"a{suffix}").stat().st_size


def test_logs_of_the_language_model_evaluation_harness(tmp_path):
    """Its samples: records in records, lists of lists of texts, fields that come and go."""
    rows = [
        {
            "doc_id": i,
            "doc": {"query": f"Question {i}", "choices": ["a", "b"], "gold": [i % 2]},
            "target": i % 2 if i else "0",
            "arguments": [["Question", " a"], ["Question", " b"]],
            "resps": [[["-1.5", "False"]], [["-2.25", "True"]]],
            "filtered_resps": [["-1.5", "False"], ["-2.25", "True"]],
            "acc": 1.0,
            **({"metrics": None} if i % 2 else {"metrics": {"f1": 0.5}}),
        }
        for i in range(3)
    ]
    (tmp_path / "samples.jsonl").write_text("\n".join(map(json.dumps, rows)))
    source = open_source(tmp_path / "samples.jsonl")
    assert source.columns["doc.query"] == Column("text")
    assert source.columns["filtered_resps"] == Column("text", None)
    ((columns, _, _),) = source.batches(list(source.columns), 10)
    values = {name: column.to_pylist() for name, column in columns.items()}
    assert values["target"] == ["0", "1", "0"]
    assert values["filtered_resps"][0] == [["-1.5", "False"], ["-2.25", "True"]]
    assert values["resps"][2] == [[["-1.5", "False"]], [["-2.25", "True"]]]
    assert values["doc.gold"] == [[0], [1], [0]]
    assert values["metrics.f1"] == [0.5, None, 0.5]


def test_a_type_may_change_and_a_field_may_be_missing_in_later_rows(tmp_path):
    """A type is guessed from the first rows."""
    rows = [{"x": 1, "y": "a"}] * 2500 + [{"x": 0.5}, {"y": 3}, {}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    batches = [
        c["x"].to_pylist() + c["y"].to_pylist() for c, _, _ in open_source(tmp_path / "a.jsonl").batches(["x", "y"], 1)
    ]
    assert batches[-3:] == [[0.5, None], [None, "3"], [None, None]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"p": 1}\n\n{"p": 1,}\n', "row 2 is not JSON: "),
        ("a.jsonl", '{"p": 1}\n[1, 2]\n', "row 2 is b'[1, 2]', not an object; write {'name': value, ...}"),
        ("a.jsonl", "\n\n", "holds no rows"),
        ("a.jsonl", "[" * 100_000, "row 1 is not JSON: it is nested too deeply; correct it or write it anew"),
        ("a.jsonl", '{"p": ' + "9" * 5000 + "}", "row 1 is not JSON: Exceeds the limit (4300 digits)"),
        ("a.jsonl", '{"p": 1, "q": "x\0"}', "is not UTF-8 text: save it as UTF-8"),
        ("a.json", "[1, 2]", 'row 1 is 1, not an object; write a list of {"name": value, ...}'),
        ("a.json", "3", "holds neither records, [{...}, ...], nor columns"),
        ("a.json", '{"p": [1, 2], "y": [1]}', "columns differ in rows: 'p' 2, 'y' 1"),
        ("a.json", '{"p": 1', "the file is not JSON: "),
        ("a.json", '{"columns": ["a"], "data": [[1, 2]]}', 'row 1 has not the 1 values that "columns" names'),
        ("a.json", "[]", "holds no rows"),
    ],
)
def test_what_is_no_table(tmp_path, refused, name, text, message):
    (tmp_path / name).write_text(text)
    assert refused(tmp_path / name).startswith(f"{name}: {message}")


def test_a_json_file_is_held_in_memory_up_to_a_limit(tmp_path, monkeypatch, refused):
    monkeypatch.setattr("onewarm.tables.formats.json.MOST_HELD", 1000)
    (tmp_path / "a.json").write_text(json.dumps(RECORDS * 100))
    monkeypatch.setattr("onewarm.tables.formats.json.MOST_HELD", 1 << 10)
    assert refused(tmp_path / "a.json") == (
        "a.json: has more than 0 MB; make it JSON Lines: jq -c '.[]' a.json > a.jsonl"
    )


def test_values_that_must_be_numbers(tmp_path, refused):
    (tmp_path / "a.jsonl").write_text('{"p": 0.5}\n{"p": null}\n{"p": "high"}\n')
    assert refused(tmp_path / "a.jsonl", ["p"], ["p"]) == (
        "a.jsonl: row 3, column 'p' is \"high\", not a number; correct it or drop the row"
    )


def test_a_line_has_a_limit_too(tmp_path, monkeypatch, refused):
    monkeypatch.setattr("onewarm.tables.formats.json._LONGEST_LINE", 1 << 20)
    (tmp_path / "a.jsonl").write_text('{"p": 0.5}\n{"p": "' + "x" * (1 << 20) + '"}\n')
    assert refused(tmp_path / "a.jsonl") == "a.jsonl: row 2 has more than 1 MB"
