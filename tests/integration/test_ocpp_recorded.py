"""The recorded OCPP log through dbt, on a real PostgreSQL, against what pandas makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd
import pytest

from tests.integration.dbt_support import Dbt
from tests.integration.ocpp_dbt import MODELS, load, server
from tests.integration.ocpp_log import recorded_messages, recorded_tables

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    return pd.DataFrame(recorded_messages())


@pytest.fixture(scope="module")
def built(tmp_path_factory, messages) -> Iterator[Dbt]:
    """Every mart of the recorded log, built once."""
    with server(tmp_path_factory.mktemp("recorded")) as dbt:
        dbt.start_anew()
        load(dbt, recorded_tables(dbt.settings), [])
        dbt.build("--full-refresh", *MODELS)
        yield dbt


def answers(messages: pd.DataFrame) -> pd.DataFrame:
    """Hours, energy and parking of each transaction, straight from the bodies."""

    def of(action: str, kind: int) -> pd.DataFrame:
        rows = messages[(messages.action == action) & (messages.message_type == kind)]
        bodies = pd.DataFrame(list(rows.body), index=rows.index)
        return rows[["charge_point_id", "message_id"]].join(bodies)

    keys = ["charge_point_id", "transaction_id"]
    requests, responses = of("StartTransaction", 2), of("StartTransaction", 3)
    starts = requests.merge(responses, on=["charge_point_id", "message_id"])
    found = starts.merge(of("StopTransaction", 2), on=keys, suffixes=("", "_stop")).set_index(keys)
    spent = pd.to_datetime(found.timestamp_stop) - pd.to_datetime(found.timestamp)
    result = pd.DataFrame({"hours": spent / pd.Timedelta(HOUR)})
    result["energy"] = (found.meter_stop - found.meter_start) / 1000
    powers = pd.DataFrame(
        [
            (*(row[key] for key in keys), value["timestamp"], float(sample["value"]))
            for row in of("MeterValues", 2).to_dict("records")
            for value in row["meter_value"]
            for sample in value["sampled_value"]
            if sample["measurand"] == "Power.Active.Import" and sample["phase"] is None
        ],
        columns=[*keys, "time", "power"],
    ).sort_values([*keys, "time"])
    powers["time"] = pd.to_datetime(powers.time)
    idle = powers.power == 0
    powers["run"] = (idle != idle.groupby([powers[key] for key in keys]).shift()).cumsum()
    runs = powers[idle].groupby([*keys, "run"]).time.agg(["min", "max"])
    parked = ((runs["max"] - runs["min"]).dt.total_seconds() / 3600).groupby(level=keys).sum()
    return result.join(parked.rename("parking")).fillna({"parking": 0})


def test_the_recorded_transactions_are_what_pandas_makes_of_them(built, messages):
    expected = answers(messages)
    assert len(expected) == 95
    found = {
        (cp.removeprefix("ocpp:"), int(transaction)): [float(value) for value in values]
        for cp, transaction, *values in built.rows(
            "select id_cp, transaction_id, total_hours, energy_kwh, parking_hours "
            "from marts.ocpp_completed_transactions where month = '2023-01-01'"
        )
    }
    assert found.keys() == set(expected.index)
    for key, row in zip(expected.index, expected.to_numpy(), strict=True):
        assert found[key] == pytest.approx(list(row), abs=0.001)
    [totals] = built.rows(
        "select transactions, total_hours, energy_kwh, parking_hours from marts.ocpp_month_totals "
        "where month = '2023-01-01'"
    )
    assert [float(value) for value in totals] == pytest.approx([95, *expected.sum()], abs=0.01)


def test_the_recorded_charge_points_were_last_heard_of_when_they_were(built, messages):
    expected = messages.groupby("charge_point_id")["at"].max().to_dict()
    found = built.rows("select charge_point_id, last_contact_at from marts.ocpp_last_contact")
    assert dict(found) == expected
