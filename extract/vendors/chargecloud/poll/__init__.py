"""Poll ChargeCloud: one request per city."""

from extract.vendors.chargecloud.poll.client import poll

__all__ = ["poll"]
