"""Look-alikes: what is kept from one round to the next is what would be found out again."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from correction_pages import passages

from pipeline.language.confusables import read_rows
from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.text import look_alikes
from pipeline.text.candidates import AROUND, Ints, PageIds
from pipeline.text.look_alikes import Examined, Weighed, examine, weigh
from pipeline.text.models import Models
from pipeline.text.passages import Passage

SENTENCES = [s for row in read_rows() for s in (*row.examples_a, *row.examples_b)]


def page_and_models(seed: int) -> tuple[str, Models]:
    """A page in which some characters are wrong, and models that have read it among others."""
    chosen = random.Random(seed)
    lines = [chosen.choice(SENTENCES) for _ in range(40)]
    wrong = [s if n % 3 else s.replace(s[len(s) // 2], chosen.choice("己侯治扰拔末土"), 1) for n, s in enumerate(lines)]
    page = "\n".join(wrong)
    return page, load_models(train([page, *("\n".join(SENTENCES[n::7]) for n in range(7))]))


def corrected(read: list[Passage], number: int, i: int, char: str) -> list[Passage]:
    """The passages with another character in one of them."""
    p = read[number]
    text = p.text[:i] + char + p.text[i + 1 :]
    return [*read[:number], replace(p, view=replace(p.view, text=text)), *read[number + 1 :]]


def examined(read: list[Passage], page: str, models: Models) -> Examined:
    found = examine(read, page, models)
    assert found is not None
    return found


def same(a: Examined, b: Examined) -> None:
    assert list(a.features) == list(b.features)
    pairs = [(getattr(a.candidates, n), getattr(b.candidates, n)) for n in ("places", "of", "chars", "rank")]
    pairs += [(a.seen, b.seen), (a.had, b.had), *((a.features[n], b.features[n]) for n in a.features)]
    for mine, theirs in pairs:
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs)


def test_a_later_round_finds_what_a_first_one_would_find() -> None:
    page, models = page_and_models(1)
    read = passages(page)
    before = examined(read, page, models)
    for number, i, char in [
        *((3, i, "的") for i in range(len(read[3].text))),
        (0, 0, "的"),
        (39, 1, "中"),
        (39, 2, "国"),
    ]:
        read = corrected(read, number, i, char)
        kept = examined(read, page, models)
        same(kept, examined(read, page, replace(models)))  # it remembers nothing
    assert not np.array_equal(before.candidates.chars, kept.candidates.chars)


def test_only_the_places_around_a_correction_are_weighed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    page, models = page_and_models(2)
    read = passages(page)
    asked: list[int] = []

    def noted(page: PageIds, places: Ints, models: Models, share: object) -> Weighed:
        asked.append(len(places))
        return weigh(page, places, models, share)

    monkeypatch.setattr(look_alikes, "weigh", noted)
    for passages_read in (read, read, corrected(read, 5, 3, "的")):
        examine(passages_read, page, models)
    first, again, after = asked
    assert again == 0
    assert 0 < after <= 2 * AROUND + 1 < first


def test_other_models_are_asked_anew() -> None:
    page, models = page_and_models(3)
    read = passages(page)
    examine(read, page, models)
    confused = replace(models, confusions={("的", "得"): 3})
    kept = examined(read, page, confused)
    same(kept, examined(read, page, replace(confused)))
