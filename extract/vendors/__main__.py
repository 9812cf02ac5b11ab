"""`python -m extract.vendors` prints the README's table of sources."""

from extract.vendors import readme_table

print(readme_table())
