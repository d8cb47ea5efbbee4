"""Run, or resume, the studies that claims need. A separate file because it imports PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from onewarm.claims.ledger import Claim
from onewarm.claims.status import MIN_SEEDS
from onewarm.claims.witnesses.studies import Report, pairs, plan
from onewarm.study.engines.driver import Progress
from onewarm.study.store.store import default_url
from onewarm.study.study import run


def run_studies(
    claims: Iterable[Claim],
    ledger: Mapping[str, Claim],
    home: Path,
    progress: Callable[[str, float, float], None],
    store: str | None = None,
) -> dict[str, Report]:
    """The study report of each data set that these claims need; runs that are in the store are not trained again.

    A study has the seeds that a claim needs, and all arms that any claim of the ledger needs, whichever claims are
    verified: the runs, and the intervals that hold together, are those of verifying all claims.

    Args:
        claims: those to verify.
        ledger: all claims.
        home: the folder of the store, unless `store` names another.
        progress: called as (what, runs done, runs in all).
        store: the URL of the store of runs; by default `home/studies.db`.
    """
    arms_needed, pairs_needed = plan(ledger.values()), pairs(ledger.values())
    url = store or default_url(home)
    reports: dict[str, Report] = {}
    for dataset in plan(claims):

        def of_study(p: Progress, dataset: str = dataset) -> None:
            progress(f"study of {dataset}", p.done, p.total)

        further = pairs_needed.get(dataset, ())
        arms = arms_needed[dataset]
        report = run(dataset, arms=arms, seeds=MIN_SEEDS, store=url, pairs=further, progress=of_study)
        reports[dataset] = report.to_dict()
    return reports
