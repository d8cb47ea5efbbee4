def test_a_concept_is_checked_mended_and_every_fault_has_its_line(run, tmp_path):
    mine = tmp_path / "mine"
    run("concept", "new", "basics/coin", "--concepts", mine)
    assert run("concept", "check", mine).output == "1 concept checked: no fault.\n"
    page = mine / "basics/coin/page.md"
    page.write_text(page.read_text() + "\n$\\foo$ [x](y)\n")
    result = run("concept", "check", mine)
    assert result.exit_code == 1
    assert f"{page}:{len(page.read_text().splitlines())}: the formula `\\foo` does not convert" in result.output
    assert "1 concept checked: 2 faults." in result.output


def test_nothing_to_check_is_exit_code_2(run, tmp_path):
    result = run("concept", "check", tmp_path / "nowhere")
    assert result.exit_code == 2 and "is not a folder" in result.output
