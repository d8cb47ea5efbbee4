def test_claims_are_listed_without_evidence_and_verified_with_it(run):
    assert "no witness" in run("claims", "list").output
    run("claims", "verify", "gradient")
    assert "identity holds" in run("claims", "list", "gradient").output


def test_an_unknown_claim_is_refused_and_the_nearest_named(run):
    result = run("claims", "list", "lowers-confidense")
    assert result.exit_code == 2
    assert "did you mean 'lowers-confidence'?" in result.output
