"""The gate: Great Expectations on every typed partition before it is loaded."""
