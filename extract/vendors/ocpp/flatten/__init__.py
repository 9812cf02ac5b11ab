"""OCPP messages → typed tables."""

from extract.vendors.ocpp.flatten.partition import flatten

__all__ = ["flatten"]
