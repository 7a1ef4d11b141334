"""A big corpus of newspaper pages to measure with: `python -m benchmarks.corpus FOLDER --mb 10`.

Its pages are simulated (`pipeline.simulator`: columns that break off, bodies before heads, narrow marks, misprints) out
of articles that are put together from the paragraphs and heads of the project's own pages, and of `../shared/dev` where
it is there. About 24 KB a page, ten pages an issue.

No paragraph stands twice on a page, none more than five times in the corpus. What is more than the material gives by
that rule is made of variants, in which every few hanzi are exchanged for as many out of another paragraph; each
stretch of the corpus holds its even share of them, so that a part of it costs what the whole does a page.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from material.load import invented_pages

from benchmarks import ROOT
from pipeline.language.glyphs import load_glyphs
from pipeline.simulator import CleanArticle, Shares, articles_of_gold, simulate

PAGE_BYTES = 24_000
PAGES_AN_ISSUE = 10
#: So often a paragraph may stand in the corpus.
REPEATS = 5
#: What is exchanged in a variant: hanzi between marks, in pieces of at most so many. Fewer than a shingle has, by which
#: reprints are found: else all variants would be made of a few phrases that meet in each other, as no newspaper is.
PHRASE = 6
#: Paragraphs of an article, at the least and at the most; with them a page holds some eight articles.
PARAGRAPHS = (4, 14)
#: A page repeats nothing of its own: that would break the rule above. (Copies are the business of `repeats`.)
SHARES = Shares(exact_copy=0.0, near_copy=0.0, blend=0.0)
NEWSPAPER = "banmian-daily"
FIRST_DAY = datetime.date(1990, 1, 1)
_PHRASE = re.compile(f"[\u4e00-\u9fff]{{1,{PHRASE}}}")

#: The lines above an article's body (role, text), and its authors.
Head = tuple[tuple[tuple[str, str], ...], tuple[str, ...]]


@dataclass(frozen=True)
class Material:
    """What pages are made of; no paragraph and no head is there twice."""

    heads: tuple[Head, ...]
    paragraphs: tuple[str, ...]

    @cached_property
    def n_bytes(self) -> int:
        return sum(len(p.encode()) for p in self.paragraphs)

    @cached_property
    def phrases(self) -> dict[int, list[str]]:
        """Length → the phrases of the paragraphs, each as often as it stands there."""
        found: dict[int, list[str]] = {}
        for paragraph in self.paragraphs:
            for phrase in _PHRASE.findall(paragraph):
                found.setdefault(len(phrase), []).append(phrase)
        return found


@dataclass(frozen=True)
class Built:
    """A corpus on disk. `generations`: 1 where no variants were needed, else their number and one."""

    folder: Path
    n_bytes: int
    n_pages: int
    n_issues: int
    generations: int

    def said(self) -> str:
        more = (
            "" if self.generations == 1 else f", {self.generations - 1} of {self.generations} paragraphs are variants"
        )
        return f"{self.n_bytes / 1e6:.1f} MB, {self.n_pages:,} pages in {self.n_issues:,} issues{more}"


# --- material -------------------------------------------------------------------------------------------------------


def material(dev: Path | None = None) -> Material:
    """The paragraphs and heads of the invented pages, and of the folder `dev` (`../shared/dev`) where it is there."""
    articles = [a for page in invented_pages() for a in articles_of_gold(page.gold)]
    if dev:
        for file in sorted((dev / "pages").glob("*.gold.json")):
            articles += articles_of_gold(json.loads(file.read_text(encoding="utf-8")))
        for file in sorted((dev / "corpus").glob("*.jsonl")):
            articles += [_titled(json.loads(line)["text"]) for line in file.read_text(encoding="utf-8").splitlines()]
    heads = [(tuple(s for s in a.segments if s[0] in ("label", "kicker", "headline", "subhead")), a.authors)
             for a in articles]  # fmt: skip
    bodies = [text for a in articles for role, text in a.segments if role == "body" and len(text) >= 20]
    return Material(tuple(dict.fromkeys(h for h in heads if h[0])), tuple(dict.fromkeys(bodies)))


def _titled(text: str) -> CleanArticle:
    """An article whose first line is its headline."""
    title, *body = [line.strip() for line in text.split("\n") if line.strip()]
    return CleanArticle((("headline", title), *(("body", line) for line in body)))


def varied(text: str, generation: int, phrases: Mapping[int, Sequence[str]]) -> str:
    """The text itself (generation 0), or one in which every phrase of up to `PHRASE` hanzi is another one as long."""
    if generation == 0:
        return text
    chance = Random(f"{generation}/{text}")
    return _PHRASE.sub(lambda m: chance.choice(phrases.get(len(m[0]), [m[0]])), text)


def dealt(n: int, rounds: int, chance: Random) -> Iterator[tuple[int, int]]:
    """(number of an item of `n`, generation) for so many rounds through all of them: no pair more than `REPEATS` times,
    the generations evenly mixed, and never an item again soon after it was dealt."""
    order = list(range(n))
    generations = generations_of(rounds)
    for turn in range(rounds):
        late = set(order[n - n // 3 :])
        chance.shuffle(order)
        if turn:  # what came last comes in the later part of the next round
            order.sort(key=lambda i: i in late)
        for i in order:
            yield i, (i + turn) % generations


def generations_of(rounds: int) -> int:
    return max(1, -(-rounds // REPEATS))


def rounds_for(source: Material, n_pages: int) -> int:
    """How often the paragraphs must be gone through for so many pages."""
    return int(1.1 * n_pages * PAGE_BYTES / source.n_bytes) + 1  # the last paragraph of a page stands out over its end


# --- pages ----------------------------------------------------------------------------------------------------------


def build(folder: Path, mb: float, seed: int, source: Material) -> Built:
    """Writes a corpus of `mb` MB (10^6 bytes) or a little more: `<newspaper>/<day>/<page>.txt`. Equal arguments give
    equal bytes.

    Raises:
        ValueError: the material is less than two pages.
    """
    if source.n_bytes < 2 * PAGE_BYTES:
        raise ValueError(f"{source.n_bytes:,} bytes of paragraphs are too few to make pages of")
    n_pages = max(1, round(mb * 1e6 / PAGE_BYTES))
    rounds, written = rounds_for(source, n_pages), 0
    for number, text in enumerate(pages(source, n_pages, rounds, seed)):
        day = FIRST_DAY + datetime.timedelta(days=number // PAGES_AN_ISSUE)
        file = folder / NEWSPAPER / day.isoformat() / f"{number % PAGES_AN_ISSUE + 1:02d}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        written += file.write_bytes(text.encode())
    return Built(folder, written, n_pages, -(-n_pages // PAGES_AN_ISSUE), generations_of(rounds))


def pages(source: Material, n: int, rounds: int, seed: int) -> Iterator[str]:
    """`n` pages of about `PAGE_BYTES`."""
    glyphs = load_glyphs()

    def look_alike(hanzi: str, random: Random) -> str | None:
        near = glyphs.neighbours(hanzi)[:3]
        return random.choice(near)[0] if near else None

    for number, articles in enumerate(planned(source, n, rounds, seed)):
        yield simulate(articles, f"{seed}-{number}", seed, SHARES, look_alike)[0]


def planned(source: Material, n: int, rounds: int, seed: int) -> Iterator[list[CleanArticle]]:
    """The articles of `n` pages. `rounds`: how often the paragraphs must be gone through for so many."""
    chance = Random(seed)
    bodies = dealt(len(source.paragraphs), rounds, chance)
    n_articles = n * (1 + PAGE_BYTES * len(source.paragraphs) / source.n_bytes / (sum(PARAGRAPHS) / 2))
    heads = dealt(len(source.heads), int(1.2 * n_articles / len(source.heads)) + 1, Random(seed + 1))
    for _ in range(n):
        yield list(_articles(source, bodies, heads, chance))


def _articles(
    source: Material, bodies: Iterator[tuple[int, int]], heads: Iterator[tuple[int, int]], chance: Random
) -> Iterator[CleanArticle]:
    """Articles for a page."""
    room = PAGE_BYTES
    while room > 0:
        number, generation = next(heads)
        lines, authors = source.heads[number]
        lines = tuple((role, varied(text, generation, source.phrases)) for role, text in lines)
        chosen = []
        for _ in range(chance.randint(*PARAGRAPHS)):
            if room <= 0:
                break
            number, generation = next(bodies)
            chosen.append(("body", varied(source.paragraphs[number], generation, source.phrases)))
            room -= len(chosen[-1][1].encode()) + 1
        if chosen:
            yield CleanArticle((*lines, *chosen), authors)


def first_issues(corpus: Built, folder: Path, mb: float) -> Built:
    """The first issues of a corpus, as many as hold `mb` MB, as a corpus of its own."""
    n_bytes = n_pages = n_issues = 0
    for issue in sorted((corpus.folder / NEWSPAPER).iterdir()):
        if n_bytes >= mb * 1e6 - PAGE_BYTES * PAGES_AN_ISSUE / 2 and n_issues:
            break
        shutil.copytree(issue, folder / NEWSPAPER / issue.name)
        found = [f.stat().st_size for f in issue.iterdir()]
        n_bytes, n_pages, n_issues = n_bytes + sum(found), n_pages + len(found), n_issues + 1
    return Built(folder, n_bytes, n_pages, n_issues, corpus.generations)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mb", type=float, default=10, help="MB of text (default 10)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--own", action="store_true", help="only the project's own pages, without ../shared/dev")
    args = parser.parse_args(argv)
    dev = ROOT.parent / "shared" / "dev"
    source = material(None if args.own or not dev.exists() else dev)
    print(f"{len(source.paragraphs):,} paragraphs of {source.n_bytes / 1e6:.2f} MB, {len(source.heads):,} heads")
    print(build(args.folder, args.mb, args.seed, source).said())


if __name__ == "__main__":
    main()
