"""Whether a service is healthy, as its exit status; Docker asks (docker-compose.yml).

    python docker/healthy.py URL                the page answers
    python docker/healthy.py URL scheduler      Airflow's health page says so of the component:
                                                scheduler, triggerer, dag_processor, metadatabase

The image has no curl, and `airflow jobs check` needs seconds of a processor each time.
"""

from __future__ import annotations

import json
import sys
import urllib.request


def main(url: str, component: str | None = None) -> str | None:
    """What is wrong; None if nothing is."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - from the compose file
            body = answer.read()
    except OSError as error:
        return f"{url}: {error}"
    if component is None:
        return None
    status = json.loads(body)[component]["status"]
    return None if status == "healthy" else f"{component} is {status}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
