"""Fingerprints of raw partitions and of the models: what must be loaded or built."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from extract.lake import raw
from extract.lake.files import LakeFile
from extract.lake.raw import Partition
from extract.lake.schemas import SCHEMA_VERSION
from extract.settings import PROJECT, Settings
from extract.warehouse.ledger import Entry

DBT = PROJECT / "dbt_project"


def dirty(
    landed: Mapping[Partition, list[LakeFile]], entries: Mapping[Partition, Entry]
) -> list[Partition]:
    """The partitions whose raw files are not those that were loaded, also those whose files are
    gone."""
    changed = [
        partition
        for partition, files in landed.items()
        if partition not in entries or entries[partition].fingerprint != raw.fingerprint(files)
    ]
    gone = [
        partition
        for partition, entry in entries.items()
        if partition not in landed and entry.status != "emptied"
    ]
    return sorted([*changed, *gone])


def models_fingerprint(settings: Settings, reference: object) -> str:
    """Changes with the dbt project, the vendors' descriptions (`reference`, as JSON), the typed
    schemas and the business time zone."""
    digest = hashlib.sha256(f"{SCHEMA_VERSION} {settings.timezone}".encode())
    digest.update(json.dumps(reference, sort_keys=True).encode())
    for path in sorted(DBT.rglob("*")):
        inside = path.relative_to(DBT)
        if path.is_file() and inside.parts[0] not in ("target", "logs", "tests"):
            digest.update(f"\n{inside}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:32]
