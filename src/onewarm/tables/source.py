"""The interface of a reader, for every file format: typed columns, and rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onewarm.checks import visible
from onewarm.errors import InputError

Tell = Callable[[str, float, float], None]
"""Called with what is being done, how much of it is done, and how much there is to do."""

Columns = dict[str, Any]
"""Column names to the values of a batch: NumPy arrays, or Arrow arrays (of text, of lists, or with empty cells)."""


@dataclass(frozen=True)
class Column:
    """The type of a column.

    Attributes:
        kind: "int", "float", "text" or "other".
        width: numbers in each row: 1, or the length of its lists; None where lists may differ in length.
    """

    kind: str
    width: int | None = 1


def untold(what: str, done: float, total: float) -> None:
    """Tell nobody."""


class Source:
    """One file of rows; made by ``formats.open_source``.

    A format is a subclass (in ``formats``) that sets ``columns`` in its constructor and defines ``batches``; no other
    code asks which format it has. A source keeps no file open, and can be pickled.

    Attributes:
        path, name, size: the absolute path, the file's name, its size in bytes.
        columns: the type of each column, in the file's order.
        parts: pieces that can be read independently, by different workers.
        typed: whether the file itself declares its types. Where it does not (CSV), a column of numbers with one bad
            value looks like text.
    """

    typed = True

    def __init__(self, path: Path) -> None:
        self.path, self.name, self.size = path.absolute(), visible(path.name), path.stat().st_size
        self.columns: dict[str, Column] = {}
        self.parts = 1

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        """Read columns in batches of at most ``rows`` rows.

        Args:
            names: the columns to read.
            rows: most rows in a batch.
            part: which of the ``parts`` to read; None reads the complete file.
            numeric: columns to read as float64 even where their first rows look like integers or text; of use only
                where the file does not declare its types.

        Yields:
            Columns, the number of their first row in the file (from 0), and the bytes read so far of this part.

        Raises:
            ValueError: the file is damaged, or a row is; with file, and row and column where they are known.
        """
        raise NotImplementedError

    def list_length(self, name: str) -> int | None:
        """Numbers in the first list of a column of lists; None where every row is empty."""
        for columns, _, _ in self.batches([name], 1):
            lengths = columns[name].value_lengths()
            if len(lengths) and lengths[0].is_valid:
                return int(lengths[0].as_py())
        return None

    @contextmanager
    def decoding(self, kind: str, where: str = "") -> Iterator[None]:
        """Around calls of the library that decodes the file: whatever it raises is an error of the file.

        What decoders raise on damaged bytes is no closed set: keep what is in the block small.
        """
        try:
            yield
        except (InputError, ImportError):
            raise
        except OSError as error:
            if error.errno is not None and not isinstance(error, FileNotFoundError):
                raise InputError(f"{self.name}: cannot be read: {where}{error.strerror}") from None
            raise self.damaged(kind, f"{where}{error}") from None
        except Exception as error:
            raise self.damaged(kind, f"{where}{error or type(error).__name__}") from None

    def damaged(self, kind: str, reason: object) -> InputError:
        """The error for a file that is not in the format that its suffix promises."""
        text = visible(str(reason).split(". ")[0].strip().rstrip("."))[:300]
        return InputError(f"{self.name}: not a readable {kind} file, perhaps truncated: {text}")
