"""`wattstar docs`: dbt's documentation as one page that works offline."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from extract.results import as_dict
from extract.settings import Settings
from extract.steps import dbt
from extract.steps.dbt import models_fingerprint
from extract.steps.front_page import front_page
from extract.warehouse import ledger
from extract.warehouse.database import open_warehouse, prepare


def docs(settings: Settings) -> Path:
    """Write dbt's documentation as one page that works offline; returns its path.

    The page describes the models, not the data, so it is written again only when the models have
    changed. Raises DbtError where dbt fails, WarehouseError where the server cannot be used.
    """
    started = datetime.now(UTC)
    page = settings.docs_dir / "dbt" / "index.html"
    mark = dbt.target_folder(settings) / "documented"
    with open_warehouse(settings) as warehouse:
        connection = warehouse.connect()
        try:
            prepare(connection)
            models = models_fingerprint(settings)
            entries = ledger.read(connection).values()
            is_built = any(entry.built_fingerprint == models for entry in entries)
            wanted = f"{models} {'built' if is_built else 'not built'}"
            result = dbt.BuildResult()
            if not (page.exists() and mark.exists() and mark.read_text() == wanted):
                result = dbt.invoke(settings, warehouse, ["docs", "generate", "--static"], {})
                if result.ok:
                    page.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(dbt.target_folder(settings) / "static_index.html", page)
                    mark.write_text(wanted)
            front_page(settings.docs_dir)
            ledger.record_step(connection, "docs", started, result.ok, as_dict(result))
        finally:
            connection.close()
    if not result.ok:
        raise dbt.DbtError("dbt docs failed: " + "; ".join(result.failures))
    return page
