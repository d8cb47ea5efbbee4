"""``python -m benchmarks``: run the benches, print their tables, write JSON."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import calibration, jax_losses, linear, losses
from benchmarks.machine import line, machine
from benchmarks.measure import Case, Timing, in_turns
from onewarm.atomic_write import atomic_write

BENCHES: dict[str, Any] = {"losses": losses, "linear": linear, "jax": jax_losses, "calibration": calibration}
# Modules with a main(console), without peers to take turns with.
ALONE = ("notebook", "study", "study_coverage", "study_story")
SECONDS, QUICK_SECONDS = 12.0, 2.0  # for each case, besides compilation


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("bench", nargs="*", help=f"which to run (all): {', '.join(BENCHES)}; or {', '.join(ALONE)}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, no torch.compile: some seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number to FILE")
    options = parser.parse_args()
    if unknown := [name for name in options.bench if name not in (*BENCHES, *ALONE)]:
        parser.error(f"no bench {unknown[0]!r}: expected {', '.join([*BENCHES, *ALONE])}")
    os.environ["ONEWARM_KERNEL"] = "compiled"  # an error rather than numbers of the definition
    console = Console()
    facts = machine()
    console.print(line(facts), highlight=False)
    report: dict[str, Any] = {"format": 1, "machine": facts, "quick": options.quick, "benches": {}}
    for name in options.bench or BENCHES:
        if name in ALONE:
            report["benches"][name] = import_module(f"benchmarks.{name}").main(console)
            continue
        bench = BENCHES[name]
        results = _run(bench.cases(options.quick), QUICK_SECONDS if options.quick else SECONDS, console)
        console.print(_table(bench.TITLE, results, getattr(bench, "UNITS", ("copies", "vs eager"))))
        for case, _ in results:
            for note in case.notes:
                console.print(f"{case.title}: {note}", highlight=False)
            for peer, why in case.skipped.items():
                console.print(f"{case.title}: {peer} skipped: {why}", highlight=False)
        report["benches"][name] = [_plain(case, timings) for case, timings in results]
    if options.json:
        atomic_write(options.json, json.dumps(report, indent=1) + "\n")


def _run(cases: Any, seconds: float, console: Console) -> list[tuple[Case, dict[str, Timing]]]:
    results: list[tuple[Case, dict[str, Timing]]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[what]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("benchmarks", total=None, what="compiling")
        for case in cases:
            progress.update(task, description=case.title, total=None, completed=0, what="warming up")
            timings: dict[str, Timing] = {}
            for timings in in_turns(case, seconds):
                spent = sum(sum(t.seconds) for t in timings.values())
                rounds = len(next(iter(timings.values())).seconds)
                progress.update(task, total=seconds, completed=min(spent, seconds), what=f"round {rounds}")
            results.append((replace(case, peers={}), timings))
            progress.update(task, description="benchmarks", total=None, what="compiling")
    return results


def _table(title: str, results: list[tuple[Case, dict[str, Timing]]], units: tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), min_width=80)
    table.add_column("N x K", overflow="fold")  # these two wrap in a narrow terminal, so that no digit is lost
    table.add_column("peer", overflow="fold")
    second = any(case.second in timings for case, timings in results)
    for heading in ("ms", "quartiles", *units, *(["vs compiled"] if second else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for case, timings in results:
        other = timings.get(case.second)
        for i, (peer, t) in enumerate(timings.items()):
            low, high = t.quartiles
            table.add_row(
                case.title if i == 0 else "",
                peer,
                _ms(t.median),
                f"{_ms(low)} - {_ms(high)}",
                f"{t.median / timings[case.copy].median:.2f}",
                f"{timings[case.baseline].median / t.median:.2f} x",
                *([f"{other.median / t.median:.2f} x" if other else ""] if second else []),
            )
        table.add_section()
    return table


def _ms(seconds: float) -> str:
    """Milliseconds with about three digits."""
    ms = seconds * 1e3
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 10 else f"{ms:.2f}"


def _plain(case: Case, timings: dict[str, Timing]) -> dict[str, Any]:
    return {
        "case": case.title,
        "skipped": case.skipped,
        "notes": case.notes,
        "copies_of": case.copy,
        "eager_is": case.baseline,
        "peers": {
            peer: {
                "median_s": t.median,
                "quartiles_s": t.quartiles,
                "copies": t.median / timings[case.copy].median,
                "times_faster_than_eager": timings[case.baseline].median / t.median,
                "times_faster_than_compiled": timings[case.second].median / t.median
                if case.second in timings
                else None,
                "seconds": t.seconds,
            }
            for peer, t in timings.items()
        },
    }


if __name__ == "__main__":
    main()
