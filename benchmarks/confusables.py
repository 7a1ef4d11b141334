"""Confusable words: the invented sentences of the tests, and real text with one word printed as the other.

    python -m benchmarks confusables

Real text: each word of the lexicon, where it stands, is printed as its look-alike, and the sentence is read alone; and
all texts are read as they are, where every proposal is false. The language model is the other half of the reference
text, so that none has seen what it judges.
"""

from __future__ import annotations

import csv
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ROOT
from benchmarks.bench import Bench
from benchmarks.table import Table, Value, skipped

if TYPE_CHECKING:
    from pipeline.text.models import Models
    from pipeline.text.passages import Passage
    from pipeline.text.spans import Edit

SENTENCES = ROOT / "tests" / "text" / "data" / "confusable_sentences.csv"
EACH = 40  # places tried of one word
ORDER = ("", "suggested", "applied")
AROUND = 60  # characters on either side that are shown


def tables(bench: Bench) -> list[Table]:
    from pipeline.language.load import load_models

    models = load_models()
    found = [sentence_table(models)]
    corpus = bench.dev / "corpus"
    texts = {name: corpus / f"{name}.jsonl" for name in ("newspaper", "tv_news")}
    if not all(path.exists() for path in texts.values()):
        return [*found, skipped("confusables: real text", "../shared/dev/corpus is not there")]
    return [*found, real_table({name: read_texts(path) for name, path in texts.items()}, models)]


def read_texts(path: Path) -> list[str]:
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]


def sentence_table(models: Models) -> Table:
    """The invented sentences: what becomes of misprints, and of what is right."""
    lines = [line for line in SENTENCES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    outcomes: Counter[str] = Counter()
    touched = 0
    for row in rows:
        place = next(i for i, (a, b) in enumerate(zip(row["right"], row["wrong"], strict=True)) if a != b)
        outcomes[outcome(proposed(row["wrong"], models), place, row["right"][place])] += 1
        touched += any(status(e) for e in proposed(row["right"], models))
    pairs, n = len({row["pair"] for row in rows}), len(rows)
    return Table(
        "confusables: invented sentences",
        ("pairs", "sentences", "repaired", "suggested", "nothing", "right ones touched"),
        [(pairs, n, *(outcomes[o] / n for o in ("applied", "suggested", "")), touched)],
    )


def real_table(texts: dict[str, list[str]], models: Models) -> Table:
    from pipeline.language.load import load_models
    from pipeline.language.ngrams import train

    names = list(texts)
    rows: list[tuple[Value, ...]] = []
    for name, other in zip(names, names[::-1], strict=True):
        for known, told in ((models, "none"), (load_models(train(texts[other])), other)):
            known = replace(known, confusables=models.confusables)
            rows.append((name, told, *swapped(texts[name], known), *as_they_are(texts[name], known)))
    return Table(
        "confusables: real text",
        ("text", "model", "swaps", "repaired", "+ suggested", "false applied", "false suggested / 10k", "M chars/s"),
        rows,
        (f"up to {EACH} places of each word in either direction; texts as they are: every proposal counts as false",),
    )


def swapped(texts: Sequence[str], models: Models) -> tuple[int, float, float]:
    """How many places were tried, and the shares repaired and offered."""
    text = "\n".join(texts)
    outcomes: Counter[str] = Counter()
    for pair in models.confusables:
        if pair.kind == "word":
            for word, other in ((pair.a, pair.b), (pair.b, pair.a)):
                for before, after in places(text, word, models):
                    edits = proposed(before + other + after, models)
                    outcomes[outcome(edits, len(before) + pair.place, word[pair.place])] += 1
    n = outcomes.total()
    return n, outcomes["applied"] / n, (outcomes["applied"] + outcomes["suggested"]) / n


def places(text: str, word: str, models: Models) -> Iterator[tuple[str, str]]:
    """What stands around some of the places where the word is a word."""
    from pipeline.text.confusables import stands_as_word

    starts = [m.start() for m in re.finditer(word, text)]
    random.Random(word).shuffle(starts)
    tried = 0
    for start in starts:
        before = text[max(0, start - AROUND) : start].rsplit("\n", 1)[-1]
        after = text[start + len(word) : start + len(word) + AROUND].split("\n", 1)[0]
        if stands_as_word(word, before, after, models):
            yield before, after
            tried += 1
        if tried == EACH:
            return


def as_they_are(texts: Sequence[str], models: Models) -> tuple[int, float, float]:
    """False corrections, false suggestions in 10,000 characters, million characters a second."""
    pages = [(text, passages(text)) for text in texts]
    from pipeline.text.confusables import propose
    from pipeline.text.profile import CleaningProfile

    profile = CleaningProfile()
    began = time.process_time()
    edits = [e for text, page in pages for e in propose(page, text, models, profile)]
    seconds = time.process_time() - began
    found = Counter(map(status, edits))
    characters = sum(map(len, texts))
    return found["applied"], found["suggested"] / characters * 10_000, characters / seconds / 1e6


def passages(text: str) -> list[Passage]:
    """Each line a body paragraph."""
    from pipeline.text.passages import Passage
    from pipeline.text.spans import Span, view

    found, at = [], 0
    for line in text.split("\n"):
        found.append(Passage(view(text, [Span(at, at + len(line))], []), "body", 0))
        at += len(line) + 1
    return found


def proposed(text: str, models: Models) -> list[Edit]:
    from pipeline.text.confusables import propose
    from pipeline.text.profile import CleaningProfile

    return propose(passages(text), text, models, CleaningProfile())


def status(edit: Edit) -> str:
    """What the thresholds make of a proposal; empty = dropped."""
    from pipeline.text.profile import CleaningProfile

    profile = CleaningProfile()
    if edit.confidence >= profile.apply_threshold:
        return "applied"
    return "suggested" if edit.confidence >= profile.suggest_threshold else ""


def outcome(edits: Sequence[Edit], place: int, right: str) -> str:
    """What becomes of the character at `place`."""
    return max((status(e) for e in edits if e.start == place and e.after == right), default="", key=ORDER.index)
