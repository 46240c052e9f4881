# What a newcomer and CI run. `make help` lists it.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help

# Any Python from 3.11; make PYTHON=... takes another one.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
                    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PORT   ?= 8000
CITIES ?= 514
STORE  ?= .sckg/store
BIN    := .venv/bin
SAY    := @printf '== %s\n'
WITHOUT := printf '== go on without; the tests that need it are skipped and say so\n'

# Where the tests write: in memory if there are 4 GB for it, for much of what they wait for is a disk that flushes.
SHM    := /dev/shm
ROOM    = $(shell [ -w $(SHM) ] && [ "$$(df --output=avail $(SHM) | tail -n 1)" -gt 4000000 ] 2>/dev/null && echo $(SHM))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test spark shapes lint format bench wheel lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/installed ## Build Kota Kupang and serve it, at PORT=8000 or the next free port
	$(SAY) "build Kota Kupang"
	@$(BIN)/sckg build --store $(STORE) cities/5371-kota-kupang
	$(SAY) "serve; Ctrl-C stops it"
	@port=$(PORT); while (: >/dev/tcp/127.0.0.1/$$port) 2>/dev/null; do port=$$((port + 1)); done; \
	exec $(BIN)/sckg serve --store $(STORE) --port "$$port"

test: .venv/installed ## Check the style and the types, run the tests, of the case tables and on other engines too
	$(SAY) "system packages"
	@scripts/system-packages java chromium || $(WITHOUT)
	$(SAY) "SPARQL servers: Fuseki, Virtuoso, Oxigraph"
	@scripts/test-servers install || $(WITHOUT)
	@$(MAKE) --jobs=2 spark shapes lint
	$(SAY) "tests"
	@PYTEST_DEBUG_TEMPROOT=$(ROOM) $(BIN)/pytest -n 2 --dist loadgroup

spark: .venv/installed
	$(SAY) "Spark: pyspark and py4j, into .venv"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/spark.lock || $(WITHOUT)

shapes: .venv/installed
	$(SAY) "shapes and data of others: DCAT-AP, the W3C suite"
	@scripts/public-shapes install || $(WITHOUT)

lint: .venv/installed ## Check the style of Python, Turtle and SPARQL, and the types
	$(SAY) "ruff"
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --quiet --check --output-format concise .
	$(SAY) "mypy"
	@$(BIN)/mypy
	$(SAY) "Turtle and SPARQL"
	@$(BIN)/python -m sckg.formatting

format: .venv/installed ## Mend the style where that is safe
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/python -m sckg.formatting --fix

bench: .venv/installed ## Measure what the design promises, with CITIES=514 or fewer
	$(SAY) "other engines, into .bench"
	@$(BIN)/python -m pip install --quiet --upgrade --target .bench maplib pyrudof || printf '== go on without; what is absent is said\n'
	$(SAY) "one city"
	@$(BIN)/python benchmarks/city.py
	$(SAY) "rows of $(CITIES) cities"
	@$(BIN)/python benchmarks/rows.py --cities $(CITIES) --peers .bench
	$(SAY) "builds of $(CITIES) cities"
	@$(BIN)/python benchmarks/nation.py --cities $(CITIES) --peers .bench
	$(SAY) "the audit of $(CITIES) cities"
	@$(BIN)/python benchmarks/audit.py --cities $(CITIES)

wheel: .venv/installed ## Make the source archive and the wheel, in dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	@ls -1 dist/*

lock: .venv/installed ## Write requirements/dev.lock anew from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
	  --extra documents --extra spreadsheets --extra test --extra dev pyproject.toml -o requirements/dev.lock
	@{ echo '# Spark, which `make test` compares with DuckDB. Made by: make lock'; \
	  echo 'pyspark>=4.0' | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header -; } > requirements/spark.lock

clean: ## Remove what was installed and built here
	@rm -rf .venv .bench .sckg build dist test-results .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Locked packages, then sckg itself from this folder, so that an edit is live.
.venv/installed: requirements/dev.lock pyproject.toml src/sckg/__init__.py
	@test -n "$(PYTHON)" || { echo "sckg needs Python 3.11 or later on the PATH, or make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || scripts/system-packages venv
	$(SAY) "install into .venv ($$($(PYTHON) --version))"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@touch $@
