"""A change of a connector's settings: what may be wanted, and which values are equal."""

from __future__ import annotations

from typing import Any

import pytest

from extract.vendors.chargeamps.poll.change import (
    Change,
    ControlError,
    Wanted,
    changes,
    differing,
    is_equal,
)


@pytest.mark.parametrize("limit", [-1, 0.5, 5.99, 32.01, 100, float("nan"), float("inf")])
def test_a_limit_that_no_charger_knows_is_refused_before_anything_is_asked(limit):
    with pytest.raises(ControlError, match=r"0 A .nothing. or 6 to 32 A"):
        Wanted(max_current=limit)


@pytest.mark.parametrize(
    ("limit", "words"), [(0, "no car will charge"), (6, "may end charging"), (11.9, "45 to 55 %")]
)
def test_a_limit_that_may_end_charging_is_warned_of(limit, words):
    (warning,) = Wanted(max_current=limit).warnings()
    assert words in warning


def test_a_limit_that_lets_a_car_charge_is_not_warned_of():
    assert Wanted(max_current=12).warnings() == Wanted(mode="off").warnings() == []


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("On", "on ", True),
        ("On", "Off", False),
        (10, 10.0, True),
        ("10", 10.0, True),
        (10, 11, False),
        (None, None, True),
        (None, 0, False),
        (None, False, False),
        (True, True, True),
        (True, "true", False),
        (True, 1, False),
        (int("9" * 400), 13, False),
        ("nan", "NaN", False),
        ([1], [1], True),
        ({"a": 1}, 13, False),
    ],
)
def test_values_that_mean_the_same_are_equal(one: Any, other: Any, equal: bool) -> None:
    assert is_equal(one, other) is equal
    assert is_equal(other, one) is equal


def test_a_change_says_what_differs_from_the_wanted_settings() -> None:
    before = {"mode": "on", "maxCurrent": 16.0, "rfidLock": True, "other": 1}
    wanted = Wanted(mode="On", max_current=10, cable_lock=False)
    found = changes(before, wanted)
    assert found == [Change("maxCurrent", 16.0, 10), Change("cableLock", None, False)]
    assert [str(one) for one in found] == [
        "max. current (A): 16.0 -> 10",
        "cable lock: not set -> off",
    ]
    assert differing(before, before | wanted.fields()) == ["maxCurrent", "cableLock"]
