"""What the next run makes of decisions and of a lexicon: exactly the pages concerned are cleaned again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner, Result
from material.review import Archive
from material.suggestions import RIVERS

from pipeline.cli import main
from pipeline.datasets import invariants
from pipeline.datasets.decisions import read_decisions, write_decisions
from pipeline.datasets.inputs import list_issues
from pipeline.datasets.schemas import PARTITIONED
from pipeline.datasets.store import Store
from pipeline.datasets.tables import clean_pages
from pipeline.knowledge import confusions_of, current_confusions
from pipeline.orchestration.graph import build_definitions
from pipeline.orchestration.partitions import NAME, range_tags
from pipeline.orchestration.review_assets import review_decisions
from pipeline.review.session import prepare
from pipeline.run import Job, check_knowledge, places_of, run
from pipeline.settings import Settings, UsageError
from pipeline.steps import standing
from pipeline.text.profile import CleaningProfile


def banmian(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), env={"DAGSTER_HOME": None, "COLUMNS": "200"})


def edits(output: str) -> list[dict[str, Any]]:
    return [r for _, t in Store(output).read_all("edits") for r in t.to_pylist()]


def stamps(output: str) -> dict[str, int]:
    return {p.stem: p.stat().st_mtime_ns for p in Path(output, "edits").glob("*.parquet")}


def stale(settings: Settings) -> set[str]:
    """The issues that the next run would clean."""
    tasks = places_of(settings).tasks(list_issues(settings.input), CleaningProfile())
    return {t.issue_id for t in tasks if not standing(t).current}


def rewritten(output: str, before: dict[str, int]) -> set[str]:
    return {issue for issue, at in stamps(output).items() if before.get(issue) != at}


def proved(output: str) -> None:
    """The invariants hold on what was published."""
    store = Store(output)
    for issue_id in store.issues("pages"):
        for page in clean_pages({name: store.read(name, issue_id) for name in PARTITIONED}):
            assert invariants.check_page(page) == []


def decide(archive: Archive, accept: int, reject: int) -> None:
    """Decides the first questions of a review."""
    desk = prepare(archive.output).desk
    for n in range(accept + reject):
        desk.decide(desk.state()["group"]["id"], accepted=n < accept)


def test_decisions_are_honoured_over_the_pages_they_concern_and_can_be_taken_back(archive: Archive) -> None:
    before, edits_before = stamps(archive.output), edits(archive.output)
    decide(archive, accept=1, reject=1)
    made = read_decisions(str(archive.decisions))
    concerned = {d.issue_id for d in made}
    assert stale(archive.settings) == concerned != set(before)
    summary = run(archive.settings)
    assert (summary.exit_code, summary.notes, summary.cleaned) == (0, [], len(concerned))
    assert (summary.decisions.accepted, summary.decisions.rejected) == (2, 2)
    assert rewritten(archive.output, before) == concerned and stale(archive.settings) == set()
    after = {(r["page_id"], r["raw_start"], r["raw_end"], r["after"]): r["status"] for r in edits(archive.output)}
    for d in made:
        assert after[d.key] == ("accepted" if d.accepted else "rejected")
    assert len(after) == len(edits_before)
    assert sum(status == "suggested" for status in after.values()) == len(edits_before) - 4
    texts = "".join(r["text"] for _, t in Store(archive.output).read_all("articles") for r in t.to_pylist())
    for d in made:
        assert (d.after + d.context.split("]")[1][:2] in texts) is d.accepted
    proved(archive.output)

    archive.decisions.unlink()
    assert stale(archive.settings) == concerned
    run(archive.settings)
    assert edits(archive.output) == edits_before


def test_a_decision_whose_place_has_changed_is_reported_and_not_applied(archive: Archive) -> None:
    decide(archive, accept=1, reject=0)
    first, second = read_decisions(str(archive.decisions))
    page = Path(archive.settings.input, "riverside", second.page_id.split("__")[1].replace("/01", ""), "01.txt")
    page.write_text("又一年\n" + page.read_text(encoding="utf-8"), encoding="utf-8")
    here = ["--input", archive.settings.input, "--output", archive.output]
    result = banmian("run", *here, "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "1 accepted, 0 rejected, 1 do not count" in result.stdout
    problem = (
        f"out.decisions.csv, line 3: accepted {second.before} → {second.after} at {second.start} of {second.page_id}"
    )
    assert problem in result.stdout.replace("\n", "") and "the page has changed since" in result.stdout
    rows = [r for r in edits(archive.output) if r["page_id"] == second.page_id]
    assert {r["status"] for r in rows} == {"suggested"} and len(rows) == 4
    assert [r["status"] for r in edits(archive.output) if r["page_id"] == first.page_id].count("accepted") == 1
    proved(archive.output)


def test_the_asset_tells_what_became_of_them(archive: Archive) -> None:
    decide(archive, accept=1, reject=0)
    rows = read_decisions(str(archive.decisions))
    write_decisions(str(archive.decisions), [rows[0], replace(rows[1], page_id="nowhere/01")])
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(NAME, [rows[0].issue_id])
        job = Job(build_definitions(places_of(archive.settings)), instance)
        job.execute("clean_issues", tags=range_tags(rows[0].issue_id, rows[0].issue_id))
        dg.materialize([review_decisions], instance=instance, resources={"places": places_of(archive.settings)})
        event = instance.get_latest_materialization_event(dg.AssetKey("review_decisions"))
    assert event is not None and event.asset_materialization is not None
    shown = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    assert (shown["accepted"], shown["rejected"], shown["do_not_count"]) == (1, 0, 1)
    assert "nowhere/01 does not count: there is no such page" in str(shown["why"])


def test_a_lexicon_cleans_every_page_again_and_is_missed_when_it_is_gone(archive: Archive) -> None:
    lexicon = archive.folder / "lexicon"
    lexicon.mkdir()
    (lexicon / "protected.txt").write_text("廿陶河\n", encoding="utf-8")
    ours = replace(archive.settings, lexicon=str(lexicon))
    assert stale(ours) == set(stamps(archive.output))
    assert any("甘" in r["after"] for r in edits(archive.output))
    run(ours)
    assert not any("甘" in r["after"] for r in edits(archive.output))
    (lexicon / "protected.txt").write_text("# one more comment\n廿陶河\n", encoding="utf-8")
    assert stale(ours) == set()  # the same content
    assert check_knowledge(ours) == []
    (note,) = check_knowledge(archive.settings)
    assert "cleaned without the lexicon" in note
    assert stale(archive.settings) == set(stamps(archive.output))
    assert check_knowledge(archive.settings) == []  # said once


def test_decisions_feed_the_learned_confusions_when_models_are_learned(archive: Archive) -> None:
    decide(archive, accept=2, reject=1)
    made = read_decisions(str(archive.decisions))
    assert current_confusions(archive.output) == ""
    assert stale(archive.settings) == {d.issue_id for d in made}  # they do not make other pages stale
    run(archive.settings, retrain=True)
    learned = confusions_of(archive.output, current_confusions(archive.output))
    assert learned == {(d.before, d.after): 2 for d in made if d.accepted} and len(learned) == 2
    profiles = {r["profile_id"] for _, t in Store(archive.output).read_all("pages") for r in t.to_pylist()}
    assert all("+k" in p for p in profiles) and stale(archive.settings) == set()


def test_accepted_and_rejected_by_hand_in_one_csv(archive: Archive) -> None:
    """The whole of it in a text editor: five columns, an own correction among them."""
    page_id, text = next(
        (r["page_id"], r["text"]) for _, t in Store(archive.output).read_all("pages") for r in t.to_pylist()
    )
    at = text.index("老渔民")
    archive.decisions.write_text(
        f"decision,page_id,raw_start,before,after\nyes,{page_id},{at},老渔民,老船工\nno,{page_id},{at + 6},潲,潴\n",
        encoding="utf-8",
    )
    summary = run(archive.settings)
    assert (summary.decisions.accepted, summary.decisions.rejected, summary.cleaned) == (1, 1, 1)
    (article, *_) = Store(archive.output).read("articles", page_id.split("/")[0]).to_pylist()
    assert "老船工从小在潲龙河边" in article["text"]
    proved(archive.output)


def test_wrong_usage_says_what_to_do(archive: Archive) -> None:
    here = ["run", "--input", archive.settings.input, "--output", archive.output]
    lexicon = archive.folder / "lexicon"
    lexicon.mkdir()
    (lexicon / "names.txt").write_text("周文涛\nX\n", encoding="utf-8")
    page = next(Path(archive.settings.input).rglob("*.txt"))
    broken = archive.folder / "broken.csv"
    broken.write_text("decision,page_id,raw_start,before,after\nmaybe,e/1,1,a,b\n")
    for args, message in (
        ([*here, "--lexicon", str(lexicon)], "names.txt, line 2: 'X' is no name in hanzi"),
        ([*here, "--lexicon", str(lexicon / "no")], "does not exist: give a folder"),
        ([*here, "--decisions", str(archive.folder / "no.csv")], "there are no decisions at"),
        ([*here, "--decisions", str(lexicon / "names.txt")], "are no .csv file"),
        ([*here, "--decisions", str(broken)], "broken.csv, line 2: decision is accepted, rejected or empty"),
        (["clean", str(page), "--lexicon", str(lexicon)], "names.txt, line 2"),
        (["review", "--output", str(archive.folder / "no")], "holds no tables: `banmian run"),
        (["review", "--output", archive.output, "--decisions", str(lexicon / "x.txt")], "are kept in a .csv file"),
        (
            ["review", "--output", archive.output, "--decisions", str(archive.folder / "no" / "d.csv")],
            "cannot be saved",
        ),
        (["review", "--output", archive.output, "--decisions", str(broken)], "broken.csv, line 2"),
    ):
        result = banmian(*args)
        assert result.exit_code == 2, (args, result.output)
        assert message in result.stderr and "Traceback" not in result.output, (args, result.stderr)


def test_the_environment_names_them_too(archive: Archive, tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"BANMIAN_LEXICON": str(tmp_path), "BANMIAN_DECISIONS": str(tmp_path / "d.csv")}
    )
    assert (settings.lexicon, settings.decisions) == (str(tmp_path), str(tmp_path / "d.csv"))
    with pytest.raises(UsageError, match="there are no decisions at"):
        run(replace(archive.settings, decisions=settings.decisions))


def test_nothing_open_nothing_opened(archive: Archive) -> None:
    store = Store(archive.output)
    for issue_id in store.issues("edits"):
        store.write("edits", issue_id, store.read("edits", issue_id).slice(0, 0))
    result = banmian("review", "--output", archive.output)
    assert result.exit_code == 0 and "0 of 0 suggestions are open" in result.stdout


def test_clean_takes_a_lexicon(archive: Archive) -> None:
    page = min(Path(archive.settings.input).rglob("*.txt"))
    lexicon = archive.folder / "lexicon"
    lexicon.mkdir()
    (lexicon / "places.txt").write_text("\n".join(RIVERS.values()), encoding="utf-8")
    assert "? 潲 → 潴" in banmian("clean", str(page)).stdout
    assert "? " not in banmian("clean", str(page), "--lexicon", str(lexicon)).stdout
