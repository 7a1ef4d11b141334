from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.datasets.issue_ids import issue_slug, page_name, path_hash
from pipeline.datasets.store import check_issue_id

NAMES = st.text(st.sampled_from("aAb0_-. /天津Ａé\u0301…"), min_size=1, max_size=8).map(lambda s: s.strip("/") or "x")


def _on_disk(name: str) -> str:
    """What a file system that ignores case and composition makes of a name."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())


@given(NAMES, NAMES)
@example("a", "A")
@example("a/b", "a__b")
@example("a_/b", "a/_b")
@example("é", "e\u0301")
@example("Ａ", "a")
@example("...", "..")
@example("版 面", "版-面")
@example("x" * 500, "x" * 501)
@example("B", f"b-{path_hash('B')}")
@example("a/b-0123456789ab", "a/b-0123456789ab-0002")
def test_two_paths_never_share_a_slug(one: str, other: str) -> None:
    if one != other:
        assert _on_disk(issue_slug(one)) != _on_disk(issue_slug(other))


@given(st.text(min_size=1, max_size=300).filter(lambda s: "\0" not in s))
def test_any_path_makes_a_safe_file_name(path: str) -> None:
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return  # no file can be called so
    check_issue_id(issue_slug(path))
    assert "\n" not in page_name(path)
    page_name(path).encode()


@pytest.mark.parametrize("path", ["000_dfba5c87776d0f68", "2025-12-26", "天津日报", "v1.2", "p_1"])
def test_plain_names_stay(path: str) -> None:
    assert issue_slug(path) == path


def test_parts_stay_readable() -> None:
    assert issue_slug("tianjin-daily/2025-12-26") == "tianjin-daily__2025-12-26"


@pytest.mark.parametrize(
    "path",
    ["A", "a b", "a__b", "_a", "a_", "-a", "a.", "a..b", "...", "con", "nul.x", "x-0123456789ab", "\udcff", "！"],
)
def test_other_names_get_a_hash_of_their_path(path: str) -> None:
    assert issue_slug(path).endswith(f"-{path_hash(path)}")


def test_page_names() -> None:
    assert page_name("000_dfba5c87776d0f68") == "000_dfba5c87776d0f68"
    assert page_name("A04 要闻") == "A04 要闻"
    assert page_name("04", key="04.txt.gz#1") == f"04-{path_hash('04.txt.gz#1')}"
    assert page_name("", key="x.jsonl#3") == path_hash("x.jsonl#3")
    assert page_name("04-0123456789ab") != "04-0123456789ab"
