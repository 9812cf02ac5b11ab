"""Charge Amps's answers → typed tables."""

from extract.vendors.chargeamps.flatten.partition import flatten

__all__ = ["flatten"]
