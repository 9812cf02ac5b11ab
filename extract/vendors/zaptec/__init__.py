"""Zaptec: installations with their chargers and users; the live state and every session.

| stream     | endpoint (as it lands)            | scope        | an answer's query_time        |
| ---------- | --------------------------------- | ------------ | ----------------------------- |
| `assets`   | `installations`                   | `*`          | of the request; page by page  |
| `assets`   | `installation`, `hierarchy`       | installation | of the request                |
| `assets`   | `chargers`                        | `*`          | of the request; page by page  |
| `state`    | `chargers`                        | `*`          | the cycle's start; pages      |
| `state`    | `state`                           | charger      | the cycle's start             |
| `sessions` | `installations`                   | `*`          | of the request; page by page  |
| `sessions` | `chargers`                        | `*`          | of the request, see below     |
| `sessions` | `archived` or `chargehistory`     | installation | of the request; page by page  |

A scope is the vendor's id. All of it lands without personal data, see `fields`. An answer with
neither an error nor a body has no content and is no failure: a hierarchy that the account may not
see (204, 403), an endpoint that the server does not have (404, 501), or that wants another role
where the other endpoint answers (403). Where the account sees no installation, its chargers are
listed and sessions are asked for by charger: then the scope is the charger.
"""
