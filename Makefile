# Developer commands; `make` alone lists them. PYTHON and VENV can be set: make install PYTHON=python3.12
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install check test test-fast bench lock update sbom

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

test: ## All tests (some fifteen minutes on two cores; needs Chromium)
	$(BIN)/python -m pytest

test-fast: ## The tests that need neither a server nor a browser (some two minutes on two cores)
	$(BIN)/python -m pytest -m "not server and not browser and not slow"

bench: ## The speed benchmark at its smallest size; fails if a ratio is worse than noise explains
	$(BIN)/python -m benchmarks speed --small --check

lock: ## Write the lock files, with the hash of every file of every package, from the requirements files
	for name in serve dev; do $(BIN)/uv pip compile requirements-$$name.txt --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --custom-compile-command "make lock" --quiet -o requirements-$$name.lock; done

update: ## Try newer versions (of PACKAGES, or of all): reports them and runs the dependency tests; changes no file
	$(BIN)/python .ci/update.py $(PACKAGES)

sbom: ## Write sbom.json, the software bill of materials of what serves, in CycloneDX
	$(BIN)/cyclonedx-py requirements requirements-serve.lock --pyproject pyproject.toml --output-reproducible -o sbom.json
