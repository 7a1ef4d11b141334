"""`map(fn, tasks)` on local processes or on a Dask cluster."""
