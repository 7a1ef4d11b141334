"""Lists of structs go into a column and come back."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.datasets.columns import column, values

SPANS = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
ROWS = st.lists(st.none() | st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=3), max_size=6)


@settings(deadline=None, max_examples=50)
@given(ROWS)
def test_lists_of_structs_are_what_dictionaries_would_give(rows: list[list[tuple[int, int]] | None]) -> None:
    made = column(rows, SPANS)
    made.validate(full=True)
    slow = [None if r is None else [{"start": a, "end": b} for a, b in r] for r in rows]
    assert made.equals(pa.array(slow, SPANS))
    assert values(made) == [r or [] for r in rows]
    assert values(pa.chunked_array([made, made])) == 2 * [r or [] for r in rows]
    assert values(made.slice(1)) == [r or [] for r in rows[1:]]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        column([[(1, 2)], [(1, 2, 3)]], SPANS)
