"""The same messages, in whatever order and in however many deliveries: the same tables."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from extract.lake import raw
from extract.lake.files import Lake
from tests.integration.ocpp_cases import deliver, typed_tables
from tests.integration.ocpp_dbt import load, server
from tests.integration.ocpp_oddities import lines

Marts = dict[str, list[tuple]]


def in_order(home: Path) -> Marts:
    """Every mart of one delivery, in the order of time, built at once."""
    with server(home) as dbt:
        dbt.start_anew()
        found = sorted(lines(), key=lambda line: line["timestamp"])
        deliver(dbt.settings, "all", found)
        load(dbt, typed_tables(dbt.settings), [])
        dbt.build("--full-refresh", "--exclude-resource-type", "test")
        return dbt.marts()


def shuffled(home: Path) -> Marts:
    """Every mart of four deliveries of shuffled messages, each built for the dates it touches."""
    found = lines()
    random.Random(7).shuffle(found)
    with server(home) as dbt:
        dbt.start_anew()
        for number in range(4):
            deliver(dbt.settings, f"part-{number}", found[number::4])
            days = [*{part.day for part in raw.partitions(Lake(dbt.settings.lake_url), "ocpp")}]
            touched = [*{_day(line) for line in found[number::4]}]
            load(dbt, typed_tables(dbt.settings), days)
            arguments = ("--exclude-resource-type", "test")
            if number == 0:
                dbt.build("--full-refresh", *arguments)
            else:
                dbt.build(*arguments, days=[day for day in days if day.isoformat() in touched])
        return dbt.marts()


def _day(line: dict) -> str:
    return line["timestamp"][:10]


@pytest.mark.timeout(600)
def test_deliveries_in_any_order_give_the_same_marts(tmp_path, monkeypatch):
    monkeypatch.setenv("WATTSTAR_PSEUDONYM_KEY", "the same key for both warehouses")
    expected = in_order(tmp_path / "one")
    found = shuffled(tmp_path / "four")
    assert found.keys() == expected.keys()
    assert len(expected["marts.sessions"]) > 30
    different = {name for name in expected if found[name] != expected[name]}
    assert different == set()
