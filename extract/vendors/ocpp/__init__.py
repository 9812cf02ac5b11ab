"""OCPP message logs, 1.6 and 2.0.1, as operators of their own CSMS have them.

`WATTSTAR_OCPP_INBOX` is a folder or a bucket where logs arrive (`inbox`). Every message lands as
one raw row of stream `messages`, in the partition of the UTC date at which the log says it was
written, unchanged but for what is personal or secret (`private`).
"""

from __future__ import annotations

from extract.vendors.ocpp.flatten import flatten
from extract.vendors.ocpp.inbox import has_news, poll
from extract.vendors.ocpp.private import PERSON_FIELDS

__all__ = ["PERSON_FIELDS", "flatten", "has_news", "poll"]
