"""Columns as numbers: what the report counts and packs is many rows that say the same few things."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]


def coded(column: pa.ChunkedArray) -> tuple[Ints, list[Any]]:
    """A column as numbers of its values, and the values; null is -1, and the last of them."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, [*encoded.dictionary.to_pylist(), None]


def flattened(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """The values of a list column end to end, and where each row's begin (one more at the end)."""
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return lists.flatten(), offsets - offsets[0] if len(offsets) else np.zeros(1, dtype=np.int64)


def numbered(*columns: Ints) -> tuple[Ints, Ints]:
    """Rows that are equal in all columns get the same number; and the first row of each number."""
    mixed = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _, codes = np.unique(column, return_inverse=True)
        mixed = mixed * (int(codes.max(initial=0)) + 1) + codes
        _, mixed = np.unique(mixed, return_inverse=True)  # small again, so that nothing runs over
    _, first, numbers = np.unique(mixed, return_index=True, return_inverse=True)
    return numbers.astype(np.int64), first.astype(np.int64)
