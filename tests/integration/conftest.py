"""What the integration tests share."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from extract.steps import dbt


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """dbt parses the project once per process (8 s) and not once per warehouse: every test has one
    of its own. What is parsed does not depend on where that is."""
    parse, found = dbt.parse, dict[tuple[str, ...], tuple[Any, bytes]]()

    def remembered(project: list[str], places: list[str]) -> Any:
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

        key = tuple(project)
        if key not in found:
            outcome = parse(project, places)
            if not outcome.success:
                return outcome
            found[key] = (outcome, outcome.result.to_msgpack(extended_mashumaro_encoder))
        outcome, packed = found[key]
        again = copy.copy(outcome)
        again.result = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
        again.result.build_flat_graph()
        return again

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "parse", remembered)
        yield
