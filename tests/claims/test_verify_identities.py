"""Every identity of the ledger holds for the library as it is."""

import importlib
from collections.abc import Callable

import pytest

from onewarm.claims.ledger import Measure, load_ledger
from onewarm.claims.status import judge
from onewarm.claims.verify import run_witness

CLAIMS = {claim.slug: claim for claim in load_ledger().values() if claim.kind == "identity"}


@pytest.mark.parametrize("slug", CLAIMS)
def test_an_identity_holds_and_its_witness_returns_exactly_what_is_predicted(
    slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = CLAIMS[slug]
    module, _, name = str(claim.witness).partition(":")
    file = importlib.import_module(module)
    witness: Callable[[], dict[str, float]] = getattr(file, name)
    returned: dict[str, float] = {}

    def recorded() -> dict[str, float]:
        returned.update(witness())
        return returned

    monkeypatch.setattr(file, name, recorded)
    evidence = run_witness(claim)
    judgement = judge(claim, evidence)
    assert judgement.status == "identity holds", judgement.because
    assert evidence.tolerance == claim.tolerance <= 1e-10 and evidence.seeds is None
    assert list(returned) == [p.measure for p in claim.predictions if isinstance(p, Measure)]
    assert [f.effect for f in evidence.findings] == list(returned.values())
