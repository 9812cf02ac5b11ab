"""Makes a PostgreSQL cluster usable: initdb's files, four roles, two databases.

Every step may be killed; the next start then does it again.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from extract.errors import WattstarError
from extract.warehouse.embedded.unprivileged import is_root, own

ADMIN = "postgres"
ROLES = (ADMIN, "wattstar_loader", "wattstar_analyst", "wattstar_airflow")
DATABASES = {"wattstar": "wattstar_loader", "airflow": "wattstar_airflow"}  # and their owners
# Text sorts by code point, a third faster than by a locale's rules, and knows Unicode's letters.
# PostgreSQL's own locale: the system's C.UTF-8 is missing on macOS and on older Linux.
ENCODING = "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8".split()
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"
LARGE_OBJECTS = """  -- the one thing that everybody may create by default
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;
grant execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea)
    to wattstar_loader
"""


class PostgresError(WattstarError):
    """The embedded server does not work; the text says why, and where to look."""


def passwords(file: Path) -> dict[str, str]:
    """The roles' passwords, made when first asked for, readable by the owner alone."""
    if not file.exists():
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}))
        new.rename(file)
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def initdb(program: Path, data: Path, password: str, child: Mapping[str, Any]) -> None:
    """Make a cluster under another name and rename it to `data`: it exists whole or not at all.

    `password` is the superuser's. `child` holds Popen's arguments for the program.
    """
    aside = Path(tempfile.mkdtemp(prefix="new-", dir=data.parent))
    secret = aside / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if is_root():
        own(aside)
        own(secret)
    done = subprocess.run(
        [
            *(str(program), "-D", str(aside / "data"), "-U", ADMIN, f"--pwfile={secret}"),
            *ENCODING,
            "--auth=scram-sha-256",
        ],
        **child,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PostgresError(f"{program} failed: {(done.stderr or done.stdout).strip()}")
    (aside / "data" / "pg_hba.conf").write_text(HBA)
    (aside / "data").rename(data)
    sweep(data.parent)


def sweep(folder: Path) -> None:
    """Remove the files of a killed `initdb`. It may still be writing: what remains is removed the
    next time."""
    for left_over in folder.glob("new-*"):
        shutil.rmtree(left_over, ignore_errors=True)


def prepare(connect: Callable[[str], Connection], roles: Mapping[str, str]) -> None:
    """Create the missing roles and databases, and grant the rights.

    `connect` gives a superuser's connection to a database.
    """
    with closing(connect(ADMIN)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("select rolname from pg_roles union all select datname from pg_database")
        present = {name for (name,) in cursor.fetchall()}
        for role in set(ROLES) - present:
            create = sql.SQL("create role {} login password {}")
            cursor.execute(create.format(sql.Identifier(role), sql.Literal(roles[role])))
        for database in DATABASES.keys() - present:
            create = sql.SQL("create database {} owner {}")
            owner = sql.Identifier(DATABASES[database])
            cursor.execute(create.format(sql.Identifier(database), owner))
        for database in (*DATABASES, ADMIN, "template1"):
            revoke = sql.SQL("revoke all on database {} from public")
            cursor.execute(revoke.format(sql.Identifier(database)))
        cursor.execute("grant connect on database wattstar to wattstar_analyst")
        cursor.execute("grant wattstar_analyst to wattstar_loader")  # who may then ask as that one
    with closing(connect("wattstar")) as connection, connection, connection.cursor() as cursor:
        cursor.execute(LARGE_OBJECTS)
