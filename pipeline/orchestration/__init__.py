"""Dagster: assets, checks, partitions, resources, sensors, schedules.

What belongs here: the graph, and the thin functions that call a step and attach what it reports. What does not:
anything that decides about text or tables.
"""
