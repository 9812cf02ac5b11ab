"""dbt on a warehouse of OCPP logs: a server, typed rows by date, and the models that read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa

from extract.lake.schemas import TABLES
from extract.settings import Settings
from extract.warehouse.copy import copy
from extract.warehouse.database import open_warehouse
from tests.integration.dbt_support import Dbt


@contextmanager
def server(home: Path) -> Iterator[Dbt]:
    settings = Settings(_env_file=None, home=home, ocpp_inbox=str(home / "inbox"))
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        yield Dbt(settings, warehouse, connection)
        connection.close()


def load(dbt: Dbt, found: Mapping[str, pa.Table], days: Iterable[date]) -> None:
    """Replace the typed rows of these days."""
    with dbt.connection, dbt.connection.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"delete from typed.{name} where date = any(%s)", [list(days)])
            if name in found and found[name].num_rows:
                copy(cursor, name, found[name])


# What the tests of OCPP's marts look at, and what it is made of.
MODELS = (
    "--indirect-selection=cautious",
    "--select",
    *("+path:models/marts/ocpp", "+ocpp_messages", "+status_spans_connectors"),
    *("--exclude-resource-type", "test"),
)
