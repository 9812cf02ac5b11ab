"""One session of one charge point as different systems write it into their logs."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pyarrow as pa

from tests.ocpp_feed import Message, transaction

POINT = "CP-7"
MESSAGES = transaction()
Writer = Callable[[], bytes]


def _lines(line: Callable[[Message], str], end: str = "\n") -> bytes:
    return "".join(line(m) + end for m in MESSAGES).encode()


def frame(m: Message) -> str:
    return json.dumps(m.frame())


def z(m: Message) -> str:
    return m.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(m: Message, mark: str = " ", point: str = ".") -> str:
    """Without a zone."""
    return f"{m.at:%Y-%m-%d}{mark}{m.at:%H:%M:%S}{point}{m.at.microsecond // 1000:03}"


def comes_in(m: Message) -> bool:
    return m.kind == 2


def steve() -> bytes:
    noise = "[INFO ] 2023-01-01 07:59:00,001 de.rwth.idsg.steve.SteveApplication - Starting...\n"
    return noise.encode() + _lines(
        lambda m: (
            f"[INFO ] {plain(m, point=',')} de.rwth.idsg.steve.ocpp.ws.WebSocketLogger (qtp13-30)"
            " - "
            f"[chargeBoxId={m.point}, sessionId=5863aadf] "
            f"{'Received' if comes_in(m) else 'Sending'}: {frame(m)}"
        )
    )


def evcc() -> bytes:
    return _lines(
        lambda m: (
            f"[ocpp  ] TRACE {m.at:%Y/%m/%d %H:%M:%S} {'recv' if comes_in(m) else 'send'} "
            f"{m.point}: {frame(m)}"
        )
    )


def evcc_in_docker() -> bytes:
    return b"".join(b"evcc  | " + line for line in evcc().splitlines(keepends=True))


def home_assistant() -> bytes:
    """Chargers send JSON over several lines, and it is logged as it comes."""
    noise = "2023-01-01 07:59:59.001 DEBUG (MainThread) [websockets.server] = connection is OPEN\n"
    text = noise
    for m in MESSAGES:
        body = json.dumps(m.frame(), indent=1) if comes_in(m) else frame(m)
        verb = "receive message" if comes_in(m) else "send"
        text += f"{plain(m)} INFO (MainThread) [ocpp] {m.point}: {verb} {body}\n"
    return text.encode()


def python_logging() -> bytes:
    return _lines(
        lambda m: (
            f"{plain(m, point=',')} INFO:ocpp:{m.point}: "
            f"{'receive message' if comes_in(m) else 'send'} {frame(m)}"
        )
    )


def everest() -> bytes:
    return _lines(
        lambda m: (
            f"{z(m)}: {'ChargePoint>CentralSystem' if comes_in(m) else 'CentralSystem>ChargePoint'}"
            f"  {m.action}{'' if comes_in(m) else 'Response'}\n{frame(m)}\n"
        )
    )


def octt() -> bytes:
    """A conformance test's log: a head, notes between the messages, no charge point."""
    head = "Test Case Name : TC_1\nTest Start Time : 01-01-2023 09:00:00 \n" + "-" * 80 + "\n"
    return head.encode() + _lines(
        lambda m: (
            f"[{plain(m, 'T', ':')}] [info] Waiting for a message of type {m.action}Request\n"
            f"[{plain(m, 'T', ':')}] [{'msg-in' if comes_in(m) else 'msg-out'}] {frame(m)}"
        )
    )


def arrows() -> bytes:
    return _lines(lambda m: f"{z(m)} {'>>>' if comes_in(m) else '<<<'} {frame(m)}")


def logfmt() -> bytes:
    return _lines(
        lambda m: (
            (
                f'time="{z(m)}" level=info msg={json.dumps("received " + frame(m))} '
                f"chargePointId={m.point}"
            )
            .replace(" chargePointId=CP-7", "")
            .replace("level=info", f"level=info chargePoint={m.point}")
        )
    )


def ocpp_cs_text() -> bytes:
    return _lines(
        lambda m: (
            f"[{m.at:%Y/%m/%d %H:%M:%S}] [{m.point}] [{m.key}] [{m.action}] "
            f"[{'Call' if comes_in(m) else 'CallResult'}] {json.dumps(m.body)}\n"
        )
    )


def table(rows: Iterable[dict], delimiter: str = ",", **options: Any) -> bytes:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter, **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def citrine_rows() -> list[dict]:
    return [
        {
            "id": number,
            "stationId": m.point,
            "correlationId": m.key,
            "origin": "cs" if comes_in(m) else "csms",
            "state": 1,
            "protocol": "ocpp1.6",
            "action": m.action,
            "message": m.frame(),
            "requestMessageId": "",
            "timestamp": f"{plain(m)}+00",
            "tenantId": 1,
            "createdAt": "2023-02-01 00:00:00.000+00",
            "updatedAt": "2023-02-01 00:00:00.000+00",
        }
        for number, m in enumerate(MESSAGES)
    ]


def citrine_csv() -> bytes:
    return table({**row, "message": json.dumps(row["message"])} for row in citrine_rows())


def pairs() -> bytes:
    """A request and its response in one row, which are a second apart."""
    return table(
        {
            "id": number,
            "datetime": plain(request),
            "username": "ocpp",
            "identity": request.point,
            "action": request.action,
            "request": json.dumps(request.body),
            "response": json.dumps(response.body),
            "runtime": "00:00:01.0",
        }
        for number, (request, response) in enumerate(
            zip(MESSAGES[::2], MESSAGES[1::2], strict=True)
        )
    )


def id_is_the_charge_point(write=table) -> bytes:
    return write(
        {"timestamp": z(m), "id": m.point, "action": m.action if comes_in(m) else "",
         "msg": frame(m)}
        for m in MESSAGES
    )  # fmt: skip


def device_table() -> bytes:
    return table(
        ({"device_ID": m.point, "message": frame(m), "timestamp": plain(m, "T")} for m in MESSAGES),
        lineterminator="\n",
    )


def copied() -> bytes:
    r"""PostgreSQL's \copy: tabs, backslashes twice, \N for nothing."""
    rows = ["time\tcharge_point_id\taction\tframe"]
    for m in MESSAGES:
        text = frame(m).replace("\\", "\\\\")
        rows.append(
            f"{plain(m)}+00\t{m.point}\t{m.action if comes_in(m) else chr(92) + 'N'}\t{text}"
        )
    return ("\n".join(rows) + "\n").encode()


def semicolons_of_windows() -> bytes:
    rows = ({"Zeit": 1, "Time": z(m), "Charge Point": m.point, "Frame": frame(m)} for m in MESSAGES)
    return b"\xef\xbb\xbf" + table(rows, ";", lineterminator="\r\n")


def escaped_by_backslash() -> bytes:
    rows = ({"time": z(m), "cp": m.point, "message": frame(m)} for m in MESSAGES)
    return table(rows, doublequote=False, escapechar="\\", lineterminator="\n").rstrip(b"\n")


def records() -> list[dict]:
    return [{"timestamp": z(m), "chargePointId": m.point, "message": m.frame()} for m in MESSAGES]


def mongo(time: Callable[[Message], object], **numbers: bool) -> Writer:
    def extended(value):
        if isinstance(value, list):
            return [extended(inner) for inner in value]
        if isinstance(value, dict):
            return {name: extended(inner) for name, inner in value.items()}
        return {"$numberInt": str(value)} if type(value) is int and numbers else value

    return lambda: _lines(
        lambda m: json.dumps(
            {
                "_id": {"$oid": "65a"},
                "timestamp": {"$date": time(m)},
                "chargeBoxId": m.point,
                "message": extended(m.frame()),
            }
        )
    )


def milliseconds(m: Message) -> int:
    return round(m.at.timestamp() * 1000)


def array_by_lines() -> bytes:
    return ("[\n" + ",\n".join(map(json.dumps, records())) + "\n]\n").encode()


def search_index() -> bytes:
    return json.dumps(
        {"hits": {"hits": [{"_id": "a", "_source": one} for one in records()]}}
    ).encode()


def container() -> bytes:
    rest = {"stream": "stdout", "time": "2023-05-05T00:00:00Z"}
    lines = steve().decode().splitlines(keepends=True)
    return "".join(json.dumps({"log": line, **rest}) + "\n" for line in lines).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def tarred(files: dict[str, bytes], mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w") -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def halves() -> dict[str, bytes]:
    lines = steve().splitlines(keepends=True)
    return {
        "logs/": b"",
        "logs/steve.1.log": b"".join(lines[:9]),
        "logs/steve.2.log.gz": gzip.compress(b"".join(lines[9:])),
        "__MACOSX/._steve.log": b"\0\1\2",
    }


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


SYSTEMS: dict[str, tuple[str, Writer]] = {
    "SteVe": ("steve.log", steve),
    "evcc": ("trace.log", evcc),
    "evcc in Docker": ("x", evcc_in_docker),
    "Home Assistant": ("home-assistant.log", home_assistant),
    "Python's logging": ("csms.out", python_logging),
    "EVerest": ("CP-7/libocpp_messages.log", everest),
    "a conformance test": ("CP-7.log", octt),
    "arrows": ("CP-7.2023-01-01.log", arrows),
    "logfmt": ("x.log", logfmt),
    "ocpp-cs text": ("ocpp.log", ocpp_cs_text),
    "CitrineOS CSV": ("OCPPMessages.csv", citrine_csv),
    "CitrineOS JSON": ("x.json", lambda: json.dumps(citrine_rows(), indent=2).encode()),
    "request and response in a row": ("log.csv", pairs),
    "id as the charge point": ("logs.csv", id_is_the_charge_point),
    "id as the charge point, JSON": (
        "logs.jsonl",
        lambda: id_is_the_charge_point(
            lambda rows: "".join(json.dumps(row) + "\n" for row in rows).encode()
        ),
    ),
    "device_ID": ("0.csv", device_table),
    "copy": ("export.tsv", copied),
    "Windows": ("a.csv", semicolons_of_windows),
    "UTF-16": ("a.csv", lambda: device_table().decode().encode("utf-16")),
    "backslashes": ("a.csv", escaped_by_backslash),
    "array": ("export.json", lambda: json.dumps(records()).encode()),
    "array by lines": ("a.json", array_by_lines),
    "pretty objects": (
        "a.json",
        lambda: "\n".join(json.dumps(one, indent=4) for one in records()).encode(),
    ),
    "one after another": ("firehose-1", lambda: "".join(map(json.dumps, records())).encode()),
    "several in a line": (
        "a",
        lambda: (
            "".join(map(json.dumps, records()[:5])) + "\n" + "".join(map(json.dumps, records()[5:]))
        ).encode() + b"\n",
    ),
    "an array in an object": ("a.json", lambda: json.dumps({"messages": records()}).encode()),
    "JSON sequence": ("a", lambda: "".join(f"\x1e{json.dumps(r)}\n" for r in records()).encode()),
    "a search index": ("hits.json", search_index),
    "mongoexport, text": ("m.json", mongo(z)),
    "mongoexport, number": ("m.json", mongo(milliseconds)),
    "mongoexport, canonical": (
        "m.json",
        mongo(lambda m: {"$numberLong": str(milliseconds(m))}, canonical=True),
    ),
    "frame as text": (
        "a.jsonl",
        lambda: _lines(lambda m: json.dumps({"ts": milliseconds(m), "cp": m.point,
                                             "frame": json.dumps(frame(m))})),
    ),
    "parts within message": (
        "a.jsonl",
        lambda: _lines(
            lambda m: json.dumps(
                {
                    "time": z(m),
                    "stationId": m.point,
                    "message": {"messageTypeId": m.kind, "uniqueId": m.key, "action": m.action,
                                "payload": m.body},
                }
            )
        ),
    ),
    "a container's log": ("c.log", container),
    "the charge point by the file": (
        "CP-7.csv",
        lambda: table({"time": z(m), "direction": "in", "frame": frame(m)} for m in MESSAGES),
    ),
    "zstd": ("a.log.zst", lambda: zstd(steve())),
    "bzip2": ("a.log.bz2", lambda: bz2.compress(steve())),
    "xz": ("a.log.xz", lambda: lzma.compress(steve())),
    "gzip twice": ("a.log.gz", lambda: gzip.compress(gzip.compress(steve()))),
    "ZIP": ("a.zip", lambda: zipped(halves())),
    "tar": ("a.tar", lambda: tarred(halves())),
    "tar.gz": ("a.tgz", lambda: tarred(halves(), "w:gz")),
    "tar of a folder": ("all.tar", lambda: tarred({"CP-7/libocpp_messages.log": everest()})),
    "tar in ZIP": ("a.zip", lambda: zipped({"a.tar.gz": tarred(halves(), "w:gz")})),
}  # fmt: skip
"""System → a file's path below the inbox, and its content."""
