"""Zaptec's answers → typed tables."""

from extract.vendors.zaptec.flatten.partition import flatten

__all__ = ["flatten"]
