"""ChargeCloud's public point-of-interest feed: one answer per city, no key."""

from extract.vendors.chargecloud.client import poll
from extract.vendors.chargecloud.flatten import Flattener as flattener

__all__ = ["flattener", "poll"]
