"""Runs whose process was killed: to Dagster they go on for ever, and their issues count as busy."""

from __future__ import annotations

import dagster as dg

UNDER_WAY = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def bury_dead_runs(instance: dg.DagsterInstance) -> int:
    """Reports as failed the runs that `banmian run` began on this instance and did not end; returns how many.

    Whoever calls it holds the output folder alone: then no such run is alive. Runs that the UI's daemon launched have
    an origin, and Dagster looks after them itself.
    """
    dead = [run for run in instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY)) if run.remote_job_origin is None]
    for run in dead:
        instance.report_run_failed(run, "The process that worked on this run was killed.")
    return len(dead)
