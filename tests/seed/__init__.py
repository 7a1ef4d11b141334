"""The user's seed page with our own gold (`gold.json`, see `derive.py`): places and flags, hardly any text."""

from __future__ import annotations

from pathlib import Path

from material.load import ROOT, GoldPage, read_gold_page
from material.vary import KEEP_BLANK_LINES

FOLDER = ROOT / "seeds"
GOLD = Path(__file__).with_name("gold.json")


def seed_page() -> GoldPage:
    """The seed as it came."""
    return read_gold_page(next(FOLDER.glob("*.txt")), GOLD, "seed")


def varied_seeds(n: int) -> list[GoldPage]:
    """The seed in `n` variants: other names, numbers, cuts and order, and the gold moved along."""
    page = seed_page()
    return [page.varied(i, KEEP_BLANK_LINES) for i in range(n)]
