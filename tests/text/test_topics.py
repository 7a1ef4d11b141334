"""Likeness of blocks: a cosine, the same as a slow one."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.models import Models
from pipeline.text.reader import Reader
from pipeline.text.topics import Topics

BLOCKS = st.lists(st.text(st.sampled_from("春耕大桥通车农业技术A，。 1"), max_size=20), max_size=8)


def topics_of(texts: list[str], models: Models) -> Topics:
    return Topics.of_page(texts, Reader("", models))[0]


def slow_dots(texts: list[str], models: Models) -> np.ndarray:
    """TF-IDF over pairs of hanzi, by the book."""
    reader, n = Reader("", models), len(texts)

    def hanzi(c: str) -> bool:
        return "\u3400" <= c <= "\u9fff"

    pairs = [Counter(a + b for a, b in itertools.pairwise(t) if hanzi(a) and hanzi(b)) for t in texts]
    df = Counter(p for c in pairs for p in c)
    weight = {p: float(reader.bigram_rarity(p)[0]) ** 2 * math.log((n + 1) / df[p]) / math.log(n + 1) for p in df}
    return np.array(
        [
            [
                sum(math.log1p(a[p]) * weight[p] * math.log1p(b[p]) * weight[p] for p in a.keys() & b.keys())
                for b in pairs
            ]
            for a in pairs
        ]
    )


@given(texts=BLOCKS)
def test_dot_products_are_those_of_the_slow_way(texts: list[str], models: Models) -> None:
    topics, slow = topics_of(texts, models), slow_dots(texts, models)
    for i in range(len(texts)):
        assert topics.norms[i] ** 2 == pytest.approx(slow[i][i], rel=1e-4, abs=1e-6)
        for j in range(i):
            assert topics.dot(i, j) == topics.dot(j, i) == pytest.approx(slow[i][j], rel=1e-4, abs=1e-6)


def test_blocks_of_one_topic_are_alike(models: Models) -> None:
    topics = topics_of(["青溪大桥昨日合龙，大桥明年通车。", "农业技术人员指导春耕。", "大桥合龙后两岸通车。"], models)
    assert topics.dot(2, 0) > topics.dot(1, 0) == 0


def test_a_page_without_text(models: Models) -> None:
    assert list(topics_of([], models).norms) == []
    assert list(topics_of(["", "A"], models).norms) == [0, 0]


def test_blocks_far_apart_are_not_compared(models: Models) -> None:
    """Cost grows with the page, not with its square."""
    texts = [f"第{n}段说的是青溪大桥。" for n in range(900)]
    topics = topics_of(texts, models)
    assert topics.dot(1, 0) > 0
    assert topics.dot(899, 0) == 0
