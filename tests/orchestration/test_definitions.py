"""What Dagster knows of Banmian, against a snapshot; everything described; no warning at start.

After a wanted change: `BANMIAN_SNAPSHOT=write python -m pytest tests/orchestration/test_definitions.py`, and look at
the difference before committing it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline.datasets.schemas import SCHEMAS
from pipeline.orchestration.descriptions import GROUPS
from pipeline.orchestration.graph import build_definitions
from pipeline.orchestration.lineage import COLUMNS, column_lineage
from pipeline.orchestration.resources import Places

SNAPSHOT = Path(__file__).with_name("definitions.json")


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_definitions(Places(input="in", output="out"))


def assets(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {s.key.to_user_string(): s for s in defs.resolve_all_asset_specs()}


def told(defs: dg.Definitions) -> dict[str, Any]:
    """All that a user of the UI would miss if it went away."""
    graph = defs.resolve_asset_graph()
    repository = defs.get_repository_def()
    return {
        "assets": {
            name: {
                "group": s.group_name,
                "kinds": sorted(s.kinds),
                "tags": {k: v for k, v in sorted(s.tags.items()) if k.startswith("banmian/")},
                "owners": list(s.owners),
                "deps": sorted(d.asset_key.to_user_string() for d in s.deps),
                "partitioned": s.partitions_def is not None,
                "freshness": type(s.freshness_policy).__name__ if s.freshness_policy else None,
                "columns": [c.name for c in s.metadata["dagster/column_schema"].columns] if name in SCHEMAS else [],
            }
            for name, s in sorted(assets(defs).items())
        },
        "checks": {
            f"{key.asset_key.to_user_string()}.{key.name}": {"blocking": graph.get_check_spec(key).blocking}
            for key in sorted(graph.asset_check_keys, key=str)
        },
        "jobs": sorted(j.name for j in repository.get_all_jobs() if not j.name.startswith("__")),
        "sensors": {s.name: s.default_status.value for s in sorted(repository.sensor_defs, key=lambda s: s.name)},
        "schedules": {s.name: s.cron_schedule for s in sorted(repository.schedule_defs, key=lambda s: s.name)},
        "resources": sorted(k for k in repository.get_top_level_resources()),
    }


def test_the_definitions_are_as_in_the_snapshot(defs: dg.Definitions) -> None:
    found = told(defs)
    if os.environ.get("BANMIAN_SNAPSHOT") == "write":
        SNAPSHOT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_asset_says_what_it_holds_and_why_with_an_example(defs: dg.Definitions) -> None:
    for name, s in assets(defs).items():
        words, _, example = (s.description or "").partition("Example: ")
        assert len(re.findall(r"[.!?](?= |$)", words)) >= 2, name
        assert len(example) > 15, name
        assert s.group_name in GROUPS.values() and s.kinds and s.owners and s.code_version and s.tags, name


def test_every_column_is_described(defs: dg.Definitions) -> None:
    without = [
        f"{name}.{c.name}"
        for name, s in assets(defs).items()
        if name in SCHEMAS
        for c in s.metadata["dagster/column_schema"].columns
        if not c.description
    ]
    assert without == []
    columns = {c.name: c.description or "" for c in assets(defs)["articles"].metadata["dagster/column_schema"].columns}
    assert columns["text"].endswith("one a line. From `paragraphs.text`, `paragraphs.role`, `paragraphs.seq`.")


def test_every_check_job_sensor_and_schedule_is_described(defs: dg.Definitions) -> None:
    graph, repository = defs.resolve_asset_graph(), defs.get_repository_def()
    assert all(graph.get_check_spec(k).description for k in graph.asset_check_keys)
    jobs = [j for j in repository.get_all_jobs() if not j.name.startswith("__")]
    for thing in (*jobs, *repository.sensor_defs, *repository.schedule_defs):
        assert thing.description, thing.name


def test_the_lineage_names_columns_that_are_there() -> None:
    for name, columns in COLUMNS.items():
        assert set(columns) == set(SCHEMAS[name].names), name
        for source in (s for sources in columns.values() for s in sources):
            asset, _, column = source.partition(".")
            assert column in SCHEMAS[asset].names, source
        lineage = column_lineage(name)
        assert lineage and set(lineage.deps_by_column) == set(columns)
    assert set(COLUMNS) == set(SCHEMAS) - {"pages", "rejects"}  # these two come from outside


def test_groups_stand_in_the_order_of_the_data(defs: dg.Definitions) -> None:
    group = {name: s.group_name or "" for name, s in assets(defs).items()}
    for name, s in assets(defs).items():
        for dep in s.deps:
            assert group[dep.asset_key.to_user_string()] <= group[name], name


def test_loading_the_definitions_warns_of_nothing() -> None:
    code = "import pipeline.definitions; list(pipeline.definitions.defs.resolve_all_asset_specs())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("BANMIAN_") and k != "DAGSTER_HOME"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
