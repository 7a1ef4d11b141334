"""The heart: pure functions over one page. No pandas, no pyarrow, no Dagster, no files."""
