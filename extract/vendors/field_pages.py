"""`docs/sources/<vendor>.md`, made from the records that each vendor declares.

    python -m extract.vendors.field_pages           writes the pages
    python -m extract.vendors.field_pages --check   exits with 1 where a page is not as it should be

A vendor has a page if `extract/vendors/<vendor>/fields.py` has `RECORDS`. Its title is `TITLE`
there, else the folder's name; the module's docstring, without the first line, stands above.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from importlib import import_module
from pathlib import Path

from extract.lake.field_pages import page
from extract.settings import PROJECT

FOLDER = PROJECT / "docs" / "sources"


def pages() -> dict[Path, str]:
    """Every page's path and text."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("*/fields.py")):
        vendor = file.parent.name
        module = import_module(f"extract.vendors.{vendor}.fields")
        if hasattr(module, "RECORDS"):
            _, _, about = inspect.cleandoc(module.__doc__ or "").partition("\n")
            title = getattr(module, "TITLE", vendor)
            found[FOLDER / f"{vendor}.md"] = page(title, module.RECORDS, about)
    return found


def outdated() -> list[Path]:
    """The pages that are missing or not as the declarations say."""
    return [path for path, text in pages().items() if not path.exists() or path.read_text() != text]


def main() -> int:
    """Write the pages, or check them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m extract.vendors.field_pages")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where it differs")
    if parser.parse_args().check:
        for path in outdated():
            print(f"{path} is outdated: run python -m extract.vendors.field_pages", file=sys.stderr)
        return 1 if outdated() else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
