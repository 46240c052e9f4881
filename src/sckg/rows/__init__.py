"""Observations as rows: read, checked, graded and rolled up as SQL, in DuckDB or on Spark."""
