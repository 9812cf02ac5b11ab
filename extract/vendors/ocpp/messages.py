"""The raw rows of a log: one per message, one per line that could not be read."""

from __future__ import annotations

import pyarrow as pa

from extract.lake.schemas import TIME

RAW_MESSAGES = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("stream", pa.string(), nullable=False),
        pa.field("scope", pa.string(), nullable=False),  # the charge point
        pa.field("message_time", TIME, nullable=False),  # when it was written to the log
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("message_type", pa.int32(), nullable=False),  # 2 CALL, 3 CALLRESULT, 4 CALLERROR
        pa.field("action", pa.string()),  # as sent; frames of responses have none
        pa.field("body", pa.string(), nullable=False),  # JSON
        pa.field("place", pa.string()),  # of a line that could not be read: its file and number
        pa.field("error", pa.string()),  # and why
    ]
)

UNREADABLE = 0
"""The message type of a line that is no message; its body is empty."""
