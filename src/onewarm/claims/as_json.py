"""Claims with sources, status and findings as JSON values: what `onewarm claims list --json` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from onewarm.claims.evidence import Evidence
from onewarm.claims.ledger import Claim
from onewarm.claims.status import Judged, judge


def claims_json(claims: Iterable[Claim], evidence: Mapping[str, Evidence]) -> list[dict[str, Any]]:
    """Each claim with its status, computed from the evidence by claim key, and the verdict on each prediction.

    >>> from onewarm.claims.ledger import load_ledger
    >>> claims_json(load_ledger().values(), {})[0]["status"]
    'no witness'
    """
    return [_claim(claim, evidence.get(claim.key)) for claim in claims]


def _claim(claim: Claim, evidence: Evidence | None) -> dict[str, Any]:
    judgement = judge(claim, evidence)
    given = claim.model_dump(mode="json")
    predictions = given.pop("predictions")
    judged = judgement.judged or tuple(Judged(p, None, "not measured") for p in claim.predictions)
    return {
        "slug": claim.slug,
        **given,
        "status": judgement.status,
        "because": judgement.because,
        "predictions": [
            {
                **prediction,
                "scope": j.prediction.scope,
                "quantity": j.prediction.quantity,
                "unit": j.prediction.unit,
                "verdict": j.verdict,
                "found": j.finding and j.finding.model_dump(include={"effect", "interval", "level", "p", "seeds"}),
            }
            for prediction, j in zip(predictions, judged, strict=True)
        ],
        "seeds": evidence and evidence.seeds and len(set(evidence.seeds)),
        "ran": evidence and evidence.ran.model_dump(),
    }
