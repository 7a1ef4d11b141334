"""Seams: which blocks can go on which, and what speaks for it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.lines import Block
from pipeline.text.models import Models
from pipeline.text.reader import Reader
from pipeline.text.roles import Typed, type_blocks
from pipeline.text.seams import LOOK_AHEAD, Seam, can_break_off, can_go_on, is_running, score_seams
from pipeline.text.spans import Span


def typed_of(texts: list[str], models: Models) -> list[Typed]:
    blocks, at = [], 0
    for n, text in enumerate(texts):
        blocks.append(Block((Span(at, at + len(text)),), text, 2 * n, 2 * n, 1))
        at += len(text) + 2
    return type_blocks(blocks, models.names.surnames)


def seams_of(texts: list[str], models: Models) -> dict[tuple[int, int], Seam]:
    return score_seams(typed_of(texts, models), Reader("", models), models.weights)


BROKEN = "会议提出“优化区域经济布局，保障和改善民生，促"
REST = "进区域协调发展”，同时强调巩固动力源作用。"
OTHER = "昨日，万丽宾馆座无虚席，近五百位代表齐聚一堂。"


@pytest.mark.parametrize(
    ("text", "breaks", "goes_on"),
    [
        (BROKEN, True, True),
        (OTHER, False, True),
        ("两大数据载体落地", True, True),
        ("■记者 张三", False, False),
        ("本报讯（记者 张三）昨日，", True, False),
        ("（上接第1版）", False, False),
        ("责任编辑 张三", False, False),
    ],
)
def test_what_can_break_off_and_go_on(text: str, breaks: bool, goes_on: bool, models: Models) -> None:
    [typed] = typed_of([text], models)
    assert (can_break_off(typed), can_go_on(typed)) == (breaks, goes_on)


def test_a_sentence_finds_its_second_half(models: Models) -> None:
    seams = seams_of([BROKEN, "■记者 张三", OTHER, OTHER, REST], models)
    assert max(seams.values(), key=lambda s: s.score) is seams[0, 4]
    assert seams[0, 4].features["quote_matched"] == 1
    assert seams[0, 4].features["word"] > 0
    assert seams[0, 4].probability > seams[0, 2].probability
    assert (2, 4) not in seams, "an ended paragraph breaks off nowhere"
    assert (4, 0) not in seams, "only a residue goes backwards"


def test_seams_reach_so_far_and_no_further(models: Models) -> None:
    texts = [BROKEN, *[OTHER] * (LOOK_AHEAD + 3), REST]
    seams = seams_of(texts, models)
    assert (0, LOOK_AHEAD) in seams
    assert not any(b - a > LOOK_AHEAD for a, b in seams)


def test_running_text() -> None:
    assert is_running("春耕开始了。农户正忙")
    assert is_running("春" * 70)
    assert not is_running("春耕开始了")
    assert not is_running("春" * 70 + "：")


LINES = st.sampled_from(
    [BROKEN, REST, OTHER, "两大数据载体落地", "■记者 张三", "他说：“好", "促", "”", "AI Lab", "（下转4版）"]
)


@given(texts=st.lists(LINES, max_size=8))
def test_scores_are_finite_sums_of_inspectable_features(texts: list[str], models: Models) -> None:
    for (a, b), seam in seams_of(texts, models).items():
        assert (seam.left, seam.right) == (a, b)
        assert all(math.isfinite(v) for v in seam.features.values())
        weighed = sum(models.weights.get(f"seam.{k}", 0.0) * v for k, v in seam.features.items())
        assert seam.score == pytest.approx(weighed)
        assert 0 <= seam.probability <= 1
