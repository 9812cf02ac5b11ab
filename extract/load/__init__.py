"""The warehouse's `typed` and `ops` schemas: replaced partition by partition, with a ledger."""
