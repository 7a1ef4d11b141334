"""The head grammar: label* kicker? headline subhead* heading*."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from material.load import invented_pages

from pipeline.language.weights import load_weights
from pipeline.text.heads import TAGS, HeadLine, all_readings, is_column_name, line_features, read_head
from pipeline.text.models import Models
from pipeline.text.reader import Reader

WEIGHTS = load_weights("small")
GRAMMAR = re.compile(
    r"(label )*(kicker (kicker\+ )*)?headline (headline\+ ){0,2}(subhead (subhead\+ |subhead )*)?(heading )*"
)
LINES = st.sampled_from(
    ["春耕进行时", "四中全会精神在基层", "协同创新，让数据链上算力奔流", "——某市春耕侧记", "本期关注：", "一线故事",
     "谁在领跑？", "【观察】", "一、加强领导", "“她力量”崛起 谁在领跑", "公告", "A", "\ufffd", "核心阅读"]
)  # fmt: skip


def nothing(left: str, right: str) -> float:
    return 0.0


def heads(*texts: str) -> list[HeadLine]:
    return [HeadLine(t) for t in texts]


@pytest.mark.parametrize("n", range(1, 6))
def test_all_readings_are_those_of_the_grammar(n: int) -> None:
    import itertools

    fits = {r for r in itertools.product(TAGS, repeat=n) if GRAMMAR.fullmatch(" ".join(r) + " ")}
    fits = {r for r in fits if "label" not in r[3:]}  # a label stands among the first three lines
    assert set(all_readings(n)) == fits
    assert len(all_readings(n)) == len(fits)


@given(st.lists(LINES, min_size=1, max_size=11), st.booleans())
def test_any_head_is_read_by_the_grammar(texts: list[str], weighed: bool) -> None:
    tags, probability = read_head(heads(*texts), WEIGHTS if weighed else {}, nothing, "春耕开始了。")
    assert len(tags) == len(texts)
    assert GRAMMAR.fullmatch(" ".join(tags) + " ")
    assert 0 < probability <= 1


def test_no_line_no_head() -> None:
    assert read_head([], WEIGHTS, nothing) == ((), 1.0)


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize(
    ("texts", "tags"),
    [
        (["省政府召开春耕工作会议强调", "抓紧抓实春季农业生产"], ("kicker", "headline")),
        (["市委发出通知要求", "把防汛责任落到每一个人"], ("kicker", "headline")),
        (["山村教师的丰收季 孩子们的新课堂", "讲述人：张明"], ("headline", "heading")),
    ],
)
def test_a_verb_of_saying_leads_on_to_the_headline_and_a_speaker_stands_below_it(
    texts: list[str], tags: tuple[str, ...], size: str
) -> None:
    assert read_head(heads(*texts), load_weights(size), lambda left, right: -1.0)[0] == tags


@given(st.lists(LINES, min_size=1, max_size=4))
def test_the_probability_is_a_share_of_all_readings(texts: list[str]) -> None:
    _, even = read_head(heads(*texts), {}, nothing)
    assert even == pytest.approx(1 / len(all_readings(len(texts))))


@given(st.lists(LINES, min_size=1, max_size=6))
def test_every_tag_has_its_features_and_only_lines_that_go_on_tell_of_the_line_before(texts: list[str]) -> None:
    for i in range(len(texts)):
        features = line_features(heads(*texts), i, lambda left, right: 1.0, "")
        assert set(features) == set(TAGS)
        assert {tag for tag in TAGS if "runs_on" in features[tag]} == {t for t in TAGS if i and t.endswith("+")}


@pytest.mark.parametrize(
    ("texts", "tags"),
    [
        (["天气回暖"], ["headline"]),
        (["药品集采结果公布", "——某市医保改革侧记"], ["headline", "subhead"]),
        (["一线故事", "“算力农田”放飞新梦想"], ["label", "headline"]),
    ],
)
def test_plain_heads(texts: list[str], tags: list[str]) -> None:
    assert read_head(heads(*texts), WEIGHTS, nothing, "上午9时，会议开始。")[0] == tuple(tags)


@pytest.mark.parametrize("name", ["一线故事", "新春走基层", "记者观察", "民生热线·问答", "行业动态", "代表委员有话说"])
def test_names_of_columns(name: str) -> None:
    assert is_column_name(name)


@pytest.mark.parametrize("name", ["药价最高降幅达93%", "协同创新，让数据链上算力奔流", "公告", "春耕"])
def test_what_is_no_column_name(name: str) -> None:
    assert not is_column_name(name)


def test_most_headlines_of_the_invented_pages_are_read_right(models: Models) -> None:
    """Heads as the gold has them, alone: the grammar and its weights without the rest of the pipeline."""
    reader = Reader("", models)
    right = total = 0
    for page in invented_pages("in_the_wild", "synthetic"):
        for article in page.gold["articles"]:
            above = [s for s in article["segments"] if s["role"] in ("label", "kicker", "headline", "subhead")]
            body = next((s["text"] for s in article["segments"] if s["role"] == "body"), "")
            if not any(s["role"] == "headline" for s in above) or any(len(s["raw_spans"]) > 1 for s in above):
                continue
            tags, _ = read_head(heads(*(s["text"] for s in above)), models.weights, reader.runs_on, body)
            found = {s["text"] for s, tag in zip(above, tags, strict=True) if tag.startswith("headline")}
            right += found == {s["text"] for s in above if s["role"] == "headline"}
            total += 1
    assert total > 80
    assert right / total > 0.75
