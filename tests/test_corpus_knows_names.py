"""The names of the whole corpus are heard when a page of it is cleaned."""

from __future__ import annotations

from pathlib import Path

from pipeline.datasets.store import Store
from pipeline.run import run
from pipeline.settings import Settings

RIGHT = "春灌开始\n本报讯 （记者 {reporter}）{day}日，灌区的闸门开启。“水到了地头。”局长吕静韦说，今年来得早。\n"
WRONG = "夏收在望\n本报讯 （记者 温嘉禾）9日，麦田一片金黄。“再有十天就能开镰。”局长吕静书说，农机已经检修完毕。\n"


def test_a_name_misread_on_one_page_is_suggested_from_the_others(tmp_path: Path) -> None:
    source, output = tmp_path / "in", str(tmp_path / "out")
    source.mkdir()
    for day, reporter in enumerate(("韩雪松", "赵一鸣", "钱多福", "孙长河"), 2):
        (source / f"0{day}.txt").write_text(RIGHT.format(reporter=reporter, day=day), encoding="utf-8")
    (source / "09.txt").write_text(WRONG, encoding="utf-8")
    assert run(Settings(str(source), output)).exit_code == 0
    store = Store(output)
    edits = [e for _, table in store.read_all("edits") for e in table.to_pylist() if e["stage"] == "correct"]
    assert [(e["page_id"], e["before"], e["after"], e["status"]) for e in edits] == [("09/09", "书", "韦", "suggested")]
    assert "吕静韦 stands on 3 other pages" in edits[0]["evidence"]
    again = run(Settings(str(source), output))
    assert (again.exit_code, again.cleaned) == (0, 0)
