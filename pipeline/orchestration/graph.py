"""The graph put together, for given places: for the UI, the command line and tests alike."""

from __future__ import annotations

import dagster as dg

from pipeline.orchestration.automation import every_morning, every_week, watch_input
from pipeline.orchestration.jobs import ALL_ASSETS, JOBS
from pipeline.orchestration.notices import tell_of_failed_runs, tell_of_withheld_pages
from pipeline.orchestration.resources import Places, ProfileResource


def build_definitions(places: Places) -> dg.Definitions:
    """Everything Dagster knows of Banmian. A run works in one process: the engine spreads what is heavy."""
    return dg.Definitions(
        assets=list(ALL_ASSETS),
        jobs=list(JOBS),
        sensors=[watch_input, tell_of_failed_runs, tell_of_withheld_pages],
        schedules=[every_morning, every_week],
        resources={"places": places, "profile": ProfileResource()},
        executor=dg.in_process_executor,
    )
