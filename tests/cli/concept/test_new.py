def test_a_concept_is_started_and_never_replaced(run, tmp_path):
    mine = tmp_path / "mine"
    result = run("concept", "new", "basics/coin-toss", "--concepts", mine, "--title", "Heads [or] tails")
    assert result.exit_code == 0
    assert sorted(path.name for path in (mine / "basics/coin-toss").iterdir()) == [
        "concept.yaml",
        "page.md",
        "values.py",
        "witness.py",
    ]
    assert "Heads [or] tails" in (mine / "basics/coin-toss/concept.yaml").read_text()
    again = run("concept", "new", "basics/coin-toss", "--concepts", mine)
    assert again.exit_code == 2 and "exists already" in again.output


def test_a_key_that_is_none_is_refused(run, tmp_path):
    result = run("concept", "new", "Coin Toss", "--concepts", tmp_path / "mine")
    assert result.exit_code == 2 and "Coin Toss" in result.output
    assert not (tmp_path / "mine").exists()
