"""Zaptec's sessions and installations in, typed tables out: both endpoints, recorded and made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.http import Exchange
from extract.sandbox.options import Options
from extract.vendors.zaptec.sandbox import fleet, items, shapes
from extract.vendors.zaptec.sandbox.sessions import Session, milliseconds
from tests.zaptec_feed import (
    CHARGER,
    NOW,
    SITE,
    Tables,
    exchange,
    landed,
    page,
    recorded,
    session,
    tables,
)

TRUTH = fleet(Options(zaptec_chargers=24, zaptec_history_days=70))
KNOWN = TRUTH.reported(TRUTH.chargers, NOW - timedelta(days=60), NOW, NOW)
BOTH = ("chargehistory", "archived")


def sessions(made: Tables) -> dict[str, dict[str, Any]]:
    """By id."""
    return {row["session_id"]: row for row in made["sessions"].to_pylist()}


def without_query_time(made: Tables) -> list[dict[str, Any]]:
    return made["sessions"].drop_columns(["query_time"]).to_pylist()


def sent_as(one: Session, endpoint: str) -> dict[str, Any]:
    """A session as an endpoint tells it; its user has become pseudonyms, as in raw."""
    meter, now_ms = TRUTH.meter_wh(one), milliseconds(NOW)
    version = one.is_void(now_ms), one.successor(now_ms)
    if endpoint == "archived":
        made = items.archived(one, meter, *version)
        if user := made["authorizedUser"]:
            user |= {"id": f"p_{user['id']}", "email": "p_email", "fullName": "p_name"}
        return made
    made = items.history_item(one, meter, *version, details=True)
    if "UserId" in made:
        made |= {"UserId": f"p_{made['UserId']}", "UserEmail": "p_email", "UserFullName": "p_name"}
    return made


def pages(known: list[Session], endpoint: str, size: int = 100) -> list[Exchange]:
    """All of them, page by page, a minute apart."""
    starts = range(0, len(known), size)
    return [
        exchange(
            page([sent_as(one, endpoint) for one in known[first : first + size]], endpoint),
            endpoint,
            minutes=first // size,
            params={"page": str(first)},
        )
        for first in starts
    ]


# --- Recorded answers --------------------------------------------------------------------------


def test_the_recorded_signed_session_agrees_with_its_meter() -> None:
    made = tables(exchange(recorded("chargehistory_detail1.json")))

    signed = sessions(made)["29ebc8fc-04a6-4ff7-bd9e-a6ca3982493b"]  # the meter alone tells its id
    assert signed["started_at"] == datetime(2025, 6, 7, 9, 20, 55, 967000, UTC)
    assert (signed["meter_start_kwh"], signed["meter_stop_kwh"]) == (0.842, 3.369)
    assert signed["intervals_energy_kwh"] == signed["energy_kwh"] == 2.527
    assert signed["signed_difference_kwh"] == 0
    found = [
        (row["energy_kwh"], row["register_end_kwh"], row["method"])
        for row in made["session_energy_intervals"].to_pylist()
        if row["session_id"] == signed["session_id"]
    ]
    assert found == [
        (0.509, 1.351, "signed"),
        (0.883, 2.234, "signed"),
        (0.656, 2.89, "signed"),
        (0.366, 3.256, "signed"),
        (0.113, 3.369, "signed"),
        (0.0, 3.369, "signed"),
    ]
    flags = {name: signed[name] for name in signed if name.startswith(("is_", "has_"))}
    assert {name for name, value in flags.items() if value} == {"is_signed", "has_reliable_clock"}
    assert (signed["end_reason"], signed["driver"]) == ("external", None)
    assert made["quarantine"].num_rows == made["unknown_fields"].num_rows == 0


def test_the_recorded_session_without_a_signature_adds_up() -> None:
    row = sessions(tables(exchange(recorded("chargehistory_detail1.json"))))[
        "e2e4b400-2569-4323-ad7c-569eab7d6403"
    ]

    assert row["intervals_energy_kwh"] == row["energy_kwh"] == 0.842
    assert row["signed_difference_kwh"] is row["meter_start_kwh"] is None


def test_recorded_installations_and_chargers_load() -> None:
    home = "aaa13ff9-e69c-4469-bc4b-d64feb50e603"
    made = tables(
        exchange(recorded("installation.json"), "installation", home),
        exchange(recorded("hierarchy.json"), "hierarchy", SITE, 1),
        exchange(recorded("chargers_list.json"), "chargers", "*", 2),
        exchange(recorded("charger.json"), "chargers", "*", 3),
    )

    (station,) = made["stations"].to_pylist()
    assert (station["station_id"], station["address"]) == (home, "Lindelaan 31")
    assert (station["latitude"], station["longitude"]) == (51.949433, 5.231064)
    points = made["charging_points"].to_pylist()
    assert {one["charging_point_id"]: one["station_id"] for one in points}[CHARGER] == SITE
    assert len(points) == made["connectors"].num_rows == 4
    assert set(made["connectors"]["standard"].to_pylist()) == {"IEC_62196_T2"}
    assert made["quarantine"].num_rows == made["unknown_fields"].num_rows == 0


# --- The sandbox's truth -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def both() -> dict[str, Tables]:
    """Every session of the sandbox, by either endpoint."""
    return {endpoint: tables(*pages(KNOWN, endpoint)) for endpoint in BOTH}


def test_both_endpoints_give_the_same_rows(both: dict[str, Tables]) -> None:
    older, newer = (both[endpoint] for endpoint in BOTH)

    assert without_query_time(older) == without_query_time(newer)
    same = ["session_id", "interval_start_at", "interval_end_at", "energy_kwh"]
    one, other = (made["session_energy_intervals"].select(same) for made in (older, newer))
    assert one.equals(other)
    for made in both.values():
        assert made["quarantine"].num_rows == made["unknown_fields"].num_rows == 0


def test_every_session_of_the_sandbox_is_there_once_as_it_was(both: dict[str, Tables]) -> None:
    rows, now_ms = sessions(both["archived"]), milliseconds(NOW)

    assert rows.keys() == {one.id for one in KNOWN}
    for one in KNOWN:
        row = rows[one.id]
        assert row["charging_point_id"] == row["connector_id"] == one.charger.id
        assert (row["started_at"], row["ended_at"]) == (one.started_at, one.ended_at)
        assert row["energy_kwh"] == one.energy_kwh
        assert row["driver"] == (f"p_{one.user.id}" if one.user else None)
        assert row["is_void"] == one.is_void(now_ms)
        assert row["replaced_by"] == one.successor(now_ms)
        assert (row["is_aborted"], row["is_offline"]) == (one.is_aborted, one.is_offline)
        assert row["external_id"] == one.external_id


def test_the_intervals_of_each_session_of_the_sandbox_add_up(both: dict[str, Tables]) -> None:
    for made in both.values():
        rows = sessions(made)
        sums = dict.fromkeys(rows, 0.0)
        for row in made["session_energy_intervals"].to_pylist():
            assert row["interval_start_at"] < row["interval_end_at"]
            sums[row["session_id"]] += row["energy_kwh"]
        for one in KNOWN:
            row = rows[one.id]
            has_none = one.is_aborted or not (one.charger.details or one.is_signed)
            assert (row["intervals_energy_kwh"] is None) == has_none
            if not has_none:
                assert sums[one.id] == pytest.approx(one.energy_kwh, abs=1e-9)
                assert row["intervals_energy_kwh"] == pytest.approx(one.energy_kwh, abs=1e-9)
            if one.is_signed and not has_none:
                assert row["meter_start_kwh"] == pytest.approx(TRUTH.meter_wh(one) / 1000)


def test_the_sandboxes_assets_load_page_by_page() -> None:
    sites = TRUTH.sites
    answers = [exchange(page([shapes.installation(s, False) for s in sites]), "installations", "*")]
    for number, site in enumerate(sites, 1):
        whole = shapes.installation(site, True)
        circuits = None if site.is_limited else shapes.hierarchy(site)
        status = {"status_code": 204} if site.is_limited else {}
        answers += [
            exchange(whole, "installation", site.id, number),
            exchange(circuits, "hierarchy", site.id, number, **status),
        ]
    chargers = [shapes.charger(one, 1, True) for one in TRUTH.chargers]
    for first in range(0, len(chargers), 10):
        ten = page(chargers[first : first + 10])
        answers.append(exchange(ten, "chargers", "*", 60 + first, params={"page": str(first)}))

    made = tables(*answers)

    assert sorted(made["stations"]["station_id"].to_pylist()) == sorted(site.id for site in sites)
    points = made["charging_points"].to_pylist()
    assert {one["charging_point_id"]: one["station_id"] for one in points} == {
        one.id: None if one.site.is_limited else one.site.id for one in TRUTH.chargers
    }
    assert len(points) == made["connectors"].num_rows == len(TRUTH.chargers)
    assert made["quarantine"].num_rows == made["unknown_fields"].num_rows == 0


# --- Versions, pages, files --------------------------------------------------------------------


@given(st.permutations(range(6)), st.integers(0, 5), st.booleans())
@settings(max_examples=40, deadline=None)
def test_neither_order_nor_repetition_of_pages_changes_a_row(
    order: list[int], again: int, at_once: bool
) -> None:
    known = [sent_as(one, "chargehistory") for one in KNOWN[:60]]
    texts = [known[first : first + 14] for first in range(0, 60, 12)]
    texts.append([one | {"Energy": 1.5} for one in known[:7]])

    def made(sequence: list[int]) -> Tables:
        return tables(*(exchange(page(texts[n]), minutes=0 if at_once else n) for n in sequence))

    straight, turned = made(list(range(6))), made([*order, again])
    for name in ("sessions", "session_energy_intervals"):
        assert straight[name].equals(turned[name])


def test_the_latest_answer_counts_whatever_the_files_are_called(tmp_path: Path) -> None:
    late, early = (
        exchange(page([session(Energy=energy)]), minutes=minutes)
        for energy, minutes in ((4.0, 60), (3.0, 0))
    )
    for number, files in enumerate(([late], [early]), 1):
        made = landed(tmp_path / "one", files)
        assert made["sessions"].num_rows == 1, number
    (row,) = made["sessions"].to_pylist()
    assert (row["energy_kwh"], row["query_time"]) == (4.0, NOW + timedelta(hours=1))
    assert landed(tmp_path / "other", [early], [late])["sessions"].to_pylist() == [row]


BITS = ("offline", "reliableClock", "stoppedByRfid", "signed", "voided", "aborted", "ocppNative")


@given(
    start_ms=st.integers(1_600_000_000_000, 1_800_000_000_000),
    watt_hours=st.lists(st.integers(0, 20_000), max_size=6),
    bits=st.tuples(*[st.booleans()] * len(BITS)),
    texts=st.tuples(*[st.sampled_from([None, "a1", "b2"])] * 4),
    has_ended=st.booleans(),
    is_register=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_any_session_gives_the_same_row_by_either_endpoint(
    *,
    start_ms: int,
    watt_hours: list[int],
    bits: tuple[bool, ...],
    texts: tuple[str | None, ...],
    has_ended: bool,
    is_register: bool,
) -> None:
    user, *others = texts
    energy = sum(watt_hours) / 1000
    times = [start_ms + 900_001 * number for number in range(1, len(watt_hours) + 1)]
    rising = [sum(watt_hours[: number + 1]) / 1000 for number in range(len(watt_hours))]
    amounts = [one / 1000 for one in watt_hours]
    start, end = shapes.naive(start_ms), shapes.naive(start_ms + 10**7) if has_ended else None
    names = ("ExternalId", "ReplacedBySessionId", "TokenName")
    history = {
        "Id": "s1",
        "ChargerId": CHARGER,
        "StartDateTime": start,
        "EndDateTime": end,
        "Energy": energy,
        "CommitMetadata": (not bits[0]) + sum(bit << n for n, bit in enumerate(bits, 1)),
        "EnergyDetails": [
            {"Timestamp": f"{shapes.naive(at)}+00:00", "Energy": amount}
            for at, amount in zip(times, amounts, strict=True)
        ],
        **{name: value for name, value in zip(names, others, strict=True) if value},
        **({"UserId": user, "UserEmail": "p_e", "UserUserName": "p_u"} if user else {}),
    }
    archived = {
        "id": "s1",
        "chargerId": CHARGER,
        "startDateTime": f"{start}Z",
        "endDateTime": end and f"{end}Z",
        "energy": energy,
        **dict(zip(BITS, bits, strict=True)),
        "energyDetails": [
            {"timestamp": f"{shapes.naive(at)}Z", "energy": value}
            for at, value in zip(times, rising if is_register else amounts, strict=True)
        ],
        **{n[0].lower() + n[1:]: value for n, value in zip(names, others, strict=True)},
        "authorizedUser": user and {"id": user, "email": "p_e", "fullName": "p_n"},
    }

    one = tables(exchange(page([history])))
    other = tables(exchange(page([archived], "archived"), "archived"))

    assert without_query_time(one) == without_query_time(other)
