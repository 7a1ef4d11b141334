"""The documents: links lead somewhere, settings and commands that are named exist, and those that exist are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.cli import main

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = link.partition("#")
        if target.startswith(("http://", "https://")):
            continue
        assert (page.parent / target).exists(), link
        if anchor and target.endswith(".md"):
            heads = re.findall(r"^#+ (.+)$", (page.parent / target).read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in heads}, link


def test_every_setting_is_documented() -> None:
    code = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "pipeline").rglob("*.py"))
    told = "".join(p.read_text(encoding="utf-8") for p in PAGES)
    used, named = (set(re.findall(r"\bBANMIAN_[A-Z]+(?:_[A-Z]+)*\b", text)) for text in (code, told))
    assert used - named == set()
    assert named - used - {"BANMIAN_PG_HOST", "BANMIAN_PG_PASSWORD"} == set()  # these are PostgreSQL's, in an example


def test_every_command_that_is_named_exists() -> None:
    told = "".join(p.read_text(encoding="utf-8") for p in PAGES)
    named = set(re.findall(r"\bbanmian ([a-z][a-z-]+)", re.sub(r"createdb.*", "", told)))
    assert named <= set(main.commands), named - set(main.commands)
    assert {"run", "clean", "review", "query", "diff", "forget", "train"} <= named
