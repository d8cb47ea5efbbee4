"""A process that reads the files whose names it is given, and says how each ended; it may die of one.

It is started by the fuzz test: a line of its input is a path, a line of its output the outcome as JSON.
"""

import contextlib
import json
import os
import resource
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np

from onewarm.checks import visible
from onewarm.errors import InputError
from onewarm.tables.features.raw import of_file
from onewarm.tables.features.table import table
from onewarm.tables.formats import open_source
from onewarm.tables.plan import plan

MOST_MEMORY = 3 << 30  # what the process may allocate: a file that asks for more meets a MemoryError, not the machine


def read_columns(path: Path) -> None:
    source = open_source(path)
    for columns, _, _ in source.batches(list(source.columns), 1000):
        for column in columns.values():
            column.tolist()


def read_plan(path: Path) -> None:
    found = plan([str(path)])
    for part in range(found.parts[0]):
        for batch, _ in found.batches(0, part if found.parts[0] > 1 else None):
            np.isfinite(batch.predictions).all()


def read_features(path: Path) -> None:
    table(of_file(path), None)


def outcome(path: Path) -> str:
    """ "read", "refused", or what went wrong."""
    ended = "read"
    for read in (read_columns, read_plan, read_features):
        try:
            read(path)
        except (InputError, OSError) as error:
            ended = "refused" if read is read_columns else ended
            if visible(path.name) not in str(error):
                return f"a message without the file's name: {error}"
            if visible(error) != str(error):
                return f"a control character in a message: {error!r}"
        except BaseException:
            return traceback.format_exc()
    return ended


def peak() -> int:
    """The most memory that was resident since the last ``forget``, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def forget() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    with contextlib.suppress(ImportError):
        import torch  # noqa: F401 - its own memory is none of a file's
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        for line in sys.stdin:
            forget()
            ended = outcome(Path(line.rstrip("\n")))
            answers.write(json.dumps({"ended": ended, "bytes": peak()}) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
