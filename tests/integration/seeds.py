"""Persons and secrets to look for: where they are sown, how they may be written, and everything
that a home holds."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow.parquet as pq
import requests

from extract.settings import Settings
from extract.warehouse.database import open_warehouse

MARK = "KARIqzx"
"""Begins every text that is sown here."""

HEADERS = ("authorization", "apikey", "content-type")


def sown(value: Any, number: list[int]) -> Any:
    """JSON with fields that no vendor has declared in every object: a text, an address, a list."""
    if isinstance(value, list):
        return [sown(inner, number) for inner in value]
    if not isinstance(value, dict):
        return value
    number[0] += 1
    text = f"{MARK}{number[0]:06d}"
    unknown = {
        "ownerNote": f"Frau {text}, {text}@example.org",
        text: text,
        "contact": {"name": text, "cards": [text, [text]]},
    }
    return {name: sown(inner, number) for name, inner in value.items()} | unknown


@contextmanager
def sowing(upstream: str) -> Iterator[str]:
    """A server on loopback that passes everything on, and sows into each JSON answer but those of
    logins; gives its address."""
    number = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: self.headers[name] for name in HEADERS if name in self.headers}
            url = upstream + self.path
            answer = requests.request(self.command, url, data=content, headers=headers, timeout=60)
            body = answer.content
            is_login = "/auth/" in self.path or "/oauth/" in self.path
            if body and answer.ok and not is_login:
                body = json.dumps(sown(answer.json(), number)).encode()
            self.send_response(answer.status_code)
            if answer.status_code != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def written(texts: Iterable[str]) -> dict[bytes, str]:
    """How each text may be written, in lower case: as it is, in base64 (it may begin at any of
    three places), as hexadecimal digits, and as a hash that anybody can make."""
    found: dict[bytes, str] = {}
    for text in texts:
        for form in {text, text.lower(), text.upper()}:
            content = form.encode()
            forms = [content, content.hex().encode()]
            for before in range(3):
                encoded = base64.b64encode(b"x" * before + content).rstrip(b"=")
                forms.append(encoded[-(-before * 8 // 6) : -1])
            forms += [
                getattr(hashlib, name)(content).hexdigest().encode()
                for name in ("md5", "sha1", "sha256")
            ]
            found |= {form.lower(): text for form in forms}
    return found


def found_in(settings: Settings, needles: dict[bytes, str]) -> list[tuple[str, str]]:
    """(place, text) for each text that stands, however written, in what a home holds."""
    return [
        (place, text)
        for place, content in everything(settings)
        for needle, text in needles.items()
        if needle in content
    ]


def everything(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """(place, content in lower case) of every file below the home but the database server's own and
    the inbox, and of every table of the warehouse and of Airflow's database."""
    skipped = (settings.home / "postgres" / "data", settings.home / "inbox")
    for path in sorted(settings.home.rglob("*")):
        if path.is_file() and not any(map(path.is_relative_to, skipped)):
            yield str(path), str(path).encode().lower() + b"\n" + _content(path).lower()
    with open_warehouse(settings) as warehouse:
        for url in filter(None, (warehouse.loader, warehouse.airflow)):
            yield from _tables(url)


def _content(path: Path) -> bytes:
    if path.suffix != ".parquet":
        return path.read_bytes()
    parts = [
        value if isinstance(value, bytes) else str(value).encode()
        for column in pq.read_table(path).columns
        for value in column.to_pylist()
        if value is not None
    ]
    return b"\n".join(parts)


def _tables(url: str) -> Iterator[tuple[str, bytes]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema') order by 1"
        )
        for (name,) in cursor.fetchall():
            content = io.BytesIO()
            cursor.copy_expert(f"copy (select * from {name}) to stdout", content)
            yield name, content.getvalue().lower()
