"""`banmian run` with a language model behind it: a real run, a real server on 127.0.0.1."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "language"))
from llm_server import Server, first_candidate, serving

from pipeline.datasets.store import Store
from pipeline.run import run
from pipeline.settings import Settings, UsageError

PAGE = """\
老街迎来灯会
本报记者 孟晓岚
入夜，千盏花灯次第点亮，游人扶老携幼来到河边，说起今年的收成和来年的打算，笑声不断。
镇上的匠人把多年的手艺拿了出来，创业的活力在这条老街上进发，来往的客商都说要多住几天。
灯会将持续到月底，镇里增开了夜间班车，方便附近村民往返。
"""
#: One cue only: a suggestion.
PAIRS = "kind,a,b,cues_a,cues_b\nword,迸发,进发,活力!,目标!\n"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    for folder, name, text in (("in", "a.txt", PAGE), ("lexicon", "confusables.csv", PAIRS)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, "utf-8")
    return Settings(str(tmp_path / "in"), str(tmp_path / "out"), lexicon=str(tmp_path / "lexicon"))


def use(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("BANMIAN_LLM_URL", server.url)
    monkeypatch.setenv("BANMIAN_LLM_MODEL", "small-model")
    monkeypatch.setenv("BANMIAN_LLM_KEY", "secret")


def tables(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """The corrections of the page, and its profile_id."""
    store = Store(settings.output)
    edits = [e for e in store.read("edits", "a").to_pylist() if e["stage"] == "correct"]
    return edits, store.read("pages", "a").to_pylist()[0]["profile_id"]


def test_a_run_asks_about_its_suggestions_and_a_rerun_asks_nothing_again(
    places: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(places)
    ((before,), plain) = tables(places)
    assert (before["before"], before["after"], before["status"]) == ("进", "迸", "suggested")
    with serving(first_candidate) as server:
        use(monkeypatch, server)
        summary = run(places)
        ((after,), profile_id) = tables(places)
        assert (after["edit_id"], after["status"]) == (before["edit_id"], "applied")
        assert after["evidence"].endswith("; small-model chooses 迸")
        assert profile_id.startswith(f"{plain}+m")
        assert any("small-model answered 1 of 1 questions in 1 requests" in note for note in summary.notes)
        assert len(server.requests) == 1
        assert run(places).cleaned == 0
        run(places, force=True)
        assert tables(places) == ([after], profile_id)
        assert len(server.requests) == 1
    everything = b"".join(p.read_bytes() for p in Path(places.output).rglob("*") if p.is_file())
    assert b"secret" not in everything


def test_a_run_goes_on_without_a_back_end_that_fails_and_says_so_once(
    places: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        Path(places.input, f"b{n}.txt").write_text(PAGE, "utf-8")
    with serving(lambda handler, questions, n: handler.send(401, b"")) as server:
        use(monkeypatch, server)
        summary = run(places)
        assert len(server.requests) == 1
    assert summary.exit_code == 0 and summary.pages == 5
    ((edit,), _) = tables(places)
    assert edit["status"] == "suggested" and "small-model" not in edit["evidence"]
    said = [note for note in summary.notes if "small-model" in note]
    assert len(said) == 1 and "1 failed (HTTP 401): their suggestions stay as they were" in said[0]


def test_a_wrong_setting_is_wrong_usage(places: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANMIAN_LLM_URL", "localhost:8000")
    with pytest.raises(UsageError, match="BANMIAN_LLM_URL must be like"):
        run(places)
