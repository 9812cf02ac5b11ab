"""Read OCPP logs from the inbox and land their messages."""

from extract.vendors.ocpp.poll.inbox import has_news, poll
from extract.vendors.ocpp.poll.redact import PERSON_FIELDS

__all__ = ["PERSON_FIELDS", "has_news", "poll"]
