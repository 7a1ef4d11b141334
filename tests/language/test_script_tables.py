"""The conversion tables: the same as OpenCC's, and nothing in the character table that simplified papers print."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from pipeline.language.script import load_script

TABLES = load_script()
OPENCC = OpenCC("t2s")


def keys(name: str) -> list[str]:
    text = (resources.files("opencc") / "dictionary" / name).read_text(encoding="utf-8")
    return [line.split("\t")[0] for line in text.splitlines()]


PHRASES, CHARACTERS = keys("TSPhrases.txt"), keys("TSCharacters.txt")


def test_every_entry_is_converted_as_by_opencc() -> None:
    for key in PHRASES + CHARACTERS:
        assert TABLES.convert(key) == OPENCC.convert(key)


PIECES = st.one_of(
    st.sampled_from(PHRASES),
    st.sampled_from(CHARACTERS),
    st.tuples(st.sampled_from(PHRASES), st.integers(1, 3)).map(lambda p: p[0][: p[1]]),
    st.tuples(st.sampled_from(PHRASES), st.integers(1, 3)).map(lambda p: p[0][-p[1] :]),
    st.sampled_from(["，", "。", " ", "\n", "的", "人民", "AI", "乾", "於", "覆", "藉"]),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=10).map("".join))
def test_mixtures_are_converted_as_by_opencc(text: str) -> None:
    """Cut and overlapping phrases, too."""
    assert TABLES.convert(text) == OPENCC.convert(text)


def test_no_phrase_holds_the_end_of_a_sentence() -> None:
    """`convert` goes sentence by sentence."""
    assert not [p for p in PHRASES if "。" in p or "\n" in p]


@pytest.mark.parametrize("text", ["重覆", "瞭解", "沈船", "反覆", "藉口", "牴牾"])
def test_the_gate_sees_phrases_without_a_character_of_their_own(text: str) -> None:
    assert TABLES.convert(f"他说{text}了") == OPENCC.convert(f"他说{text}了") != f"他说{text}了"


@pytest.mark.parametrize("char", "乾著於後馀徵藉瞭昇鍾汎麽覆夥甯堃喆祇剋麼樑淼陞苧頔吒濛薹")
def test_what_simplified_papers_print_is_not_simplified_out_of_context(char: str) -> None:
    assert char not in TABLES.characters


@pytest.mark.parametrize(("old", "new"), ["勢势", "優优", "發发", "國国", "鐘钟", "長长", "飛飞"])
def test_plain_leaks_are(old: str, new: str) -> None:
    assert TABLES.characters[old] == new


def test_the_tables_fit_together() -> None:
    assert set(TABLES.characters) < TABLES.traditional_only
    assert {"昇", "頔"} < TABLES.traditional_only, "deny-listed characters still speak for traditional text"
    for c in TABLES.traditional_only:
        with pytest.raises(UnicodeEncodeError):
            c.encode("gb2312")
    for old, new in TABLES.characters.items():
        assert len(old) == len(new) == 1
        assert new not in TABLES.characters, "simplifying twice changes nothing"
    for phrase in PHRASES:
        assert not set(TABLES.convert(phrase)) & set(TABLES.characters), "nor after a conversion by phrases"
