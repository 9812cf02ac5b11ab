"""`wattstar reference`: files that a person gives, such as tariffs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.cli.common import app, read_settings

reference = typer.Typer(
    no_args_is_help=True,
    help="Files that you give, such as tariffs: they land in the lake, versioned by time.",
)
app.add_typer(reference, name="reference")
Kind = Annotated[str, typer.Argument(help="The kind of file: tariffs.")]


@reference.command("add")
def reference_add(
    kind: Kind, file: Annotated[Path, typer.Argument(help="The file to give.")]
) -> None:
    """Check a file and land it. The next load and build use it."""
    from extract.steps import reference as module

    given = module.add(read_settings(), kind, file)
    print(f"{given.kind} {given.name}: landed; it is used from the next load and build on")


@reference.command("list")
def reference_list(
    kind: Annotated[str | None, typer.Argument(help="Only this kind.")] = None,
) -> None:
    """List every version of every file that was given, oldest first."""
    from extract.steps import reference as module

    for version in module.versions(read_settings(), kind):
        print(f"{version.given_at:%Y-%m-%d %H:%M:%S} UTC  {version.kind}  {version.name}")


@reference.command("show")
def reference_show(
    kind: Kind, name: Annotated[str, typer.Argument(help="Its name, without the ending.")]
) -> None:
    """Print the newest version of a file."""
    from extract.steps import reference as module

    print(module.show(read_settings(), kind, name).content, end="")
