"""Logs of charge points with one oddity each, named by it."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.ocpp_cases import ANNA, BERT, Talk, at, moment


def stop_without_id() -> Talk:
    """Stops and meter values name -1: of two transactions on one connector."""
    talk = Talk("MINUS")
    talk.boot(at(5))
    talk.start(at(6), 301, 20_000)
    talk.sample(at(6, 20), -1, 22_000, 6000)
    talk.sample(at(6, 40), -1, 24_000, 6000)
    talk.stop(at(6, 55), -1, 25_500)
    talk.start(at(8), 302, 25_500)
    talk.sample(at(8, 30), -1, 27_500, 4000)
    talk.stop(at(9), -1, 29_500)
    return talk


def stop_of_one_of_two() -> Talk:
    """Two connectors, stops with -1: the tag says which."""
    talk = Talk("TAGS")
    talk.start(at(6), 311, 1000, tag=ANNA)
    talk.start(at(6, 10), 312, 1000, tag=BERT, connector=2)
    talk.stop(at(7), -1, 4000, tag=ANNA)
    talk.stop(at(8), -1, 9000, tag=BERT)
    return talk


def stop_of_nothing() -> Talk:
    """A stop without an id beside a transaction that had ended: 2 kWh are nobody's."""
    talk = Talk("NOBODY")
    talk.start(at(6), 321, 1000)
    talk.stop(at(7), 321, 4000)
    talk.stop(at(9), -1, 6000)
    return talk


def meter_values_of_zero() -> Talk:
    """Meter values name 0 all day, also while nobody charges."""
    talk = Talk("ZERO")
    talk.boot(at(4))
    for hour in (5, 6):
        talk.sample(at(hour), 0, 80_000, 0)
        talk.sample(at(hour, 0, 5), 0, 7000, 0, connector=2)
    talk.start(at(7), 331, 80_000)
    for minute, register in ((10, 81_100), (20, 82_300), (30, 83_500)):
        talk.sample(at(7, minute), 0, register, 7200)
    talk.stop(at(7, 40), 331, 84_711)
    for hour in (8, 9):
        talk.sample(at(hour), 0, 84_711, 0)
    return talk


def id_used_again() -> Talk:
    """The central system counts from 1 after each of its restarts, once on the same day."""
    talk = Talk("AGAIN")
    meter = 4000
    for day, hour, energy in ((0, 6, 7000), (0, 9, 3000), (1, 6, 500)):
        talk.start(at(hour, day=day), 1, meter)
        talk.sample(at(hour, 30, day=day), 1, meter + energy / 2, 7000)
        talk.stop(at(hour + 1, day=day), 1, meter + energy)
        meter += energy
    return talk


def id_of_two_connectors() -> Talk:
    """A counter per connector: one id on two connectors at one time."""
    talk = Talk("PAIR")
    talk.start(at(6), 5, 2000, tag=ANNA)
    talk.start(at(6, 5), 5, 70_000, tag=BERT, connector=2)
    talk.sample(at(6, 30), 5, 4000, 8000)
    talk.sample(at(6, 31), 5, 75_000, 11_000, connector=2)
    talk.stop(at(7), 5, 6000, tag=ANNA)
    talk.stop(at(7, 30), 5, 82_000, tag=BERT)
    return talk


def id_without_its_stop() -> Talk:
    """An id given again in June though its stop of January is missing."""
    talk = Talk("JUNE")
    talk.start(at(6), 1, 0)
    talk.sample(at(6, 30), 1, 5000, 7000)
    talk.boot(at(3, day=150))
    talk.start(at(6, day=150), 1, 5000)
    talk.stop(at(8, day=150), 1, 15_000)
    return talk


def values_after_the_stop() -> Talk:
    """Meter values go on naming a transaction for hours after its stop."""
    talk = Talk("AFTER")
    talk.start(at(6), 341, 0)
    for minute in range(10, 60, 10):
        talk.sample(at(6, minute), 341, 100 * minute, 6000)
    talk.stop(at(7), 341, 6000)
    for hour in range(8, 14):
        talk.sample(at(hour), 341, 6000, 0)
    return talk


def stop_equals_start() -> Talk:
    talk = Talk("EQUAL")
    talk.start(at(6), 351, 40_000)
    for minute, register in ((15, 42_000), (30, 44_000), (45, 46_500)):
        talk.sample(at(6, minute), 351, register, 8000)
    talk.stop(at(7), 351, 40_000)
    return talk


def stop_of_minus_one_watt_hour() -> Talk:
    talk = Talk("BELOW")
    talk.start(at(6), 352, 40_000)
    talk.sample(at(6, 30), 352, 43_000, 6000)
    talk.stop(at(7), 352, -1)
    talk.start(at(8), 353, 43_000)
    talk.sample(at(8, 30), 353, 45_000, 6000)
    talk.stop(at(9), 353, 0)
    return talk


def refused() -> Talk:
    """Two refused starts with stops of -1, and one that was accepted in the end."""
    talk = Talk("REFUSED")
    for hour, status in ((6, "ConcurrentTx"), (7, "Blocked")):
        talk.start(at(hour), 0, 9000, connector=2, status=status)
        talk.stop(at(hour, 0, 30), -1, 9000, tag=ANNA)
    talk.start(at(8), 0, 9000, connector=2, status="Invalid")
    talk.start(at(8, 0, 20), 361, 9000, connector=2, own=at(8))
    talk.stop(at(9), 361, 11_000)
    return talk


def start_sent_again() -> Talk:
    """The same start twice, with two ids."""
    talk = Talk("TWICE")
    talk.start(at(6), 371, 0)
    talk.sample(at(6, 10), 371, 1200, 7200)
    talk.start(at(6, 20), 372, 0, own=at(6))
    talk.sample(at(6, 30), 372, 3600, 7200)
    talk.stop(at(7), 372, 7200)
    return talk


def start_without_answer() -> Talk:
    talk = Talk("LOST")
    talk.start(at(8), None, 0)
    talk.stop(at(8, 20), 12, 5000)
    return talk


def clock_in_1970() -> Talk:
    """A clock that was not set before the stop."""
    talk = Talk("UNSET")
    boot = at(12)
    epoch = at(0) - at(0).replace(year=1970, month=1, day=1)
    talk.boot(boot)
    own = [boot + timedelta(minutes=minute) - timedelta(seconds=5) for minute in (10, 20)]
    talk.start(at(12, 10), 381, 100, own=own[0] - epoch - timedelta(hours=12))
    talk.sample(at(12, 20), 381, 1100, 6000, own=own[1] - epoch - timedelta(hours=12))
    talk.stop(at(12, 30), 381, 2100)
    return talk


def two_meters() -> Talk:
    """Registers of the transaction from zero; lifetime registers outside it at the same times."""
    talk = Talk("METERS")
    talk.start(at(6), 391, 5_000_000)
    for minute, wh in ((15, 1500), (30, 3100)):
        talk.sample(at(6, minute, 1), 391, wh, 6000, own=at(6, minute))
        talk.sample(at(6, minute, 2), None, 5_000_000 + wh, own=at(6, minute))
    return talk


def coarse_registers(cp: str, *, is_stopped: bool) -> Talk:
    """Samples of 10 Wh beside a meter of 1 Wh at the start and the stop."""
    talk = Talk(cp)
    talk.start(at(8), 401, 123_457)
    talk.sample(at(8, 0, 10), 401, 123_450, 7000)
    talk.sample(at(9), 401, 130_450, 7000)
    talk.sample(at(10), 401, 137_450, 7000)
    if is_stopped:
        talk.stop(at(10), 401, 137_457)
    return talk


def begin_above_the_next() -> Talk:
    """The register at the begin, in the stop, is half a Wh above the next sample."""
    talk = Talk("BEGIN")
    talk.start(at(6), 411, 1000)
    begin = moment(at(6, 0, 1), 1000.5, None, context="Transaction.Begin")
    data = [begin, moment(at(6, 1), 1000.0, None), moment(at(6, 30), 2600.0, None)]
    talk.stop(at(7), 411, 2600, data=data)
    return talk


def standby() -> Talk:
    """7 kW for an hour, then 4 W for nine."""
    talk = Talk("STANDBY")
    talk.start(at(8), 421, 0)
    for five in range(1, 121):
        charged = min(five, 12) * 7000 / 12 + max(five - 12, 0) / 3
        talk.sample(at(8, 5 * five), 421, round(charged, 3), 7000 if five <= 12 else 4)
    talk.stop(at(18, 5), 421, 7037)
    return talk


def impossible_register() -> Talk:
    """One register of 9e14 Wh, one sample of 0 among others, 910 kWh in half an hour."""
    talk = Talk("HUGE")
    talk.start(at(6), 431, 1000)
    talk.sample(at(6, 10), 431, 2000, 6000)
    talk.sample(at(6, 20), 431, 9e14, 6000)
    talk.sample(at(6, 30), 431, 0, 6000)
    talk.sample(at(6, 40), 431, 5000, 6000)
    talk.stop(at(7), 431, 7000)
    talk.start(at(8), 432, 7000)
    talk.stop(at(8, 30), 432, 917_000)
    return talk


def kilowatt_hours_as_watt_hours() -> Talk:
    talk = Talk("SCALE")
    talk.start(at(6), 441, 500)
    for minute in (10, 20, 30, 40, 50):
        talk.sample(at(6, minute), 441, None, 7000)
    talk.stop(at(7), 441, 507)
    return talk


def stop_before_its_start() -> Talk:
    talk = Talk("BACK")
    talk.start(at(8), 451, 1000)
    talk.stop(at(9), 451, 3000, own=at(7, 30))
    return talk


def silent_after_available() -> Talk:
    """A status, one heartbeat, and silence for the day."""
    talk = Talk("SILENT")
    talk.boot(at(7, 55))
    talk.status(at(8), "Available")
    talk.heartbeat(at(8, 5))
    talk.heartbeat(at(21))
    return talk


def cable_first() -> Talk:
    """OCPP 2.0.1: the token comes with an Updated, the EVSE with Started alone."""
    talk = Talk("CABLE", "2.0.1")
    talk.event(at(6), "Started", "t-1", register=100)
    talk.event(at(6, 1), "Updated", "t-1", token=ANNA, evse=None)
    talk.event(at(6, 30), "Updated", "t-1", register=2100, evse=None)
    talk.event(at(7), "Ended", "t-1", register=4100, evse=None)
    return talk


def transaction_id_after_a_boot() -> Talk:
    """OCPP 2.0.1: a charging station that counts its transactions from 1 after each boot."""
    talk = Talk("REBOOT", "2.0.1")
    for day, first in ((0, 0), (1, 3000)):
        talk.boot(at(5, day=day))
        talk.event(at(6, day=day), "Started", "1", register=first, token=ANNA)
        talk.event(at(7, day=day), "Ended", "1", register=first + 3000)
    return talk


def offline() -> Talk:
    """OCPP 2.0.1: a night without a connection, sent the next day."""
    talk = Talk("QUEUE", "2.0.1")
    sent = at(9, day=1)
    for number, (own, kind, register) in enumerate(
        ((at(20), "Started", 0), (at(21), "Updated", 7000), (at(22), "Ended", 14_000))
    ):
        when = sent + timedelta(seconds=5 * number)
        talk.event(when, kind, "q", register=register, token=BERT, own=own, offline=True)
    return talk


def charging_state() -> Talk:
    """OCPP 2.0.1 without power or registers: the chargingState alone, two of them at one moment."""
    talk = Talk("STATE", "2.0.1")
    talk.event(at(6), "Started", "s", token=ANNA, state="EVConnected")
    talk.event(at(6, 10), "Updated", "s", state="Charging")
    talk.event(at(6, 40), "Updated", "s", state="Charging")
    talk.event(at(6, 40, 1), "Updated", "s", state="SuspendedEV", own=at(6, 40))
    talk.event(at(8), "Ended", "s", state="Idle")
    talk.event(at(9), "Started", "none", token=ANNA)
    talk.event(at(10), "Ended", "none")
    return talk


def start_without_more() -> Talk:
    """A transaction of which nothing is heard after its start; the next one starts 3 kWh later."""
    talk = Talk("LONE")
    talk.start(at(6), 471, 1000)
    talk.start(at(9), 472, 4000)
    talk.stop(at(10), 472, 6000)
    return talk


def twins() -> Talk:
    """Two starts with one message id and time, at two connectors, and one answer."""
    talk = Talk("TWINS")
    talk.start(at(6), None, 0)
    talk.start(at(6), 461, 0, connector=2)
    for line in talk.lines:
        line["message"][1] = "same"
    return talk


ODDITIES = (
    *(stop_without_id, stop_of_one_of_two, stop_of_nothing, meter_values_of_zero, id_used_again),
    *(id_of_two_connectors, id_without_its_stop, values_after_the_stop, stop_equals_start),
    *(stop_of_minus_one_watt_hour, refused, start_sent_again, start_without_answer),
    *(clock_in_1970, two_meters, begin_above_the_next, standby, impossible_register),
    *(kilowatt_hours_as_watt_hours, stop_before_its_start, silent_after_available, cable_first),
    *(transaction_id_after_a_boot, offline, charging_state, twins),
    start_without_more,
    lambda: coarse_registers("COARSE", is_stopped=True),
    lambda: coarse_registers("OPEN", is_stopped=False),
)


def lines() -> list[dict]:
    """The messages of all of them."""
    return [line for make in ODDITIES for line in make().lines]
