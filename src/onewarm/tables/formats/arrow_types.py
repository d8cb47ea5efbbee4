"""Columns of Arrow's types: what they are declared as, fields of structs by dotted names, and batches checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onewarm.errors import InputError, needs
from onewarm.tables.source import Column, Columns, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa
    import pyarrow.compute as pc


def column_of(kind: pa.DataType) -> Column:
    """What a column of an Arrow type is declared as."""
    if isinstance(kind, pa.BaseExtensionType):
        return column_of(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return column_of(kind.value_type)
    if pa.types.is_fixed_size_list(kind):
        return Column(column_of(kind.value_type).kind, kind.list_size)
    if _is_list(kind):
        return Column(column_of(kind.value_type).kind, None)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return Column("int")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):  # null: only empty cells
        return Column("float")
    return Column("text" if _is_text(kind) else "other")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    views = pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or views)


def leaves(fields: Any) -> dict[tuple[str, ...], pa.DataType]:
    """The fields of a schema or struct that are no structs themselves, by their paths."""
    found: dict[tuple[str, ...], pa.DataType] = {}
    for field in fields:
        if pa.types.is_struct(field.type) and field.type.num_fields:
            found |= {(field.name, *path): kind for path, kind in leaves(field.type).items()}
        else:
            found[(field.name,)] = field.type
    return found


class ArrowSource(Source):
    """A source whose batches Arrow reads: it declares a schema's columns, and checks what it takes of a batch."""

    paths: dict[str, tuple[str, ...]]

    def declare(self, schema: pa.Schema) -> None:
        """Set the columns. Raises InputError where two have one name."""
        self.columns, self.paths = {}, {}
        tops: set[str] = set()
        for field in schema:
            if field.name in tops:
                raise InputError(f"{self.name}: column {field.name!r} occurs twice; rename one")
            tops.add(field.name)
        for path, kind in leaves(schema).items():
            name = ".".join(path)
            if len(path) == 1 or name not in tops:
                self.columns[name], self.paths[name] = column_of(kind), path

    def tops(self, names: Sequence[str]) -> list[str]:
        """The columns of the file that hold these."""
        return list(dict.fromkeys(self.paths[name][0] for name in names))

    def take(self, batch: Any, names: Sequence[str]) -> Columns:
        """These columns of a record batch, in types that readers know. Raises pa.ArrowInvalid where it is damaged.

        The buffers of a damaged file would be read out of bounds, and end the process.
        """
        if names:
            batch.select(self.tops(names)).validate(full=True)
        return {name: plain(_field(batch.column(path[0]), path[1:])) for name in names for path in [self.paths[name]]}


def _field(array: Any, path: Sequence[str]) -> Any:
    return pc.struct_field(array, list(path)) if path else array


def plain(array: Any) -> Any:
    """The array in its storage type, decoded where few readers know the encoding."""
    if isinstance(array, pa.ExtensionArray):
        return plain(array.storage)
    if pa.types.is_run_end_encoded(array.type):
        return plain(pc.run_end_decode(array))
    if pa.types.is_dictionary(array.type):
        values = plain(array.dictionary)
        return array if values is array.dictionary else pa.DictionaryArray.from_arrays(array.indices, values)
    kind = _plain_type(array.type)
    return array if kind == array.type else array.cast(kind)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain_type(kind.value_type), kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return pa.large_list(_plain_type(kind.value_type)) if _is_list(kind) else kind
