"""Wattstar's Python package: from vendor API to warehouse, with no Airflow in it."""
