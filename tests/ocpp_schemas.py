"""Every field of every message in the JSON schemas of OCPP 1.6, 2.0.1 and 2.1.

They come with the package `ocpp`, of which nothing else is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

VERSIONS = ("v16", "v201", "v21")


class Leaf(NamedTuple):
    """A field that holds no declared object. A path's step ends in `[]` where it holds a list."""

    version: str
    action: str
    is_response: bool
    path: tuple[str, ...]
    form: str  # string, word, time, number, flag, or any
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        kind = "response" if self.is_response else "request"
        return f"{self.version} {self.action} {kind} {'.'.join(self.path)}"

    def body(self, value: Any) -> Any:
        """The smallest message with a value in this field."""
        for step in reversed(self.path):
            value = {step.removesuffix("[]"): [value] if step.endswith("[]") else value}
        return value


def leaves() -> list[Leaf]:
    """All of them."""
    spec = find_spec("ocpp")
    assert spec and spec.submodule_search_locations, "install the package ocpp: make setup"
    (folder,) = spec.submodule_search_locations
    return [leaf for version in VERSIONS for leaf in _version(Path(folder), version)]


def _version(folder: Path, version: str) -> Iterator[Leaf]:
    for file in sorted((folder / version / "schemas").glob("*.json")):
        schema = json.loads(file.read_text(encoding="utf-8-sig"))
        action = file.stem.removesuffix("Response").removesuffix("Request")
        found = _walk(schema, schema.get("definitions", {}), ())
        for path, form, words in found:
            yield Leaf(version, action, file.stem.endswith("Response"), path, form, words)


def _walk(
    node: dict[str, Any], types: dict[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    if "$ref" in node:
        node = types[node["$ref"].rsplit("/", 1)[-1]]
    if node.get("properties"):
        for name, inner in node["properties"].items():
            yield from _walk(inner, types, (*path, name))
    elif node.get("type") == "array":
        yield from _walk(node.get("items", {}), types, (*path[:-1], f"{path[-1]}[]"))
    elif path:
        yield path, _form(node), tuple(node.get("enum", ()))


def _form(node: dict[str, Any]) -> str:
    if "enum" in node:
        return "word"
    if node.get("format") == "date-time":
        return "time"
    kinds = {"integer": "number", "number": "number", "boolean": "flag", "string": "string"}
    return kinds.get(node.get("type", ""), "any")
