"""The n-gram model: true probabilities, a page's own share taken away, and the same bytes every time."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.language import ngrams
from pipeline.language.alphabet import BREAK, PARAGRAPH, SIZE, encode
from pipeline.language.ngrams import (
    ORDER,
    NgramModel,
    add,
    build,
    count,
    empty_model,
    find,
    find_between,
    find_sorted,
    text_ids,
    train,
)

TEXTS = [
    "今年春耕期间，技术人员深入田间地头。\n为农户讲解施肥的要领。",
    "横跨青溪的新大桥昨日合龙，桥长一千二百米。",
    "城西小学的孩子们\n把旧报纸做成了环保时装。\n",
    "春耕生产全面展开，各地抢抓农时。春耕期间，大桥通车。",
]
PAGES = st.lists(st.text(st.sampled_from("春耕大桥新的。，\n0A"), max_size=30), max_size=6)


def contexts() -> list[str]:
    return ["", "春", "技术", "春耕期间", "昨日合龙", "没见过的", "，", "田间地头。", "桥长一千", "A0", "\ufffd\ufffd"]


def all_probabilities(model: NgramModel, context: str, own: object = None) -> np.ndarray:
    """P(x | context) for the whole alphabet, each asked in a row of its own."""
    ids = encode(context)[-(ORDER - 1) :]
    width = ORDER
    rows = np.full((SIZE, width), PARAGRAPH, dtype=np.uint16)
    rows[:, width - 1 - len(ids) : width - 1] = ids
    rows[:, -1] = np.arange(SIZE)
    return np.exp(model.logprobs(rows.ravel(), own).reshape(rows.shape)[:, -1])  # type: ignore[arg-type]


@pytest.mark.parametrize("context", contexts())
def test_probabilities_sum_to_one(context: str) -> None:
    p = all_probabilities(train(TEXTS), context)
    assert p.min() > 0
    # BREAK is no character: nothing is ever counted for it, so its share of the even spread is all that may be off
    assert float(p.sum()) == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize("context", contexts())
def test_probabilities_without_a_pages_own_share_sum_to_one(context: str) -> None:
    model = train(TEXTS)
    assert float(all_probabilities(model, context, model.own_counts(TEXTS[3])).sum()) == pytest.approx(1, abs=2e-4)


@settings(max_examples=25)
@given(PAGES.filter(lambda t: len(set(t)) == len(t) > 1), st.data())
def test_a_page_without_its_share_is_scored_as_if_never_read(texts: list[str], data: st.DataObject) -> None:
    page = data.draw(st.sampled_from(texts))
    model, without = train(texts), train([t for t in texts if t != page])
    own = model.own_counts(page)
    asked = data.draw(st.sampled_from([*texts, "春桥新的大耕，没见过。"]))
    ids = text_ids(asked)
    assert model.logprobs(ids, own) == pytest.approx(without.logprobs(ids), abs=1e-9)
    assert list(model.bigram_counts(ids, own)) == list(without.bigram_counts(ids))
    assert without.own_counts(page) is None


@settings(max_examples=25)
@given(PAGES.filter(lambda t: len(set(t)) == len(t) > 1), st.data())
def test_what_was_asked_before_of_a_share_makes_no_difference(texts: list[str], data: st.DataObject) -> None:
    page, other = texts[:2]
    model = train(texts)
    ids = text_ids(page)
    at_once = model.logprobs(ids, model.own_counts(page))
    model.own_counts(other)  # so that the share of the page is a new one
    own = model.own_counts(page)
    for _ in range(3):
        begin = data.draw(st.integers(0, max(0, len(ids) - 1)))
        model.logprobs(ids[begin : begin + data.draw(st.integers(1, 9))], own)
    assert np.array_equal(model.logprobs(ids, own), at_once)


@given(PAGES)
def test_the_order_of_the_texts_does_not_matter(texts: list[str]) -> None:
    one, other = train(texts), train(texts[::-1])
    assert one.model_id == other.model_id
    assert one.info == other.info


def test_the_model_id_is_that_of_the_content() -> None:
    assert train(TEXTS).model_id == train(iter(TEXTS)).model_id
    assert train(TEXTS).model_id != train(TEXTS[:3]).model_id
    assert len({train([t]).model_id for t in TEXTS}) == len(TEXTS)
    assert empty_model().model_id == train([]).model_id


@given(PAGES)
def test_counts_are_those_of_a_slow_count(texts: list[str]) -> None:
    slow: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(ORDER)]
    for text in texts:
        ids = [int(i) for i in text_ids(text)]
        for n in range(1, ORDER + 1):
            for i in range(len(ids) - n + 1):
                gram = tuple(ids[i : i + n])
                if BREAK not in gram and PARAGRAPH not in gram[1:-1]:
                    slow[n - 1][gram] += 1
    counted = count(texts)
    for n in range(1, ORDER + 1):
        keys = {sum(c * SIZE ** (n - 1 - k) for k, c in enumerate(gram)): m for gram, m in slow[n - 1].items()}
        found = zip(counted.keys[n - 1].tolist(), counted.counts[n - 1].tolist(), strict=True)
        assert dict(found) == keys


@given(PAGES, st.integers(0, 6))
def test_counts_add_up(texts: list[str], at: int) -> None:
    whole, parts = count(texts), add(count(texts[:at]), count(texts[at:]))
    for n in range(ORDER):
        assert np.array_equal(whole.keys[n], parts.keys[n])
        assert np.array_equal(whole.counts[n], parts.counts[n])


def test_a_model_counted_in_chunks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(TEXTS * 3)
    monkeypatch.setattr(ngrams, "_CHUNK", 10)
    assert train(TEXTS * 3).model_id == whole.model_id


def test_nothing_runs_over_a_hard_line_break() -> None:
    """A line that ends no sentence is a column's line or a head: what stands below it may be anything."""
    model = train(["城西小学\n环保时装。"])
    assert list(model.bigram_counts(encode("学环"))) == [0]
    assert list(model.bigram_counts(encode("小学"))) == [1]
    assert list(model.bigram_counts(encode("。\n"))) == [1], "a sentence's end ends the paragraph"
    assert list(model.bigram_counts(encode("学\n"))) == [0]
    assert list(train(["甲。", "乙。"]).bigram_counts(encode("。乙"))) == [0], "nor from text to text"


def test_what_was_read_is_likelier() -> None:
    model = train(TEXTS)
    read, other = text_ids("今年春耕期间"), text_ids("年今耕春间期")
    assert model.logprobs(read).sum() > model.logprobs(other).sum() + 10
    assert (model.perplexity(TEXTS) or 0) < (model.perplexity(["龙的传人与海洋的故事。"]) or 0)
    assert model.perplexity([]) is None


def test_an_empty_model_knows_nothing_and_says_so() -> None:
    model = empty_model()
    assert model.n_chars == 0
    assert model.logprobs(encode("春耕")) == pytest.approx([-math.log(SIZE)] * 2)
    assert model.own_counts("春耕") is None
    assert list(model.bigram_counts(encode("春耕"))) == [0]


def test_a_saved_model_is_mapped_into_memory_and_scores_alike(tmp_path: Path) -> None:
    model = train(TEXTS)
    model.save(tmp_path / "a")
    model.save(tmp_path / "b")
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    loaded = NgramModel.load(tmp_path / "a")
    assert isinstance(loaded.grams.keys[4].base, np.memmap)
    assert (loaded.model_id, loaded.n_chars, loaded.info) == (model.model_id, model.n_chars, model.info)
    ids = text_ids(TEXTS[0])
    assert np.array_equal(
        loaded.logprobs(ids, loaded.own_counts(TEXTS[0])), model.logprobs(ids, model.own_counts(TEXTS[0]))
    )


def test_an_empty_model_can_be_saved(tmp_path: Path) -> None:
    empty_model().save(tmp_path)
    assert NgramModel.load(tmp_path).logprobs(encode("春")) == pytest.approx([-math.log(SIZE)])


def test_counts_alone_make_the_model() -> None:
    model = train(TEXTS)
    assert build(model.grams, model.seen, model.lines, model.line_texts, len(TEXTS)).model_id == model.model_id


@given(st.lists(st.integers(0, 50), unique=True), st.lists(st.integers(0, 60)))
def test_finding_keys(table: list[int], wanted: list[int]) -> None:
    keys = np.array(sorted(table), dtype=np.uint64)
    places = find(keys, np.array(wanted, dtype=np.uint64))
    assert [sorted(table)[p] if p >= 0 else None for p in places] == [w if w in table else None for w in wanted]


@given(st.sets(st.integers(0, 60)), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))))
def test_finding_keys_in_parts_of_a_table(table: set[int], asked: list[tuple[int, int, int]]) -> None:
    keys = np.array(sorted(table), dtype=np.uint64)
    parts = [(min(a, b, len(keys)), min(max(a, b), len(keys)), wanted) for a, b, wanted in asked]
    first, last, wanted = (np.array(column, dtype=np.int64) for column in zip(*parts, strict=True)) if parts else [
        np.zeros(0, dtype=np.int64)
    ] * 3  # fmt: skip
    found = find_between(keys, first, last, wanted.astype(np.uint64)).tolist()
    assert found == [next((i for i in range(a, b) if keys[i] == w), -1) for a, b, w in parts]


@given(PAGES)
def test_an_n_gram_is_found_from_its_beginning(texts: list[str]) -> None:
    model = train(texts)
    for n in range(2, ORDER + 1):
        keys = model.grams.keys[n - 1]
        beginnings = find_sorted(model.grams.keys[n - 2], keys // np.uint64(SIZE))
        assert (beginnings >= 0).all()
        assert model.find(keys, n, beginnings).tolist() == list(range(len(keys)))
        assert model.find(keys, n, np.full(len(keys), -1)).tolist() == list(range(len(keys)))
        assert (model.find(keys[:-1] + np.uint64(1), n, beginnings[:-1]) >= -1).all()
        followed = np.bincount(beginnings, minlength=len(model.grams.keys[n - 2]))
        assert model.kinds(np.arange(len(followed)), n - 1).tolist() == followed.tolist()


def test_a_model_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    model = train(TEXTS)
    model.save(tmp_path)
    for n in range(1, ORDER):
        starts = tmp_path / f"starts{n}.npy"
        np.save(tmp_path / f"kinds{n}.npy", np.diff(np.load(starts)).astype(np.uint32))
        starts.unlink()
    text = encode("春耕忙，农民抢种")
    assert NgramModel.load(tmp_path).logprobs(text).tolist() == model.logprobs(text).tolist()


def test_lines_that_recur_are_counted_by_text() -> None:
    """A column's name stands alone on many pages; a headline on one."""
    texts = [f"河湖故事\n第{n}座闸门开启\n水到了地头。\n河湖故事\n" for n in range(3)]
    model = train(texts)
    assert model.texts_with_line("河湖故事") == 3
    assert model.texts_with_line(" 河湖故事 ") == 3
    assert model.texts_with_line("第1座闸门开启") == 0
    assert model.texts_with_line("") == 0
