"""Doubtful places and their candidates: what is kept between rounds is what would be looked up again."""

from __future__ import annotations

import random

import numpy as np
from correction_pages import passages

from pipeline.language.confusables import read_rows
from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.text.candidates import UNASKED, PageIds, Support, crowded, doubtful

SENTENCES = [s for row in read_rows() for s in (*row.examples_a, *row.examples_b)]
#: Every sentence stands in three texts.
TABLES = load_models(train("\n".join(SENTENCES[n::k]) for k in (5, 6, 7) for n in range(k))).substitutions
PAGE = "\n".join(SENTENCES[:60])


def test_after_corrections_only_what_they_touch_is_looked_up_again() -> None:
    chance = random.Random(1)
    ids = PageIds(passages(PAGE), PAGE, TABLES).ids
    kept = Support.of(ids, TABLES)
    every = np.ones(len(ids) - 2, dtype=np.bool_)
    for corrected in (0, 1, 2, 7):
        ids = ids.copy()
        at = [i for i in range(len(ids)) if ids[i] >= TABLES.first_hanzi]
        for i in chance.sample(at, corrected):
            ids[i] = chance.choice(ids[at])
        before, kept = kept, Support.of(ids, TABLES, kept)
        anew = Support.of(ids, TABLES)
        assert np.array_equal(kept.pairs, anew.pairs)
        forgotten = (before.trigrams != UNASKED) & (kept.trigrams == UNASKED)
        assert forgotten.sum() <= 3 * corrected
        assert np.array_equal(kept.count(every, TABLES), anew.count(every, TABLES))
        assert np.array_equal(doubtful(kept, TABLES, own=True), doubtful(anew, TABLES, own=True))


def test_a_row_of_another_length_is_looked_up_anew() -> None:
    ids = PageIds(passages(PAGE), PAGE, TABLES).ids
    kept = Support.of(ids, TABLES)
    assert np.array_equal(Support.of(ids[5:], TABLES, kept).pairs, Support.of(ids[5:], TABLES).pairs)


def test_a_wrong_hanzi_is_doubtful_and_a_right_one_beside_it_hardly() -> None:
    sentence = max(SENTENCES[:60], key=len)
    middle = len(sentence) // 2
    wrong = PAGE.replace(sentence, sentence[:middle] + "饕" + sentence[middle + 1 :], 1)
    page = PageIds(passages(wrong), wrong, TABLES)
    found = set(doubtful(Support.of(page.ids, TABLES), TABLES, own=False).tolist())
    assert page.text.index("饕") in found
    assert len(found) < len(page.ids) // 2


def test_crowded_never_counts_too_few() -> None:
    keys = np.array([7, 7, 9, 7, 2**40, 9], dtype=np.int64)
    assert (crowded(keys) >= [3, 3, 2, 3, 1, 2]).all()


def test_hanzi_that_are_not_as_printed_are_counted() -> None:
    page = PageIds(passages(PAGE), PAGE, TABLES)
    assert page.corrected() == 0
    raw = PAGE.replace(PAGE[3], "龘", 1)
    assert PageIds(passages(PAGE), raw, TABLES).corrected() == 1
