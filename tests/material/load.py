"""Where the pages are: the invented ones in the repository, and the user's seed page when its gold is at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .build import CATEGORIES, PAGES
from .vary import KEEP_BLANK_LINES, Changes, vary

ROOT = PAGES.parent.parent
SEED_GOLD = ROOT.parent / "shared" / "evaluation" / "seed.gold.json"
Json = dict[str, Any]


@dataclass(frozen=True)
class GoldPage:
    """A dump and what it should become."""

    name: str
    category: str
    raw: str
    gold: Json

    def varied(self, seed: int, changes: Changes = Changes()) -> GoldPage:  # noqa: B008 (frozen)
        """Another page of the same make."""
        raw, gold = vary(self.raw, self.gold, seed, changes)
        return GoldPage(f"{self.name}~{seed}", self.category, raw, gold)


def read_gold_page(text: Path, gold: Path, category: str) -> GoldPage:
    return GoldPage(
        text.stem, category, text.read_bytes().decode("utf-8"), json.loads(gold.read_text(encoding="utf-8"))
    )


def invented_pages(*categories: str) -> list[GoldPage]:
    """The invented pages of the categories (all when none is named), in a fixed order."""
    return [
        read_gold_page(path, path.with_suffix(".gold.json"), category)
        for category in CATEGORIES
        if not categories or category in categories
        for path in sorted((PAGES / category).glob("*.txt"))
    ]


def seed_page() -> GoldPage | None:
    """The user's page with the gold of the evaluation kit; None where the kit is not at hand."""
    if not SEED_GOLD.exists():
        return None
    name = json.loads(SEED_GOLD.read_text(encoding="utf-8"))["page"]
    text = ROOT / "seeds" / f"{name}.txt"
    return read_gold_page(text, SEED_GOLD, "seed") if text.exists() else None


def varied_seeds(n: int = 20) -> list[GoldPage]:
    """The seed page in `n` variants (empty where its gold is not at hand). Its gold's form stays the seed gold's, so
    that the kit's `score_seed.py --gold` can judge each."""
    page = seed_page()
    return [page.varied(i, KEEP_BLANK_LINES) for i in range(n)] if page else []


def save(page: GoldPage, folder: Path) -> Path:
    """Write a page as `<name>.txt` beside `<name>.gold.json`, as the scorers of the evaluation kit expect it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{page.gold['page']}.txt"
    path.write_bytes(page.raw.encode())
    path.with_suffix(".gold.json").write_text(json.dumps(page.gold, ensure_ascii=False), encoding="utf-8")
    return path
