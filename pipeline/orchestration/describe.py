"""What the UI says of an asset: text, group, kinds, columns. Columns come from the schemas, which are the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
import pyarrow as pa

from pipeline.datasets.schemas import SCHEMAS
from pipeline.steps import Markdown, Value
from pipeline.version import software_version

OWNER = "team:banmian"


def spec(
    name: str,
    group: str,
    description: str,
    *,
    deps: Iterable[str | dg.AssetKey] = (),
    kinds: Iterable[str] = ("python", "parquet"),
    partitions_def: dg.PartitionsDefinition[str] | None = None,
) -> dg.AssetSpec:
    """An asset as the UI shows it."""
    schema = SCHEMAS.get(name)
    return dg.AssetSpec(
        name,
        deps=list(deps),
        group_name=group,
        description=description,
        kinds=set(kinds),
        owners=[OWNER],
        code_version=software_version(),
        partitions_def=partitions_def,
        metadata={"dagster/column_schema": column_schema(schema)} if schema is not None else {},
    )


def column_schema(schema: pa.Schema) -> dg.TableSchema:
    """An Arrow schema as Dagster shows it."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=f.name,
                type=str(f.type),
                description=(f.metadata or {})
                .get(b"description", b"")
                .decode()
                .replace("<", "\\<"),  # shown as Markdown
                constraints=dg.TableColumnConstraints(nullable=f.nullable),
            )
            for f in schema
        ]
    )


def metadata(values: Mapping[str, Value]) -> dict[str, Any]:
    """A step's notes as Dagster's metadata."""
    return {k: dg.MetadataValue.md(v) if isinstance(v, Markdown) else v for k, v in values.items()}
