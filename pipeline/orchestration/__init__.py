"""Dagster only: assets, checks, partitions, sensors, schedules, resources. No business logic."""
