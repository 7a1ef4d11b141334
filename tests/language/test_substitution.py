"""What the models say of a character in another's place."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from pipeline.language.alphabet import SIZE
from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.language.substitution import PageShare

#: Few characters, and many lines that begin with spaces or end without a mark.
CHARS = "春耕大桥新的。，\n 0A"


def text(seed: int, length: int) -> str:
    return "".join(random.Random(seed).choices(CHARS, k=length))


def test_how_often_the_page_itself_holds_the_three_characters() -> None:
    page = text(1, 400)
    tables = load_models(train([page, text(2, 400)])).substitutions
    ids = tables.encode(page)
    rows = np.stack([*(ids[i : i + 9] for i in range(len(ids) - 8)), *(tables.encode(text(n, 9)) for n in range(500))])
    found = tables.read(rows, tables.share_of(page)).own[1]
    times = Counter(tuple(ids[i : i + 3].tolist()) for i in range(len(ids) - 2))
    expected = [[times[tuple(row[start : start + 3].tolist())] for start in (2, 3, 4)] for row in rows]
    assert found.tolist() == expected


@pytest.mark.parametrize("length", range(6))
def test_the_shortest_pages_have_a_share(length: int) -> None:
    share = PageShare(np.full(length, 50, dtype=np.uint16))
    for n in range(1, 6):
        key = np.array([sum(50 * SIZE**k for k in range(n))], dtype=np.uint64)
        assert share.count(key, n).tolist() == [max(0, length - n + 1)]


def test_all_that_stood_between_two_characters() -> None:
    model = train([text(3, 300)])
    tables = load_models(model).substitutions
    keys, counts = model.grams.keys[2], model.grams.counts[2]
    size = np.uint64(tables.n_characters)
    first, middle, last = keys // (size * size), keys // size % size, keys % size
    a, b = tables.encode(CHARS).repeat(len(CHARS)), np.tile(tables.encode(CHARS), len(CHARS))
    of, chars = tables.fillers(a, b, 200)
    kinds, times = tables.slots(a, b)
    for n, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        there = (first == x) & (last == y) & (middle >= tables.first_hanzi)
        assert chars[of == n].tolist() == middle[there].tolist()
        assert (kinds[n], times[n]) == (there.sum(), counts[there].sum())
