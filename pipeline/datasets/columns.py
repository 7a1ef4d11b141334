"""Arrow columns straight from Python values, and back: lists of structs flat, never a dictionary a row.

A list of structs is here a sequence of tuples, in the order of the struct's fields; None is a missing list.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from typing import Any

import pyarrow as pa


def column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """An array of the type `kind`, one entry a value."""
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return pa.array(values, kind)
    struct, missing = kind.value_type, None in values
    lists = [v or () for v in values] if missing else values
    flat = list(zip(*chain.from_iterable(lists), strict=True)) or [()] * struct.num_fields
    parts = [pa.array(part, of.type) for part, of in zip(flat, struct, strict=True)]
    return pa.ListArray.from_arrays(
        pa.array([0, *accumulate(map(len, lists))], pa.int32()),
        pa.StructArray.from_arrays(parts, fields=list(struct)),
        type=kind,
        mask=pa.array([v is None for v in values], pa.bool_()) if missing else None,
    )


def values(array: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The values of a column again; a list of structs as a list of tuples, a missing one as an empty list.

    >>> kind = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
    >>> values(column([[(1, 2), (5, 7)], None, []], kind))
    [[(1, 2), (5, 7)], [], []]
    """
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if not (pa.types.is_list(whole.type) and pa.types.is_struct(whole.type.value_type)):
        return list(whole.to_pylist())
    inner = whole.values
    rows = list(zip(*(inner.field(n).to_pylist() for n in range(inner.type.num_fields)), strict=True))
    borders = whole.offsets.to_pylist()
    return [rows[start:end] for start, end in pairwise(borders)]
