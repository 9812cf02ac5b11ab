"""A person or a secret in any field of any OCPP message does not land, however it is written."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from extract.vendors.ocpp.poll.redact import PERSON_FIELDS
from tests.ocpp_feed import deliver, typed
from tests.ocpp_schemas import Leaf, leaves

LEAVES = leaves()
MARK = "KARIqzx"
FREE_FORM = {
    # the identifier of a transaction, by which its messages are joined
    "transactionId",
    # make, model, version and serial number of a charge point, its meter and its maker
    *("chargePointVendor", "chargePointModel", "chargePointSerialNumber", "chargeBoxSerialNumber"),
    *("meterType", "meterSerialNumber", "firmwareVersion", "vendorId"),
    *("chargingStation.model", "chargingStation.vendorName", "chargingStation.serialNumber"),
}
"""Fields that may hold any short text: things, not persons."""


def seed(number: int) -> str:
    """A text of its own for a field."""
    return f"{MARK}{number:05d}"


SHAPES: dict[str, Callable[[str], Any]] = {
    "a text": lambda text: text,
    "a long text": lambda text: f"Frau {text}, Tel. +49 170 {text}; {text}@example.org",
    "an object": lambda text: {"idTag": {"value": text}, "name": text},
    "a name in an object": lambda text: {text: {text: text}},
    "a list": lambda text: [[text, [text]], {"idToken": [text]}],
    "JSON": lambda text: json.dumps({"card": text, "idTag": text}),
    "base64": lambda text: base64.b64encode(text.encode() * 3).decode(),
    "hexadecimal": lambda text: (text * 3).encode().hex(),
    "a URL": lambda text: f"ftp://{text}:{text}@example.org/{text}?user={text}",
}


def frame(number: int, leaf: Leaf, value: Any) -> dict[str, Any]:
    """The message with the value in the field, as a line of a log."""
    key, body = f"m{number}", leaf.body(value)
    message = [3, key, body] if leaf.is_response else [2, key, leaf.action, body]
    return {"cp": "CP-7", "ts": "2026-03-10T08:00:00Z", "message": message}


def landed(home, lines: list[dict[str, Any]]) -> str:
    """Everything that stands in raw and in the typed tables once the lines have been polled."""
    polled = deliver(home, a_jsonl="".join(json.dumps(line) + "\n" for line in lines).encode())
    assert polled.ok, polled.failed
    files = [path for path in (home / "lake").rglob("*") if path.is_file()]
    parts = [path.read_bytes().decode("latin-1") for path in files if path.suffix != ".parquet"]
    tables = [pq.read_table(path).to_pylist() for path in files if path.suffix == ".parquet"]
    rows = [row for table in tables for row in table]
    assert len(rows) == len(lines)
    assert [row for row in rows if row["error"]] == []
    parts.append(str(rows))
    return "\n".join([*parts, str(typed(home))])


def marks() -> re.Pattern[str]:
    """The mark of all seeds in clear in any case, as base64 (it may begin at any of three places)
    and in hexadecimal digits."""
    encoded = [MARK.encode().hex()]
    for before in range(3):
        text = base64.b64encode(b"x" * before + MARK.encode()).decode().rstrip("=")
        encoded.append(re.escape(text[-(-before * 8 // 6) : -1]))
    return re.compile(f"(?i:{MARK}|{encoded[0]})|{'|'.join(encoded[1:])}")


def is_free_form(leaf: Leaf) -> bool:
    is_named = ".".join(leaf.path) in FREE_FORM or leaf.path[-1] in FREE_FORM
    return is_named and "customData" not in leaf.path


def test_the_search_finds_a_seed_however_it_is_written():
    text = f"x{seed(7)}y"
    for written in (
        *(text, text.lower(), text.upper(), text.encode().hex()),
        *(base64.b64encode(text[n:].encode()).decode() for n in range(2)),
        base64.b64encode(f"xx{text}".encode()).decode(),
    ):
        assert marks().search(written), written


@pytest.mark.parametrize("shape", SHAPES)
def test_no_field_of_any_schema_lands_a_seed(tmp_path, shape):
    fields = [leaf for leaf in LEAVES if not (shape in ("a text", "base64", "hexadecimal")
                                              and is_free_form(leaf))]  # fmt: skip
    lines = [frame(n, leaf, SHAPES[shape](seed(n))) for n, leaf in enumerate(fields)]
    text = landed(tmp_path, lines)
    found = {match.start() for match in marks().finditer(text)}
    shown = sorted({text[max(0, at - 60) : at + 60] for at in found})[:5]
    assert shown == []
    assert not hashes(text) & {
        getattr(hashlib, name)(written.encode()).hexdigest()
        for n in range(len(fields))
        for written in (seed(n), seed(n).lower(), seed(n).upper())
        for name in ("md5", "sha1", "sha256")
    }


def hashes(text: str) -> set[str]:
    """Everything that could be a digest."""
    return set(re.findall(r"(?<![0-9a-f])[0-9a-f]{32,64}(?![0-9a-f])", text))


def test_the_free_form_fields_are_needed_and_hold_their_text(tmp_path):
    fields = [leaf for leaf in LEAVES if is_free_form(leaf)]
    text = landed(tmp_path, [frame(n, leaf, seed(n)) for n, leaf in enumerate(fields)])
    assert [str(leaf) for n, leaf in enumerate(fields) if seed(n) not in text] == []
    used = {name for name in FREE_FORM for leaf in fields if ".".join(leaf.path).endswith(name)}
    assert used == FREE_FORM


def test_a_number_in_a_field_for_text_does_not_land(tmp_path):
    names = {"transactionId"}
    fields = [leaf for leaf in LEAVES if leaf.form in ("string", "any", "time", "word")]
    fields = [leaf for leaf in fields if leaf.path[-1].removesuffix("[]") not in names]
    numbers = {7_310_000_000_000 + n: leaf for n, leaf in enumerate(fields)}
    text = landed(tmp_path, [frame(n, leaf, number) for n, (number, leaf) in
                             enumerate(numbers.items())])  # fmt: skip
    kept = {int(found) for found in re.findall(r"73100000\d{5}", text)}
    left = {numbers[number].path[-1] for number in kept}
    # Readings and settings are texts that may be numbers.
    assert left <= {"value", "v"}


def test_a_person_is_the_same_pseudonym_in_every_action_and_version(tmp_path):
    wanted = {"idTag", "parentIdTag", "idToken", "additionalIdToken", "idTokens[]"}
    fields = [leaf for leaf in LEAVES if leaf.path[-1] in wanted and leaf.form == "string"]
    assert len(fields) > 50
    text = landed(tmp_path, [frame(n, leaf, "04C22DEADBEEF7") for n, leaf in enumerate(fields)])
    assert len(set(re.findall("p_[0-9a-f]{32}", text))) == 1


def test_forget_knows_the_fields_of_persons_in_camel_and_in_snake_case():
    assert {"idtag", "id_tag", "idtoken", "id_token", "customeridentifier", "vat_number"} <= (
        PERSON_FIELDS.identify
    )
    assert {"parentidtag", "parent_id_tag", "groupidtoken", "group_id_token"} <= (
        PERSON_FIELDS.describe
    )
    assert not PERSON_FIELDS.identify & PERSON_FIELDS.describe
