"""A whole page: nothing lost, everything undone, the same every time. The oracle is the invariants' own check."""

from __future__ import annotations

import itertools
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from material.load import GoldPage, invented_pages

from pipeline.datasets.invariants import check_page
from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.language.weights import load_weights
from pipeline.text.document import CleanPage, Page
from pipeline.text.models import Models
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile
from pipeline.text.spans import Span, render, rendered_edits

PAGES = invented_pages()
#: More by hand: BANMIAN_EXAMPLES=20000 pytest tests/text/test_page.py
EXAMPLES = int(os.environ.get("BANMIAN_EXAMPLES", "240"))

# --- newspaper-like text -------------------------------------------------------------------------------------------

_NAMES = ["张立平", "李 娜", "欧阳雨桐", "阿不都·热合曼", "王芳"]
_CLAUSES = [
    "昨日,全市春耕工作会议在县里召开",
    "记者张立平从市气象台获悉",
    "他说:“今天天气很好!”",
    "优勢互補，协同发展",
    "優化區域經濟佈局，促進協調發展",
    "記者從氣象臺獲悉，裏程碑式的頭髮護理",
    "記憶體和伺服器--數據鏈條⋯⋯連接着兩岸",
    "产值达3,000万元,同比增长4.5%",
    "这项技术由AI Lab研发",
    "“优化区域经济布局,促",
    "进区域协调发展”",
    "《人民的城市》（上）正式出版",
    "到二○二五年底……",
    "一、加强领导；二、落实责任",
]
_HEADS = [
    "天气回暖",
    "四中全会精神在基层",
    "协同创新,让数据跑起来",
    "——某市春耕侧记",
    "本期关注:",
    "一线故事",
    "【观察】",
    "“她力量”崛起 谁在领跑？",
    "公告",
    "A+Space",
    "安全生产 警钟长鸣",
]
_BYLINES = [
    "■记者 {}", "本报记者 {} 通讯员 {}", "记者 {} 摄", "（记者 {}）", "文/本报记者 {}", "新华社发（{}摄）",
    "国记耆 {}", "{}/文",
]  # fmt: skip
_MARKERS = [
    "（下转第四版）", "（上接第1版）", "(上接A3版)", "（详见3版）", "图为春耕现场。", "资料图片", "责任编辑 张三",
    "4", "第4版",
]  # fmt: skip
_ODD = [
    "", " ", "\u3000\u3000", "\u200b", "\x00", "\x1f", "\u180e", "😀", "\ue000", "\ufffd", "𠮷",
    ",", "”", "（", "\u0301", "…",
]  # fmt: skip
_BREAKS = [
    "\n", "\n\n", "\r\n", "\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", "\n \n",
    "\n\u3000\u3000", " \n\u200b",
]  # fmt: skip

SENTENCES = st.lists(st.sampled_from(_CLAUSES), min_size=1, max_size=6).map("，".join)
BODIES = st.builds(
    lambda lead, text, end: lead + text + end,
    st.sampled_from(["", "", "本报讯（记者 张立平）", "新华社北京12月25日电 ", "图为"]),
    SENTENCES,
    st.sampled_from(["。", "。", "！”", "", "，", "（记者 王芳）"]),
)
BYLINES = st.builds(
    lambda form, *names: form.format(*names),
    st.sampled_from(_BYLINES),
    st.sampled_from(_NAMES),
    st.sampled_from(_NAMES),
)
CHAOS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def newspaper_texts(draw: st.DrawFn) -> str:
    """Lines of all kinds with odd things between them; some lines come again, whole, in part or blended."""
    kinds = st.one_of(BODIES, BODIES, BODIES, BYLINES, *map(st.sampled_from, (_HEADS, _HEADS, _MARKERS, _ODD)), CHAOS)
    lines = draw(st.lists(kinds, max_size=16))
    for _ in range(draw(st.integers(0, 3)) if lines else 0):
        again = draw(st.sampled_from(sorted(lines, key=len)[-3:]))
        cut = draw(st.integers(min(len(again), 26), len(again)))
        tail = draw(st.sampled_from([again[cut:], "", draw(st.sampled_from(lines))[-40:], draw(BODIES), draw(BODIES)]))
        lines.insert(draw(st.integers(0, len(lines))), again[:cut] + tail)
    if draw(st.booleans()):  # columns
        width = draw(st.integers(10, 34))
        lines = [line[i : i + width] for line in lines for i in range(0, max(1, len(line)), width)]
    usual = draw(st.sampled_from(["\n", "\n\n", "\r\n"]))
    breaks = [draw(st.sampled_from(_BREAKS)) if draw(st.integers(0, 9)) == 0 else usual for _ in lines]
    odd = [draw(st.sampled_from(_ODD)) if draw(st.integers(0, 14)) == 0 else "" for _ in lines]
    return draw(st.sampled_from(["", "\n\n", "\ufeff"])) + "".join(
        itertools.chain.from_iterable(zip(odd, lines, odd[::-1], breaks, strict=True))
    )


TEXTS = st.one_of(newspaper_texts(), newspaper_texts(), st.text(st.characters(exclude_categories=["Cs"]), max_size=80))

PROFILES = st.builds(
    CleaningProfile,
    simplify_traditional_text=st.booleans(),
    normalise_marks=st.booleans(),
    correct=st.booleans(),
    join_threshold=st.sampled_from([0.0, 0.5, 1.0]),
    repeat_min_chars=st.sampled_from([8, 40]),
)

# --- what must hold ------------------------------------------------------------------------------------------------


def blank(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cf", "Cc")


def assert_sound(clean: CleanPage) -> None:
    """The promises, once through the pipeline's own check and once in plain words."""
    text = clean.page.text
    assert check_page(clean) == []
    held = Counter(i for a in clean.articles for p in a.paragraphs for s in p.spans for i in range(*s))
    for spans in [*(d.spans for d in clean.duplicates), *(o.spans for o in clean.orphans)]:
        held.update(i for s in spans for i in range(*s))
    assert all(held[i] == 1 for i, c in enumerate(text) if not blank(c))
    assert all(n == 1 for n in held.values())
    edits = rendered_edits(clean.edits)
    for a in clean.articles:
        first = next((p for p in a.paragraphs if p.role == "headline"), None)
        if first:
            assert a.article_id == f"{clean.page.page_id}@{first.spans[0].start}"
        for p in a.paragraphs:
            assert p.text == render(text, p.spans, edits)
            seams = [(x.end, y.start) for x, y in itertools.pairwise(p.spans)]
            assert [(j.raw_end, j.raw_start) for j in p.joins] == seams
            assert not any("\n" in text[s.start : s.end] for s in p.spans)
    assert all(text[e.start : e.end] == e.before for e in clean.edits)
    assert all(a.end <= b.start for a, b in itertools.pairwise(edits))
    for e in edits:
        assert all(held[i] for i in range(e.start, e.end) if not blank(text[i])), "an edit of text that nobody keeps"
    assert all(s[1] <= len(text) for d in clean.duplicates for s in (*d.kept_spans, *d.residue_spans))


def clean_of(text: str, models: Models, profile: CleaningProfile) -> CleanPage:
    return clean_page(Page("issue/p", text), models, profile)


@settings(max_examples=EXAMPLES)
@given(text=TEXTS)
def test_any_text_gives_a_sound_page(text: str, models: Models, profile: CleaningProfile) -> None:
    assert_sound(clean_of(text, models, profile))


@pytest.fixture(scope="module")
def taught(models: Models) -> Iterator[Models]:
    """Models that have read the invented pages and take themselves for experienced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.text.reader.LEAST_TEXT", 1000)
        learned = load_models(train([p.raw for p in PAGES]))
        yield replace(learned, weights=load_weights("large"))


@settings(max_examples=EXAMPLES // 2)
@given(text=TEXTS)
def test_any_text_gives_a_sound_page_with_a_language_model(text: str, taught: Models, profile: CleaningProfile) -> None:
    assert_sound(clean_of(text, taught, profile))


@settings(max_examples=EXAMPLES // 8)
@given(text=TEXTS, profile=PROFILES)
def test_any_profile_gives_a_sound_page(text: str, profile: CleaningProfile, models: Models) -> None:
    assert_sound(clean_of(text, models, profile))


@settings(max_examples=EXAMPLES // 8)
@given(text=newspaper_texts())
def test_the_same_page_is_cleaned_the_same_way(text: str, models: Models, profile: CleaningProfile) -> None:
    assert clean_of(text, models, profile) == clean_of(text, models, profile)


SMALLEST = ["", "\n", " \u3000\r\n\t", "\ufeff", "\x00", "版", "。", "4\n", "\u200b\n版\u200b", "a b\nc d"]


@pytest.mark.parametrize("text", SMALLEST)
def test_the_smallest_pages(text: str, models: Models, profile: CleaningProfile) -> None:
    clean = clean_of(text, models, profile)
    assert_sound(clean)
    if all(map(blank, text)):
        assert (clean.articles, clean.orphans, clean.duplicates) == ((), (), ())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_the_invented_pages_are_sound(page: GoldPage, models: Models, profile: CleaningProfile) -> None:
    assert_sound(clean_of(page.raw, models, profile))


# --- once more ------------------------------------------------------------------------------------------------------


def rendered_in_place(clean: CleanPage) -> str:
    """The page with all its line breaks, and every rendered edit but the joins put in."""
    text = clean.page.text
    return render(text, [Span(0, len(text))], [e for e in rendered_edits(clean.edits) if e.stage != "join"])


@settings(max_examples=EXAMPLES // 4)
@given(text=newspaper_texts())
def test_clean_characters_stay_as_they_are(text: str, models: Models, profile: CleaningProfile) -> None:
    """What was normalised and simplified, where it stands, is neither normalised nor simplified again. (Corrections
    look at the whole page and may see more the second time.)"""
    again = clean_of(rendered_in_place(clean_of(text, models, profile)), models, profile)
    assert [e for e in rendered_edits(again.edits) if e.stage in ("normalise", "script")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_cleaned_page_is_cleaned_no_further(page: GoldPage, models: Models, profile: CleaningProfile) -> None:
    """The invented pages, corrected: nothing is applied when they are cleaned once more, and they fall into the same
    articles."""
    once = clean_of(page.raw, models, profile)
    twice = clean_of(rendered_in_place(once), models, profile)
    assert [e for e in rendered_edits(twice.edits) if e.stage != "join"] == []
    assert [a.headline for a in twice.articles] == [a.headline for a in once.articles]
    assert [a.text for a in twice.articles] == [a.text for a in once.articles]
