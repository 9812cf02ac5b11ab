# Two commands matter: `make run` and `make test`. Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never

.PHONY: run up test lint setup lock docs-sources bench chaos fuzz clean
.DEFAULT_GOAL := run

run: setup
	$(BIN)/wattstar run

up: setup
	$(BIN)/wattstar up

test: setup
	$(BIN)/pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 1 dbt_project/models
	$(BIN)/python -m tests.words

setup: .venv/.done

# Exact versions, checked by hash; bytecode is compiled here because it halves every start.
.venv/.done: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip --quiet --disable-pip-version-check install uv==0.13.8
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Only when a dependency in pyproject.toml changes. Fails where a package has no wheel for one of
# the platforms that tests/platforms.py names; requirements.constraints holds packages back.
lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --group dev --constraints requirements.constraints \
		pyproject.toml -o requirements.lock
	$(BIN)/python -m tests.platforms

# docs/sources/*.md: what is read of each vendor's records, from the declared fields.
docs-sources: setup
	$(BIN)/python -m extract.vendors.field_pages

bench: setup
	$(BIN)/python -m tests.benchmarks

# Polls, loads and builds in random order, killed at random: the tables must come out the same.
chaos: setup
	$(BIN)/python -m tests.chaos --schedules 100

# Mutated answers and logs, for five minutes: nothing may break the flattening or the inbox.
fuzz: setup
	$(BIN)/python -m tests.fuzz --seconds 300

clean:
	rm -rf .venv .wattstar dbt_project/target dbt_project/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
