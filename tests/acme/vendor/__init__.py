"""Acme, an invented charging network: one answer with all stations, with a key.

| stream     | endpoint (as it lands) | scope | an answer's query_time |
| ---------- | ---------------------- | ----- | ---------------------- |
| `stations` | `stations`             | `*`   | the answer's own `at`  |
"""
