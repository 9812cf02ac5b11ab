"""The warehouse: connection, tables, ledger, fingerprints; replaced partition by partition."""
