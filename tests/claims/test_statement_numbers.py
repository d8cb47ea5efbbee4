"""Numbers of a statement are what their expressions give; a result that no expression gives is refused."""

from pathlib import Path

import pytest

from onewarm.claims import verify
from onewarm.claims.ledger import Claim, LedgerError, load_ledger
from onewarm.claims.statement_numbers import undeclared_numbers, wrong_numbers

LEDGER = load_ledger()
FLOOR = LEDGER["claim:optimization/label-smoothing/loss-floor"]


def test_results_are_declared_and_settings_need_not_be() -> None:
    declared = {claim.slug: list(claim.numbers) for claim in LEDGER.values() if claim.numbers}
    assert declared == {"root-law": ["0.31"], "continuity": ["0.3"], "loss-floor": ["0.50"]}
    assert list(undeclared_numbers(FLOOR)) == []  # 0.1 is in the scope of a prediction
    (fault,) = undeclared_numbers(FLOOR.model_copy(update={"numbers": {}}))
    assert fault == "statement: the number 0.50 is typed; add it under numbers, with the expression that gives it"
    (fault,) = undeclared_numbers(FLOOR.model_copy(update={"numbers": {**FLOOR.numbers, "0.7": "0.7"}}))
    assert fault == "numbers: 0.7 is not in the statement; remove it, or write it there"


def test_a_ledger_with_a_result_that_nothing_gives_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a/b/01-one.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "title: T\nkind: identity\nstatement: It is 0.25.\nscope: S\n"
        "predictions: [{measure: m, quantity: q, scope: s}]\n"
        "sources: [{authors: A, title: T, venue: V, year: 2020, url: https://a.org, place: P, read: abstract,"
        " summary: S}]",
        encoding="utf-8",
    )
    with pytest.raises(
        LedgerError, match=r"^a/b/01-one.yaml: statement: the number 0.25 is typed; add it under numbers"
    ):
        load_ledger(tmp_path)


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ({"0.30": "m + 0.2"}, []),
        ({"0.3": "np.sqrt(0.09)"}, []),
        ({"0.31": "m + 0.2"}, ["the statement says 0.31, and m + 0.2 is 0.3"]),
        ({"0.500": FLOOR.numbers["0.50"]}, []),
        ({"0.501": FLOOR.numbers["0.50"]}, [f"the statement says 0.501, and {FLOOR.numbers['0.50']} is 0.500288"]),
    ],
)
def test_a_number_agrees_to_the_digits_typed(identity_claim: Claim, numbers: dict[str, str], wrong: list[str]) -> None:
    assert list(wrong_numbers(identity_claim.model_copy(update={"numbers": numbers}), {"m": 0.1})) == wrong


def test_verification_fails_where_a_statement_says_something_else(tmp_path: Path) -> None:
    statement = FLOOR.statement.replace("0.50", "0.51")
    wrong = FLOOR.model_copy(update={"statement": statement, "numbers": {"0.51": FLOOR.numbers["0.50"]}})
    results = verify.verify(["loss-floor"], tmp_path, ledger={wrong.key: wrong})
    assert results[0].error is not None
    assert results[0].error.startswith("StatementError: the statement says 0.51, and ow.smooth(")
    assert verify.exit_code(results) == 1
    assert verify.exit_code(verify.verify(["loss-floor"], tmp_path, ledger={FLOOR.key: FLOOR})) == 0
