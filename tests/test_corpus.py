"""The corpus that speed is measured on: its size, its repeats, and that it is the same every time."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from material.load import ROOT

sys.path.insert(0, str(ROOT))

from benchmarks import corpus
from benchmarks.corpus import (
    PAGE_BYTES,
    PHRASE,
    REPEATS,
    Material,
    build,
    dealt,
    first_issues,
    material,
    planned,
    varied,
)


@pytest.fixture(scope="module")
def source() -> Material:
    """The project's own pages."""
    return material()


def test_a_corpus_has_its_size_and_is_the_same_every_time(source: Material, tmp_path: Path) -> None:
    one, other = (build(tmp_path / name, 0.5, 7, source) for name in ("one", "other"))
    files = [sorted((b.folder / corpus.NEWSPAPER).rglob("*.txt")) for b in (one, other)]
    assert [f.read_bytes() for f in files[0]] == [f.read_bytes() for f in files[1]]
    assert 0.45e6 < one.n_bytes < 0.55e6 and one.n_bytes == sum(f.stat().st_size for f in files[0])
    assert one.n_pages == len(files[0]) == 21 and one.n_issues == 3
    assert max(f.stat().st_size for f in files[0]) < 1.5 * PAGE_BYTES
    assert build(tmp_path / "seed", 0.1, 8, source).n_bytes != build(tmp_path / "own", 0.1, 7, source).n_bytes
    part = first_issues(one, tmp_path / "part", 0.24)
    assert (part.n_pages, part.n_issues) == (10, 1)


def test_no_paragraph_twice_on_a_page_or_six_times_in_all(source: Material) -> None:
    n_pages = 30
    rounds = corpus.rounds_for(source, n_pages)
    assert rounds > REPEATS  # so variants are needed
    pages = [
        [text for a in articles for role, text in a.segments if role == "body"]
        for articles in planned(source, n_pages, rounds, 3)
    ]
    assert all(max(Counter(page).values()) == 1 for page in pages)
    often = Counter(text for page in pages for text in page)
    assert max(often.values()) <= REPEATS
    assert sum(len(t.encode()) for t in often.elements()) > 0.95 * n_pages * PAGE_BYTES


def test_every_stretch_has_its_share_of_variants() -> None:
    rounds = [list(turn) for turn in zip(*[dealt(100, 15, Random(1))] * 100, strict=True)]
    assert all(sorted(i for i, _ in turn) == list(range(100)) for turn in rounds)
    assert all(30 <= sum(g == generation for _, g in turn) <= 40 for turn in rounds for generation in range(3))
    assert set(Counter(pair for turn in rounds for pair in turn).values()) == {REPEATS}


def test_a_variant_keeps_length_and_marks_and_is_made_of_the_phrases_of_others(source: Material) -> None:
    text = "“春灌用上了智能闸门，”记者周文涛3日从清河灌区获悉。"
    others = [varied(text, generation, source.phrases) for generation in (1, 2)]
    assert varied(text, 0, source.phrases) == text and len({text, *others}) == 3
    assert varied(text, 1, source.phrases) == others[0]
    for other in others:
        assert len(other) == len(text) and [c for c in other if c in "“，”3。"] == [c for c in text if c in "“，”3。"]
        phrases = [p for run in re.findall("[\u4e00-\u9fff]+", other) for p in re.findall(f".{{1,{PHRASE}}}", run)]
        assert all(p in source.phrases[len(p)] for p in phrases)


def test_too_little_material_is_said() -> None:
    with pytest.raises(ValueError, match="too few to make pages of"):
        build(Path("nowhere"), 1, 1, Material(((), ()), ("春耕",)))  # type: ignore[arg-type]
