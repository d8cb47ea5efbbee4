"""Files of PyTorch tensors, .pt and .pth: a dict of tensors, or one tensor, without running code."""

from __future__ import annotations

import pickletools
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from onewarm.checks import visible
from onewarm.errors import InputError, needs
from onewarm.tables.source import Column, Columns, Source

_LEGACY_PICKLES = 5  # before the numbers, in the format of PyTorch before 1.6
_MOST_CHARACTERS = 1000
_KINDS = {"i": "int", "u": "int", "b": "int", "f": "float"}


class TorchFile(Source):
    """A dict of tensors or a tensor, mapped into memory; one tensor's column has the file's name.

    Only data is loaded (``weights_only=True``): a file that would run code is refused.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        for name, tensor in self._tensors().items():
            width = tensor.shape[1] if tensor.ndim == 2 else 1
            self.columns[name] = Column(_KINDS.get(_array(tensor[:0]).dtype.kind, "other"), width)
        if not self.columns:
            raise InputError(f"{self.name}: holds no tensors with rows; save a dict, as {{'logits': z, 'labels': y}}")

    def _tensors(self) -> dict[str, Any]:
        """The dense tensors with one or two axes, by their names."""
        with needs(f"reading {self.name}", "torch"):
            import torch
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that only old versions wrote
            with self.decoding("PyTorch"):
                _check_names(self.path)
                try:
                    value = torch.load(self.path, map_location="cpu", weights_only=True, mmap=_is_zip(self.path))
                except Exception as error:
                    if "weights_only" not in str(error) and "Unsupported" not in str(error):
                        raise
                    raise InputError(
                        f"{self.name}: holds more than tensors, and loading that can run code: load it where it was "
                        "made, and save a dict of tensors, as torch.save({'logits': z, 'labels': y}, 'a.pt')"
                    ) from None
        named = value if isinstance(value, Mapping) else {visible(self.path.stem): value}
        return {
            str(name): tensor.detach()
            for name, tensor in named.items()
            if isinstance(tensor, torch.Tensor)
            and tensor.layout == torch.strided
            and not tensor.is_quantized
            and not tensor.is_meta
            and tensor.ndim in (1, 2)
            and tensor.shape[1:] != (0,)
        }

    def batches(
        self, names: Sequence[str], rows: int, part: int | None = None, *, numeric: Sequence[str] = ()
    ) -> Iterator[tuple[Columns, int, int]]:
        held = self._tensors()
        tensors = {name: held[name] for name in names}
        lengths = {name: len(tensor) for name, tensor in tensors.items()}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
            raise InputError(f"{self.name}: tensors differ in rows: {shown}")
        total = next(iter(lengths.values()))
        for at in range(0, total, rows):
            with self.decoding("PyTorch", f"after row {at}: "):
                batch = {name: _array(tensor[at : at + rows]) for name, tensor in tensors.items()}
            yield batch, at, self.size * min(at + rows, total) // total


def _check_names(path: Path) -> None:
    """Raise ValueError where a class that a file asks for has a name of thousands of characters, as by damage.

    The time that ``torch.load`` takes to explain why it refuses a name grows with the square of its length.
    """
    try:
        if _is_zip(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith("data.pkl"):
                        with archive.open(name) as file:
                            _check_pickle(file)
        else:
            with path.open("rb") as file:
                for _ in range(_LEGACY_PICKLES):
                    _check_pickle(file)
    except _LongNameError as error:
        raise ValueError(str(error)) from None
    except Exception:  # damaged in another way: torch.load says how
        return


class _LongNameError(Exception):
    pass


def _check_pickle(file: IO[bytes]) -> None:
    for opcode, argument, _ in pickletools.genops(file):
        name = str(argument)
        if opcode.name == "GLOBAL" and len(name) > _MOST_CHARACTERS:
            raise _LongNameError(f"the name of a class has {len(name):,} characters")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\3\4"


def _array(tensor: Any) -> Any:
    """A tensor's numbers as NumPy's; bfloat16 and the float8 types as float32."""
    if tensor.is_floating_point() and str(tensor.dtype) not in ("torch.float16", "torch.float32", "torch.float64"):
        tensor = tensor.float()
    return np.ascontiguousarray(tensor.resolve_conj().resolve_neg().numpy())
