"""The lists that people wrote: names, places, look-alike words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.language.confusables import COLUMNS, load_confusables, read_rows
from pipeline.language.gazetteer import DATA, LISTS, load_gazetteer
from pipeline.language.glyphs import load_glyphs
from pipeline.language.names import load_names, read_list


def test_every_list_says_its_source() -> None:
    for path in [*DATA.glob("places_*.txt"), *(DATA / f for f in ("surnames.txt", "titles.txt", "speech_verbs.txt"))]:
        assert "general knowledge" in path.read_text("utf-8").splitlines()[0], path.name


@pytest.mark.parametrize(("name", "least"), list(zip(LISTS, (500, 200, 300), strict=True)))
def test_the_lists_of_places_are_long(name: str, least: int) -> None:
    assert len(read_list(DATA / name)) >= least


def test_the_gazetteer() -> None:
    gazetteer = load_gazetteer()
    assert gazetteer.knows("滹沱河")
    assert gazetteer.knows("天津")
    assert not gazetteer.knows("滹沦河")
    assert gazetteer.candidates("滹沦河") == ("滹沱河",)
    assert "滹沱河" not in gazetteer.candidates("滹沱河")


def test_names() -> None:
    names = load_names()
    assert {"王", "欧阳", "上官"} <= names.surnames
    assert {"记者", "局长", "教授"} <= set(names.titles)
    assert {"说", "表示", "认为"} <= set(names.speech_verbs)
    assert [len(t) for t in names.titles] == sorted((len(t) for t in names.titles), reverse=True)


def test_the_pairs_look_alike_and_have_examples() -> None:
    glyphs, rows = load_glyphs(), list(read_rows())
    assert len(rows) >= 200
    for row in rows:
        pair = row.pair
        alike = glyphs.similarity(pair.a[pair.place], pair.b[pair.place]) >= 0.6
        assert alike or row.source == "usage in print; a part in common", pair
        assert all(pair.a in s for s in row.examples_a) and all(pair.b in s for s in row.examples_b), pair
        if pair.kind == "word":  # their sentences: tests/text/data/confusable_sentences.csv
            assert len(pair.cues_a) >= 3 and len(pair.cues_b) >= 3, pair
        else:
            assert row.examples_a, pair
    assert load_confusables() == tuple(row.pair for row in rows)


def test_no_form_is_wrong_in_one_line_and_right_in_another() -> None:
    pairs = load_confusables()
    wrong = {p.b for p in pairs if p.kind == "form"}
    right = {p.a for p in pairs} | {p.b for p in pairs if p.kind == "word"}
    assert not wrong & right


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("form,甲乙,甲丙", "3 columns"),
        ("other,甲乙,甲丙,,,,,", "kind"),
        ("form,甲乙,丁丙,,,,,", "exactly one"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(f"# header\n{','.join(COLUMNS)}\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=rf"pairs.csv, line 3: .*{complaint}"):
        list(read_rows(path))
