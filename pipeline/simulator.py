"""The page simulator: gold pages with the defects of real dumps, made out of clean articles.

Anyone can train for their own paper: give clean articles (JSONL: `headline`, optional `label`, `kicker`, `subhead`,
`authors`, `photo`, `body` as text or a list of paragraphs), get dumps with gold. What is simulated: columns that break
an article off and go on elsewhere, bodies before their headlines, broken lines, headlines over two lines, exact and
near copies, blends, truncated ends, continuation markers, wrong characters, half-width marks, blank lines or none,
hard-wrapped columns, page furniture, and the misreadings of a poor scan. Shares are those counted on real pages where
we could count, else guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

Json = dict[str, Any]

_NARROW = str.maketrans({"，": ",", "：": ":", "；": ";", "？": "?", "！": "!", "（": "(", "）": ")"})
#: What poor scans make of marks; "" = nothing.
_MISREAD = {
    "■": "国口回田固", "□": "口国回", "◎": "〇O", "，": ("", ".", "。"), "。": ("", "，", "."), "、": ("", "，", "."),
    "：": (":", ".", ""), "；": (":", "，"), "“": ("", "‘", "\""), "”": ("", "’", "\""),
    "（": ("《", "〈", "(", ""),
    "）": ("》", "〉", ")", ""), "—": ("一", "-", ""), "《": ("(", "", "〈"), "》": (")", "", "〉"),
    "1": ("l", "]", "I"),
}  # fmt: skip
_HEAD_ROLES = ("label", "kicker", "headline", "subhead")


@dataclass(frozen=True)
class CleanArticle:
    """An article as it should read: (role, text) in order, and its authors."""

    segments: tuple[tuple[str, str], ...]
    authors: tuple[str, ...] = ()
    photo: bool = False


@dataclass(frozen=True)
class Shares:
    """How often each defect strikes (per article unless said otherwise)."""

    cut: float = 0.5
    second_cut: float = 0.3
    cut_inside_sentence: float = 0.65
    body_first: float = 0.12
    broken_line: float = 0.06  # per paragraph
    two_line_head: float = 0.35  # per head line of 12 characters or more
    truncated: float = 0.12
    marker: float = 0.15
    exact_copy: float = 0.2  # per page
    near_copy: float = 0.35  # per page
    blend: float = 0.35  # per page
    wrong_character: float = 1 / 900  # per hanzi
    half_width: float = 0.75  # of pages
    wrapped: float = 0.16  # of pages
    tight: float = 0.2  # of pages
    furniture: float = 0.2  # of pages
    ocr: float = 0.1  # of pages: as a poor scan is read
    ocr_wrong: float = 0.012  # per hanzi of such a page
    ocr_lost: float = 0.003  # per hanzi
    ocr_mark: float = 0.06  # per mark: misread or lost
    ocr_gap: float = 0.04  # per line of a column: a blank line below it


@dataclass(frozen=True)
class Piece:
    """Characters [start, end) of segment `segment` of article `article`, printed on one line (before wrapping)."""

    article: int
    segment: int
    start: int
    end: int


@dataclass
class _Line:
    """A line to print: pieces of articles, or text of its own (copies, furniture)."""

    pieces: list[Piece] = field(default_factory=list)
    text: str = ""
    copy_of: Piece | None = None
    kind: str = ""
    blank_before: bool = False


def read_articles(path: Path) -> list[CleanArticle]:
    """Clean articles from a JSONL file.

    Raises:
        ValueError: a line that is no article, with its number.
    """
    articles = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            articles.append(article_of(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name}, line {number}: not an article: {error}") from error
    return articles


def article_of(row: Json) -> CleanArticle:
    """An article from one JSON row."""
    body = row["body"]
    paragraphs = [p.strip() for p in (body.split("\n") if isinstance(body, str) else body) if p.strip()]
    if not paragraphs:
        raise ValueError("no body")
    segments = [(role, row[role].strip()) for role in ("label", "kicker", "headline", "subhead") if row.get(role)]
    authors = tuple(row.get("authors") or ())
    role = "caption" if row.get("photo") else "body"
    segments += [(role, p) for p in paragraphs]
    return CleanArticle(tuple(segments), authors, bool(row.get("photo")))


def articles_of_gold(gold: Json) -> list[CleanArticle]:
    """The clean articles behind a gold page, to be laid out anew."""
    found = []
    for a in gold["articles"]:
        segments = tuple(
            (s["role"], s["text"]) for s in a["segments"] if s["role"] != "marker" and not s.get("truncated")
        )
        if any(role in ("body", "caption") for role, _ in segments):
            found.append(CleanArticle(segments, tuple(a["authors"]), bool(a.get("photo"))))
    return found


def simulate(
    articles: Sequence[CleanArticle],
    name: str,
    seed: int,
    shares: Shares | None = None,
    look_alike: Callable[[str, Random], str | None] = lambda c, r: None,
) -> tuple[str, Json]:
    """One page out of the given articles: (raw text, gold). Equal arguments give equal pages.

    `look_alike(hanzi, random)` gives a wrong character for a right one, or None.
    """
    random = Random(f"{name}/{seed}")
    return _Page(list(articles), random, shares or Shares(), look_alike).print(name)


class _Page:
    def __init__(
        self,
        articles: list[CleanArticle],
        random: Random,
        shares: Shares,
        look_alike: Callable[[str, Random], str | None],
    ) -> None:
        self.random, self.shares, self.look_alike = random, shares, look_alike
        self.style = random.choices(
            ("wrapped", "tight", "ocr", "seed"),
            (shares.wrapped, shares.tight, shares.ocr, 1 - shares.wrapped - shares.tight - shares.ocr),
        )[0]
        self.narrow = random.random() < shares.half_width
        self.mixed = self.narrow and random.random() < 0.12
        self.articles = [self._dressed(a) for a in articles]
        self.texts = [[text for _, text in a.segments] for a in self.articles]
        self.truncated: set[int] = set()
        self.from_blend: dict[tuple[int, int], Piece] = {}
        self.copies: list[tuple[_Line, str, Piece]] = []

    def _dressed(self, article: CleanArticle) -> CleanArticle:
        """With a byline where the article has authors and shows none, and now and then a marker."""
        random, segments = self.random, list(article.segments)
        shown = any(role == "byline" for role, _ in segments) or any("记者" in text[:40] for _, text in segments)
        texts = [i for i, (role, _) in enumerate(segments) if role in ("body", "caption", "heading")]
        first = texts[0] if texts else len(segments)
        if article.authors and not shown:
            names = " ".join(article.authors)
            if article.photo:
                credit = random.choice(("记者 {} 摄", "本报记者 {}摄", "新华社记者 {}摄", "{} 摄"))
                segments.append(("byline", credit.format(names)))
            elif random.random() < 0.5 and segments[first][0] == "body":
                lead = random.choice(("本报讯（记者 {}）", "本报讯（记者{}）", "本报讯 （记者 {}）")).format(names)
                segments[first] = ("body", lead + segments[first][1])
            else:
                mark = random.choice(("■", "□", "", "■ ", "◎"))
                segments.insert(first, ("byline", mark + random.choice(("记者 ", "本报记者 ")) + names))
        has_head = any(role == "headline" for role, _ in segments)
        if has_head and not article.photo and random.random() < self.shares.marker:
            page = random.randint(1, 8)
            if random.random() < 0.5:
                at = next(i for i, (role, _) in enumerate(segments) if role in ("byline", "body", "heading", "caption"))
                segments.insert(at, ("marker", f"（上接第{page}版）"))
            else:
                segments.append(("marker", f"（下转第{page}版）"))
        return replace(article, segments=tuple(segments))

    # ---- layout ----

    def print(self, name: str) -> tuple[str, Json]:
        chunks = [self._chunks(number) for number in range(len(self.articles))]
        lines = self._interleave(chunks)
        self._repeat(lines)
        if self.random.random() < self.shares.furniture:
            where = 0 if self.random.random() < 0.6 else len(lines)
            day = f"{self.random.randint(1, 12)}月{self.random.randint(1, 28)}日"
            form = self.random.choice(
                ("2025年{} 星期{}  责任编辑：{}", "第{2}版 要闻 2025年{0}", "2025年{}星期{}  农历乙巳年")
            )
            week, page = self.random.choice("一二三四五六日"), str(self.random.randint(1, 12))
            text = form.format(day, week, page if form.startswith("第") else "王 明")
            lines.insert(where, _Line(text=text, kind="furniture"))
        return self._typeset(lines, name)

    def _chunks(self, number: int) -> list[list[_Line]]:
        """The lines of an article, in the pieces that its columns hold."""
        article, random = self.articles[number], self.random
        head = [i for i, (role, _) in enumerate(article.segments) if role in _HEAD_ROLES]
        rest = [i for i in range(len(article.segments)) if i not in head]
        bodies = [i for i in rest if article.segments[i][0] == "body"]
        if bodies and article.segments[rest[-1]][0] == "body" and random.random() < self.shares.truncated:
            self._truncate(number, rest[-1])
        head_lines = [_Line([p]) for i in head for p in self._head_pieces(number, i)]
        rest_lines = [_Line([p]) for i in rest for p in self._body_pieces(number, i)]
        if head and len(bodies) >= 2 and random.random() < self.shares.body_first:
            at = random.randint(1, max(1, len(rest_lines) - 1))
            while at < len(rest_lines) and self._role(rest_lines[at - 1]) != "body":
                at += 1
            first, last = rest_lines[:at], head_lines + rest_lines[at:]
            return [first, *self._cut(last)] if random.random() < 0.8 else [first + last]
        return self._cut(head_lines + rest_lines)

    def _role(self, line: _Line) -> str:
        piece = line.pieces[0]
        return self.articles[piece.article].segments[piece.segment][0]

    def _truncate(self, number: int, segment: int) -> None:
        text = self.texts[number][segment]
        if len(text) > 30:
            self.texts[number][segment] = text[: self.random.randint(12, len(text) - 6)].rstrip("，、；：。！？")
            self.truncated.add(number)

    def _head_pieces(self, number: int, segment: int) -> list[Piece]:
        n = len(self.texts[number][segment])
        role = self.articles[number].segments[segment][0]
        share = self.shares.two_line_head * min(1.0, n / 24) * (1.5 if self.style == "ocr" else 1.0)
        if role != "label" and n >= 12 and self.random.random() < share:
            text = self.texts[number][segment]
            at = text.find(" ") + 1 if " " in text[4:-4] else self.random.randint(n // 2 - 2, n // 2 + 2)
            if 3 <= at <= n - 3:
                return [Piece(number, segment, 0, at), Piece(number, segment, at, n)]
        return [Piece(number, segment, 0, n)]

    def _body_pieces(self, number: int, segment: int) -> list[Piece]:
        n = len(self.texts[number][segment])
        whole = [Piece(number, segment, 0, n)]
        is_body = self.articles[number].segments[segment][0] == "body"
        if not is_body or n < 30 or self.random.random() >= self.shares.broken_line:
            return whole
        at = self._inside(number, segment, 8, n - 4)
        return [Piece(number, segment, 0, at), Piece(number, segment, at, n)] if at else whole

    def _inside(self, number: int, segment: int, first: int, last: int) -> int | None:
        """A place inside a clause."""
        text = self.texts[number][segment]
        for _ in range(12):
            if first >= last:
                return None
            at = self.random.randint(first, last)
            if (
                text[at - 1] not in "。！？，、；：”’）—…"
                and text[at] not in "。！？，、；：”’）—…"
                and not (text[at - 1].isascii() and text[at].isascii())
            ):
                return at
        return None

    def _cut(self, lines: list[_Line]) -> list[list[_Line]]:
        """Break an article off at a column's end, up to twice."""
        if self.random.random() >= self.shares.cut:
            return [lines]
        where = [i for i, x in enumerate(lines) if self._role(x) == "body"]
        if not where or len(lines) < 2:
            return [lines]
        at = self.random.choice(where)
        piece = lines[at].pieces[0]
        if self.random.random() < self.shares.cut_inside_sentence:
            inside = self._inside(piece.article, piece.segment, piece.start + 6, piece.end - 4)
            if inside is None:
                return [lines]
            first = [*lines[:at], _Line([replace(piece, end=inside)])]
            last = [_Line([replace(piece, start=inside)]), *lines[at + 1 :]]
        elif at + 1 < len(lines):
            first, last = lines[: at + 1], lines[at + 1 :]
        else:
            return [lines]
        return [first, *(self._cut(last) if self.random.random() < self.shares.second_cut else [last])]

    def _interleave(self, chunks: list[list[list[_Line]]]) -> list[_Line]:
        """The chunks in the order of the dump: what goes on does so after one to four foreign chunks."""
        waiting: list[tuple[int, list[list[_Line]]]] = []
        order: list[list[_Line]] = []
        todo = list(chunks)
        while todo or waiting:
            due = [w for w in waiting if w[0] <= 0]
            if due or not todo:
                entry = min(waiting, key=lambda w: w[0])
                waiting.remove(entry)
                parts = entry[1]
            else:
                parts = todo.pop(0)
            order.append(parts[0])
            waiting = [(left - 1, rest) for left, rest in waiting]
            if len(parts) > 1:
                waiting.append((self.random.randint(1, 4), parts[1:]))
        for chunk in order:
            chunk[0].blank_before = self.random.random() < 0.45
        return [line for chunk in order for line in chunk]

    def _repeat(self, lines: list[_Line]) -> None:
        whole = [i for i, x in enumerate(lines) if self._is_whole(x) and len(self._text(x)) >= 45]
        used: set[int] = set()
        for kind, share in (("exact", self.shares.exact_copy), ("near", self.shares.near_copy)):
            free = [i for i in whole if i not in used]
            if free and self.random.random() < share:
                at = self.random.choice(free)
                used.add(at)
                text = self._text(lines[at])
                text = text if kind == "exact" else self._garbled(text)
                copy = _Line(text=text, copy_of=lines[at].pieces[0], kind=kind)
                self._insert(lines, at + self.random.randint(0, 1), copy, whole, used)
        if self.random.random() < self.shares.blend:
            self._blend(lines, [i for i in whole if i not in used])

    def _insert(self, lines: list[_Line], at: int, line: _Line, whole: list[int], used: set[int]) -> None:
        lines.insert(at, line)
        whole[:] = [i + (i >= at) for i in whole]
        moved = {i + (i >= at) for i in used}
        used.clear()
        used.update(moved)

    def _is_whole(self, line: _Line) -> bool:
        if len(line.pieces) != 1 or self._role(line) != "body":
            return False
        piece = line.pieces[0]
        return piece.start == 0 and piece.end == len(self.texts[piece.article][piece.segment])

    def _text(self, line: _Line) -> str:
        return "".join(self.texts[p.article][p.segment][p.start : p.end] for p in line.pieces)

    def _garbled(self, text: str) -> str:
        """A near copy: some characters lost, doubled or changed."""
        out: list[str] = []
        rate = self.random.uniform(0.02, 0.06)
        for c in text:
            dice = self.random.random()
            if dice < rate * 0.6:
                continue
            if dice < rate:
                out.append(self.look_alike(c, self.random) or c)
            elif dice < rate * 1.25:
                out += [c, self.random.choice(text)] if c not in "，。" else [c]
            else:
                out.append(c)
        return "".join(out)

    def _blend(self, lines: list[_Line], free: list[int]) -> None:
        """The beginning of one paragraph, then the tail of another, which loses it."""
        pairs = [(a, b) for a in free for b in free if a != b and abs(a - b) <= 6 and len(self._text(lines[b])) >= 60]
        if not pairs:
            return
        a, b = self.random.choice(pairs)
        source, victim = lines[a].pieces[0], lines[b].pieces[0]
        n = len(self._text(lines[a]))
        end = self._inside(source.article, source.segment, max(30, n * 3 // 10), max(31, n - 12))
        tail = self._inside(victim.article, victim.segment, 14, len(self._text(lines[b])) - 20)
        if end is None or tail is None:
            return
        moved = replace(victim, start=tail)
        lines[b] = replace_pieces(lines[b], [replace(victim, end=tail)])
        self.from_blend[victim.article, victim.segment] = moved
        blend = _Line([moved], text=self._text(lines[a])[:end], copy_of=replace(source, end=end), kind="blend")
        lines.insert(a, blend)

    # ---- print ----

    def _typeset(self, lines: list[_Line], name: str) -> tuple[str, Json]:
        out: list[str] = []
        size = 0
        spans: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        copies: list[Json] = []
        furniture: list[Json] = []
        errors: list[Json] = []
        ocr = self.style == "ocr"
        width = self.random.randint(11, 18) if ocr else self.random.randint(15, 24)
        indent = self.random.choice(("kept", "lost", "none")) if not ocr else "lost"

        def put(text: str) -> None:
            nonlocal size
            out.append(text)
            size += len(text)

        for n, line in enumerate(lines):
            if n:
                apart = self.style == "seed" or line.blank_before or (ocr and self.random.random() < 0.85)
                put("\n\n" if apart else "\n")
            column = 0
            role = self._role(line) if line.pieces else "body" if line.copy_of else ""
            wrap = self.style in ("wrapped", "ocr") and role in ("body", "caption")
            if wrap and indent == "kept":
                put("　　")
            if wrap and indent != "none":
                column = 2
            own: list[list[int]] = []
            runs = [(None, c, -1) for c in line.text] + [
                (p, self.texts[p.article][p.segment][k], k) for p in line.pieces for k in range(p.start, p.end)
            ]
            for piece, char, k in runs:
                if wrap and column >= width:
                    put("\n\n" if ocr and self.random.random() < self.shares.ocr_gap else "\n")
                    column = 0
                printed = self._printed(char)
                if ocr:
                    misread = self._misread(char)
                    if misread == "":
                        continue
                    printed = misread or printed
                if (
                    piece is not None
                    and piece.segment >= 0
                    and "\u4e00" <= char <= "\u9fff"
                    and (self.random.random() < self.shares.wrong_character)
                ):
                    wrong = self.look_alike(char, self.random)
                    if wrong and role == "body":
                        errors.append({"raw_pos": size, "wrong": wrong, "right": char, "kind": "text"})
                        printed = wrong
                if piece is None:
                    grow(own, size)
                else:
                    spans.setdefault((piece.article, piece.segment), []).append((k, size, size + 1))
                put(printed)
                column += 1
            if line.kind == "furniture":
                furniture.append({"raw_spans": own})
            elif line.copy_of is not None:
                source = line.copy_of
                of = [f"a{source.article + 1}", source.segment]
                copies.append({"raw_spans": own, "kind": line.kind, "of": of, "piece": source})
        put("\n")
        return "".join(out), self._gold(name, spans, copies, furniture, errors)

    def _misread(self, char: str) -> str | None:
        """What a poor scan makes of a character: "" = lost, None = read as it is."""
        dice = self.random.random()
        if "\u4e00" <= char <= "\u9fff":
            if dice < self.shares.ocr_lost:
                return ""
            return self.look_alike(char, self.random) if dice < self.shares.ocr_lost + self.shares.ocr_wrong else None
        if char in _MISREAD and dice < (0.5 if char in "■□◎" else self.shares.ocr_mark):
            return self.random.choice(_MISREAD[char])
        return None

    def _printed(self, char: str) -> str:
        if self.narrow and (not self.mixed or self.random.random() < 0.5):
            return char.translate(_NARROW)
        return char

    def _gold(
        self,
        name: str,
        spans: dict[tuple[int, int], list[tuple[int, int, int]]],
        copies: list[Json],
        furniture: list[Json],
        errors: list[Json],
    ) -> Json:
        def raw(article: int, segment: int, start: int, end: int) -> list[list[int]]:
            found: list[list[int]] = []
            for k, at, _ in sorted(spans.get((article, segment), ())):
                if start <= k < end:
                    grow(found, at)
            return found

        articles = []
        for number, article in enumerate(self.articles):
            segments = [
                {"role": role, "text": self.texts[number][s], "raw_spans": raw(number, s, 0, 10**9)}
                for s, (role, _) in enumerate(article.segments)
            ]
            markers = [t for r, t in article.segments if r == "marker"]
            articles.append({
                "id": f"a{number + 1}", "authors": list(article.authors), "dateline": "", "photo": article.photo,
                "truncated": number in self.truncated,
                "continued_from": next((m[4] for m in markers if "上接" in m), None),
                "continued_to": next((m[4] for m in markers if "下转" in m), None),
                "segments": segments,
            })  # fmt: skip
        for copy in copies:
            p: Piece = copy.pop("piece")
            copy["peer_spans"] = raw(p.article, p.segment, p.start, p.end)
        return {"page": name, "style": self.style, "articles": articles, "duplicates": copies, "orphans": furniture,
                "errors": errors}  # fmt: skip


def replace_pieces(line: _Line, pieces: list[Piece]) -> _Line:
    return _Line(pieces, line.text, line.copy_of, line.kind, line.blank_before)


def grow(spans: list[list[int]], at: int) -> None:
    """Add offset `at` to spans that are built in order."""
    if spans and spans[-1][1] == at:
        spans[-1][1] = at + 1
    else:
        spans.append([at, at + 1])


def simulated_pages(
    articles: Iterable[CleanArticle],
    n: int,
    seed: int,
    shares: Shares | None = None,
    look_alike: Callable[[str, Random], str | None] = lambda c, r: None,
) -> list[tuple[str, str, Json]]:
    """n pages of 6 to 13 articles each: (name, raw text, gold)."""
    pool = list(articles)
    random = Random(seed)
    pages = []
    for number in range(n):
        chosen = random.sample(pool, min(len(pool), random.choice((6, 7, 8, 8, 9, 9, 9, 10, 10, 11, 12, 12, 13))))
        name = f"sim{number:04d}"
        text, gold = simulate(chosen, name, seed, shares, look_alike)
        pages.append((name, text, gold))
    return pages
