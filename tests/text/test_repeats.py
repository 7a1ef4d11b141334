"""Repeats: what is a copy, what its residue, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.lines import Block
from pipeline.text.profile import CleaningProfile
from pipeline.text.repeats import Repeat, find_repeats
from pipeline.text.segment import take_out
from pipeline.text.spans import Span

PROFILE = CleaningProfile()
SPRING = (
    "今年春耕期间，县农业技术推广中心组织三十名技术人员深入田间地头，为农户讲解测土配方施肥的要领，帮助他们选种备肥。"
)
BRIDGE = "横跨青溪的新大桥昨日合龙，桥长一千二百米，双向六车道，预计明年五月通车，届时两岸居民过河只需要三分钟。"
SCHOOL = "城西小学的孩子们把旧报纸做成了一百多件环保时装，上周五在操场上走了一场别开生面的秀，引来家长阵阵掌声。"
FAIR = "第五届特色农产品展销会将于下月在会展中心举行，二百多家企业报名参展，市民凭身份证可以免费入场参观。"


def blocks_of(*texts: str) -> list[Block]:
    """Each text a block of one line, a blank line between two."""
    blocks, at = [], 0
    for n, text in enumerate(texts):
        blocks.append(Block((Span(at, at + len(text)),), text, 2 * n, 2 * n, 1))
        at += len(text) + 2
    return blocks


def seam(left: str, right: str) -> float:
    """A model that knows the four paragraphs by heart."""
    return 0.0 if any(left[-4:] + right[:4] in text for text in (SPRING, BRIDGE, SCHOOL, FAIR)) else -20.0


def badness(text: str) -> float:
    """Characters that none of the four holds."""
    return sum(c not in SPRING + BRIDGE + SCHOOL + FAIR for c in text) - len(text) * 1e-3


def repeats(*texts: str, profile: CleaningProfile = PROFILE) -> list[Repeat]:
    return find_repeats(blocks_of(*texts), profile, seam, badness)


def test_an_exact_copy_is_taken_out_and_the_first_kept() -> None:
    [r] = repeats(SPRING, BRIDGE, SCHOOL, SPRING)
    assert (r.copy, r.kept, r.kind, r.similarity, r.copy_end) == (3, 0, "exact", 1.0, None)
    assert r.kept_range == (0, len(SPRING))


def test_marks_and_spaces_do_not_matter_for_being_exact() -> None:
    [r] = repeats(SPRING, SPRING.replace("，", ","))
    assert r.kind == "exact"


def test_the_better_of_two_near_copies_is_kept() -> None:
    damaged = SPRING.replace("农业", "衣业").replace("技术人员", "技朮人员")
    assert [(r.copy, r.kept, r.kind) for r in repeats(damaged, BRIDGE, SPRING)] == [(0, 2, "near")]
    assert [(r.copy, r.kept, r.kind) for r in repeats(SPRING, BRIDGE, damaged)] == [(2, 0, "near")]


def test_the_fuller_of_two_near_copies_is_kept() -> None:
    shorter = SPRING[: int(0.8 * len(SPRING))] + "。"
    [r] = repeats(shorter, BRIDGE, SPRING)
    assert (r.copy, r.kept) == (0, 2)
    assert r.kind in ("near", "contained")


def test_a_beginning_that_stands_alone_is_contained() -> None:
    both = SPRING + BRIDGE
    [r] = repeats(both, SCHOOL, FAIR, SPRING)
    assert (r.copy, r.kept, r.kind) == (3, 0, "contained")
    assert both[slice(*r.kept_range)].rstrip("。") == SPRING.rstrip("。")


def test_a_blend_leaves_its_residue() -> None:
    blend = SPRING[:36] + BRIDGE[20:]
    [r] = repeats(SPRING, SCHOOL, blend)
    assert (r.copy, r.kept, r.kind) == (2, 0, "blend")
    assert blend[r.copy_end :] == BRIDGE[20:]
    assert SPRING[slice(*r.kept_range)] == SPRING[:36]


def test_the_blended_copy_may_stand_first() -> None:
    blend = SPRING[:36] + BRIDGE[20:]
    [r] = repeats(blend, SCHOOL, SPRING)
    assert (r.copy, r.kept, r.kind) == (0, 2, "blend")


def test_a_copy_broken_in_two_is_one_repeat() -> None:
    cut = 30
    [r] = repeats(SPRING, BRIDGE, SPRING[:cut], SPRING[cut:])
    assert (r.copy, r.kept, r.copy_rest, r.kind) == (2, 0, 3, "exact")


@pytest.mark.parametrize(
    "texts",
    [
        ("春耕进行时", "春耕进行时"),
        ("春耕进行时。", "春耕进行时。"),
        ("今年春耕期间，技术人员深入田间。", BRIDGE, "今年春耕期间，技术人员深入田间。"),
        ("四中全会精神在基层落地生根开花结果", BRIDGE, "四中全会精神在基层落地生根开花结果"),
        (SPRING, "技术人员深入田间地头，为农户讲解测土配方施肥的要领"),
        (SPRING, "“帮助他们选种备肥。”"),
        (SPRING, BRIDGE, SCHOOL, FAIR),
        ("产量分别为小麦3万吨、玉米2万吨。", "产量分别为小麦4万吨、玉米5万吨。"),
    ],
    ids=["label", "short", "far and short", "kicker", "pull quote", "quote", "different", "table"],
)
def test_what_is_no_repeat(texts: tuple[str, ...]) -> None:
    assert repeats(*texts) == []


def test_near_ones_may_be_shorter_than_far_ones() -> None:
    short = SPRING[:27] + "。"
    assert [r.kind for r in repeats(short, short)] == ["exact"]
    assert repeats(short, BRIDGE, SCHOOL, short) == []
    assert [r.kind for r in repeats(short, BRIDGE, SCHOOL, short, profile=CleaningProfile(repeat_min_chars=20))] == [
        "exact"
    ]


def test_what_is_kept_is_never_taken_out() -> None:
    found = repeats(SPRING, SPRING, SPRING, BRIDGE, SPRING + BRIDGE, BRIDGE)
    copies = {r.copy for r in found}
    assert not copies & {r.kept for r in found}
    assert len(copies) == len(found)


# --- properties ----------------------------------------------------------------------------------------------------

WORDS = st.sampled_from([SPRING, BRIDGE, SCHOOL, FAIR])
HANZI = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=50, max_size=120)


@st.composite
def pages(draw: st.DrawFn) -> list[str]:
    """Paragraphs, some of them copies of others with slips, cuts and foreign tails."""
    texts = draw(st.lists(st.one_of(WORDS, HANZI.map(lambda t: t + "。")), min_size=1, max_size=5))
    for _ in range(draw(st.integers(0, 4))):
        text = draw(st.sampled_from(texts))
        at = draw(st.integers(0, len(text) - 1))
        change = draw(st.sampled_from(["same", "slip", "cut", "blend", "broken"]))
        if change == "slip":
            text = text[:at] + "某" + text[at + 1 :]
        elif change == "cut":
            text = text[: max(at, 4)]
        elif change == "blend":
            text = text[:at] + draw(st.sampled_from(texts))[-30:]
        where = draw(st.integers(0, len(texts)))
        texts[where:where] = [text[:at], text[at:]] if change == "broken" and at else [text]
    return texts


@given(pages())
def test_every_block_has_one_fate(texts: list[str]) -> None:
    blocks = blocks_of(*texts)
    found = find_repeats(blocks, PROFILE, seam, badness)
    out = [k for r in found for k in (r.copy, r.copy_rest) if k is not None]
    originals = {k for r in found for k in (r.kept, r.kept_rest) if k is not None}
    assert len(set(out)) == len(out)
    assert not originals & set(out)
    for r in found:
        assert 0 <= r.kept_range[0] < r.kept_range[1] <= len(texts[r.kept])
        assert 0 <= r.similarity <= 1
        assert (r.copy_end is not None) == (r.kind == "blend")
    assert found == find_repeats(blocks, PROFILE, seam, badness)


@given(pages())
def test_taking_out_keeps_every_character(texts: list[str]) -> None:
    blocks = blocks_of(*texts)
    found = find_repeats(blocks, PROFILE, seam, badness)
    text = "\n\n".join(texts)
    kept, copies = take_out(text, blocks, found, [])
    spans = sorted([s for b in kept for s in b.spans] + [s for c in copies for s in c.spans])
    assert [i for s in spans for i in range(*s)] == [i for b in blocks for s in b.spans for i in range(*s)]
    for b in kept:
        assert "".join(text[s.start : s.end] for s in b.spans).strip() == b.text
    assert sum(b.residue for b in kept) == sum(bool(c.residue_spans) for c in copies)


@given(pages())
def test_equal_paragraphs_are_always_found(texts: list[str]) -> None:
    """The slow reference: whatever is long enough and printed twice is printed once afterwards."""
    blocks = blocks_of(*texts)
    out = {k for r in find_repeats(blocks, PROFILE, seam, badness) for k in (r.copy, r.copy_rest)}
    left = [t for n, t in enumerate(texts) if n not in out and len(t) >= 50 and t.endswith("。")]
    kept = {k for r in find_repeats(blocks, PROFILE, seam, badness) for k in (r.kept, r.kept_rest)}
    once = [t for n, t in enumerate(texts) if n not in out and n not in kept and len(t) >= 50 and t.endswith("。")]
    assert all(left.count(t) == 1 for t in once)


@given(st.lists(HANZI, min_size=2, max_size=6, unique=True))
def test_winnowing_finds_every_shared_run(texts: list[str]) -> None:
    """Two texts with a run of 15 characters in common (shingle + window − 1) share a winnowed shingle: Schleimer's
    guarantee, against a slow search for common runs."""
    from pipeline.text.repeats import _candidates

    mixed = [*texts, texts[0][5:25] + texts[-1][:40]]
    runs = [{t[i : i + 15] for i in range(len(t) - 14)} for t in mixed]
    slow = {(a, b) for a in range(len(mixed)) for b in range(a + 1, len(mixed)) if runs[a] & runs[b]}
    assert slow <= set(_candidates(mixed))
