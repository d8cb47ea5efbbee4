import json


def test_claims_are_listed_without_evidence_and_verified_with_it(run):
    assert "no witness" in run("claims", "list").output
    run("claims", "verify", "gradient")
    assert "identity holds" in run("claims", "list", "gradient").output


def test_an_unknown_claim_is_refused_and_the_nearest_named(run):
    result = run("claims", "list", "lowers-confidense")
    assert result.exit_code == 2
    assert "did you mean 'lowers-confidence'?" in result.output


def test_long_shows_the_sources_of_every_claim(run):
    """`claims list` showed neither sources, scope nor counter-evidence."""
    output = " ".join(run("claims", "list", "--long").output.split())
    for part in ("Scope: ", "Source: C. Szegedy", "Against it: Y. Zhou", "https://arxiv.org/abs/1906.02629"):
        assert part in output
    assert "Against it" not in run("claims", "list").output


def test_json_goes_to_the_terminal_or_a_file(run, tmp_path):
    """`claims list` had no --json."""
    run("claims", "verify", "gradient")
    (row,) = json.loads(run("claims", "list", "gradient", "--json", "-").stdout)
    assert (row["status"], row["predictions"][0]["verdict"]) == ("identity holds", "shown")
    file = tmp_path / "claims.json"
    assert run("claims", "list", "--json", file).exit_code == 0
    rows = json.loads(file.read_text())
    assert len(rows) > 30 and [r["status"] for r in rows].count("identity holds") == 1


def test_an_edited_evidence_file_changes_no_verdict(run, home):
    """With a tolerance of 10 in the file an identity held whatever was found; null broke the command."""
    run("claims", "verify", "gradient")
    path = home / "evidence" / "gradient.json"
    found = json.loads(path.read_text())
    for tolerance in (10.0, None):
        found["tolerance"] = tolerance
        found["findings"][0]["effect"] = 0.5
        path.write_text(json.dumps(found))
        result = run("claims", "list", "gradient")
        assert result.exit_code == 0 and "refuted" in result.output and "tolerance 1e-10" in result.output
