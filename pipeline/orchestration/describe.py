"""What the UI says of an asset: text, group, kinds, columns. Columns come from the schemas, which are the contract."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import pyarrow as pa

from pipeline.datasets.schemas import CORPUS, PARTITIONED, SCHEMAS, STAGES
from pipeline.orchestration.descriptions import GROUPS, described
from pipeline.orchestration.lineage import COLUMNS
from pipeline.settings import whole_number
from pipeline.steps import Markdown, Value
from pipeline.version import software_version

OWNER = "team:banmian"


def freshness(env: Mapping[str, str] = os.environ) -> dg.FreshnessPolicy | None:
    """How old the published tables may become before the UI warns: a paper is printed every day, so two days are
    late, and BANMIAN_FRESH_DAYS (by default 8) are wrong. 0: an archive that does not grow has no such policy.

    >>> freshness({"BANMIAN_FRESH_DAYS": "0"}) is None
    True
    """
    days = whole_number("BANMIAN_FRESH_DAYS", 8, env)
    if not days:
        return None
    late = timedelta(days=2) if days > 2 else None
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=days), warn_window=late)


FRESHNESS = freshness()


def spec(
    name: str,
    group: str,
    description: str = "",
    *,
    deps: Iterable[str | dg.AssetKey] = (),
    kinds: Iterable[str] = ("python", "parquet"),
    partitions_def: dg.PartitionsDefinition[str] | None = None,
    layer: str = "",
    code_version: str = "",
    freshness: dg.FreshnessPolicy | None = None,
) -> dg.AssetSpec:
    """An asset as the UI shows it. `layer`: what kind of thing it is, to filter by."""
    schema = SCHEMAS.get(name)
    return dg.AssetSpec(
        name,
        deps=list(deps),
        group_name=GROUPS[group],
        description=description or described(name),
        kinds=set(kinds),
        owners=[OWNER],
        tags={"banmian/layer": layer or _layer(name)},
        code_version=code_version or software_version(),
        partitions_def=partitions_def,
        freshness_policy=freshness,
        metadata={"dagster/column_schema": column_schema(schema, name)} if schema is not None else {},
    )


def _layer(name: str) -> str:
    """Published tables are the contract; stage tables are there to be looked at."""
    return "contract" if name in (*PARTITIONED, *CORPUS) else "stage" if name in STAGES else "aid"


def column_schema(schema: pa.Schema, asset: str) -> dg.TableSchema:
    """An Arrow schema as Dagster shows it, with the columns each column is made of."""
    made_of = COLUMNS.get(asset, {})
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=f.name,
                type=str(f.type),
                description=_column(f, made_of.get(f.name, ())),
                constraints=dg.TableColumnConstraints(nullable=f.nullable),
            )
            for f in schema
        ]
    )


def _column(field: pa.Field, made_of: Sequence[str]) -> str:
    """What the column holds and what it is made of, as Markdown."""
    said = str((field.metadata or {}).get(b"description", b"").decode().replace("<", "\\<"))
    return f"{said} From {', '.join(f'`{c}`' for c in made_of)}." if made_of else said


def place(path: str) -> dg.MetadataValue[Any]:
    """Where something is: a path that can be copied, or a link to an object store."""
    return dg.MetadataValue.url(path) if path.startswith(("http://", "https://")) else dg.MetadataValue.path(path)


def metadata(values: Mapping[str, Value]) -> dict[str, Any]:
    """A step's notes as Dagster's metadata."""
    return {k: dg.MetadataValue.md(v) if isinstance(v, Markdown) else v for k, v in values.items()}
