# Everything that is done with this house, by name. `make help` lists it.
# Needs Python 3.11 or newer; everything else is installed into .venv from the lock files, checked by hash.

SHELL := /bin/sh
PYTHON := .venv/bin/python
# Tests run side by side, on at most four processors, since each worker has its own PostgreSQL. One worker more than
# processors took no less time (17:46 against 16:45 minutes on two): servers and browsers need the rest.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && n=4; [ "$$n" -lt 2 ] && n=2; echo $$n)
TESTS ?= tests
BENCH ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check lint format types contracts words seed migrate bench lock setup setup-dev

help:  ## Say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

run: setup  ## Set up, migrate, fill an empty database with the demo company, and serve on 127.0.0.1:8501
	@exec $(PYTHON) cli.py run

test: setup-dev  ## Set up, browser included, and run every test
	@chrome=$$(.ci/browser) && export CHROME="$$chrome" && exec $(PYTHON) -m pytest $(TESTS) -n $(WORKERS) --dist loadgroup

check: lint types contracts test  ## What CI runs: format, lint, types, floors, then the tests

lint: setup-dev
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .

types: setup-dev
	@$(PYTHON) -m mypy

contracts: setup-dev
	@.venv/bin/lint-imports

format: setup-dev  ## Format, and mend what can be mended by itself
	@$(PYTHON) -m ruff check --fix-only -q .
	@$(PYTHON) -m ruff format .

WORDS := locale/zh_CN/LC_MESSAGES/sandtable.po
BABEL := $(PYTHON) -m babel.messages.frontend -q
words: setup-dev  ## Bring the catalogue of words up to date with the source; new ones wait for a translation
	@mkdir -p build $(dir $(WORDS))
	@$(BABEL) extract -F locale/babel.cfg --no-wrap --no-location --sort-output --project=Sandtable --version=1 \
		-o build/sandtable.pot app.py cli.py commands db pages seed services ui
	@test -e $(WORDS) || $(BABEL) init -i build/sandtable.pot -o $(WORDS) -l zh_CN --no-wrap
	@$(BABEL) update -i build/sandtable.pot -o $(WORDS) -l zh_CN --no-wrap --no-fuzzy-matching \
		--ignore-obsolete --ignore-pot-creation-date

seed: setup  ## Fill the database: roles, pipeline and criteria always, the demo company if it is empty
	@$(PYTHON) cli.py seed

migrate: setup  ## Bring the database to the newest shape
	@$(PYTHON) cli.py migrate

bench: setup-dev  ## Measure the goals side by side; BENCH="--full" adds a million rows
	@$(PYTHON) -m bench $(BENCH)

lock:  ## Pin the dependencies anew (needs uv)
	@.ci/lock

setup:
	@.ci/setup run

setup-dev:
	@.ci/setup dev
