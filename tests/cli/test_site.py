import json

import pytest

from onewarm.cli.site import concept_folders, study_reports
from onewarm.errors import InputError
from onewarm.notebook.concept.folders import our_concepts


def test_ones_own_concepts_come_with_ours(run, tmp_path):
    assert concept_folders(None) == our_concepts()
    run("concept", "new", "basics/coin", "--concepts", tmp_path)
    assert set(concept_folders(tmp_path)) == {*our_concepts(), tmp_path / "basics" / "coin"}


def test_reports_are_read_in_order_of_their_names_and_a_damaged_one_is_named(tmp_path):
    assert study_reports(tmp_path) == []
    (tmp_path / "reports").mkdir()
    for name in ("digits", "blobs"):
        (tmp_path / "reports" / f"{name}.json").write_text(json.dumps({"dataset": name}))
    assert [report["dataset"] for report in study_reports(tmp_path)] == ["blobs", "digits"]
    (tmp_path / "reports" / "blobs.json").write_text('{"dataset": ')
    with pytest.raises(InputError, match=r"blobs\.json is not a study report .*: delete it and run `onewarm open`$"):
        study_reports(tmp_path)
