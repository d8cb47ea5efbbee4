def test_build_makes_a_site_without_any_study(run, tmp_path):
    result = run("build", tmp_path / "site")
    assert result.exit_code == 0, result.output
    assert "onewarm open" in result.output
    assert (tmp_path / "site" / "concept" / "optimization" / "label-smoothing" / "index.html").is_file()


def test_build_takes_a_folder_of_ones_own(run, tmp_path):
    run("concept", "new", "basics/coin", "--concepts", tmp_path / "mine")
    result = run("build", tmp_path / "site", "--concepts", tmp_path / "mine")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "site/concept/basics/coin/index.html").is_file()
    assert (tmp_path / "site/concept/optimization/label-smoothing/index.html").is_file()
    (tmp_path / "mine/basics/coin/page.md").write_text("## Maths\n")
    result = run("build", tmp_path / "other", "--concepts", tmp_path / "mine")
    assert result.exit_code == 2 and "page.md:1: missing part 'Math'" in result.output
    assert not (tmp_path / "other").exists()
    assert "is not a folder" in run("build", tmp_path / "other", "--concepts", tmp_path / "nowhere").output


def test_build_does_not_replace_what_it_did_not_make(run, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    result = run("build", tmp_path)
    assert result.exit_code == 2
    assert (tmp_path / "letter.txt").read_text() == "dear"
