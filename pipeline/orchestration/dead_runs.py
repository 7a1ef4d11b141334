"""Runs whose process was killed: to Dagster they go on for ever, and their issues count as busy."""

from __future__ import annotations

import os
import socket

import dagster as dg

from pipeline.datasets.lock import LockedError, alone

#: Which process works on a run of `banmian run`. (Runs of the UI's daemon are looked after by Dagster itself.)
OWNER_TAG = "banmian/process"
UNDER_WAY = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


def owner_tags() -> dict[str, str]:
    """The tag of a run that this process works on."""
    return {OWNER_TAG: f"{os.getpid()}@{socket.gethostname()}"}


def bury_dead_runs(instance: dg.DagsterInstance) -> int:
    """Reports as failed the runs that `banmian run` began on this instance and did not end; returns how many.

    Whoever calls it holds the output folder alone: then no such run is alive.
    """
    dead = [r for r in instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY)) if OWNER_TAG in r.tags]
    for run in dead:
        instance.report_run_failed(run, "The process that worked on this run was killed.")
    return len(dead)


def bury_dead_runs_if_idle(instance: dg.DagsterInstance, output: str) -> int:
    """The same, where the output folder may be at work: then its runs are alive, and nothing is done."""
    try:
        with alone(output) as locked:
            return bury_dead_runs(instance) if locked else 0
    except (LockedError, OSError):
        return 0
