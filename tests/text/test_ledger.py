"""The ledger: rows that tile the page, whatever is claimed."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.document import Article, Duplicate, Orphan, Paragraph
from pipeline.text.ledger import build_ledger, line_starts
from pipeline.text.spans import Span

TEXTS = st.text(st.sampled_from("报章，\n\r\u2028 \u200b😀"), max_size=40)


def owners(spans: list[Span]) -> tuple[list[Article], list[Duplicate], list[Orphan]]:
    """The spans dealt out in turn to an article's two paragraphs, a duplicate and an orphan."""
    dealt = [tuple(spans[k::4]) for k in range(4)]
    article = Article("p@0", "news", (Paragraph("headline", "", dealt[0]), Paragraph("body", "", dealt[1])))
    return [article], [Duplicate("p@d", "exact", dealt[2], "", "p", ())], [Orphan("p@o", dealt[3], "", "furniture")]


@st.composite
def claimed(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(TEXTS)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=12)))
    spans = [Span(a, b) for a, b in itertools.pairwise(cuts) if draw(st.booleans())]
    return text, draw(st.permutations(spans))


@given(claimed())
def test_the_rows_tile_the_page(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    rows = build_ledger(text, *owners(spans))
    assert [r.start for r in rows] == [0, *[r.end for r in rows]][: len(rows)]
    assert not rows or rows[-1].end == len(text)
    assert bool(rows) == bool(text)
    assert all(r.start < r.end for r in rows)
    assert sorted((r.start, r.end) for r in rows if r.disposition != "blank") == sorted(spans)
    assert not any(a.disposition == b.disposition == "blank" for a, b in itertools.pairwise(rows))


@given(claimed())
def test_line_numbers_count_the_line_feeds_before(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    assert [r.line_no for r in build_ledger(text, *owners(spans))] == [
        text[: r.start].count("\n") for r in build_ledger(text, *owners(spans))
    ]
    assert line_starts(text) == [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]


@given(claimed())
def test_every_row_names_its_owner(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    articles, duplicates, orphans = owners(spans)
    of: dict[Span, tuple[object, ...]] = {}
    for n, p in enumerate(articles[0].paragraphs):
        of |= dict.fromkeys(p.spans, ("article", "p@0", p.role, n))
    of |= dict.fromkeys(duplicates[0].spans, ("duplicate", "p@d", None, None))
    of |= dict.fromkeys(orphans[0].spans, ("orphan", "p@o", None, None))
    for r in build_ledger(text, articles, duplicates, orphans):
        blank = ("blank", None, None, None)
        assert (r.disposition, r.owner_id, r.role, r.paragraph_seq) == of.get(Span(r.start, r.end), blank)


@given(st.data())
def test_claims_that_overlap_stay_visible(data: st.DataObject) -> None:
    text = data.draw(TEXTS.filter(lambda t: len(t) > 2))
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    spans = [Span(min(p), max(p)) for p in data.draw(st.lists(places, max_size=6))]
    rows = build_ledger(text, *owners(spans))
    assert sorted((r.start, r.end) for r in rows if r.disposition != "blank") == sorted(s for s in spans if s[0] < s[1])
    free = {i for r in rows if r.disposition == "blank" for i in range(r.start, r.end)}
    assert free == set(range(len(text))) - {i for s in spans for i in range(*s)}


def test_an_empty_page_has_no_rows() -> None:
    assert build_ledger("", [], [], []) == ()
