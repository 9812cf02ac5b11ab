"""This machine's Airflow, and the demonstration: `wattstar run` and `wattstar up`."""
