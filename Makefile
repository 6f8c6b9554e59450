# The front door. Each target does the set-up it needs: Python 3.11+ and make are enough.
# PG_BINDIR=/path/to/bin chooses other server programs, PG_MAJOR=16 the other version of the wheel,
# PYTHON=/path/to/python the interpreter, WORKERS=1 how many processes the tests share (each has a
# server of its own).

SHELL := /bin/sh
PY := .venv/bin/python
PYTEST_ARGS ?=
DIST ?= dist
# Tests wait a lot: one process more than there are cores, and no more servers than eight.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$(( n < 8 ? n + 1 : 8 )))

.PHONY: help demo dev test nightly lint check bench schema bundle clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo    watch Stripe events become credits, in a throwaway Postgres (a minute)'
	@echo 'make dev     keep a migrated Postgres in .pgcredits/, until Ctrl-C'
	@echo 'make test    run the whole test suite; PYTEST_ARGS="-k name" for a part of it'
	@echo 'make nightly the searches at ten times the size, for an hour'
	@echo 'make check   everything CI runs on one Postgres: formatting, linters, types, tests'
	@echo 'make bench   measure the cost of a spend'
	@echo 'make schema  write sql/schema.sql and the generated reference again, after a change'
	@echo 'make bundle  write dist/pgcredits-VERSION.sql: a whole installation for psql, as released'
	@echo 'make clean   remove .venv and all caches (not .pgcredits/)'

# What the program needs, and what the developers need besides. A stamp is renewed when the
# dependencies may have changed.
.venv/ready: pyproject.toml scripts/setup_venv.sh
	@sh scripts/setup_venv.sh '.[embedded]'
	@touch $@

.venv/ready-dev: pyproject.toml scripts/setup_venv.sh
	@sh scripts/setup_venv.sh '.[dev]'
	@touch .venv/ready $@

demo: .venv/ready
	@$(PY) -m pgcredits demo

dev: .venv/ready
	@$(PY) -m pgcredits dev

test: .venv/ready-dev
	@sh scripts/setup_node.sh
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

nightly: .venv/ready-dev
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal --hypothesis-profile=nightly -rP \
		tests/model tests/history tests/scenarios/test_stripe_any_order.py $(PYTEST_ARGS)

lint: .venv/ready-dev
	@echo '== ruff format' && $(PY) -m ruff format --check .
	@echo '== ruff' && $(PY) -m ruff check .
	@echo '== mypy' && $(PY) -m mypy
	@echo '== house rules for SQL' && $(PY) -m scripts.lint_sql
	@echo '== squawk' && .venv/bin/squawk sql/migrations/*.sql

check: lint test

bench: .venv/ready-dev
	@$(PY) -m benchmarks

schema: .venv/ready-dev
	@$(PY) scripts/dump_schema.py
	@$(PY) scripts/build_reference.py

bundle: .venv/ready
	@mkdir -p '$(DIST)'
	@$(PY) -m pgcredits migrate bundle -o "$(DIST)/pgcredits-$$($(PY) -c \
		'import pgcredits; print(pgcredits.__version__)').sql"

clean:
	rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -path ./.git -prune -o -path ./.pgcredits -prune -o -name __pycache__ -type d -print \
		-prune | while read -r cache; do rm -rf "$$cache"; done
