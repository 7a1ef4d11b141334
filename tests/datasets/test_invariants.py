"""Every invariant holds on the sound page, and fails on a page that was made to break it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import invariants
from pipeline.datasets.invariants import Facts, check_page, is_blank, publishable
from pipeline.text.document import Article, CleanPage, Duplicate, Join, Orphan, Page, Paragraph
from pipeline.text.ledger import build_ledger
from pipeline.text.spans import Edit, Span, render


def article(clean: CleanPage, **changes: Any) -> CleanPage:
    return replace(clean, articles=(replace(clean.articles[0], **changes),))


def body(clean: CleanPage, **changes: Any) -> CleanPage:
    head, text = clean.articles[0].paragraphs
    return article(clean, paragraphs=(head, replace(text, **changes)))


def orphan(clean: CleanPage, **changes: Any) -> CleanPage:
    return replace(clean, orphans=(replace(clean.orphans[0], **changes),))


def duplicate(clean: CleanPage, **changes: Any) -> CleanPage:
    return replace(clean, duplicates=(replace(clean.duplicates[0], **changes),))


def page(clean: CleanPage, **changes: Any) -> CleanPage:
    return replace(clean, page=replace(clean.page, **changes))


def ledger(clean: CleanPage, at: int, **changes: Any) -> CleanPage:
    rows = list(clean.ledger)
    rows[at] = replace(rows[at], **changes)
    return replace(clean, ledger=tuple(rows))


def edits(clean: CleanPage, *more: Edit) -> CleanPage:
    return replace(clean, edits=clean.edits + more)


def test_the_sound_page_keeps_them_all(clean: CleanPage) -> None:
    assert check_page(clean) == []


Breaking = Callable[[CleanPage], CleanPage]
BROKEN: list[tuple[str, str, Breaking]] = [
    ("i1_ledger_tiles", "leaves out [0, 2)", lambda c: replace(c, ledger=c.ledger[1:])),
    ("i1_ledger_tiles", "leaves out [3, 7)", lambda c: replace(c, ledger=c.ledger[:2] + c.ledger[3:])),
    ("i1_ledger_tiles", "leaves out [20, 21)", lambda c: replace(c, ledger=c.ledger[:-1])),
    ("i1_ledger_tiles", "doubles", lambda c: replace(c, ledger=c.ledger[:1] + c.ledger)),
    ("i1_ledger_tiles", "is empty", lambda c: ledger(c, 0, end=0)),
    ("i1_ledger_tiles", "line_no 5", lambda c: ledger(c, 2, line_no=5)),
    ("i2_one_disposition", "[14, 15) stands nowhere", lambda c: replace(c, orphans=())),
    ("i2_one_disposition", "only the ledger knows", lambda c: replace(c, orphans=())),
    ("i2_one_disposition", "stands twice", lambda c: orphan(c, spans=(Span(11, 15),))),
    ("i2_one_disposition", "the ledger does not know", lambda c: ledger(c, 0, owner_id="i/p@9")),
    ("i2_one_disposition", "the ledger does not know", lambda c: ledger(c, 0, role="body")),
    ("i2_one_disposition", "the ledger does not know", lambda c: ledger(c, 0, paragraph_seq=1)),
    ("i2_one_disposition", "for blank", lambda c: ledger(c, 0, disposition="blank")),
    ("i3_texts_are_rendered", "paragraph 1 of i/p@0", lambda c: body(c, text="正文一,正文二。")),
    ("i3_texts_are_rendered", "i/p@d16", lambda c: duplicate(c, text="正文一,")),
    ("i3_texts_are_rendered", "i/p@o14", lambda c: orphan(c, text="")),
    ("i3_texts_are_rendered", "paragraph 1", lambda c: replace(c, edits=c.edits[1:])),
    ("i4_can_be_undone", "says '、'", lambda c: edits(c, Edit(6, 7, "、", "。", "correct", "x", 0.6, "suggested"))),
    ("i4_can_be_undone", "cannot be undone", lambda c: body(c, text="正文一；正文二。")),
    ("i4_can_be_undone", "does not give its raw text", lambda c: body(c, text="正文乙，正文二。")),
    ("i4_can_be_undone", "left over", lambda c: body(c, text="正文一，正文二。！")),
    ("i4_can_be_undone", "is not the page's bytes", lambda c: page(c, sha256="0" * 64)),
    ("i4_can_be_undone", "is not the page's bytes", lambda c: page(c, n_bytes=1)),
    ("i4_can_be_undone", "is not the page's bytes", lambda c: page(c, encoding="utf-8-sig")),
    ("i4_can_be_undone", "cannot be encoded", lambda c: page(c, encoding="ascii")),
    ("i4_can_be_undone", "cannot be encoded", lambda c: page(c, encoding="klingon")),
    ("i5_keys_hold", "i/p@0 is repeated", lambda c: replace(c, articles=c.articles * 2)),
    ("i5_keys_hold", "i/p@o14 is repeated", lambda c: duplicate(c, duplicate_id="i/p@o14")),
    ("i5_keys_hold", "there is no article i/p@7", lambda c: orphan(c, nearest_article_id="i/p@7")),
    ("i5_keys_hold", "there is no article i/p@7", lambda c: duplicate(c, kept_article_id="i/p@7")),
    ("i5_keys_hold", "overlap", lambda c: edits(c, Edit(5, 7, "一,", "壹", "correct", "x"))),
    ("i5_keys_hold", "overlap", lambda c: edits(c, c.edits[0])),
    ("i5_keys_hold", "overlap", lambda c: edits(c, *[Edit(3, 4, "正", "政", "correct", "x", 0.6, "suggested")] * 2)),
    ("i5_keys_hold", "changes nothing", lambda c: edits(c, Edit(3, 4, "正", "正", "correct", "x"))),
    ("i5_keys_hold", "crosses the border", lambda c: edits(c, Edit(11, 13, "。\n", "，", "join", "x"))),
    ("i5_keys_hold", "crosses the border", lambda c: edits(c, Edit(2, 4, "\n正", "x", "join", "x"))),
    ("spans_are_sound", "is empty", lambda c: orphan(c, spans=(Span(14, 15), Span(15, 15)))),
    ("spans_are_sound", "crosses a line break", lambda c: orphan(c, spans=(Span(13, 15),))),
    ("spans_are_sound", "has no spans", lambda c: orphan(c, spans=())),
    ("joins_are_recorded", "paragraph 1", lambda c: body(c, joins=())),
    ("joins_are_recorded", "paragraph 1", lambda c: body(c, joins=(Join(7, 9, "line", 1.0),))),
    ("joins_are_recorded", "paragraph 1", lambda c: body(c, joins=c.articles[0].paragraphs[1].joins * 2)),
    ("articles_agree", "should be called i/p@0", lambda c: article(c, article_id="i/p@3")),
    ("articles_agree", "the text of", lambda c: article(c, text="")),
    ("articles_agree", "the headline of", lambda c: article(c, headline=None)),
    ("articles_agree", "the kicker of", lambda c: article(c, kicker="引题")),
    ("articles_agree", "has no paragraphs", lambda c: article(c, paragraphs=())),
    ("values_are_known", "articles.kind: 'essay'", lambda c: article(c, kind="essay")),
    ("values_are_known", "paragraphs.role: 'poem'", lambda c: body(c, role="poem")),
    ("values_are_known", "joins.kind: 'glue'", lambda c: body(c, joins=(Join(7, 8, "glue", 1.0),))),  # type: ignore[arg-type]
    ("values_are_known", "truncation: 'middle'", lambda c: body(c, truncation="middle")),
    ("values_are_known", "duplicates.kind", lambda c: duplicate(c, kind="twin")),
    ("values_are_known", "disposition", lambda c: ledger(c, 0, disposition="lost")),
    ("values_are_known", "edits.stage", lambda c: edits(c, replace(c.edits[0], stage="guess"))),  # type: ignore[arg-type]
    ("values_are_known", "edits.status", lambda c: edits(c, replace(c.edits[0], status="maybe"))),  # type: ignore[arg-type]
    ("values_are_known", "a confidence is 1.5", lambda c: article(c, confidence=1.5)),
    ("values_are_known", "a confidence is nan", lambda c: article(c, confidence=float("nan"))),
    ("offsets_in_range", "span [14, 99)", lambda c: orphan(c, spans=(Span(14, 99),))),
    ("offsets_in_range", "edit [-1, 0)", lambda c: edits(c, Edit(-1, 0, "", "", "correct", "x"))),
    ("offsets_in_range", "kept span [5, 99)", lambda c: duplicate(c, kept_spans=(Span(5, 99),))),
    ("offsets_in_range", "ledger row [5, 2)", lambda c: ledger(c, 1, start=5, end=2)),
]


@pytest.mark.parametrize(
    ("name", "message", "breaking"), BROKEN, ids=[f"{n}-{m}-{i}" for i, (n, m, _) in enumerate(BROKEN)]
)
def test_each_breach_is_found(clean: CleanPage, name: str, message: str, breaking: Breaking) -> None:
    broken = breaking(clean)
    found: list[str] = getattr(invariants, name)(Facts(broken))
    assert any(message in breach for breach in found), found
    assert set(found) <= set(check_page(broken))


def test_every_check_has_a_page_that_breaks_it() -> None:
    assert {c.__name__ for c in invariants.CHECKS} == {name for name, _, _ in BROKEN} - {"offsets_in_range"}


def test_a_suggestion_may_lie_over_an_applied_edit(clean: CleanPage) -> None:
    assert check_page(edits(clean, Edit(6, 7, ",", "。", "correct", "x", 0.6, "suggested"))) == []


def test_a_page_without_bytes_has_nothing_to_compare(clean: CleanPage) -> None:
    assert check_page(page(clean, sha256="", n_bytes=0)) == []


def test_blanks() -> None:
    assert is_blank("") and is_blank(" \t\u3000\u200b\ufeff\x00")
    assert not is_blank(" \u4e00 ") and not is_blank("\ue000") and not is_blank("\ufffd")


@given(st.text(st.sampled_from("版面,。 \u3000\n\u200b"), max_size=60), st.data())
def test_any_cut_of_a_page_can_be_proved(text: str, data: st.DataObject) -> None:
    """Lines become articles, duplicates or orphans at random; commas are edited; the invariants hold."""
    shown = [Edit(i, i + 1, ",", "，", "normalise", "comma") for i, c in enumerate(text) if c == ","]
    articles: list[Article] = []
    duplicates: list[Duplicate] = []
    orphans: list[Orphan] = []
    at = 0
    for line in text.split("\n"):
        spans, at = (Span(at, at + len(line)),), at + len(line) + 1
        if is_blank(line) and not line.count(","):
            continue
        clean_text = render(text, spans, shown)
        kind, start = data.draw(st.sampled_from(["article", "duplicate", "orphan"])), spans[0].start
        if kind == "article":
            articles.append(Article(f"p@{start}", "news", (Paragraph("body", clean_text, spans),), text=clean_text))
        elif kind == "duplicate":
            duplicates.append(Duplicate(f"p@d{start}", "exact", spans, clean_text, "p", spans))
        else:
            orphans.append(Orphan(f"p@o{start}", spans, clean_text, "furniture"))
    rows = build_ledger(text, articles, duplicates, orphans)
    whole = Page("p", text, sha256=hashlib.sha256(text.encode()).hexdigest(), n_bytes=len(text.encode()))
    made = CleanPage(whole, tuple(articles), tuple(shown), tuple(duplicates), tuple(orphans), rows)
    assert check_page(made) == []


def _other(clean: CleanPage, page_id: str, **changes: Any) -> CleanPage:
    """The same page under another name."""
    moved = replace(clean.articles[0], article_id=f"{page_id}@0", **changes)
    copies = tuple(
        replace(d, duplicate_id=f"{page_id}@d16", kept_page_id=page_id, kept_article_id=moved.article_id)
        for d in clean.duplicates
    )
    strays = tuple(replace(o, orphan_id=f"{page_id}@o14", nearest_article_id=moved.article_id) for o in clean.orphans)
    return replace(
        clean,
        page=replace(clean.page, page_id=page_id, source=f"{page_id}.txt"),
        articles=(moved,),
        duplicates=copies,
        orphans=strays,
        ledger=build_ledger(clean.page.text, (moved,), copies, strays),
    )


def test_only_sound_pages_are_published(clean: CleanPage) -> None:
    broken = replace(_other(clean, "i/q"), orphans=())
    kept, rejects = publishable([clean, broken])
    assert kept == [clean]
    (reject,) = rejects
    assert (reject.source, reject.reason, reject.sha256) == ("i/q.txt", "invariant_failed", clean.page.sha256)
    assert "[14, 15) stands nowhere" in reject.detail


def test_links_to_withheld_pages_are_cleared(clean: CleanPage) -> None:
    going_on = article(clean, continues_article_id="i/q@0")
    assert publishable([going_on, _other(clean, "i/q")])[0][0] == going_on
    (kept,), _ = publishable([going_on, replace(_other(clean, "i/q"), orphans=())])
    assert kept == clean


def test_a_copy_of_a_withheld_page_is_withheld(clean: CleanPage) -> None:
    copy = duplicate(_other(clean, "i/r"), kept_page_id="i/q", kept_article_id="i/q@0")
    assert len(publishable([copy, _other(clean, "i/q")])[0]) == 2
    kept, rejects = publishable([clean, copy, replace(_other(clean, "i/q"), orphans=())])
    assert kept == [clean]
    assert [r.source for r in rejects] == ["i/r.txt", "i/q.txt"] and "not published" in rejects[0].detail


def test_repeated_pages_are_withheld(clean: CleanPage) -> None:
    kept, rejects = publishable([clean, clean])
    assert kept == [] and len(rejects) == 2 and "page_id i/p is repeated" in rejects[0].detail
