"""Read OCPP logs from the inbox and land their messages."""

from extract.vendors.ocpp.poll.arrivals import inbox_folder
from extract.vendors.ocpp.poll.inbox import has_news, poll
from extract.vendors.ocpp.poll.progress import RefusedFile, refused_files
from extract.vendors.ocpp.poll.redact import PERSON_FIELDS
from extract.vendors.ocpp.poll.try_file import Trial, try_file

__all__ = [
    "PERSON_FIELDS",
    "RefusedFile",
    "Trial",
    "has_news",
    "inbox_folder",
    "poll",
    "refused_files",
    "try_file",
]
