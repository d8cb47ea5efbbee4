"""Running, or resuming, the studies that claims need; apart from the rest because it imports PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from onewarm.claims.ledger import Claim
from onewarm.claims.witnesses.studies import Report, pairs, plan
from onewarm.study.engine import MAIN_ARMS, MAIN_DATASETS, MAIN_SEEDS, Progress, run_study


def run_studies(
    claims: Iterable[Claim],
    ledger: Mapping[str, Claim],
    home: Path,
    say: Callable[[str, float, float], None],
    store: str | None = None,
) -> dict[str, Report]:
    """A report for each data set of which these claims speak; runs that the store has are not trained again.

    Every study has the main seeds, on the main data sets the main arms, and what the whole ledger asks for, whichever
    claims are heard: the same runs, and the same family for Holm's correction, as when everything is heard.
    """
    whole, compared = plan(ledger.values()), pairs(ledger.values())
    reports: dict[str, Report] = {}
    for dataset in plan(claims):
        main = MAIN_ARMS if dataset in MAIN_DATASETS else ()
        arms = dict.fromkeys([*main, *whole[dataset]])

        def progress(p: Progress, dataset: str = dataset) -> None:
            say(f"study of {dataset}", p.done, p.total)

        url = store or f"sqlite:///{(home / 'studies.db').absolute()}"
        besides = compared.get(dataset, ())
        report = run_study(dataset, list(arms), MAIN_SEEDS, store=url, pairs=besides, progress=progress)
        reports[dataset] = report.to_dict()
    return reports
