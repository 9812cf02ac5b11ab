"""OCPP message logs, 1.6 and 2.0.1, as operators of their own CSMS have them.

`WATTSTAR_OCPP_INBOX` is a folder or a bucket where logs arrive (`inbox`). Every message lands as
one raw row of stream `messages`, in the partition of the UTC date at which the log says it was
written, unchanged but for what is personal or secret (`poll.redact`).
"""
