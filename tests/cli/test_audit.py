"""``onewarm audit`` as a person meets it: what it prints, writes and answers; bad files leave nothing behind."""

import json
import re
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from onewarm.calibration import load_map
from onewarm.cli.app import app

N = 600


def run(*arguments):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)], env={"COLUMNS": "300"})


def predictions(seed=0):
    """Three classes, overconfident: logits of the truth's distribution times 2."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N, 3))
    e = np.exp(z)
    labels = np.array([rng.choice(3, p=row) for row in e / e.sum(1, keepdims=True)])
    e = np.exp(2 * z)
    return e / e.sum(1, keepdims=True), labels


def save(path, p, labels, **more):
    columns = {f"p{k}": p[:, k] for k in range(p.shape[1])} | {"label": labels} | more
    pyarrow.parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def file(tmp_path):
    p, labels = predictions()
    return save(tmp_path / "model.parquet", p, labels, country=np.array(["de", "fr"])[np.arange(N) // 2 % 2])


def test_a_verdict_in_words_a_report_and_json(file, tmp_path):
    out, report = tmp_path / "audit.json", tmp_path / "new" / "audit.html"
    result = run(file, "--slice", "country", "--json", out, "--report", report)
    assert result.exit_code == 0, result.output
    assert "Overconfident: it says" in result.output
    assert "Divide the logits by T = " in result.output
    assert "country = de" in result.output and "not fitted on" in result.output
    found = json.loads(out.read_text())
    assert found["format"] == 2 and found["rows"] == N and found["recommended"] == "temperature"
    assert "".join(found["verdict"]["headline"].split()) in "".join(result.output.split())  # wherever it is wrapped
    assert found["verdict"]["headline"] in report.read_text()
    assert not list(tmp_path.rglob("*.tmp"))


def test_json_to_the_terminal_is_json_alone_and_the_same_bytes_again(file):
    first, second = run(file, "--json", "-"), run(file, "--json", "-")
    assert json.loads(first.stdout)["files"][0]["name"] == "model.parquet"
    assert first.stdout == second.stdout


@pytest.mark.parametrize(("limit", "code"), [(0.0, 1), (1.0, 0)])
def test_fail_above_is_for_ci(file, limit, code, tmp_path):
    result = run(file, "--fail-above", limit, "--json", tmp_path / "a.json")
    assert result.exit_code == code
    assert (tmp_path / "a.json").is_file()
    assert bool(re.search(r"ECE 0\.\d{4} is above 0\.", result.output)) == (code == 1)


def test_fail_above_says_where_noise_may_have_done_it(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), 200)
    labels = np.array([rng.choice(3, p=row) for row in p])
    result = run(save(tmp_path / "few.parquet", p, labels), "--fail-above", 0.001)
    assert result.exit_code == 1
    assert "Noise alone may explain it" in result.output


def test_globs_and_duplicate_rows_are_welcome(tmp_path):
    p, labels = predictions()
    for name in ("a.parquet", "b.parquet"):
        save(tmp_path / name, p, labels)
    result = run(tmp_path / "*.parquet", "--json", "-")
    assert json.loads(result.stdout)["rows"] == 2 * N


def percent(p, labels):
    return 100 * p, labels


def beyond(p, labels):
    return p, labels + 2 * (labels > 1)


def with_nan(p, labels):
    p = p.copy()
    p[41, 1] = np.nan
    return p, labels


def swapped(p, labels):
    return np.stack([labels.astype(float)] * 3, axis=1), labels


def logits(p, labels):
    return np.log(p), labels


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (percent, "row 1, column 'p0' is 6"),
        (percent, "these are percentages; divide by 100"),
        (beyond, "column 'label' is 4: labels are 0..2, one for each of the 3 predicted classes"),
        (with_nan, "bad.parquet: row 42, column 'p1' is nan: correct it, or leave such rows out with --skip-missing"),
        (swapped, "are these labels or votes?"),
        (logits, "are these logits? pass them with --logits"),
    ],
)
def test_bad_rows_are_told_by_file_row_and_column_and_nothing_is_written(tmp_path, spoil, said):
    file = save(tmp_path / "bad.parquet", *spoil(*predictions(1)))
    result = run(file, "--json", tmp_path / "a.json", "--report", tmp_path / "a.html")
    assert result.exit_code == 2
    assert said.replace("is 6", "is ") in result.output
    assert "Traceback" not in result.output
    assert [f.name for f in tmp_path.iterdir()] == ["bad.parquet"]


def test_files_that_are_none(tmp_path, file):
    report = tmp_path / "out" / "a.html"
    (tmp_path / "cut.parquet").write_bytes(file.read_bytes()[:-100])
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "head.csv").write_text("p0,p1,label\n")
    for name, said in (
        ("cut.parquet", "not a readable Parquet file, perhaps truncated"),
        ("empty.csv", "is empty (0 bytes)"),
        ("head.csv", "no rows, only column names"),
        (".", "is a folder: name its files"),
        ("modell.parquet", "near it: model.parquet"),
    ):
        result = run(tmp_path / name, "--report", report)
        assert (result.exit_code, said in result.output) == (2, True), result.output
    assert not report.parent.exists()


def test_a_report_does_not_replace_what_is_audited(file):
    before = file.read_bytes()
    result = run(file, "--report", file)
    assert result.exit_code == 2 and "is an input of the audit" in result.output
    assert file.read_bytes() == before


def test_options_that_disagree(file):
    assert "not both" in run(file, "--logits", "p", "--probabilities", "p").output
    assert "nearest: 'country'" in run(file, "--slice", "contry").output
    assert "are --probabilities and --labels swapped?" in run(file, "--probabilities", "label", "--labels", "p0").output
    assert "engine is 'spark': choose one of local, ray" in run(file, "--engine", "spark").output


def test_two_outputs_to_one_file_are_refused_before_anything_is_read(file, tmp_path):
    """Both were written to one file, the second over the first: "Wrote same." twice."""
    (tmp_path / "link.html").symlink_to(tmp_path / "a.html")
    for one, other in (("a.html", "a.html"), ("a.html", "sub/../a.html"), ("a.html", "link.html")):
        result = run("nothing.csv", "--report", tmp_path / one, "--json", tmp_path / other)
        assert result.exit_code == 2 and "--json and --report both name" in result.output
    assert not (tmp_path / "a.html").exists()


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(file, tmp_path):
    result = run(file, "--json", tmp_path / "a.json", "--report", file / "a.html")
    assert result.exit_code == 2 and "model.parquet is a file" in result.output
    assert not (tmp_path / "a.json").exists()


def two_models(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 4000)
    y = (rng.uniform(size=4000) < p).astype(int)
    for name, value in (("old", p + 0.08), ("new", p)):
        pyarrow.parquet.write_table(pa.table({"y_prob": value, "label": y}), tmp_path / f"{name}.parquet")
    return tmp_path / "old.parquet", tmp_path / "new.parquet"


def test_two_files_of_two_models_are_compared_row_by_row(tmp_path):
    old, new = two_models(tmp_path)
    result = run(old, "--against", new, "--json", tmp_path / "c.json", "--report", tmp_path / "c.html")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "c.json").read_text())
    assert list(found) == ["format", "comparison", "before", "after"]
    assert found["comparison"]["headline"].startswith("new.parquet is better in")
    assert found["before"]["files"][0]["name"] == "old.parquet" and found["after"]["files"][0]["name"] == "new.parquet"
    assert found["comparison"]["headline"] in result.output
    assert f"<h1>{found['comparison']['headline']}</h1>" in (tmp_path / "c.html").read_text()


def test_a_comparison_goes_to_the_terminal_as_json_alone(tmp_path):
    old, new = two_models(tmp_path)
    result = run(old, "--against", new, "--json", "-")
    assert json.loads(result.stdout)["comparison"]["rows"] == 4000


def test_other_rows_are_not_compared(tmp_path):
    old, _ = two_models(tmp_path)
    rows = pyarrow.parquet.read_table(old)
    pyarrow.parquet.write_table(rows.slice(0, 100), tmp_path / "few.parquet")
    result = run(old, "--against", tmp_path / "few.parquet", "--report", tmp_path / "c.html")
    assert result.exit_code == 2 and not (tmp_path / "c.html").exists()


def test_two_files_of_one_name_are_told_apart(tmp_path):
    old, new = two_models(tmp_path)
    (tmp_path / "b").mkdir()
    new.rename(tmp_path / "b" / "old.parquet")
    result = run(old, "--against", tmp_path / "b" / "old.parquet", "--json", "-")
    assert json.loads(result.stdout)["comparison"]["after"].endswith("b/old.parquet")


def test_an_event_that_is_wrong_fails_the_build(tmp_path):
    """P(y = 1) eight points too high everywhere has a small ECE of the top label: the build passed."""
    old, _ = two_models(tmp_path)
    found = json.loads(run(old, "--json", "-").stdout)["measures"]
    result = run(old, "--fail-above", 0.05)
    assert found["ece"]["value"] < 0.05 and result.exit_code == 1
    assert "ECE of P(y = 1) 0.0" in result.output and "is above 0.05" in result.output


def test_confidences_and_whether_the_answers_were_right(tmp_path):
    rng = np.random.default_rng(0)
    c = rng.uniform(0.05, 0.95, 5000)
    right = rng.uniform(size=5000) < 0.6 * c
    pyarrow.parquet.write_table(pa.table({"p_true": c, "hit": right}), tmp_path / "a.parquet")
    result = run(tmp_path / "a.parquet", "--confidence", "p_true", "--correct", "hit", "--json", "-")
    found = json.loads(result.stdout)
    assert found["kind"] == "confidence"
    assert found["measures"]["accuracy"]["value"] == pytest.approx(right.mean())


def test_the_class_of_a_single_column_may_be_named(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 2000)
    labels = np.where(rng.uniform(size=2000) < p, "no", "yes")
    pyarrow.parquet.write_table(pa.table({"score": p, "y": labels}), tmp_path / "a.parquet")
    file = tmp_path / "a.parquet"
    found = json.loads(run(file, "--probabilities", "score", "--positive", "no", "--json", "-").stdout)
    assert found["measures"]["event_ece"]["value"] < 0.05 and found["classes"][1] == "no"


@pytest.mark.parametrize("more", [(), ("--group", "country")])
def test_another_number_of_bins(file, tmp_path, more):
    report = tmp_path / "a.html"
    result = run(file, "--bins", 10, "--json", "-", "--report", report, *more)
    found = json.loads(result.stdout)
    assert found["bins"] == 10 and [len(d["bins"]) for d in found["reliability"]] == 7 * [10]
    p, labels = predictions()
    c, right = p.max(axis=1), p.argmax(axis=1) == labels
    at = np.ceil(c * 10).astype(int) - 1
    gaps = np.bincount(at, c - right, 10)
    assert found["measures"]["ece"]["value"] == pytest.approx(np.abs(gaps).sum() / N)
    assert "ECE, 10 equal-width bins" in report.read_text() and "in 10 bins" in report.read_text()


def test_bins_that_do_not_divide_the_cells_are_refused(file):
    result = run(file, "--bins", 7)
    assert result.exit_code == 2 and "bins is 7" in result.output and "choose one of" in result.output


def test_rows_with_missing_values_are_left_out_on_request(tmp_path):
    p, labels = predictions()
    p[3, 1] = np.nan
    file = save(tmp_path / "gaps.parquet", p, labels)
    assert run(file).exit_code == 2
    assert json.loads(run(file, "--skip-missing", "--json", "-").stdout)["rows"] == N - 1


def test_hostile_text_does_not_reach_the_terminal(tmp_path):
    """Escape sequences and newlines in slices, columns and file names were printed raw."""
    p, labels = predictions()
    evil = "\x1b[2J\u202e\n[red]x"
    file = save(tmp_path / "e\x1b[31mvil.parquet", p, labels, site=np.array([evil, "b"])[np.arange(N) % 2])
    for result in (run(file, "--slice", "site", "--report", tmp_path / "\x1b]0;x.html"), run(file, "--slice", evil)):
        assert not [c for c in result.output if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"]


def test_the_advised_calibrator_is_saved_and_does_what_was_advised(tmp_path):
    old, _ = two_models(tmp_path)
    result = run(old, "--save", tmp_path / "calibrator.json", "--json", "-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    saved = load_map(tmp_path / "calibrator.json")
    assert saved.key == found["recommended"] != "leave"
    p = pyarrow.parquet.read_table(old)["y_prob"].to_numpy()
    assert saved.apply(np.stack([1 - p, p], 1))[:, 1].mean() == pytest.approx(p.mean() - 0.08, abs=0.02)


def test_no_calibrator_is_saved_of_rows_that_do_not_belong_together(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(4, 0.1), 3000)
    labels = np.roll(p.argmax(axis=1), 1)
    result = run(save(tmp_path / "shifted.parquet", p, labels), "--save", tmp_path / "calibrator.json")
    assert (result.exit_code, (tmp_path / "calibrator.json").exists()) == (0, False)
    assert "No calibrator was saved." in result.output


def test_a_calibrator_of_two_models_is_refused(tmp_path):
    old, new = two_models(tmp_path)
    result = run(old, "--against", new, "--save", tmp_path / "calibrator.json")
    assert result.exit_code == 2 and "--save is for the audit of one model" in result.output


def test_help_says_what_a_file_looks_like_and_what_the_exit_codes_mean():
    said = " ".join(run("--help").output.split())
    for words in (
        "A row is an example",
        "prob_cat",
        "Exits with 0",
        "with 2 for bad input",
        "--report audit.html",
        "--against new.csv",
        "Which columns",
    ):
        assert words in said


def test_the_positive_label_is_named(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.random(400)
    y = np.where(rng.random(400) < p, "ape", "bee")
    lines = [f"{a},{b}" for a, b in zip(p.tolist(), y.tolist(), strict=True)]
    (tmp_path / "a.csv").write_text("prob,label\n" + "\n".join(lines) + "\n")
    found = json.loads(run(tmp_path / "a.csv", "--positive", "ape", "--json", "-").stdout)
    assert found["classes"] == ["bee", "ape"] and found["verdict"]["kind"] in ("calibrated", "too few rows")
    found = json.loads(run(tmp_path / "a.csv", "--json", "-").stdout)
    assert found["classes"] == ["ape", "bee"] and "--positive ape" in found["notes"][0]
