"""The type of a column as a source declares it, from its type in Arrow."""

from __future__ import annotations

from onewarm.errors import InputError, needs
from onewarm.tables.source import Column, Source

with needs("onewarm.tables", "audit"):
    import pyarrow as pa


def column_of(kind: pa.DataType) -> Column:
    if pa.types.is_dictionary(kind):
        return column_of(kind.value_type)
    if pa.types.is_fixed_size_list(kind):
        return Column(column_of(kind.value_type).kind, kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return Column(column_of(kind.value_type).kind, None)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return Column("int")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind):  # null: only empty cells
        return Column("float")
    return Column("text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else "other")


def set_columns(source: Source, schema: pa.Schema) -> None:
    """Declare the columns of an Arrow schema. Raises ValueError where two have one name."""
    columns: dict[str, Column] = {}
    for field in schema:
        if field.name in columns:
            raise InputError(f"{source.name}: column {field.name!r} occurs twice; rename one")
        columns[field.name] = column_of(field.type)
    source.columns = columns
