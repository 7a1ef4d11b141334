"""Dagster: assets, checks, partitions, resources, sensors, schedules.

What belongs here: the graph, and the thin functions that call a step and attach what it reports. What does not:
anything that decides about text or tables.
"""

import warnings

import dagster as dg

# `backfill_policy` is in beta and says so in every process. What it does is pinned: dagster >=1.13,<1.14.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
