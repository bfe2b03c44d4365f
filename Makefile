# Developer commands; `make` alone lists them. PYTHON and VENV can be set: make install PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install check test test-fast bench

help: ## List these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: ## Create the environment in .venv with everything for development
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -r requirements-dev.txt

check: ## Lint, formatting, types and the layers between packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: ## All tests (some six minutes on two cores; needs Chromium)
	$(BIN)/python -m pytest

test-fast: ## The tests that need neither a server nor a browser (under a minute on two cores)
	$(BIN)/python -m pytest -m "not server and not browser and not slow"

bench: ## The speed benchmark at its smallest size; fails if a ratio is worse than noise explains
	$(BIN)/python -m benchmarks speed --small --check
