"""One file per command of `wattstar`; each step takes settings and gives a result."""
