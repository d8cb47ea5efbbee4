import json


def test_the_schema_is_printed_and_written(run, tmp_path):
    printed = run("concept", "schema").output
    assert json.loads(printed)["title"] == "onewarm concept"
    file = tmp_path / "concept.schema.json"
    assert run("concept", "schema", "--out", file).exit_code == 0
    assert file.read_text() == printed
