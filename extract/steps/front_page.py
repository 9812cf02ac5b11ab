"""The front page of the docs site: what `wattstar up` and the docs service show first."""

from __future__ import annotations

from pathlib import Path

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Wattstar</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
dt { margin-top: 1rem; font-weight: 600; }
dd { margin: 0; }
</style>
</head>
<body>
<h1>Wattstar</h1>
<dl>
<dt><a href="dbt/index.html">Tables and columns</a></dt>
<dd>The data dictionary: every table of the star, every column, and where it comes from.</dd>
<dt><a href="quality/index.html">Data quality</a></dt>
<dd>Which days passed their checks, and the records that did not.</dd>
<dt><a href="digest.md">Digest</a></dt>
<dd>How the last run went, as plain text.</dd>
</dl>
</body>
</html>
"""


def front_page(folder: Path) -> None:
    """Write the page into the folder of the docs site."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(_PAGE)
