"""A saved map is versioned JSON; anything else is refused."""

import json

import pytest

from onewarm.calibration import CalibrationMap, load_map, save_map

MADE = CalibrationMap("intercept", 3, {"intercept": [0.5, -0.25, -0.25]}, 1e-9, ("ant", "bee", "café"))


def test_what_is_saved_is_loaded(tmp_path):
    path = tmp_path / "new" / "calibrator.json"
    save_map(MADE, path)
    assert load_map(path) == MADE
    values = json.loads(path.read_text(encoding="utf-8"))
    assert (values["format"], values["version"], values["classes"]) == ("onewarm calibrator", 1, ["ant", "bee", "café"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "calibrator.json is not readable JSON, perhaps truncated: "),
        (b"\x80\x04\x95", "calibrator.json is not readable JSON, perhaps truncated: "),
        (b"[" * 100_000, "calibrator.json is not readable JSON, perhaps truncated: "),
        (b"[1, 2]", "calibrator.json is no calibrator: its \"format\" is not 'onewarm calibrator'"),
        (
            b'{"format": "onewarm audit"}',
            "calibrator.json is no calibrator: its \"format\" is not 'onewarm calibrator'",
        ),
        (b'{"format": "onewarm calibrator", "version": 9}', "calibrator.json has version 9, and this onewarm reads"),
        (b'{"format": "onewarm calibrator", "version": 1}', "calibrator.json: 'method' is missing"),
        (
            b'{"format": "onewarm calibrator", "version": 1, "method": "temperature", "num_classes": 2, "parameters": '
            b'{"temperature": NaN}}',
            "calibrator.json is not readable JSON, perhaps truncated: NaN is no number of JSON",
        ),
        (
            b'{"format": "onewarm calibrator", "version": 1, "method": "\\u001b[31m", "num_classes": 2, '
            b'"parameters": {}}',
            "calibrator.json: method is '\\x1b[31m': choose one of",
        ),
    ],
)
def test_damaged_and_foreign_files_are_refused(tmp_path, content, text):
    path = tmp_path / "calibrator.json"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        load_map(path)
    assert str(error.value).startswith(text)


def test_no_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file '.*none\.json': write one with `onewarm audit FILE --save"):
        load_map(tmp_path / "none.json")
    with pytest.raises(ValueError, match="is a folder: name the file that"):
        load_map(tmp_path)
    with pytest.raises(ValueError, match="is a folder"):
        save_map(MADE, tmp_path)
