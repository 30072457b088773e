# One way to run: every target sets up what it needs. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PORT ?= 8501

export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test lint bench dagster docs lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(STAMP) ## Virtual environment from the lock file

# uv installs four times faster than pip; its own pinned, hashed entry is read from the same lock file.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else "Cần Python 3.11, 3.12 hoặc 3.13 (Python 3.11-3.13 is needed); đang có " + sys.version.split()[0])'
	@echo "[setup] môi trường Python trong $(VENV) / virtual environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^uv==/{on=1} on{print} on&&!/\\$$/{exit}' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $@

run: setup ## Demo province and real files: load, check, build, publish, serve on 127.0.0.1:8501
	@$(BIN)/cchc run --port $(PORT)

test: setup ## All tests (unit, integration, pipeline, browser)
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder --durations=40

lint: setup ## Style of Python (SQL is held to the portable set by the tests)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

bench: setup ## 1 million demo dossiers: seconds, memory and ratios to the plain scan; writes docs/benchmarks.md
	@$(BIN)/python -m tests.bench

dagster: setup ## Dagster's own UI over the same assets, on 127.0.0.1:3000
	@$(BIN)/cchc dagster

docs: setup ## dbt docs and data docs
	@$(BIN)/cchc docs

lock: setup ## Resolve requirements.lock anew (needs a package index)
	@$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev pyproject.toml --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-strip-extras --no-annotate --no-header --upgrade --quiet -o requirements.lock

clean: ## Remove the environment and everything built (landed data too)
	@rm -rf $(VENV) dbt/target dbt/logs data/inbox data/landing data/vault data/warehouse data/published data/dagster data/demo
