"""A user's lexicon: what is read, what is refused with file and line, and what the models make of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.datasets.invariants import check_page
from pipeline.language.lexicon import LexiconError, UserLexicon, parse_lexicon, read_lexicon
from pipeline.language.load import load_models
from pipeline.text.document import CleanPage, Page
from pipeline.text.models import ConfusablePair
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile

PROFILE = CleaningProfile()


def files(**lists: str) -> dict[str, bytes]:
    """protected_txt="…" is the file protected.txt."""
    return {name.replace("__", "-").replace("_", "."): text.encode() for name, text in lists.items()}


def cleaned(text: str, **lists: str) -> CleanPage:
    lexicon = parse_lexicon({k: v for k, v in files(**lists).items() if v})
    return clean_page(Page("page", text), load_models(lexicon=lexicon), PROFILE)


def corrections(page: CleanPage) -> list[tuple[str, str, str]]:
    return [(e.before, e.after, e.status) for e in page.edits if e.stage == "correct"]


def test_all_four_lists_are_read() -> None:
    lexicon = parse_lexicon(
        files(
            protected_txt="# coined\nＡ股\nApp Store\n",
            names_txt="周文涛 孟晓岚\n阿依古丽·买买提\n",
            names__staff_csv="name,desk\n温嘉禾,要闻\n",
            places_txt="沭棠河\n",
            confusables_csv="a,b,cues_a\n滏阳,溢阳,\n迸发,进发,灵感!|_出\n",
        )
    )
    assert lexicon.protected == ("App Store", "Ａ股")
    assert lexicon.names == ("周文涛", "孟晓岚", "温嘉禾", "阿依古丽·买买提")
    assert lexicon.places == ("沭棠河",)
    assert lexicon.confusables == (
        ConfusablePair("滏阳", "溢阳", kind="form"),
        ConfusablePair("迸发", "进发", ("灵感!", "_出")),
    )


def test_a_byte_order_mark_line_ends_and_comments_do_not_count() -> None:
    plain = parse_lexicon({"names.txt": "周文涛\n孟晓岚\n".encode()})
    marked = parse_lexicon({"names.txt": "\ufeff# staff\r\n孟晓岚\r\n\r\n周文涛".encode()})
    assert plain == marked and plain.lexicon_id == marked.lexicon_id != ""
    assert parse_lexicon({"names.txt": b"# nobody\n"}).lexicon_id == ""


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    lexicon = parse_lexicon(files(protected_txt="优勢", confusables_csv="kind,a,b,cues_b\nform,滏阳,溢阳,水流|_外\n"))
    lexicon.save(tmp_path)
    assert read_lexicon(str(tmp_path)) == lexicon


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nams.txt", "周文涛", "nams.txt is none of the lexicon's lists: call it protected.txt"),
        ("names.txt", "周文涛\n\nJohn\n", "names.txt, line 3: 'John' is no name in hanzi"),
        ("names.txt", "周", "names.txt, line 1: '周' is no name"),
        ("names.csv", "person\n周文涛\n", "names.csv, line 1: the header has no column 'name'"),
        ("names.csv", "name,desk\n周文涛\n", "names.csv, line 2: 1 cells, the header has 2"),
        ("places.txt", "# rivers\n滏阳he", "places.txt, line 2: '滏阳he' is no place in hanzi"),
        (
            "protected.txt",
            "好\n坏\u200b的",
            "protected.txt, line 2: '坏\\u200b的' holds a character that cannot be seen",
        ),
        ("protected.txt", "长" * 61, "protected.txt, line 1: 长长长长长长长长长长长长… has 61 characters"),
        ("confusables.csv", "a,b\n迸发,进行\n", "confusables.csv, line 2: 迸发 and 进行 must differ in exactly one"),
        ("confusables.csv", "a,b\n迸发,迸发\n", "line 2: 迸发 and 迸发 must differ in exactly one character"),
        ("confusables.csv", "kind,a,b\nwords,迸发,进发\n", "line 2: kind is `word`"),
        ("confusables.csv", "kind,a,b\nword,迸发,进发\n", "line 2: 迸发 and 进发 are both words, so cues must"),
        ("confusables.csv", "a,b,cues_a\n迸发,进发,灵感!!!!\n", "line 2: '灵感!!!!' is no cue"),
        (
            "confusables.csv",
            "a,b\n滏阳,溢阳\n溢阳,滏阳\n",
            "line 3: 溢阳 and 滏阳 stand already in confusables.csv, line 2",
        ),
        ("confusables.csv", "a,b,why\n滏阳,溢阳,x\n", "unknown column 'why'"),
        ("confusables.csv", 'a,b\n"滏阳,溢阳\n', "confusables.csv, line 2: no line of a CSV"),
        ("confusables.txt", "滏阳 溢阳", "confusable pairs stand in a table; call it confusables.csv"),
        ("confusables.csv", "a,b\nA股,B股\n", "line 2: 'A股' must be 2 to 8 hanzi"),
    ],
)
def test_what_cannot_be_used_is_refused_with_file_and_line(name: str, content: str, message: str) -> None:
    with pytest.raises(LexiconError) as refused:
        parse_lexicon({name: content.encode()})
    assert message in str(refused.value)


def test_other_encodings_are_refused_with_the_line() -> None:
    with pytest.raises(LexiconError, match=r"names.txt, line 2: not UTF-8; save the file as UTF-8"):
        parse_lexicon({"names.txt": b"\n" + "周文涛".encode("gb18030")})


def test_a_folder_may_hold_a_readme_and_the_decisions(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("ours")
    (tmp_path / "decisions.csv").write_text("decision\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "old").mkdir()
    (tmp_path / "names.txt").write_text("周文涛\n", encoding="utf-8")
    assert read_lexicon(str(tmp_path)) == UserLexicon(names=("周文涛",))


def test_no_folder_no_lexicon(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="does not exist: give a folder"):
        read_lexicon(str(tmp_path / "no"))
    (tmp_path / "file").touch()
    with pytest.raises(LexiconError, match="is a file: give a folder"):
        read_lexicon(str(tmp_path / "file"))


# --- what becomes of it ---------------------------------------------------------------------------------------------

RIVER = "河堤加固\n本报讯 滹沱河今年来水偏多。滹沱河沿岸加固堤防。\n他从小在滹沦河边长大，如今守着这条河。\n"


def test_a_protected_term_is_never_changed_also_inside_a_word() -> None:
    assert corrections(cleaned(RIVER)) == [("沦", "沱", "applied")]
    assert corrections(cleaned(RIVER, protected_txt="滹沦")) == []
    assert corrections(cleaned(RIVER, protected_txt="沦河边")) == []
    assert corrections(cleaned(RIVER, protected_txt="滹沦江")) == [("沦", "沱", "applied")]


@pytest.mark.parametrize("name", ["w02_evening_city", "w03_provincial_package", "w09_provincial_jump"])
def test_no_rule_and_no_proposer_touches_a_protected_term(name: str) -> None:
    """Every third change of a page is protected with its neighbours; all others are made as before."""
    text = (Path(__file__).parents[1] / "pages" / "in_the_wild" / f"{name}.txt").read_text(encoding="utf-8")
    before = cleaned(text).edits
    chosen = [e for e in before if e.start < e.end][::3]
    terms = {text[max(0, e.start - 1) : e.end + 1].strip() for e in chosen}
    page = cleaned(text, protected_txt="\n".join(t for t in terms if t and t.isprintable() and t[0] != "#"))
    assert chosen and check_page(page) == []
    taken = {i for t in terms for m in re.finditer(re.escape(t), text) for i in range(m.start(), m.end())}
    assert not [e for e in page.edits if any(i in taken for i in range(e.start, e.end))]
    assert any(e.start < e.end for e in page.edits)


def test_a_protected_term_keeps_its_script_and_its_marks() -> None:
    text = "市场观察\n本报讯 记者从发布会上获悉,Ａ股市场竞争优勢明显,各地优勢产业发展平稳,企业信心增强。\n"
    assert [e.before for e in cleaned(text).edits].count("勢") == 2
    kept = cleaned(text, protected_txt="优勢产业\nＡ股")
    assert [e.before for e in kept.edits].count("勢") == 1
    assert "竞争优势明显，各地优勢产业" in kept.articles[0].text and "Ａ股" in kept.articles[0].text


def test_a_protected_term_may_be_broken_over_two_lines() -> None:
    text = (
        "市场观察\n本报讯 记者从昨天举行的发布会上获悉,今年以来全市外贸进出口总体平稳,老字号广文\n"
        "書店的产品远销海外多个国家和地区,企业信心增强。\n"
    )
    assert "广文书店" in cleaned(text).articles[0].text
    assert "广文書店" in cleaned(text, protected_txt="广文書店").articles[0].text


def test_known_places_are_left_alone_and_are_candidates() -> None:
    text = "河堤加固\n本报讯 他从小在沐棠河边长大，如今守着这条河，天天在堤上巡查。\n"
    assert corrections(cleaned(text)) == []
    assert corrections(cleaned(text, places_txt="沭棠河")) == [("沐", "沭", "suggested")]
    assert corrections(cleaned(text, places_txt="沭棠河 沐棠河")) == []
    assert corrections(cleaned(RIVER, places_txt="滹沦河")) == []


NAMES = "春灌开始\n本报讯 （记者 吕静书）3日，灌区的闸门开启。“水到了地头。”局长温嘉禾说。\n"


def test_a_name_one_look_alike_from_a_known_one_is_a_suggestion() -> None:
    assert corrections(cleaned(NAMES)) == []
    page = cleaned(NAMES, names_txt="吕静韦")
    assert corrections(page) == [("书", "韦", "suggested")]
    (edit,) = (e for e in page.edits if e.stage == "correct")
    assert edit.evidence and "吕静韦 is in the lexicon, 吕静书 is not" in edit.evidence
    assert corrections(cleaned(NAMES, names_txt="吕静韦 吕静书")) == []


def test_a_known_name_is_right_however_rare() -> None:
    text = (
        "春灌开始\n本报讯 3日，灌区开闸。局长吕静韦说，水够用。吕静韦表示，渠道畅通。吕静韦介绍，今年早。\n"
        "局长吕静书认为，来水偏多。\n"
    )
    assert ("书", "韦", "applied") in corrections(cleaned(text))
    assert corrections(cleaned(text, names_txt="吕静书")) == []


def test_own_pairs_are_corrected_and_stand_for_shipped_ones() -> None:
    misprint = "老街新貌\n本报讯 老店云苔酱的香味飘满半条街，招牌挂了百年，街坊们都爱来。\n"
    assert corrections(cleaned(misprint, confusables_csv="a,b\n云台酱,云苔酱\n")) == [("苔", "台", "applied")]
    bursts = "青春赛场\n本报讯 孩子们在比赛中进发出惊人的活力，全场掌声不断。\n"
    assert corrections(cleaned(bursts)) == [("进", "迸", "applied")]
    own = "kind,a,b,cues_a,cues_b\nword,迸发,进发,火星!!,活力!!\n"
    assert corrections(cleaned(bursts, confusables_csv=own)) == []


def test_the_settings_of_a_page_name_the_lexicon() -> None:
    assert cleaned(RIVER).profile_id == PROFILE.profile_id
    one, other = cleaned(RIVER, names_txt="周文涛").profile_id, cleaned(RIVER, names_txt="孟晓岚").profile_id
    assert one and other and one != other and one.startswith(f"{PROFILE.profile_id}+k")
