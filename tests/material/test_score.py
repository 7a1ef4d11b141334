"""The scorer: a perfect answer scores 1, and each defect lowers its own figure."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from .load import GoldPage, invented_pages
from .perfect import Tables, edit_row, first_right_hanzi, perfect_tables, spoiled
from .score import Change as Edit
from .score import Figures, Found, add, changed, score_page

PAGES = invented_pages()


def page_named(name: str) -> GoldPage:
    return next(p for p in PAGES if p.name == name)


def score(page: GoldPage, tables: Tables) -> Figures:
    return score_page(page.raw, page.gold, tables)


@pytest.mark.parametrize("page", [*PAGES, *(p.varied(1) for p in PAGES)], ids=lambda p: p.name)
def test_a_perfect_answer_scores_one(page: GoldPage) -> None:
    f = score(page, perfect_tables(page.raw, page.gold))
    assert (f.b3_f1, f.exact, f.headline_exact, f.byline_exact) == pytest.approx((1, 1, 1, 1))
    assert f.joins.f1 == f.far.f1 == f.duplicates.f1 == f.blends.recall == 1
    assert (f.chars_lost, f.chars_doubled, f.false_edits, f.wrong_fixes) == (0, 0, 0, 0)
    assert f.errors_fixed == f.errors_gold == len(page.gold["errors"])


def test_an_empty_answer_scores_nothing() -> None:
    page = page_named("w02_evening_city")
    f = score(page, {"pages": [{"text": page.raw}]})
    assert f.chars_lost == f.chars
    assert (f.exact, f.headline_exact, f.byline_exact, f.joins.recall) == (0, 0, 0, 0)
    assert f.b3_f1 < 0.5


def test_merged_articles() -> None:
    page = page_named("w02_evening_city")
    t = spoiled(perfect_tables(page.raw, page.gold))
    for p in t["paragraphs"]:
        if p["article_id"] == "a2":
            p["article_id"], p["seq"] = "a4", p["seq"] + 100
    t["articles"] = [a for a in t["articles"] if a["article_id"] != "a2"]
    f = score(page, t)
    assert f.b3_f1 < 1
    assert f.articles_exact == f.articles_gold - 2
    assert f.headlines_exact < f.headlines_gold
    assert f.bylines_exact < f.articles_gold
    assert f.chars_lost == f.chars_doubled == 0


def test_a_missed_and_a_false_join() -> None:
    page = page_named("w02_evening_city")
    t = spoiled(perfect_tables(page.raw, page.gold))
    broken = next(p for p in t["paragraphs"] if p["role"] == "body" and len(p["raw_spans"]) > 1)
    rest = broken | {"raw_spans": broken["raw_spans"][1:], "seq": broken["seq"] + 0.5}
    broken["raw_spans"] = broken["raw_spans"][:1]
    t["paragraphs"].append(rest)
    f = score(page, t)
    assert (f.far.hits, f.far.missed, f.joins.missed) == (0, 1, 1)
    assert f.articles_exact == f.articles_gold
    bodies = [p for p in t["paragraphs"] if p["article_id"] == "a2" and p["role"] == "body"]
    bodies[0]["raw_spans"] += bodies[1]["raw_spans"]
    t["paragraphs"].remove(bodies[1])
    assert score(page, t).joins.false == 1


def test_lost_and_doubled_characters() -> None:
    page = page_named("w01_national_no_byline")
    t = spoiled(perfect_tables(page.raw, page.gold))
    span = t["paragraphs"][3]["raw_spans"][0]
    span["end"] -= 5
    assert score(page, t).chars_lost == 5
    span["end"] += 5
    t["orphans"].append({"raw_spans": [dict(span)]})
    f = score(page, t)
    assert f.chars_doubled > 10
    assert f.chars_lost == 0


def test_heads_and_bylines() -> None:
    page = page_named("w05_trade_port")
    t = spoiled(perfect_tables(page.raw, page.gold))
    head = next(p for p in t["paragraphs"] if p["role"] == "headline")
    head["role"] = "kicker"
    t["articles"][0]["authors"] = ["秦若川"]
    f = score(page, t)
    assert f.headlines_exact == f.headlines_gold - 1
    assert f.bylines_exact == f.articles_gold - 1
    assert f.b3_f1 == pytest.approx(1)


def test_duplicates_either_copy_may_go() -> None:
    page = page_named("s02_duplicates")
    t = spoiled(perfect_tables(page.raw, page.gold))
    d = page.gold["duplicates"][0]
    t["duplicates"][0]["raw_spans"] = [{"start": s, "end": e} for s, e in d["peer_spans"]]
    number = d["of"][1]
    for p in t["paragraphs"]:
        if (p["article_id"], p["seq"]) == (d["of"][0], number):
            p["raw_spans"] = [{"start": s, "end": e} for s, e in d["raw_spans"]]
    f = score(page, t)
    assert (f.duplicates.f1, f.b3_f1, f.exact) == pytest.approx((1, 1, 1))
    t["duplicates"].pop()
    f = score(page, t)
    assert f.duplicates.missed == 1
    assert f.chars_lost > 50


def test_false_wrong_and_suggested_edits() -> None:
    page = page_named("s03_misprints")
    at = first_right_hanzi(page.raw, page.gold)
    t = spoiled(perfect_tables(page.raw, page.gold))
    t["edits"].append(edit_row(page.raw, at, "龘"))
    assert score(page, t).false_edits == 1
    t["edits"][-1]["status"] = "suggested"
    f = score(page, t)
    assert (f.false_edits, f.false_suggestions) == (0, 1)
    t["edits"][0]["status"] = "suggested"
    t["edits"][1]["after"] = "龘"
    f = score(page, t)
    assert (f.errors_suggested, f.wrong_fixes, f.errors_fixed) == (1, 1, f.errors_gold - 2)
    t["edits"][0]["status"] = "rejected"
    assert score(page, t).errors_suggested == 0


@pytest.mark.parametrize(
    ("before", "after", "truly"),
    [
        (",", "，", {}),
        ('"', "“", {}),
        ("--", "——", {}),
        ("...", "……", {}),
        ("a b", "ab", {}),
        ("２０", "20", {}),
        ("书", "韦", {5: "韦"}),
        ("书,", "韦，", {5: "韦"}),
        ("进", "", {5: ""}),
        ("“", "”", {}),
    ],
)
def test_what_counts_as_a_change(before: str, after: str, truly: dict[int, str]) -> None:
    assert changed(Edit(5, before, after, "correct", "applied")) == truly


def test_a_clean_page_object_scores_as_its_tables() -> None:
    page = page_named("w09_provincial_jump")
    t = perfect_tables(page.raw, page.gold)

    def spans(row):  # type: ignore[no-untyped-def]
        return tuple((s["start"], s["end"]) for s in row["raw_spans"])

    paragraphs = {a["article_id"]: [] for a in t["articles"]}
    for p in t["paragraphs"]:
        paragraphs[p["article_id"]].append(SimpleNamespace(role=p["role"], text=p["text"], spans=spans(p)))
    clean = SimpleNamespace(
        page=SimpleNamespace(text=page.raw),
        articles=tuple(
            SimpleNamespace(paragraphs=tuple(paragraphs[a["article_id"]]), authors=tuple(a["authors"]))
            for a in t["articles"]
        ),
        edits=tuple(
            SimpleNamespace(
                start=e["raw_start"], before=e["before"], after=e["after"], stage=e["stage"], status=e["status"]
            )
            for e in t["edits"]
        ),
        duplicates=tuple(SimpleNamespace(spans=spans(d)) for d in t["duplicates"]),
        orphans=tuple(SimpleNamespace(spans=spans(o)) for o in t["orphans"]),
    )
    assert score_page(page.raw, page.gold, clean) == score(page, t)


def test_an_answer_to_another_page_is_refused() -> None:
    a, b = PAGES[:2]
    with pytest.raises(ValueError, match="another text"):
        score_page(a.raw, a.gold, perfect_tables(b.raw, b.gold))


def test_figures_of_many_pages() -> None:
    figures = [score(p, perfect_tables(p.raw, p.gold)) for p in PAGES[:4]]
    total = add(figures)
    assert total.pages == 4
    assert total.b3_f1 == pytest.approx(1)
    assert total.joins.hits == sum(f.joins.hits for f in figures)
    assert total.summary()["false_edits"] == 0
    assert Found(1, 1, 0).precision == 0.5
    assert Found().f1 == 1
