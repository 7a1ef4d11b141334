"""One partition a newspaper issue, registered as issues appear; many of them are one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

NAME = "issue"
ISSUES = dg.DynamicPartitionsDefinition(name=NAME)
#: A run a partition would cost some eight CPU seconds of Dagster's own; a range run costs tens of milliseconds.
PER_RUN = 200
POLICY = dg.BackfillPolicy.multi_run(max_partitions_per_run=PER_RUN)


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags that make a run cover the partitions from `first` to `last`."""
    return {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}


def ranges(order: Sequence[str], wanted: Iterable[str], longest: int = PER_RUN) -> Iterator[list[str]]:
    """`wanted` as contiguous stretches of `order` (the order of registration), none longer than a run may be.

    >>> list(ranges("abcdef", "abdef", 2))
    [['a', 'b'], ['d', 'e'], ['f']]
    """
    chosen = set(wanted)
    stretch: list[str] = []
    for key in order:
        if key in chosen:
            stretch.append(key)
        if stretch and (key not in chosen or len(stretch) == longest):
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def keys_of_run(order: Sequence[str], tags: dict[str, str]) -> list[str]:
    """The partitions a run with these tags covers."""
    if "dagster/partition" in tags:
        return [tags["dagster/partition"]]
    first, last = tags.get(ASSET_PARTITION_RANGE_START_TAG), tags.get(ASSET_PARTITION_RANGE_END_TAG)
    if first not in order or last not in order:
        return []
    return list(order[order.index(first) : order.index(last) + 1])
