"""A person who was forgotten does not land again, whatever was under way at that moment."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from extract.http import Exchange
from extract.lake import compact, forgotten, pseudonyms, raw, typed
from extract.lake.files import Lake
from extract.lake.forgotten import Sought, without
from extract.lake.pseudonyms import Pseudonyms
from extract.lake.raw import Partition, Rows
from extract.lake.state import StateFile
from extract.settings import Settings
from extract.steps.forget import _blank, _Forgetting
from extract.steps.forget_search import in_files, in_lake
from extract.vendors.chargeamps.poll import spool as spools
from extract.vendors.chargeamps.poll.fleet import Fleet, Point
from extract.vendors.chargeamps.poll.spool import Head
from extract.vendors.chargeamps.poll.ticks import Window
from extract.vendors.ocpp.messages import RAW_MESSAGES
from extract.warehouse.database import Warehouse
from tests.feed import NOON, exchange

KARI, OLA = "p_" + "a1" * 16, "p_" + "b2" * 16
GONE = frozenset([forgotten.trace(KARI)])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path, pseudonym_key="k" * 32)


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings.lake_url)


def session(name: str, minutes: int = 0) -> Exchange:
    """An answer with one session of a person."""
    body = json.dumps({"user": name, "signed": f'OCMF|{{"ID":"{name}"}}|x', "kWh": 7.25})
    return exchange(body.encode(), NOON + timedelta(minutes=minutes), "koeln")


def bodies(lake: Lake, source: str = "chargecloud") -> list[bytes]:
    files = [file for own in raw.partitions(lake, source).values() for file in own]
    return [body for file in files for body in lake.read(file.path)["body"].to_pylist()]


def work(settings: Settings) -> _Forgetting:
    """A `forget` of Kari that has noted her; the lake's part of it needs no warehouse."""
    made = _Forgetting(settings, Warehouse(""), "zaptec", (), lambda text: None)
    made.sought = Sought(forgotten.add(made.lake, [KARI]))
    return made


# --- texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'{{"id":"{KARI}","of":"{OLA}"}}', f'{{"id":null,"of":"{OLA}"}}'),
        (f'["{KARI}", "{KARI}"]', "[null, null]"),
        (f'{{"inner":"{{\\"id\\":\\"{KARI}\\"}}"}}', '{"inner":"{\\"id\\":null}"}'),
        (f'{{"{KARI}": 1}}', '{"": 1}'),
        (f'"by {KARI} at 7"', '"by  at 7"'),
        (f"{KARI}0", f"{KARI}0"),
    ],
)
def test_null_stands_in_place_of_a_forgotten_pseudonym_and_json_stays_json(before, after):
    assert without(before.encode(), GONE) == after.encode()
    in_place = without(before.encode(), GONE, same_length=True)
    assert len(in_place) == len(before)
    assert (KARI.encode() in in_place) == (before == after)


def test_texts_are_sought_in_any_case_and_as_they_are_written():
    sought = Sought(texts=("a_b@x.no", "Åse.Ås@x.no"))
    assert sought.is_in(b"by A_B@X.NO")
    assert sought.is_in("Åse.ås@X.no".encode())
    assert sought.is_in("ÅSE.ÅS@X.NO".encode())
    assert not sought.is_in(b"by axb@x.no")


# --- landing -------------------------------------------------------------------------------------


def test_a_running_poll_severs_a_person_at_the_next_landing(lake):
    raw.land(lake, [session(KARI), session(OLA, 1)])
    forgotten.add(lake, [KARI])
    raw.land(lake, [session(KARI, 2), session(OLA, 3)])

    landed = bodies(lake)[2:]
    assert KARI.encode() not in b"".join(landed)
    assert json.loads(landed[0]) == {"user": None, "signed": 'OCMF|{"ID":null}|x', "kWh": 7.25}
    assert json.loads(landed[1])["user"] == OLA
    table = lake.read(max(file.path for file in raw.partitions(lake).popitem()[1]))
    hashes = [hashlib.sha256(body).hexdigest() for body in table["body"].to_pylist()]
    assert table["body_hash"].to_pylist() == hashes


def test_a_person_who_is_forgotten_while_a_file_is_written_is_severed_in_it(lake, monkeypatch):
    write = Lake.write

    def forget_meanwhile(self: Lake, path: str, content: object) -> None:
        write(self, path, content)
        if path.startswith("raw/") and not forgotten.read(self):
            forgotten.add(self, [KARI])

    monkeypatch.setattr(Lake, "write", forget_meanwhile)
    paths = raw.land(lake, [session(KARI)])

    assert [file.path for file in lake.files("raw")] == paths
    assert json.loads(bodies(lake)[0])["user"] is None


def test_rows_of_a_log_are_severed_as_answers_are(lake):
    forgotten.add(lake, [KARI])
    row = {"source": "ocpp", "stream": "messages", "scope": "CP", "message_time": NOON}
    row |= {"message_id": KARI, "message_type": 2, "body": f'{{"idTag":"{KARI}"}}'}
    table = pa.Table.from_pylist([row], schema=RAW_MESSAGES)
    path = raw.land_rows(lake, Rows(Partition("ocpp", "messages", NOON.date()), NOON, table))

    landed = lake.read(path)
    assert (landed["message_id"].to_pylist(), landed["body"].to_pylist()) == (
        [""],
        ['{"idTag":null}'],
    )


def test_a_process_that_runs_for_long_learns_who_was_forgotten(settings, lake, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("extract.lake.forgotten.time.monotonic", lambda: clock[0])
    names = Pseudonyms(settings, "zaptec")
    kari = names.of("kari@x.no")
    assert pseudonyms.is_pseudonym(kari or "")

    forgotten.add(lake, [kari or ""])
    clock[0] += 1.5

    assert names.of("Kari@x.no ") is None
    assert names.of("ola@x.no") is not None
    assert names.any_of("kari@x.no") == kari


def test_samples_that_have_not_landed_are_severed_in_place(settings, tmp_path):
    window = Window(NOON, NOON + timedelta(minutes=10))
    spool = spools.take(tmp_path / "chargeamps" / "spool", window)
    assert spool
    spool.begin(Head(NOON, window.end, timedelta(seconds=30), NOON, Fleet(points=(Point("CA-1"),))))
    spool.add([session(KARI)])
    _blank(spool.path, Sought(GONE))
    spool.add([session(OLA, 1)])  # its writer goes on

    first, second = spool.exchanges()
    assert json.loads(first.body or b"")["user"] is None
    assert json.loads(second.body or b"")["user"] == OLA
    assert list(in_files(settings, Lake(settings.lake_url), Sought(GONE))) == []


# --- what else lies in the lake ------------------------------------------------------------------


def test_the_file_of_a_killed_lander_is_swept_at_once_and_that_of_a_living_one_stays(lake):
    script = (
        "import os, sys, time; from extract.lake.files import Lake\n"
        "path, file = Lake(sys.argv[1])._temporary()\n"
        "os.write(file, b'half'); print(path, flush=True); sys.stdin.read()"
    )
    lander = subprocess.Popen(
        [sys.executable, "-c", script, lake.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert lander.stdin and lander.stdout
    path = Path(lander.stdout.readline().strip())
    assert (lake.sweep(), path.exists()) == (0, True)
    os.kill(lander.pid, signal.SIGKILL)
    lander.communicate()
    assert (lake.sweep(), path.exists()) == (1, False)


def test_forget_severs_compacted_files_and_finishes_a_compaction_that_was_killed(settings, lake):
    members = [path for n in range(4) for path in raw.land(lake, [session(KARI, n)])]
    kept = {path: Path(lake.absolute(path)).read_bytes() for path in members}
    compact.compact(lake, (NOON + timedelta(days=1)).date())
    (partition, [file]) = raw.partitions(lake).popitem()
    for path, content in kept.items():  # as if killed before the members were deleted
        lake.write(path, content)
    StateFile(lake, raw.JOURNAL).write({file.path: members})
    before = raw.fingerprint([file])

    work(settings)._sever_lake()

    assert list(in_lake(lake, Sought(GONE))) == []
    assert raw.fingerprint(raw.partitions(lake)[partition]) != before
    assert [json.loads(body)["user"] for body in bodies(lake)] == [None] * 4
    assert not any(lake.exists(path) for path in members)


def test_forget_reaches_state_files_and_typed_files_of_partitions_that_are_gone(settings, lake):
    lake.write("progress/zaptec/last_poll-x.json", json.dumps({"failures": [KARI]}).encode())
    gone = Partition("zaptec", "sessions", NOON.date())
    table = pa.table({"driver": [KARI]})
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table, sink)
    lake.write(typed.path("sessions", gone), sink.getvalue())
    lake.write("typed/old_table/source=zaptec/stream=x/date=2022-01-01/part.parquet", b"x")
    assert len(list(in_lake(lake, Sought(GONE)))) == 3  # one of them is no Parquet

    work(settings)._sever_lake()

    assert list(in_lake(lake, Sought(GONE))) == []
    assert list(lake.files("typed")) == []
    assert StateFile(lake, "progress/zaptec/last_poll-x.json").read() == {"failures": [None]}


def test_a_raw_file_that_cannot_be_read_is_named_with_what_to_do(settings, lake):
    (path,) = raw.land(lake, [session(KARI)])
    file = Path(lake.absolute(path))
    file.write_bytes(file.read_bytes()[:-9])
    work(settings)._sever_lake()
    (text,) = in_lake(lake, Sought(GONE))
    assert path in text
    assert "restore it or delete it" in text


# --- names of fields -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        *((name, True) for name in ("UserId", "Property_IsOnline", "iso15118", "_note", "L1")),
        *((name, False) for name in ("kari@x.no", "04A2B3C4D5", "A4B2C3D4", "Frau Kari", "")),
        *(
            (name, False)
            for name in ("0ab6d2fc-1b1e-4e0a-b1c2-d3e4f5061728", "tel4917012345", "Kåre")
        ),
    ],
)
def test_an_object_that_is_keyed_by_people_lands_with_their_pseudonyms(settings, name, is_kept):
    names = Pseudonyms(settings, "zaptec")
    kept = pseudonyms.pseudonym(names, {name: 7})
    assert kept == {name if is_kept else names.of(name) or "": names.of("7")}
