"""`onewarm study`: what the command does, without the parsing of its options."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from onewarm.study.bar import StudyBar


def run_command(
    dataset: str,
    *,
    arms: str | None = None,
    seeds: str = "20",
    label: str | None = None,
    store: str | None = None,
    json_file: str | None = None,
) -> int:
    """Run a study with a bar, print its tables; the exit status: 0 done, 2 bad input, 130 interrupted.

    Args:
        dataset: a built-in name or a file.
        arms: comma-separated, or None for the main study's.
        seeds: how many from 0 (`20`), or which (`0,3,5-9`).
        label, store: as in `engine.run_study`.
        json_file: where the report goes, written whole or not at all; `-` prints it instead of the tables.
    """
    say = Console(stderr=True, highlight=False, soft_wrap=True)
    progress = None
    try:
        wanted = parse_seeds(seeds)
        if json_file not in (None, "-") and Path(str(json_file)).is_dir():
            raise ValueError(f"--json {json_file}: is a folder; give a file in it, or - to print")
        with StudyBar(Console(stderr=True)) as bar:
            progress = bar.study(Path(dataset).name)
            # Imported here, with the bar standing: PyTorch takes a second or two.
            from onewarm.study.engine import MAIN_ARMS, run_study
            from onewarm.study.report import write_json
            from onewarm.study.store import StoreError

            try:
                report = run_study(dataset, arms or MAIN_ARMS, wanted, label=label, store=store, progress=progress)
            except StoreError as error:
                raise ValueError(str(error)) from None
        if json_file == "-":
            json.dump(report.to_dict(), sys.stdout, indent=1, allow_nan=False)
            sys.stdout.write("\n")
            return 0
        report.print(Console())
        if json_file is not None:
            write_json(Path(json_file), report.to_dict())
            say.print(f"report: {json_file}")
    except (ValueError, OSError) as error:
        say.print(f"error: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        say.print("Stopped. Finished runs are saved; the same command goes on from there.")
        return 130
    return 0


def parse_seeds(text: str) -> list[int]:
    """Seeds as written: `20` is 0 to 19; `0,3,5-9` are those.

    Raises ValueError for anything else.

    >>> parse_seeds("3"), parse_seeds("7,"), parse_seeds("0,3,5-7")
    ([0, 1, 2], [7], [0, 3, 5, 6, 7])
    """
    problem = ValueError(f"--seeds {text!r}: expected how many (20) or which (0,3,5-9)")
    out: list[int] = []
    for part in text.split(","):
        if not part.strip():
            continue
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise problem
        out += range(int(low), int(high or low) + 1)
    if not out or ("," not in text and "-" not in text and out == [0]):
        raise problem
    return out if "," in text or "-" in text else list(range(out[0]))
