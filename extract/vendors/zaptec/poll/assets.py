"""Poll installations, hierarchies and chargers, and the state of each charger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import quote

from extract.http import Exchange
from extract.lake.files import Lake
from extract.lake.landing import Landing
from extract.lake.state import StateFile
from extract.vendors.zaptec.poll.client import Client, Listing, mark_empty, name_of, read_list

WORKERS = 16  # enough for 10 answers a second of an API that takes 1.6 s for each
BATCH = 500  # answers that land as one file
NO_ACCESS = (204, 403)  # the account's role may not see this hierarchy or detail


def poll_assets(client: Client, land: Landing) -> None:
    """Land installations, each one's detail and hierarchy, and chargers."""
    sites = read_list(client, land, "assets", "installations")
    names = {site["Id"]: name_of(site) for site in sites.records}

    def both(installation: str) -> list[Exchange]:
        path = f"installation/{quote(installation, safe='')}"
        detail = client.ask(("assets", "installation", installation), path)
        hierarchy = client.ask(("assets", "hierarchy", installation), f"{path}/hierarchy")
        for exchange in (detail, hierarchy):
            if exchange.status_code in NO_ACCESS:
                what = f"no access to the {exchange.endpoint} of {names[installation]}"
                mark_empty(exchange, f"this account has {what}")
        return [detail, hierarchy]

    for answers in _at_once(both, sites.ids):
        land(answers)
    chargers = read_list(client, land, "assets", "chargers")
    if sites.is_whole and chargers.is_whole:
        lone = [one["Id"] for one in chargers.records if _is_lone(one.get("InstallationId"), names)]
        lone_chargers(client.lake).write({"ids": lone})


def _is_lone(installation: object, listed: dict[str, str]) -> bool:
    return isinstance(installation, str) and bool(installation) and installation not in listed


def lone_chargers(lake: Lake) -> StateFile:
    """The state file with `ids`: chargers whose installation this account does not see. Their
    sessions are asked for by charger."""
    return StateFile(lake, "progress/zaptec/chargers.json")


def poll_state(client: Client, land: Landing) -> Listing:
    """Land the list of chargers and the state of each. All answers have one query_time: when the
    poll began."""
    start = datetime.now(UTC)
    chargers = read_list(client, land, "state", "chargers", start)

    def one(charger: str) -> list[Exchange]:
        path = f"chargers/{quote(charger, safe='')}/state"
        return [client.ask(("state", "state", charger), path, query_time=start)]

    for answers in _at_once(one, chargers.ids):
        land(answers)
    return chargers


def _at_once(
    ask: Callable[[str], list[Exchange]], scopes: Sequence[str]
) -> Iterator[list[Exchange]]:
    """The answers about all scopes, in batches; the workers ask in parallel."""
    with ThreadPoolExecutor(WORKERS) as workers:
        for first in range(0, len(scopes), BATCH):
            batch = workers.map(ask, scopes[first : first + BATCH])
            yield [exchange for answers in batch for exchange in answers]
