"""The story decoder: every block is placed once, by rules that hold always."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from material.load import GoldPage, invented_pages

from pipeline.text.decisions import REACH, Prospects, Way
from pipeline.text.models import Models
from pipeline.text.normalise import clean_characters
from pipeline.text.profile import CleaningProfile
from pipeline.text.segment import Read, read_page
from pipeline.text.stories import Book, Placing, tell
from pipeline.text.surroundings import Story
from pipeline.text.weights import Weights

PAGES = invented_pages()


def read(text: str, models: Models, profile: CleaningProfile) -> Read:
    return read_page(text, clean_characters(text, models.script, profile), models, profile)


def assert_placed(page: Read, placings: list[Placing]) -> None:
    typed = page.around.typed
    assert [p.block for p in placings] == [i for i, t in enumerate(typed) if t.kind != "furniture"]
    started: set[int] = set()
    continued: set[int] = set()
    for p in placings:
        assert 0 < p.confidence <= 1 + 1e-9
        if p.move == "new":
            assert p.story not in started, "a story begins once"
            started.add(p.story)
        assert p.story in started
        assert (p.of is not None) == (p.move == "join")
        if p.of is not None:
            assert p.of not in continued, "a sentence goes on once"
            assert not typed[p.of].block.ended
            assert (p.of, p.block) in page.around.seams
            continued.add(p.of)
        if typed[p.block].kind == "byline":
            assert p.move in ("new", "byline")
        if typed[p.block].kind in ("marker_from", "marker_to"):
            assert p.move in ("new", "marker")
        if p.move in ("head", "late_head", "heading"):
            assert typed[p.block].kind in ("short", "body")
    assert started == set(range(len(started)))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_block_of_the_invented_pages_is_placed_once(
    page: GoldPage, models: Models, profile: CleaningProfile
) -> None:
    found = read(page.raw, models, profile)
    assert_placed(found, tell(found.around, models.weights))


LINES = st.sampled_from(
    ["天气回暖", "春耕进行时", "■记者 张三", "记者 李四 摄", "（上接第1版）", "（下转4版）", "责任编辑 王五",
     "春耕开始了。", "提出“优化布局，促", "进协调发展”，会议说。", "本报讯（记者 张三）昨日，天气回暖。",
     "同时强调，", "谁在领跑？"]
)  # fmt: skip


@settings(max_examples=60)
@given(lines=st.lists(LINES, max_size=14), weighed=st.booleans())
def test_any_page_is_placed(lines: list[str], weighed: bool, models: Models, profile: CleaningProfile) -> None:
    found = read("\n".join(lines), models, profile)
    assert_placed(found, tell(found.around, models.weights if weighed else {}))


@settings(max_examples=30)
@given(lines=st.lists(LINES, min_size=1, max_size=8), data=st.data())
def test_there_is_always_a_choice(
    lines: list[str], data: st.DataObject, models: Models, profile: CleaningProfile
) -> None:
    """Along any history, not only the likeliest."""
    around = read("\n".join(lines), models, profile).around
    stories: tuple[Story, ...] = ()
    current = -1
    prospects, book = Prospects(around, Weights(models.weights)), Book(around)
    for i, typed in enumerate(around.typed):
        if typed.kind == "furniture":
            continue
        found = prospects.choices(i, stories, current)
        assert found[0].way.move == "new"
        keys = [(c.way.move, c.story, c.way.of) for c in found]
        assert len(set(keys)) == len(keys)
        for choice in found:
            weighed = sum(models.weights.get(k, 0.0) * v for k, v in choice.features.items())
            assert choice.score == pytest.approx(weighed, abs=1e-9), "scored as its features say"
        chosen = data.draw(st.sampled_from(found))
        stories, current = book.place(stories, i, chosen.way, chosen.story)
        assert i in next(s for s in stories if s.number == current).blocks
    placed = [b for s in stories for b in s.blocks]
    assert sorted(placed) == [i for i, t in enumerate(around.typed) if t.kind != "furniture"]


@pytest.mark.parametrize("page", PAGES[:3], ids=lambda p: p.name)
def test_a_story_remembers_what_its_blocks_share_with_those_to_come(
    page: GoldPage, models: Models, profile: CleaningProfile
) -> None:
    around = read(page.raw, models, profile).around
    book = Book(around)
    stories: tuple[Story, ...] = ()
    for p in tell(around, models.weights):
        known = p.story if any(s.number == p.story for s in stories) else -1
        stories, number = book.place(stories, p.block, Way(p.move, p.of, (), 0.0), known)
        story = next(s for s in stories if s.number == number)
        total = sum(around.topics.dot(a, b) for a in story.blocks for b in story.blocks if a != b)
        assert story.norm == pytest.approx(sum(around.norms[b] ** 2 for b in story.blocks) + total, rel=1e-4)
        for b in range(p.block + 1, len(around.typed)):
            for row, topics in enumerate((around.topics, around.names)):
                assert story.common[row, b] == pytest.approx(sum(topics.dot(a, b) for a in story.blocks), rel=1e-6)


def test_stories_left_long_ago_are_closed(models: Models, profile: CleaningProfile) -> None:
    """So that the cost of a page grows with its length and not with its square; their numbers are not used again."""
    around = read("\n".join(f"第{n}条新闻今天发布了。" for n in range(3 * REACH)), models, profile).around
    prospects, book = Prospects(around, Weights({})), Book(around)
    stories: tuple[Story, ...] = ()
    numbers = []
    for i in range(len(around.typed)):
        new = prospects.choices(i, stories, i - 1)[0]
        stories, number = book.place(stories, i, new.way, new.story)
        numbers.append(number)
        assert len(stories) <= REACH + 1
    assert numbers == list(range(len(around.typed)))


def test_a_wider_beam_finds_likelier_histories(models: Models, profile: CleaningProfile) -> None:
    """On the whole: on a single page the narrow one may be lucky."""
    arounds = [read(page.raw, models, profile).around for page in PAGES[:6]]
    narrow, wide = (
        sum(math.log(p.confidence) for around in arounds for p in tell(around, models.weights, beam)) for beam in (1, 8)
    )
    assert wide >= narrow


def test_an_empty_page_tells_nothing(models: Models, profile: CleaningProfile) -> None:
    assert tell(read("", models, profile).around, models.weights) == []
