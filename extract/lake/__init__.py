"""The lake: raw answers as they came, and typed tables flattened from them, as Parquet."""
