"""Runs the suites with Great Expectations: the only module that imports it (it costs seconds).

One in-memory context, one pandas asset, suite and validation definition per suite, all reused for
every partition; what GX keeps of a validation is dropped once it won't be in the data docs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation

from extract.quality.checks import Check, Suite
from extract.quality.finding import Finding

EXAMPLES = 5
LONGEST = 200  # characters of a value in an example
DOCUMENTED = 20
"""Partitions in the data docs: a page takes a tenth of a second, and a replay checks a year."""

_SITE = "wattstar"


class Expectations:
    """A Great Expectations context with a validation definition for each suite."""

    def __init__(self, suites: Iterable[Suite]) -> None:
        self._context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
                analytics_enabled=False,  # no telemetry
                progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            ),
        )
        source = self._context.data_sources.add_pandas("typed")
        self._validations = {suite.name: self._define(source, suite) for suite in suites}
        self._documented: list[tuple[RunIdentifier, bool]] = []  # run, has findings

    def _define(self, source: Any, suite: Suite) -> gx.ValidationDefinition:
        batch = source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("day")
        expectations = [_expectation(number, check) for number, check in enumerate(suite.checks)]
        return self._context.validation_definitions.add(
            gx.ValidationDefinition(
                name=suite.name,
                data=batch,
                suite=self._context.suites.add(gx.ExpectationSuite(suite.name, expectations)),
            )
        )

    @staticmethod
    def run_of(name: str, time: datetime) -> RunIdentifier:
        """The name under which GX keeps the validations of one partition."""
        return RunIdentifier(run_name=name, run_time=time)

    def check(
        self, suite: Suite, frame: pd.DataFrame, given: dict[str, Any], run: RunIdentifier
    ) -> list[Finding]:
        """The checks of `suite` that fail on `frame`, in the suite's order. The failing rows are
        looked up only where there are some, because that costs half as much as the checks."""
        reported = [column for column in suite.reported if column in frame.columns]
        validation = self._validations[suite.name]
        found: dict[str, Any] = {
            "batch_parameters": {"dataframe": frame},
            "expectation_parameters": given,
            "run_id": run,
        }
        result = validation.run(**found, result_format="BASIC")
        if result.success:
            return []
        which = {
            "result_format": "SUMMARY",
            "partial_unexpected_count": EXAMPLES,
            "unexpected_index_column_names": reported,
        }
        result = validation.run(**found, result_format=which)
        if any(suite.checks[_number(each)].per_row and not each.success for each in result.results):
            which |= {"result_format": "COMPLETE", "partial_unexpected_count": len(frame)}
            frame["row_number"] = range(len(frame))
            which["unexpected_index_column_names"] = [*reported, "row_number"]
            result = validation.run(**found, result_format=which)
        failed = {_number(each): each for each in result.results if not each.success}
        return [_finding(suite, suite.checks[n], each) for n, each in sorted(failed.items())]

    def keep(self, run: RunIdentifier, findings: bool) -> None:
        """Keep a validation for the data docs, in place of the oldest one; one with findings is
        kept longer."""
        self._documented.append((run, findings))
        if len(self._documented) <= DOCUMENTED:
            return
        clean = (kept for kept in self._documented if not kept[1])
        dropped = next(clean, self._documented[0])
        self._documented.remove(dropped)
        store: Any = self._context.validation_results_store  # its keys are not typed
        for key in store.list_keys():
            if key.run_id == dropped[0]:
                store.remove_key(key)

    def write_docs(self, folder: Path) -> None:
        """GX's data docs of the documented runs, in place of those of an earlier load."""
        shutil.rmtree(folder, ignore_errors=True)
        site: Any = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        }
        if _SITE in self._context.get_site_names():
            self._context.delete_data_docs_site(_SITE)
        self._context.add_data_docs_site(_SITE, site)
        self._context.build_data_docs(site_names=[_SITE])


def _expectation(number: int, check: Check) -> Expectation:
    """The GX expectation of a check; `meta` holds its number in the suite."""
    columns: dict[str, Any]
    if check.expectation == "ExpectCompoundColumnsToBeUnique":
        columns = {"column_list": list(check.columns)}
    elif check.expectation.startswith("ExpectColumnPair"):
        columns = dict(zip(("column_A", "column_B"), check.columns, strict=True))
    else:
        columns = {"column": check.columns[0]}
    severity = "critical" if check.critical else "warning"
    expectation: Expectation = getattr(gxe, check.expectation)(
        **columns, **check.arguments, severity=severity, meta={"check": number}
    )
    return expectation


def _number(result: Any) -> int:
    """The number in its suite of the check that a result belongs to."""
    return int(result.expectation_config.meta["check"])


def _finding(suite: Suite, check: Check, result: Any) -> Finding:
    """A failed result as a finding. A check that could not run is critical."""
    error = _error(result.exception_info or {})
    if error:
        return Finding(
            suite.name,
            f"the check could not run: {error}",
            check.columns,
            failed=0,
            of=0,
            examples=(),
            advice="See that the table has the columns of extract/lake/schemas.py.",
            critical=True,
        )
    details = result.result
    rows = details.get("partial_unexpected_index_list") or []
    expected = _expected(result.expectation_config.kwargs)
    examples = dict.fromkeys(_example(suite, check, row) + expected for row in rows)
    return Finding(
        suite.name,
        check.what,
        check.columns,
        failed=details["unexpected_count"],
        of=details["element_count"],
        examples=tuple(examples)[:EXAMPLES],
        advice=check.advice,
        critical=check.critical,
        rows=_rows(details) if check.per_row and check.critical else (),
    )


def _rows(details: dict[str, Any]) -> tuple[int, ...]:
    """The numbers of the rows that fail, in their order in the table."""
    return tuple(sorted({int(row["row_number"]) for row in details["unexpected_index_list"]}))


def _error(info: dict[str, Any]) -> str:
    """The first line of the exception, where there was one; GX nests it by metric."""
    if "raised_exception" in info:
        info = {"": info}
    raised = [str(i.get("exception_message")) for i in info.values() if i.get("raised_exception")]
    return raised[0].strip().splitlines()[0] if raised else ""


def _example(suite: Suite, check: Check, row: dict[str, Any]) -> str:
    """`scope=koeln unit_id=447 …: polls=0`: where the row is, and what is wrong in it."""
    where = " ".join(f"{name}={_text(row.get(name))}" for name in suite.identity)
    shown = [name for name in check.shown or check.columns if name not in suite.identity]
    if check.expectation == "ExpectCompoundColumnsToBeUnique":
        shown = []
    values = " ".join(f"{name}={_text(row.get(name))}" for name in shown)
    return ": ".join(part for part in (where, values) if part)


def _expected(arguments: dict[str, Any]) -> str:
    """` (expected -90 to 90)`, for checks with bounds."""
    least, most = (arguments.get(name) for name in ("min_value", "max_value"))
    if least is None and most is None:
        return ""
    if most is None:
        return f" (expected {_text(least)} or more)"
    until = "until" if arguments.get("strict_max") else "to"
    return f" (expected {_text(least)} {until} {_text(most)})"


def _text(value: Any) -> str:
    """A value on one line; times in ISO 8601 with Z for UTC."""
    if value is None or value is pd.NA or value is pd.NaT:
        return "NULL"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
