"""Banmian (版面): raw text dumps of Chinese newspaper pages → clean articles in Parquet."""
