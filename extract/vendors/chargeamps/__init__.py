"""Charge Amps: status and currents every 30 s, sessions, settings of connectors, and their control.

| stream     | endpoint (as it lands) | scope        | params             | an answer's query_time |
| ---------- | ---------------------- | ------------ | ------------------ | ---------------------- |
| `status`   | `status`               | charge point |                    | the tick               |
| `sessions` | `chargingsessions`     | charge point | startTime, endTime | of the request         |
| `assets`   | `owned`                | `*`          |                    | of the request         |
| `assets`   | `settings`             | charge point |                    | of the request         |
| `assets`   | `settings_put`         | charge point | connector          | of the request         |

A scope is the vendor's id. All of it lands without personal data, see `private`. A tick that was
missed is an answer without a status whose error begins with `missed`. Every stream asks for `owned`
first; `status` samples one window and reads each connector's `settings` in passing. `settings_put`
is our own record of a change, see `control`: its status is 200 whatever came of it, its body
`{chargePointId, connectorId, requestedBy, reason, wanted, before, after, outcome, …}`.
"""
