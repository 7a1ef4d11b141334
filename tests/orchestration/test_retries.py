"""A step is tried again when what failed may pass, and only then."""

from __future__ import annotations

import errno

import dagster as dg
import pytest

from pipeline.datasets.store import Store
from pipeline.orchestration import retries
from pipeline.orchestration.partitions import range_tags
from pipeline.orchestration.retries import is_passing
from pipeline.run import Job
from pipeline.settings import Settings

ONE = range_tags("evening__2025-03-01", "evening__2025-03-01")


class EndpointConnectionError(Exception):
    """As botocore calls it."""


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OSError(errno.ESTALE, "stale"), True),
        (OSError(errno.EIO, "i/o"), True),
        (ConnectionResetError(), True),
        (EndpointConnectionError(), True),
        (OSError(errno.ENOSPC, "full"), False),
        (PermissionError(errno.EACCES, "no"), False),
        (ValueError("torn"), False),
    ],
)
def test_what_may_pass_is_known(error: Exception, passes: bool) -> None:
    assert is_passing(error) is passes
    wrapped = RuntimeError("around it")
    wrapped.__cause__ = error
    assert is_passing(wrapped) is passes


def failing(monkeypatch: pytest.MonkeyPatch, error: OSError, times: int) -> list[str]:
    """Lets the first writes of `articles` fail; returns what was tried."""
    real, tried = Store.write, list[str]()

    def write(self: Store, table: str, issue_id: str, data: object) -> str:
        if table == "articles":
            tried.append(issue_id)
            if len(tried) <= times:
                raise error
        return real(self, table, issue_id, data)

    monkeypatch.setattr(Store, "write", write)
    monkeypatch.setattr(retries, "WAIT", 0.01)
    return tried


def test_a_file_system_that_was_away_for_a_moment(
    job: Job, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = failing(monkeypatch, OSError(errno.ESTALE, "Stale file handle"), 2)
    job.execute("clean_issues", tags=ONE)
    assert job.failures == [] and len(tried) == 3
    assert Store(settings.output).read("articles", "evening__2025-03-01").num_rows > 0
    events = job.instance.all_logs(job.instance.get_runs(limit=1)[0].run_id, of_type=dg.DagsterEventType.STEP_RESTARTED)
    assert len(events) == 2


def test_a_full_disk_fails_at_once(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = failing(monkeypatch, OSError(errno.ENOSPC, "No space left on device"), 9)
    job.execute("clean_issues", tags=ONE)
    assert len(tried) == 1 and "No space left" in job.failures[0]
