"""Change a page and its gold together: other names, numbers and places, other cuts, another order, other marks.

`vary(raw, gold, seed)` takes an invented page or any page whose gold has the same form (the seed's too) and gives the
page that might as well have been printed. Nothing may depend on one wording: what holds on a page should hold on its
variants.

Two things are kept apart. *What is printed*: every replacement has as many characters as what it replaces, so it only
changes characters at their old offsets. *Where it is printed*: the page is a list of lines whose items are old offsets;
moving a cut, a block or a blank line only moves items. At the end one map, old offset → new offset, carries the gold.
"""

from __future__ import annotations

import copy
import hashlib
import itertools
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .build import check_gold, compress, nearest
from .printing import FULL, HALF, is_blank, line_ends
from .wordlists import (
    AFTER_NAME,
    COMPOUND_SURNAMES,
    GIVEN,
    LOOKALIKES,
    NEAR_NAMES,
    PLACE_SYLLABLES,
    SURNAMES,
    TITLES,
    WORD_GROUPS,
)

Json = dict[str, Any]
Item = int | str  # an old offset, or a new blank
SPAN_FIELDS = ("raw_spans", "from_blend", "peer_spans", "residue_spans")
JOIN_ROLES = ("body", "caption")
_NUMBER = re.compile(r"\d+")
_FIXED_AFTER = re.compile(r"[年月日时点号版届期楼:：.\-/—]|至\d+[日时点:]")
_OPENS, _CLOSES = "“‘（(《〈【", "，。、；：？！”’）》〉】,;:?!)…—·%"


@dataclass(frozen=True)
class Changes:
    """What `vary` may change."""

    people: bool = True
    numbers: bool = True
    words: bool = True
    cuts: bool = True
    blocks: bool = True
    marks: bool = True
    blank_lines: bool = True


#: For pages whose blank lines carry meaning, as the seed's do.
KEEP_BLANK_LINES = Changes(blank_lines=False)


@dataclass
class Stream:
    """The characters of one gold record in reading order, blanks left out."""

    places: list[int]
    text: str  # as it should read: misprints put right
    role: str = "body"
    record: Json = field(default_factory=dict)


@dataclass
class Sheet:
    """A page being changed."""

    raw: str
    gold: Json
    chars: list[str]
    lines: list[list[Item]]
    errors: dict[int, Json]
    streams: list[Stream]
    chance: random.Random
    replaced: dict[str, str] = field(default_factory=dict)  # whole words and names
    numbers: dict[str, str] = field(default_factory=dict)


def offsets(spans: Iterable[Iterable[int]]) -> list[int]:
    """Spans → offsets in reading order."""
    return [i for start, end in spans for i in range(start, end)]


def records(gold: Json) -> Iterator[tuple[Json, str]]:
    """Everything in the gold that owns characters, with its role."""
    for a in gold["articles"]:
        for s in a["segments"]:
            yield s, s["role"]
    for d in gold["duplicates"]:
        yield d, "duplicate"
    for o in gold["orphans"]:
        yield o, "orphan"


def open_sheet(raw: str, gold: Json, seed: int) -> Sheet:
    gold = copy.deepcopy(gold)
    errors = {e["raw_pos"]: e for e in [*gold["errors"], *gold.get("never_apply", [])]}
    fixed = {e["raw_pos"] for e in gold["errors"]}
    streams = []
    for record, role in records(gold):
        places = [i for i in offsets(record["raw_spans"]) if not is_blank(raw[i])]
        text = "".join(errors[i]["right"] if i in fixed else raw[i] for i in places)
        streams.append(Stream(places, text, role, record))
    lines: list[list[Item]] = []
    at = 0
    for line in raw.split("\n"):
        lines.append(list(range(at, at + len(line))))
        at += len(line) + 1
    return Sheet(raw, gold, list(raw), lines, errors, streams, random.Random(f"{gold['page']}/{seed}"))


# --- what is printed ------------------------------------------------------------------------------------------------


def find_people(sheet: Sheet) -> list[str]:
    """The people of the page: those the gold names, and in running text those with a title or a verb of speech."""
    gold = sheet.gold
    found = dict.fromkeys([*gold.get("people", []), *(a for x in gold["articles"] for a in x["authors"])])
    found |= dict.fromkeys(e["name"] for e in gold["errors"] if e.get("name"))
    text = "\n".join(s.text for s in sheet.streams)
    if "people" not in gold:
        known = "".join(dict.fromkeys(SURNAMES))
        after = "|".join([*AFTER_NAME, "分享", "[的以虽，,：:、“]"])
        name = f"([{known}][\u4e00-\u9fa5]{{2}})"
        for pattern in (
            rf"(?:{'|'.join(TITLES)}){name}",
            rf"[。”，,]{name}(?:{'|'.join(AFTER_NAME)})",
            rf"在{name}看来",
        ):
            counts = re.findall(pattern, text)
            found |= dict.fromkeys(n for n in counts if text.count(n) > 1 or re.search(rf"{n}(?:{after})", text))
    for e in gold["errors"]:
        if e["kind"] == "name" and not e.get("name") and e.get("context"):
            e["name"] = e["context"].replace(e["wrong"], e["right"], 1)
            found[e["name"]] = None
    return sorted(
        (n for n in found if re.fullmatch(r"[\u4e00-\u9fa5]{2,4}", n) and n in text), key=lambda n: text.find(n)
    )


def families(names: list[str]) -> list[list[str]]:
    """Names of one length that differ in one character stay that close: they belong to one family."""
    groups: list[list[str]] = []
    for name in names:
        near = [g for g in groups if any(len(o) == len(name) and distance(o, name) == 1 for o in g)]
        merged = [name, *(n for g in near for n in g)]
        groups = [g for g in groups if g not in near] + [sorted(merged, key=names.index)]
    return groups


def distance(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))


def rename_people(sheet: Sheet) -> None:
    """Every person gets another name of the same length. A misprinted name gets a character that has a look-alike at
    the misprinted place, and the look-alike is printed there."""
    misprinted: dict[str, set[int]] = {}
    names = find_people(sheet)
    for e in sheet.gold["errors"]:
        if e["kind"] == "name" and e.get("name") in names:
            misprinted.setdefault(e["name"], set()).add(place_in_name(sheet, e))
    text = "\n".join(s.text for s in sheet.streams)
    taken: list[str] = []
    for family in families(names):
        wrong_at = {i for n in family for i in misprinted.get(n, ())}
        if 0 in wrong_at:  # a misprinted surname stays as it is
            continue
        for _ in range(200):
            new, wrong = new_names(family, wrong_at, sheet.chance)
            clash = any(n in text for n in new.values()) or any(
                len(o) == len(n) and distance(o, n) < 2 for n in new.values() for o in taken
            )
            if not clash:
                break
        else:
            continue
        taken += new.values()
        sheet.replaced |= new
        for e in sheet.gold["errors"]:
            if e["kind"] == "name" and e.get("name") in new and wrong:
                e["wrong"] = wrong


def place_in_name(sheet: Sheet, error: Json) -> int:
    """At which character of the name the misprint stands."""
    name = error["name"]
    for s in sheet.streams:
        if error["raw_pos"] in s.places:
            at = s.places.index(error["raw_pos"])
            for i, char in enumerate(name):
                if char == error["right"] and s.text[max(0, at - i) : at - i + len(name)] == name:
                    return i
    return 0


def new_names(family: list[str], wrong_at: set[int], chance: random.Random) -> tuple[dict[str, str], str]:
    """(new names, the look-alike to print for the misprinted character)"""
    length, wrong = len(family[0]), ""
    table: list[dict[str, str]] = [{} for _ in range(length)]
    compound = family[0][:2] in COMPOUND_SURNAMES
    if compound:
        other = chance.choice(COMPOUND_SURNAMES)
        for i in (0, 1):
            table[i] = {n[i]: other[i] for n in family}
    for i in range(2 if compound else 0, length):
        olds = list(dict.fromkeys(n[i] for n in family))
        if i in wrong_at:
            pair = chance.choice(LOOKALIKES)
            right, wrong = pair[0], pair[1]
            rest = [c for c in GIVEN if c not in (right, wrong)]
            olds.remove(family[0][i])
            olds.insert(0, family[0][i])
            news = [right, *chance.sample(rest, len(olds) - 1)]
        elif i == 0:
            news = chance.sample(sorted(set(SURNAMES)), len(olds))
        elif len(olds) == 2 and chance.random() < 0.5:
            news = list(chance.choice(NEAR_NAMES))
        else:
            news = chance.sample(GIVEN, len(olds))
        table[i] = dict(zip(olds, news, strict=True))
    return {n: "".join(table[i][c] for i, c in enumerate(n)) for n in family}, wrong


def rename_places(sheet: Sheet) -> None:
    """Invented places keep their last character (村, 镇, 湾) and get other first ones."""
    text = "\n".join(s.text for s in sheet.streams)
    for place in sheet.gold.get("places", []):
        for _ in range(50):
            new = "".join(sheet.chance.sample(PLACE_SYLLABLES, len(place) - 1)) + place[-1]
            if new not in text and new not in sheet.replaced.values():
                sheet.replaced[place] = new
                break


def exchange_words(sheet: Sheet) -> None:
    """Within a group, the words of the page become other words; two words never become one."""
    text = "\n".join(s.text for s in sheet.streams)
    kept = "\n".join([*sheet.gold.get("keep_ascii", []), *sheet.gold.get("untouched", [])])
    for group in WORD_GROUPS:
        present = [w for w in group if w in text and w not in kept]
        news = sheet.chance.sample(group, len(present))
        if not any(n in text and n not in present for n in news):
            sheet.replaced |= {w: n for w, n in zip(present, news, strict=True) if w not in sheet.replaced}


def change_numbers(text: str, sheet: Sheet) -> str:
    """Other digits for the numbers that may change: dates, hours, pages and item numbers may not."""

    def other(m: re.Match[str]) -> str:
        token, start, end = m[0], m.start(), m.end()
        before, after = text[start - 1 : start], text[end : end + 4]
        date = _FIXED_AFTER.match(after) and not re.match(r"\.\d", after)
        if start == 0 or date or before in tuple(":：第/-—") or (before and before.isascii() and before.isalpha()):
            return token
        if re.fullmatch(r"(?:19|20)\d\d|0.*|1|10+", token) or token in keep:
            return token
        return sheet.numbers.setdefault(token, new_number(token, sheet.chance))

    keep = {t for k in sheet.gold.get("keep_ascii", []) for t in _NUMBER.findall(k)}
    narrow = text.translate({0xFF10 + i: str(i) for i in range(10)})
    changed = _NUMBER.sub(other, narrow)
    wide = [c.isdigit() and not c.isascii() for c in text]
    return "".join(chr(0xFF10 + int(c)) if w else c for c, w in zip(changed, wide, strict=True))


def new_number(token: str, chance: random.Random) -> str:
    """As many digits, the first not 0, round where it was round."""
    body = token.rstrip("0")
    digits = [str(chance.randint(1, 9)) for _ in body]
    return "".join(digits) + "0" * (len(token) - len(body))


def swap_words(text: str, words: dict[str, str]) -> str:
    """All words of the map at once, the longest first."""
    if not words:
        return text
    pattern = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(pattern, lambda m: words[m[0]], text)


def swap(text: str, sheet: Sheet, numbers: bool) -> str:
    """A string of the gold with the page's replacements in it."""
    text = swap_words(text, sheet.replaced)
    return change_numbers(text, sheet) if numbers else text


def print_anew(sheet: Sheet, changes: Changes) -> None:
    """Put the replacements into the characters and into the gold's texts."""
    for e in sheet.errors.values():
        sheet.chars[e["raw_pos"]] = e["wrong"]
    for s in sheet.streams:
        new = swap_words(s.text, sheet.replaced)
        if changes.numbers and s.role not in ("orphan", "marker"):
            new = change_numbers(new, sheet)
        for at, old, char in zip(s.places, s.text, new, strict=True):
            error = sheet.errors.get(at)
            if error and error in sheet.gold["errors"]:
                if char != old:
                    error["right"] = char
            elif char != old:
                sheet.chars[at] = char
        if "text" in s.record:
            s.record["text"] = retell(s.record["text"], s, new, sheet)
    for e in sheet.errors.values():
        sheet.chars[e["raw_pos"]] = e["wrong"]


def retell(text: str, stream: Stream, new: str, sheet: Sheet) -> str:
    """The gold's own text of a segment (its marks may be wider, its misprints put right or not) with the changes."""
    shown = iter(zip(stream.places, stream.text, new, strict=True))
    parts = []
    for char in text:
        if is_blank(char):
            parts.append(char)
            continue
        at, old, changed = next(shown)
        if at in sheet.errors and char != old and char == sheet.raw[at]:
            parts.append(sheet.errors[at]["wrong"])
        else:
            parts.append(changed if changed != old else char)
    return "".join(parts)


def change_marks(sheet: Sheet) -> None:
    """Half-width or full-width marks, all over the page or by turns. Times and scores (19:00, 3:2) stay."""
    style = sheet.chance.choice(["all", "all", "mixed", "none"])
    for s in sheet.streams:
        for k, at in enumerate(s.places):
            char = sheet.chars[at]
            if char not in FULL and char == char.translate(HALF):
                continue
            around = [sheet.chars[s.places[j]] for j in (k - 1, k + 1) if 0 <= j < len(s.places)]
            if any(c.isascii() and c.isalnum() for c in around):
                continue
            half = style == "all" or (style == "mixed" and sheet.chance.random() < 0.5)
            sheet.chars[at] = char.translate(HALF) if half else FULL.get(char, char)
    sheet.gold["halfwidth"] = style


# --- where it is printed --------------------------------------------------------------------------------------------


def line_of(sheet: Sheet) -> dict[int, int]:
    return {item: n for n, line in enumerate(sheet.lines) for item in line if isinstance(item, int)}


def move_cuts(sheet: Sheet) -> None:
    """Each broken sentence breaks elsewhere in the same sentence; both halves keep eight characters."""
    for s in sheet.streams:
        spans = s.record["raw_spans"]
        if s.role not in JOIN_ROLES or len(spans) < 2:
            continue
        swallowed = {b[0] for b in s.record.get("from_blend", [])}
        for (a0, a1), (b0, b1) in itertools.pairwise(spans):
            where = line_of(sheet)
            first, second = sheet.lines[where[a1 - 1]], sheet.lines[where[b0]]
            ours = set(offsets(spans))
            if (
                b0 in swallowed
                or b0 - 1 in swallowed
                or not (ours >= {i for i in first + second if isinstance(i, int)})
            ):
                continue
            left = [i for i in first if isinstance(i, int) and i >= a0]
            both = [*left, *(i for i in second if isinstance(i, int) and i < b1)]
            cut = choose_cut(both, len(left), sheet)
            blanks = [i for i in first if i not in left]
            first[:] = [*blanks, *both[:cut]]
            second[:] = both[cut:]


def choose_cut(items: list[int], old: int, sheet: Sheet) -> int:
    """Another place near the old one, within the sentence, not beside a mark."""

    def good(cut: int) -> bool:
        before, after = sheet.chars[items[cut - 1]], sheet.chars[items[cut]]
        path = "".join(sheet.chars[i] for i in items[min(cut, old) - 1 : max(cut, old) + 1])
        if (
            re.search(r"[。？！?!]", path)
            or before in _OPENS
            or before in _CLOSES
            or after in _CLOSES
            or is_blank(after)
        ):
            return False
        return not (before.isascii() and after.isascii()) and not is_blank(before)

    choices = [c for c in range(max(8, old - 14), min(len(items) - 8, old + 15)) if c != old and good(c)]
    return sheet.chance.choice(choices) if choices else old


def rewrap(sheet: Sheet) -> None:
    """Hard-wrapped columns get another width. A paragraph that goes on elsewhere is cut at a full line again."""
    width = max(12, sheet.gold.get("width") or 0) + sheet.chance.choice([-2, -1, 1, 2, 3])
    for s in sheet.streams:
        if s.role not in (*JOIN_ROLES, "duplicate"):
            continue
        where = line_of(sheet)
        rows = list(dict.fromkeys(where[a] for a, _ in s.record["raw_spans"]))
        inside = set(offsets(s.record["raw_spans"]))
        if not inside >= {i for n in rows for i in sheet.lines[n] if isinstance(i, int) and not is_blank(sheet.raw[i])}:
            continue
        groups: list[list[int]] = []
        for n in rows:
            if groups and n == groups[-1][-1] + 1:
                groups[-1].append(n)
            else:
                groups.append([n])
        items = offsets(s.record["raw_spans"])
        indent = items[0] - min(i for i in sheet.lines[rows[0]] if isinstance(i, int))
        ends = line_ends("".join(sheet.chars[i] for i in items), width, indent, False)
        edges = [0, *ends, len(items)]
        if len(ends) < len(groups) - 1:
            continue
        pieces = [items[a:b] for a, b in itertools.pairwise(edges)]
        done = total = 0
        for k, group in enumerate(groups):  # nearest full line to the old cut
            total += sum(len([i for i in sheet.lines[n] if i in inside]) for n in group)
            rest = len(groups) - 1 - k
            full_lines = edges[done + 1 : len(pieces) - rest + 1]
            stop = edges.index(nearest(full_lines, total)) if rest else len(pieces)
            new: list[list[Item]] = [list(p) for p in pieces[done:stop]]
            if k == 0:
                new[0][:0] = ["　"] * indent
            put_lines(sheet, group, new)
            done = stop
    sheet.lines = [line for line in sheet.lines if line != [None]]
    sheet.gold["width"] = width


def put_lines(sheet: Sheet, group: list[int], new: list[list[Item]]) -> None:
    """Put `new` lines where the lines `group` were. Other lines keep their numbers: a line may hold several, parted
    by a "\\n" item, or be marked as gone."""
    flat: list[Item] = []
    for n, line in enumerate(new):
        flat += ["\n", *line] if n else line
    sheet.lines[group[0]] = flat
    for n in group[1:]:
        sheet.lines[n] = [None]  # type: ignore[list-item]


def owner_of_lines(sheet: Sheet) -> list[str]:
    """For every line the block it belongs to: an article, a group of articles, or a piece of furniture. Blank: ''."""
    owner: dict[int, str] = {}
    for a in sheet.gold["articles"]:
        for s in a["segments"]:
            owner |= dict.fromkeys(offsets(s["raw_spans"]), a.get("group") or a["id"])
    for d in sheet.gold["duplicates"]:
        a = next(x for x in sheet.gold["articles"] if x["id"] == d["of"][0])
        owner |= dict.fromkeys(offsets(d["raw_spans"]), a.get("group") or a["id"])
    for n, o in enumerate(sheet.gold["orphans"]):
        owner |= dict.fromkeys(offsets(o["raw_spans"]), f"orphan {n}")
    return [next((owner[i] for i in line if isinstance(i, int) and i in owner), "") for line in sheet.lines]


def shuffle_blocks(sheet: Sheet) -> None:
    """Neighbouring articles that stand whole on the page change places. Parts of articles, furniture, and articles
    that do not open with their own head stay."""
    owners = owner_of_lines(sheet)
    blocks: list[tuple[str, int, int]] = []
    for n, owner in enumerate(owners):
        if not owner:
            continue
        if blocks and blocks[-1][0] == owner:
            blocks[-1] = (owner, blocks[-1][1], n + 1)
        else:
            blocks.append((owner, n, n + 1))
    count: dict[str, int] = {}
    for owner, _, _ in blocks:
        count[owner] = count.get(owner, 0) + 1
    still = {a.get("group") or a["id"] for a in sheet.gold["articles"] if not opens_itself(a)}
    runs: list[list[tuple[str, int, int]]] = [[]]
    for block in blocks:
        if count[block[0]] == 1 and block[0] not in still and not block[0].startswith("orphan"):
            runs[-1].append(block)
        else:
            runs.append([])
    content = [list(line) for line in sheet.lines]
    for run in reversed(runs):
        order = list(run)
        sheet.chance.shuffle(order)
        for (_, start, end), (_, a, b) in reversed(list(zip(run, order, strict=True))):
            sheet.lines[start:end] = content[a:b]


def opens_itself(article: Json) -> bool:
    """Does the article begin with its label, kicker or headline (or is it a photo with its credit)?"""
    first = min(article["segments"], key=lambda s: s["raw_spans"][0][0])
    return first["role"] in ("label", "kicker", "headline") or (
        bool(article.get("photo")) and first["role"] == "caption"
    )


def change_blank_lines(sheet: Sheet) -> None:
    """A page with a blank line after every line gets none, or the other way round."""
    style = sheet.gold.get("style")
    if style not in ("seed", "tight") or sheet.chance.random() < 0.5:
        return
    shown = [line for line in sheet.lines if any(isinstance(i, int) and not is_blank(sheet.raw[i]) for i in line)]
    if style == "seed":
        sheet.lines, sheet.gold["style"] = shown, "tight"
    else:
        sheet.lines = [x for line in shown for x in (line, [])]
        sheet.gold["style"] = "seed"


# --- the gold follows -----------------------------------------------------------------------------------------------


def finish(sheet: Sheet, numbers: bool) -> tuple[str, Json]:
    """The new dump, and the gold in its offsets."""
    parts: list[str] = []
    new: dict[int, int] = {}
    for n, line in enumerate(sheet.lines):
        if n:
            parts.append("\n")
        for item in line:
            if isinstance(item, int):
                new[item] = len(parts)
            parts.append(sheet.chars[item] if isinstance(item, int) else item)
    raw, gold = "".join(parts), sheet.gold
    links = join_links(gold)
    old_raw = sheet.raw
    for e in sheet.errors.values():
        if e.get("context"):
            e["context"] = new_context(e, old_raw, sheet)
    for e in sheet.errors.values():
        e["raw_pos"] = new[e["raw_pos"]]
        if e.get("name"):
            e["name"] = swap_words(e["name"], sheet.replaced)
    for record, _ in records(gold):
        for key in SPAN_FIELDS:
            if record.get(key):
                record[key] = compress([new[i] for i in offsets(record[key]) if i in new])
    rewrite_joins(gold, links, raw)
    rewrite_strings(gold, sheet, numbers)
    rewrite_lines(gold, raw)
    gold["n_chars"], gold["raw_sha256"] = len(raw), hashlib.sha256(raw.encode()).hexdigest()
    check_gold(raw, gold)
    return raw, gold


def new_context(error: Json, raw: str, sheet: Sheet) -> str:
    """The words around a misprint, as the new page prints them."""
    for i in range(len(error["context"])):
        start = error["raw_pos"] - i
        if raw[start : start + len(error["context"])] == error["context"]:
            return "".join(sheet.chars[start : start + len(error["context"])])
    return str(error["context"])


def join_links(gold: Json) -> list[tuple[Json, Json, int] | None]:
    """For the seed's named joins: which seam of which segment each one is."""
    found: list[tuple[Json, Json, int] | None] = []
    for j in gold.get("joins", []):
        hits = [
            (j, s, k)
            for s, _ in records(gold)
            for k, (a, b) in enumerate(zip(s["raw_spans"], s["raw_spans"][1:], strict=False))
            if (a[1], b[0]) == (j["raw_end"], j["raw_start"])
        ]
        found.append(hits[0] if hits else None)
    return found


def rewrite_joins(gold: Json, links: list[tuple[Json, Json, int] | None], raw: str) -> None:
    for link in links:
        if link is None:
            raise ValueError(f"{gold['page']}: a named join is no seam of any segment")
        join, segment, k = link
        join["raw_end"], join["raw_start"] = segment["raw_spans"][k][1], segment["raw_spans"][k + 1][0]
        if "line" in join["name"] or "column" in join["name"]:
            a, b = (raw.count("\n", 0, join[x]) for x in ("raw_end", "raw_start"))
            join["name"] = re.sub(r"\d+→\d+", f"{a}→{b}", join["name"])


def rewrite_strings(gold: Json, sheet: Sheet, numbers: bool) -> None:
    """Names and heads that the gold holds as plain strings."""

    def new(text: str | None) -> str | None:
        return swap(text, sheet, numbers) if text else text

    for key in ("people", "places", "untouched"):
        if key in gold:
            gold[key] = [swap_words(x, sheet.replaced) for x in gold[key]]
    for a in gold["articles"]:
        a["authors"] = [swap_words(x, sheet.replaced) for x in a["authors"]]
        for key in ("headline", "section", "dateline"):
            if a.get(key):
                a[key] = new(a[key])
        a["sections"] = [str(new(x)) for x in a["sections"]] if "sections" in a else None
        if a["sections"] is None:
            del a["sections"]
        for head in a.get("heads", []):
            head |= {k: new(v) for k, v in head.items()}


def rewrite_lines(gold: Json, raw: str) -> None:
    """Line numbers, where the gold has them."""

    def number(at: int) -> int:
        return raw.count("\n", 0, at)

    for a in gold["articles"]:
        for s in a["segments"]:
            if "lines" in s:
                s["lines"] = [number(start) for start, _ in s["raw_spans"]]
    for e in [*gold["errors"], *gold.get("never_apply", [])]:
        if "line" in e:
            e["line"] = number(e["raw_pos"])


def vary(raw: str, gold: Json, seed: int, changes: Changes = Changes()) -> tuple[str, Json]:
    """Another page of the same make, and its gold. The same seed gives the same page; the arguments stay unchanged."""
    sheet = open_sheet(raw, gold, seed)
    words: list[tuple[bool, Callable[[Sheet], None]]] = [
        (changes.people, rename_people),
        (changes.words, rename_places),
        (changes.words, exchange_words),
    ]
    for wanted, step in words:
        if wanted:
            step(sheet)
    print_anew(sheet, changes)
    wrapped = gold.get("style") == "wrapped"
    steps: list[tuple[bool, Callable[[Sheet], None]]] = [
        (changes.cuts and not wrapped, move_cuts),
        (changes.blocks, shuffle_blocks),
        (changes.cuts and wrapped, rewrap),
        (changes.blank_lines, change_blank_lines),
        (changes.marks, change_marks),
    ]
    for wanted, step in steps:
        if wanted:
            step(sheet)
    return finish(sheet, changes.numbers)
