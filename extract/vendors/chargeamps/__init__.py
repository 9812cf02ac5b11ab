"""Charge Amps: status and currents every 30 s, sessions, settings of connectors, and their control.

| stream     | endpoint (as it lands)          | scope        | params                          |
| ---------- | ------------------------------- | ------------ | ------------------------------- |
| `status`   | `owned`                         | `*`          |                                 |
| `status`   | `statuses`                      | organisation |                                 |
| `status`   | `status`                        | charge point |                                 |
| `sessions` | `organisation_chargingsessions` | organisation | startTime, endTime              |
| `sessions` | `chargingsessions`              | charge point | startTime, endTime, maxCount    |
| `assets`   | `owned`, `organisations`        | `*`          |                                 |
| `assets`   | `organisation_chargepoints`     | organisation |                                 |
| `assets`   | `settings`                      | charge point |                                 |
| `assets`   | `settings_put`                  | charge point | connector                       |

A scope is the vendor's id. The query time of status is the tick, of everything else the time of the
request. All of it lands redacted, see `fields` and `poll/redact.py`. A missed tick is an answer
without a status code whose error begins with `missed`.

An Enterprise account is asked by organisation: one request a tick. A Private account is refused
`organisations` (403, which does not land) and is asked charge point by charge point, as are charge
points of no organisation.

Two endpoints are records of our own, with status 200. `owned` of stream `status` is `[{id,
ocppVersion}]`: the version that each charge point stated last, landed with the samples of each
window and date, because the numbers of a status mean nothing without it. `settings_put` is a change
of settings and its outcome, see `poll/control.py`.
"""
