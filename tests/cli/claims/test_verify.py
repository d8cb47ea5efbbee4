from onewarm.claims.witnesses import label_smoothing


def test_a_claim_is_checked_and_its_evidence_kept(run, home):
    result = run("claims", "verify", "gradient")
    assert result.exit_code == 0, result.output
    assert "identity holds" in result.output
    assert (home / "evidence" / "gradient.json").is_file()


def test_a_claim_that_fails_is_exit_code_1(run, monkeypatch):
    quantities = label_smoothing.gradient()
    monkeypatch.setattr(label_smoothing, "gradient", lambda: dict.fromkeys(quantities, 1.0))
    result = run("claims", "verify", "gradient")
    assert result.exit_code == 1, result.output


def test_an_unknown_claim_is_refused(run, home):
    result = run("claims", "verify", "nothing-like-it")
    assert result.exit_code == 2
    assert "nothing-like-it" in result.output
    assert not list(home.iterdir())
