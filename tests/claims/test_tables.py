"""The tables say what the judgement says."""

from pathlib import Path

from rich.console import Console, RenderableType

from onewarm.claims.evidence import read_evidence
from onewarm.claims.ledger import load_ledger
from onewarm.claims.tables import in_full, ledger_table, results_table
from onewarm.claims.verify import verify

LEDGER = load_ledger()


def text(table: RenderableType) -> str:
    console = Console(width=200, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table)
    console.file.close()
    return console.export_text()


def test_list(home: Path) -> None:
    verify(["gradient"], home)
    lines = text(ledger_table(LEDGER, read_evidence(home))).splitlines()
    (gradient,) = (line for line in lines if line.startswith("│ gradient "))
    assert "identity holds" in gradient and "The largest difference is" in gradient
    (hessian,) = (line for line in lines if line.startswith("│ hessian "))
    assert "no witness" in hessian and "never" in hessian and "onewarm claims verify hessian" in hessian
    assert len([line for line in lines if line.startswith("│")]) >= len(LEDGER)


def test_results(home: Path) -> None:
    out = text(results_table(verify(["gradient"], home)))
    assert "no witness" in out and "identity holds" in out and "checked for the first time" in out
    assert "nothing" in text(results_table(verify(["gradient"], home)))


def test_findings(home: Path) -> None:
    claim = LEDGER["claim:optimization/label-smoothing/gradient"]
    verify(["gradient"], home)
    out = text(in_full(claim, read_evidence(home)[claim.key]))
    assert "The gradient is probability minus target  (gradient)" in out and "Status: identity holds. The" in out
    assert out.count(" shown ") == 2 and "|gradient - (s softmax(z) - t)|" in out


def test_a_claim_in_full_has_sources_scope_and_counter_evidence() -> None:
    """`claims list` showed none of them."""
    claim = LEDGER["claim:optimization/label-smoothing/improves-overconfident"]
    out = " ".join(text(in_full(claim, None)).split())
    for part in (claim.statement, claim.scope):
        assert " ".join(part.split()) in out
    for role, source in [*(("Source", s) for s in claim.sources), *(("Against it", s) for s in claim.counter)]:
        assert f"{role}: {source.authors}, {source.title}, {source.venue} {source.year}, {source.place}" in out
        assert source.url in out and source.read in out


def test_control_characters_of_an_evidence_file_are_shown_not_sent(home: Path) -> None:
    claim = LEDGER["claim:optimization/label-smoothing/gradient"]
    verify(["gradient"], home)
    found = read_evidence(home)[claim.key]
    hostile = found.model_copy(update={"ran": found.ran.model_copy(update={"date": "\x1b[31m", "command": "\x1b]0;x"})})
    for shown in (in_full(claim, hostile), ledger_table({claim.key: claim}, {claim.key: hostile})):
        assert "\x1b" not in text(shown)
