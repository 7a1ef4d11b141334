"""Texts with copies put in among them, as newspapers copy: edited, cut short, two printed as one.

The generator knows which pairs are copies. The same texts and seed give the same copies.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.language.winnowing import keys_of

#: Letters and hanzi of an original: long enough for a tenth of it to be lost and the rest to be recognised.
LEAST, MOST = 50, 600
#: A truncated copy keeps so much of its original.
KEPT = (0.4, 0.9)

KINDS = ("edit 3 %", "edit 10 %", "truncated", "merged")


@dataclass(frozen=True)
class Copies:
    """Texts in a mixed order, and the pairs (numbers of texts) of a copy and an original, by kind. A merged copy
    stands in two pairs, one with each of its originals."""

    texts: tuple[str, ...]
    pairs: dict[str, tuple[tuple[int, int], ...]]

    def known(self) -> set[tuple[int, int]]:
        return {(min(p), max(p)) for found in self.pairs.values() for p in found}


def make_copies(originals: Sequence[str], each: int, seed: int = 1) -> Copies:
    """The originals and `each` copies of each kind, every copy of other originals."""
    rng = random.Random(seed)
    pool = [c for text in originals[:200] for c in text if "\u4e00" <= c <= "\u9fff"]
    order = rng.sample(range(len(originals)), len(originals))
    texts, pairs = list(originals), {}
    for kind in KINDS:
        made = []
        for _ in range(each):
            sources = [order.pop() for _ in range(2 if kind == "merged" else 1)]
            made += [(len(texts), source) for source in sources]
            texts.append(_copy(kind, [originals[i] for i in sources], pool, rng))
        pairs[kind] = made
    place = rng.sample(range(len(texts)), len(texts))
    mixed = [""] * len(texts)
    for text, at in zip(texts, place, strict=True):
        mixed[at] = text
    return Copies(tuple(mixed), {k: tuple((place[a], place[b]) for a, b in v) for k, v in pairs.items()})


def _copy(kind: str, sources: Sequence[str], pool: Sequence[str], rng: random.Random) -> str:
    if kind == "merged":
        return "".join(sources)
    text = sources[0]
    if kind == "truncated":
        size = int(len(text) * rng.uniform(*KEPT))
        begin = rng.choice((0, len(text) - size))
        return text[begin : begin + size]
    return "".join(_edited(text, 0.03 if kind == "edit 3 %" else 0.1, pool, rng))


def _edited(text: str, rate: float, pool: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Every character has the same chance of being misprinted: six in ten exchanged, two left out, two put in."""
    for char in text:
        if rng.random() >= rate:
            yield char
            continue
        what = rng.random()
        if what < 0.6:
            yield rng.choice(pool)
        elif what < 0.8:
            yield char + rng.choice(pool)


def paragraphs(folder: Path) -> list[str]:
    """Every paragraph once, of the reference text and of the true texts of the dev pages, in a fixed order."""
    found: dict[str, None] = {}
    for path in sorted((folder / "corpus").glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                found.update(dict.fromkeys(json.loads(line)["text"].split("\n")))
    for path in sorted((folder / "pages").glob("*.gold.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["articles"]:
            found.update(dict.fromkeys(segment["text"] for segment in article["segments"]))
    return distinct(list(found))


def distinct(texts: Sequence[str]) -> list[str]:
    """The texts of a fitting length, none twice but for marks."""
    keys = keys_of(texts)
    seen: set[str] = set()
    fitting = []
    for number, text in enumerate(texts):
        key = keys[number]
        if LEAST <= len(key) <= MOST and key not in seen:
            seen.add(key)
            fitting.append(text)
    return fitting
