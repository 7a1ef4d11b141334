"""What is read and what is written: the input folder, the tables' schemas, the Parquet store, the invariants.

What belongs here: Arrow, pandas, fsspec, and the promises proved on tables. What does not: deciding anything about the
text (`pipeline.text`), what is learned (`pipeline.language`), and Dagster.
"""
