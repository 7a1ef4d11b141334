"""The assets in a real instance, over a range of partitions."""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline import steps
from pipeline.datasets.drift import CHECKS
from pipeline.datasets.schemas import PARTITIONED
from pipeline.datasets.store import Store
from pipeline.orchestration.issue_assets import INVARIANTS
from pipeline.orchestration.partitions import keys_of_run, range_tags, ranges
from pipeline.run import Job, run
from pipeline.settings import Settings
from pipeline.text.profile import CleaningProfile

ISSUES = ["evening__2025-03-01", "evening__2025-03-02", "evening__2025-03-03"]
ALL = range_tags(ISSUES[0], ISSUES[-1])


def test_a_range_run_materialises_every_table_of_every_issue(job: Job, settings: Settings) -> None:
    job.execute("learn_models")
    job.execute("clean_issues", tags=ALL)
    job.execute("corpus_tables")
    assert job.failures == []
    for name in (*PARTITIONED, "normalised", "lines"):
        assert Store(settings.output).issues(name) == ISSUES
        assert job.instance.get_materialized_partitions(dg.AssetKey(name)) == set(ISSUES)
    assert Path(settings.output, "report", "index.html").exists()
    assert Store(settings.output).read_corpus("names").num_rows > 0


def test_a_run_warns_of_nothing(job: Job) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        job.execute("learn_models")
        job.execute("clean_issues", tags=ALL)
        job.execute("corpus_tables")
    told = (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning)
    ours = [w for w in caught if "/pipeline/" in w.filename or issubclass(w.category, told)]
    assert [str(w.message) for w in ours] == []
    levels = [e.level for run in job.instance.get_runs() for e in job.instance.all_logs(run.run_id)]
    assert levels and max(levels) < logging.WARNING


def shown(job: Job, asset: str, issue_id: str) -> dict[str, Any]:
    """What the UI shows of a partition."""
    event = job.instance.get_latest_data_version_record(dg.AssetKey(asset), partition_key=issue_id)
    assert event is not None and event.asset_materialization is not None
    return {k: v.value for k, v in event.asset_materialization.metadata.items()}


def test_metadata_tells_of_each_partition_in_a_range_run_too(
    job: Job, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dg.AssetExecutionContext, "add_asset_metadata", lambda *_, **__: 1 / 0)  # it would be slow
    job.execute("clean_issues", tags=ALL)
    assert job.failures == []
    store = Store(settings.output)
    for issue_id in ISSUES:
        for asset in (*PARTITIONED, "normalised", "lines"):
            told = shown(job, asset, issue_id)
            assert told["dagster/row_count"] == store.read(asset, issue_id).num_rows, asset
            assert told["file"] == store.path(asset, issue_id)
        articles = shown(job, "articles", issue_id)
        assert "**，**" in articles["raw_and_clean"] and "春灌用上智能闸门" in articles["found"]
        assert "confidence" in articles["low_confidence"] or articles["low_confidence"] == "None."
        assert articles["picture"].endswith(f"report/pages/{issue_id}/index.html")
        assert {"applied", "suggested", "top_corrections"} <= set(shown(job, "edits", issue_id))
        quality = shown(job, "quality", issue_id)
        numbers = ("orphan_share", "suggestions_per_10000_characters", "characters_a_page", "characters_lost")
        assert all(isinstance(quality[n], int | float) for n in numbers)
        lineage = articles["dagster/column_lineage"]
        assert {d.column_name for d in lineage.deps_by_column["text"]} == {"text", "role", "seq"}


def check(job: Job, asset: str, name: str) -> Any:
    """The latest evaluation of a check."""
    key = dg.AssetCheckKey(dg.AssetKey(asset), name)
    (record,) = job.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event and record.event.dagster_event
    return record.event.dagster_event.asset_check_evaluation_data


def test_drift_warns_by_the_limits_of_the_profile_and_withholds_nothing(job: Job, settings: Settings) -> None:
    job.execute("clean_issues", tags=ALL)
    assert all(check(job, "quality", name).passed for name in CHECKS)
    before = Store(settings.output).read("articles", ISSUES[0])
    job.execute("clean_issues", {"resources": {"profile": {"config": {"warn_orphan_share": -1.0}}}}, ALL)
    assert job.failures == []
    found = check(job, "quality", "share_of_orphans")
    assert not found.passed and found.severity == dg.AssetCheckSeverity.WARN
    assert found.metadata["findings"].value == 3
    assert all(f"`{i}`" in found.metadata["where"].value for i in ISSUES)
    assert Store(settings.output).read("articles", ISSUES[0]).equals(before)


def test_the_launchpad_offers_every_knob(job: Job) -> None:
    config = job.definitions.resolve_job_def("clean_issues").run_config_schema
    profile = config.config_type.fields["resources"].config_type.fields["profile"].config_type.fields["config"]  # type: ignore[attr-defined]
    knobs = profile.config_type.fields
    assert knobs["join_threshold"].default_value == CleaningProfile().join_threshold
    assert all(k.description for k in knobs.values())


def test_another_profile_gives_another_data_version(job: Job, settings: Settings) -> None:
    def versions() -> list[str]:
        event = job.instance.get_latest_data_version_record(dg.AssetKey("edits"), partition_key=ISSUES[0])
        assert event is not None and event.asset_materialization is not None
        tags = event.asset_materialization.tags or {}
        profile = Store(settings.output).read("pages", ISSUES[0], ["profile_id"]).column(0)[0].as_py()
        return [tags["dagster/data_version"], profile]

    one = range_tags(ISSUES[0], ISSUES[0])
    job.execute("clean_issues", tags=one)
    before = versions()
    job.execute("clean_issues", tags=one)
    assert versions() == before
    job.execute("clean_issues", {"resources": {"profile": {"config": {"normalise_marks": False}}}}, one)
    assert all(a != b for a, b in zip(before, versions(), strict=True))


def broken(page: Any, *args: Any) -> Any:
    """`finish_page`, but losing the last paragraph of a certain page."""
    clean = real_finish(page, *args)
    if page.page_id != f"{ISSUES[1]}/01":
        return clean
    *kept, last = clean.articles
    return replace(clean, articles=(*kept, replace(last, paragraphs=last.paragraphs[:-1])))


real_finish = steps.heart.finish_page


def test_a_page_that_breaks_an_invariant_is_withheld_and_its_siblings_are_published(
    job: Job, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps.heart, "finish_page", broken)
    job.execute("clean_issues", tags=ALL)
    assert job.failures == []
    found = [check(job, asset, name) for asset, name, _ in INVARIANTS.values()]
    failed = next(c for c in found if not c.passed)
    assert failed.metadata["pages_withheld"].value == 1
    assert f"](/assets/rejects?partition={ISSUES[1]})" in failed.metadata["pages"].value
    assert failed.metadata[f"rejects of {ISSUES[1]}"].value.endswith(f"rejects/{ISSUES[1]}.parquet")
    store = Store(settings.output)
    rejects = store.read("rejects", ISSUES[1]).to_pylist()
    assert [(r["reason"], r["source"]) for r in rejects] == [("invariant_failed", "evening/2025-03-02/01.txt")]
    assert "I2: " in rejects[0]["detail"]
    assert store.read("pages", ISSUES[1]).num_rows == 2
    assert set(store.read("articles", ISSUES[1]).column("page_id").to_pylist()) == {f"{ISSUES[1]}/02"}
    assert store.read("articles", ISSUES[2]).num_rows > 0
    results = {
        e.asset_check_evaluation_data.check_name: e.asset_check_evaluation_data
        for record in job.instance.event_log_storage.get_logs_for_run(job.instance.get_runs()[0].run_id)
        if (e := record.dagster_event) and e.event_type_value == "ASSET_CHECK_EVALUATION"
    }
    assert not results["I2_one_place_for_every_character"].passed
    assert results["I2_one_place_for_every_character"].metadata["pages_withheld"].value == 1
    assert results["contract"].passed and results["contract"].blocking


def test_a_step_that_raises_withholds_its_page_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = steps.heart.lay_out_page

    def failing(page: Any, *args: Any) -> Any:
        if page.page_id == f"{ISSUES[0]}/02":
            raise RuntimeError("out of ink")
        return real(page, *args)

    monkeypatch.setattr(steps.heart, "lay_out_page", failing)
    summary = run(settings)
    assert summary.exit_code == 1 and summary.failures == []
    assert len(summary.withheld) == 1 and "RuntimeError: out of ink" in summary.withheld[0]
    assert summary.pages == 6 and summary.quality["articles"] > 0
    monkeypatch.undo()
    again = run(settings)  # what was withheld is tried again, and only that
    assert again.exit_code == 0 and again.cleaned == 1 and not again.rejects


def test_a_torn_table_is_a_failed_check(job: Job, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Store.write

    def torn(self: Store, table: str, issue_id: str, data: Any) -> str:
        path = real(self, table, issue_id, data)
        if table == "orphans":
            Path(path).write_bytes(b"PAR1 torn")
        return path

    monkeypatch.setattr(Store, "write", torn)
    job.execute("clean_issues", tags=range_tags(ISSUES[0], ISSUES[0]))
    assert any("contract" in f for f in job.failures)


@pytest.mark.parametrize("workers", [1, 2])
def test_two_runs_give_the_same_bytes(settings: Settings, tmp_path: Path, workers: int) -> None:
    other = replace(settings, output=str(tmp_path / "other"), workers=workers)
    assert run(settings).exit_code == run(other).exit_code == 0
    first, second = Path(settings.output), Path(other.output)
    of_runs = ("banmian.json", ".banmian.lock")  # which folders, and who held the lock since when
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file() and p.name not in of_runs)
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file() and p.name not in of_runs)
    assert [f for f in files if (first / f).read_bytes() != (second / f).read_bytes()] == []


def test_what_did_not_change_is_not_cleaned_again(settings: Settings) -> None:
    assert run(settings).cleaned == 3
    assert run(settings).cleaned == 0
    changed = Path(settings.input, "evening", "2025-03-02", "01.txt")
    changed.write_text(changed.read_text(encoding="utf-8").replace("老街", "新街"), encoding="utf-8")
    assert run(settings).cleaned == 1
    assert run(settings, force=True).cleaned == 3
    assert run(settings, retrain=True).cleaned == 3  # the changed page made another model


def test_a_vanished_issue_keeps_its_tables(job: Job, settings: Settings) -> None:
    job.execute("clean_issues", tags=ALL)
    for file in Path(settings.input, "evening", "2025-03-02").iterdir():
        file.unlink()
    articles = Store(settings.output).read("articles", ISSUES[1])
    job.execute("clean_issues", tags=ALL)
    job.execute("corpus_tables")
    assert job.failures == []
    assert Store(settings.output).read("articles", ISSUES[1]).equals(articles)
    assert ISSUES[1] not in Path(settings.output, "report", "index.html").read_text(encoding="utf-8")


def test_a_model_is_kept_unless_told_to_retrain(job: Job, settings: Settings) -> None:
    from pipeline.datasets.shelf import Shelf
    from pipeline.orchestration.jobs import RETRAIN

    job.execute("learn_models")
    first = Shelf(settings.output, "language").current()
    Path(settings.input, "evening", "2025-03-01", "03.txt").write_text("新的一页。", encoding="utf-8")
    job.execute("learn_models")
    assert Shelf(settings.output, "language").current() == first
    job.execute("learn_models", RETRAIN)
    assert Shelf(settings.output, "language").current() != first
    assert Shelf(settings.output, "language").holds(first or "")  # older issues can still be scored by theirs


def test_ranges_follow_the_order_of_registration() -> None:
    assert list(ranges("abcdef", "fab")) == [["a", "b"], ["f"]]
    assert list(ranges("abcde", "abcde", 2)) == [["a", "b"], ["c", "d"], ["e"]]
    assert keys_of_run("abcdef", range_tags("b", "d")) == ["b", "c", "d"]
    assert keys_of_run("abc", {"dagster/partition": "b"}) == ["b"]
    assert keys_of_run("abc", range_tags("b", "gone")) == []
