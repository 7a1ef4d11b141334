"""Where `gold.json` comes from: the seed gold of the evaluation kit, cut down to places.

    python tests/seed/derive.py KIT_GOLD.json

The kit quotes the page; here only offsets stand, and the few characters that a misprint or a trap consists of. Heads
and labels name segments of their article by number, so that they hold on varied pages too.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
NAMES = (
    "package",
    "women-leaders",
    "canal-park-photo",
    "inquiry",
    "data-carriers",
    "guidance",
    "robot-fair",
    "petitions",
    "good-start",
    "green",
)
HEADS = ("kicker", "headline", "subhead")


def numbers_of(article: Json, text: str | None, roles: tuple[str, ...]) -> list[int]:
    """The segments of one of these roles that together read `text`."""

    def letters(s: str) -> str:
        return "".join(c for c in s if c.isalnum())

    if not text:
        return []
    found = [n for n, s in enumerate(article["segments"]) if s["role"] in roles and letters(s["text"]) in letters(text)]
    assert letters("".join(article["segments"][n]["text"] for n in found)) == letters(text), text
    return found


def derive(kit: Json) -> Json:
    """Our gold: the same places without the page's text."""
    articles = [
        {
            "id": name,
            "authors": a["authors"],
            "photo": a["photo"],
            "truncated": a["truncated"],
            "continued_from": a["continued_from"],
            "readings": [{role: numbers_of(a, head[role], HEADS) for role in HEADS} for head in a["heads"]],
            "labels": [n for label in a["sections"] for n in numbers_of(a, label, ("label",))],
            "segments": [
                {k: s[k] for k in ("role", "raw_spans", "from_blend", "truncated") if s.get(k)} for s in a["segments"]
            ],
        }
        for name, a in zip(NAMES, kit["articles"], strict=True)
    ]
    name_of = {a["id"]: name for name, a in zip(NAMES, kit["articles"], strict=True)}
    misprint = ("raw_pos", "wrong", "right", "kind", "policy", "context")
    return {
        "page": kit["page"],
        "n_chars": kit["n_chars"],
        "raw_sha256": kit["raw_sha256"],
        "articles": articles,
        "duplicates": [d | {"of": [name_of[d["of"][0]], d["of"][1]]} for d in kit["duplicates"]],
        "orphans": kit["orphans"],
        "joins": [j | {"name": f"{j['kind']} {n}"} for n, j in enumerate(kit["joins"])],
        "errors": [{k: e[k] for k in misprint} for e in kit["errors"]],
        "never_apply": [{k: e[k] for k in misprint} for e in kit["never_apply"]],
        "untouched": kit["untouched"],
        "keep_ascii": kit["keep_ascii"],
    }


def main() -> None:
    gold = derive(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    target = Path(__file__).with_name("gold.json")
    lines = [f" {json.dumps(k)}: {pretty(v)}" for k, v in gold.items()]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def pretty(value: Any, depth: int = 1) -> str:
    """JSON with one record a line."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        pad = " " * (depth + 1)
        return "[\n" + ",\n".join(pad + pretty(v, depth + 1) for v in value) + "\n" + " " * depth + "]"
    if isinstance(value, dict) and "segments" in value:
        rest = {k: v for k, v in value.items() if k != "segments"}
        head = json.dumps(rest, ensure_ascii=False)[:-1]
        return f'{head}, "segments": {pretty(value["segments"], depth + 1)}}}'
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
