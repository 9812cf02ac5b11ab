"""Files that cannot be read: refused whole, with what they look like and what to do; the inbox goes
on, and says so without quoting them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extract.lake.files import Lake
from extract.steps import poll
from extract.vendors.ocpp.poll import inbox, readers, refused_files
from tests.ocpp_feed import as_csv, as_frames, as_text, call, deliver, later, settings, typed
from tests.ocpp_systems import MESSAGES, everest, halves, steve, tarred, zipped

WHO = "Jane Doe"
FRAME = '[2,"m","Heartbeat",{}]'


def put(home: Path, **files: bytes) -> None:
    for name, content in files.items():
        settings(home)
        Path(home, "inbox", name.replace("_", ".")).write_bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"2023-01-01,{WHO},04AA\n2023-01-02,{WHO},04BB\n", "a table of 3 columns between commas"),
        (f"card;name;{WHO}\n1;2;3\n", "of its 3 fields these are known: none"),
        (f"when,frame\n1,{WHO}\n", "missing: the charge point and the time"),
        (f"{WHO} was here\n" * 3, "none of its first 3 lines holds an OCPP-J frame"),
        (f"2023-01-01T08:00:00Z {WHO} and more {FRAME}\n", "may name several charge points"),
        (f"CP-7 {FRAME}\n", "one has no time"),
        (f"03/04/2026 08:00:00 CP-7 {FRAME}\n", "none of its 1 messages can be read"),
        (json.dumps([{"name": WHO, "card": "04AA"}]), "JSON, of which no object can be read"),
        ("[1, 2]", "JSON without objects"),
        ("Obj\x01avro.schema", "an Avro file"),
        ("\0\1\2\3" * 50, "binary data"),
        (
            "charge_point_id,time,message\nCP-7,2023-01-01T08:00:00Z,nothing\n",
            "a table with commas",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_and_not_quoted(tmp_path, content, message):
    polled = deliver(tmp_path, log_dat=content.encode())
    (line,) = polled.failed
    assert line.startswith("log.dat: ")
    assert message in line
    assert "layout.toml" in line
    assert "--try" in line
    assert polled.files == []
    assert polled.text == "ocpp: 0 messages of 0 files landed; 1 file refused"
    known = Path(tmp_path, "lake", "progress", "ocpp", "files.json").read_text()
    assert WHO not in line + known
    (refused,) = refused_files(Lake(str(tmp_path / "lake")))
    assert (refused.file, refused.is_refused) == ("log.dat", True)
    assert message in refused.reason


def test_a_refused_file_is_named_by_each_poll_and_read_again_when_it_changes(tmp_path, monkeypatch):
    deliver(tmp_path, log_dat=b"nothing at all")
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "read", lambda *_: pytest.fail("read again"))
        again = poll.poll(settings(tmp_path), "ocpp")
    assert len(again.failed) == 1
    assert deliver(tmp_path, log_dat=as_text(MESSAGES)).failed == []
    assert refused_files(Lake(str(tmp_path / "lake"))) == []


@pytest.mark.parametrize("error", [RuntimeError("boom"), MemoryError(), RecursionError()])
def test_whatever_is_wrong_with_one_file_the_others_are_taken(tmp_path, monkeypatch, error, caplog):
    real = readers.read

    def read(content, hints):
        if hints.name == "b.log":
            raise error
        return real(content, hints)

    monkeypatch.setattr(inbox, "read", read)
    files = {
        name: as_text([call("Heartbeat", {}, key=name)]) for name in ("a_log", "b_log", "c_log")
    }
    polled = deliver(tmp_path, **files)
    assert polled.exchanges == 2
    (line,) = polled.failed
    assert type(error).__name__ in line
    assert "Traceback" in caplog.text


def test_a_lake_that_cannot_be_written_is_no_fault_of_the_file(tmp_path, monkeypatch):
    def write(self, path, content):
        if path.endswith(".parquet"):
            raise OSError("No space left on device")

    monkeypatch.setattr(Lake, "write", write)
    polled = deliver(tmp_path, log=as_text(MESSAGES))
    assert ["the poll ended early (OSError)" in line for line in polled.failed] == [True]
    assert refused_files(Lake(str(tmp_path / "lake"))) == []
    monkeypatch.undo()
    assert deliver(tmp_path).exchanges == len(MESSAGES)


def test_messages_files_and_lines_are_counted(tmp_path):
    put(tmp_path, a_log=as_text(MESSAGES), b_log=b"nothing", c_jsonl=as_frames(MESSAGES)[:-20])
    put(tmp_path, d_csv=as_csv(MESSAGES).replace(b"2023-01-01", b"0001-01-01", 1))
    polled = poll.poll(settings(tmp_path), "ocpp")
    assert polled.text == (
        "ocpp: 40 messages of 3 files landed; 1 line quarantined; 1 file refused; 1 file cut off"
    )
    assert len(polled.failed) == 2


@pytest.mark.parametrize("year", ["0001", "1969", "1999", "2611", "9999"])
def test_a_time_that_no_clock_was_set_to_quarantines_its_message(tmp_path, year):
    content = as_frames(MESSAGES).replace(
        b"2023-01-01T08:00:00+", f"{year}-01-01T08:00:00+".encode()
    )
    polled = deliver(tmp_path, log_jsonl=content)
    assert polled.failed == []
    (problem,) = typed(tmp_path)["quarantine"]
    assert (problem["file"], problem["record"]) == ("log.jsonl", "line 1")
    assert "a time before 2000" in problem["reason"]
    assert len(typed(tmp_path)["ocpp_messages"]) == len(MESSAGES) - 1


def test_a_local_time_that_does_not_say_so_is_refused_until_a_layout_file_does(tmp_path):
    clock = json.dumps([3, "b", {"currentTime": later(0).isoformat()}])
    log = f"2023-01-01 09:00:00 INFO (MainThread) [ocpp] CP-7: send {clock}\n".encode()
    (line,) = deliver(tmp_path, ha_log=log).failed
    assert "1 h after the UTC times" in line
    put(tmp_path, layout_toml=b'[[log]]\ntimezone = "Europe/Berlin"\n')
    polled = poll.poll(settings(tmp_path), "ocpp")
    assert (polled.failed, polled.exchanges) == ([], 1)
    (message,) = typed(tmp_path)["ocpp_messages"]
    assert message["message_time"] == later(0)


# --- archives ------------------------------------------------------------------------------------


def test_an_archive_with_a_file_that_cannot_be_read_is_refused_whole(tmp_path):
    polled = deliver(tmp_path, all_zip=zipped({**halves(), "notes.txt": b"call Jane"}))
    (line,) = polled.failed
    assert "notes.txt in it cannot be read: it looks like text" in line
    assert polled.files == []


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: tarred(files, "w:gz")])
def test_of_an_archive_that_is_cut_off_nothing_lands_until_it_is_whole(tmp_path, pack):
    whole = pack({f"{n}.log": steve().replace(b"CP-7", b"CP-%d" % n) for n in range(5)})
    polled = deliver(tmp_path, all_zip=whole[: len(whole) * 2 // 3])
    assert "cut off" in polled.failed[0]
    assert polled.files == []
    assert deliver(tmp_path, all_zip=whole).exchanges == 5 * len(MESSAGES)


def test_lines_of_files_in_an_archive_are_named_by_their_file(tmp_path):
    bad = as_text(MESSAGES) + b'2023-01-01T08:00:00Z CP-7 [2,"x"]\n'
    assert deliver(tmp_path, all_zip=zipped({"a.log": as_text(MESSAGES), "b/c.log": bad})).ok
    (problem,) = typed(tmp_path)["quarantine"]
    assert (problem["file"], problem["record"]) == ("all.zip/b/c.log", "line 15")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({"[Content_Types].xml": b"<x/>"}), "an Office document"),
        (
            zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"d": everest()})})})}),
            "three",
        ),
    ],
)
def test_an_archive_of_another_kind_says_so(tmp_path, content, message):
    (line,) = deliver(tmp_path, all_zip=content).failed
    assert message in line


# --- lines ---------------------------------------------------------------------------------------


def test_a_row_longer_than_arrow_takes_is_read_and_nothing_lands_twice(tmp_path):
    rows = [call("Heartbeat", {}, second, key=str(second)) for second in range(20)]
    rows[10] = call("DataTransfer", {"vendorId": "x" * 5_000_000}, 10, key="long")
    rows += [call("Heartbeat", {}, second, key=str(second)) for second in range(20, 60_000)]
    polled = deliver(tmp_path, log_csv=as_csv(rows))
    assert (polled.failed, polled.exchanges) == ([], 60_000)


def test_a_line_without_an_end_is_quarantined(tmp_path, monkeypatch):
    for module in ("sources", "forms.text", "forms.values"):
        monkeypatch.setattr(f"extract.vendors.ocpp.poll.{module}.LONGEST", 5_000)
    line = b'2023-01-01T08:00:00Z CP-7 [2,"x","DataTransfer",{"data":"' + b"x" * 99_000 + b'"}]\n'
    assert deliver(tmp_path, log=as_text(MESSAGES[:7]) + line + as_text(MESSAGES[7:])).ok
    (problem,) = typed(tmp_path)["quarantine"]
    assert "is longer than 16 MB" in problem["reason"]
    assert len(typed(tmp_path)["ocpp_messages"]) == len(MESSAGES)


@pytest.mark.parametrize("name", ["charge_point_id", "message_id", "action"])
def test_a_name_too_long_for_an_index_quarantines_its_message(tmp_path, name):
    rows = as_csv(MESSAGES).splitlines(keepends=True)
    place = rows[0].decode().strip().split(",").index(name)
    cells = rows[1].decode().split(",")
    cells[place] = "x" * 300
    rows[1] = ",".join(cells).encode()
    assert deliver(tmp_path, log_csv=b"".join(rows)).ok
    (problem,) = typed(tmp_path)["quarantine"]
    assert f"a {name} of more than 255 bytes" in problem["reason"]


def test_a_row_that_is_not_utf_8_is_quarantined_and_no_other_loses_its_line(tmp_path):
    rows = as_csv(MESSAGES).splitlines(keepends=True)
    rows[3] = rows[3].replace(b"CP-7", b"M\xfcnster")
    rows[5] = b"M\xfcnster,too,many" + b"," * 20 + b"\n"
    rows[7] = rows[7].replace(b"CP-7", b"")
    assert deliver(tmp_path, log_csv=b"".join(rows)).exchanges == len(rows) - 1
    found = typed(tmp_path)["quarantine"]
    assert sorted(row["record"] for row in found) == ["line 4", "line 6", "line 8"]
