"""Wattstar's Python package: from vendor API to warehouse, with no Airflow in it."""

from importlib.metadata import version

__version__ = version("wattstar")
"""The version in pyproject.toml, as `make setup` installed it."""
