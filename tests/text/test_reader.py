"""The language model as the steps use it: neutral while it knows nothing, useful once it does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from material.load import invented_pages

from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.text.models import Models
from pipeline.text.reader import Reader, word_across

PAGES = [p.raw for p in invented_pages()]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def taught() -> Iterator[Models]:
    """Models that have read the invented pages and take themselves for experienced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.text.reader.LEAST_TEXT", 1000)
        yield load_models(train(PAGES))


def test_an_ignorant_model_is_neutral(models: Models) -> None:
    reader = Reader("春耕开始了。", models)
    assert not reader.knows_anything
    assert reader.seam_scores([("促", "进"), ("甲", "乙")]).tolist() == [[0.0, 0.0, 0.0, 0.0]] * 2
    assert reader.seam_scores([]).shape == (0, 4)
    assert not any(reader.objects([("春耕", "开始")]))
    assert reader.badness("长长的一段话") < reader.badness("一段话"), "the longer copy is the better one"


def test_words_are_known_from_the_start(models: Models) -> None:
    reader = Reader("", models)
    assert reader.crosses_word("布局，促", "进区域") > 0
    assert reader.crosses_word("天气回暖", "■记者") == 0
    assert reader.runs_on("布局，促", "进区域") > 0


@given(TEXTS, TEXTS)
def test_the_commonest_word_across_a_seam(left: str, right: str) -> None:
    words = {"促进": 7, "区域": 9, "进区域": 3}

    class Words:
        def frequency(self, word: str) -> int:
            return words.get(word, 0)

    expected = max(
        (n for w, n in words.items() for i in range(1, len(w)) if left.endswith(w[:i]) and right.startswith(w[i:])),
        default=0,
    )
    assert word_across(Words(), left, right) == expected
    assert word_across(Words(), left + "促", "进区域" + right) == 7


def test_a_taught_model_likes_what_it_read(taught: Models) -> None:
    page = PAGES[0]
    sentence = max(page.splitlines(), key=len)
    left, right = sentence[:20], sentence[20:40]
    reader = Reader("另一页", taught)
    assert reader.knows_anything
    short, long, end, start = reader.seam_scores([(left, right)])[0]
    assert long > reader.seam_scores([(left, sentence[50:70])])[0][1]
    assert all(np.isfinite([short, long, end, start]))
    assert reader.badness(sentence) < reader.badness(sentence[::-1])


def test_a_page_does_not_confirm_itself(taught: Models) -> None:
    page = PAGES[0]
    sentence = max(page.splitlines(), key=len)
    assert Reader(page, taught).badness(sentence) > Reader("另一页", taught).badness(sentence) + 0.5


@given(left=TEXTS, right=TEXTS)
def test_scores_are_finite_and_independent_of_their_company(left: str, right: str, taught: Models) -> None:
    reader = Reader("", taught)
    alone = reader.seam_scores([(left, right)])
    assert np.isfinite(alone).all()
    assert reader.seam_scores([("促", "进"), (left, right), (right, left)])[1] == pytest.approx(alone[0])


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=2, max_size=30))
def test_rarity_is_a_share(text: str, taught: Models) -> None:
    rarity = Reader("", taught).bigram_rarity(text)
    assert len(rarity) == len(text) - 1
    assert ((rarity >= 0) & (rarity <= 1)).all()


@given(texts=st.lists(TEXTS | st.sampled_from(["布局，促", "进区域", "一衣带", "水"]), min_size=1, max_size=5))
def test_many_pairs_of_the_same_texts_read_as_one_by_one(texts: list[str], taught: Models) -> None:
    pairs = [(a, b) for a in range(len(texts)) for b in range(len(texts))]
    left, right = np.array(pairs).T
    words = Reader("", taught).words_across(texts, left, right)
    assert words == pytest.approx([Reader("", taught).crosses_word(texts[a], texts[b]) for a, b in pairs])
    alone = Reader("", taught).seam_scores([(texts[a], texts[b]) for a, b in pairs])
    least = np.where(left == right, 0.5, -np.inf)
    together = Reader("", taught).seams_between(texts, left, right, least)
    whole = alone[:, 0] >= least
    assert together[whole] == pytest.approx(alone[whole])
    assert (together[~whole, 1] == together[~whole, 0]).all(), "read no further"
