# `make demo` and `make test` do all the set-up on a fresh machine with Python 3.11+, Go 1.26.8+ and make.
.DEFAULT_GOAL := help
.PHONY: help venv parts oracle demo demo-down test check lint types imports unit bench fuzz lock clean
PYTHON ?= python3
SECONDS ?= 600
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sealer needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[all,dev]'
	@touch $@

venv: $(STAMP) ## Make the virtual environment with the locked versions

parts: venv ## Build or find the real parts (etcd, kube-apiserver, Vault, kubeseal, ...)
	$(BIN)/python -m deploy.local parts

oracle: parts
	@$(BIN)/python -m tests.gotemplate.build

demo: venv ## Show the four flows on a real control plane
	$(BIN)/python -m deploy.local demo

demo-down: venv ## Stop what the demo left running
	$(BIN)/python -m deploy.local down

# Three workers, as much of the time is waiting, each with a control plane and a Vault of its own; a file's tests stay
# together and share what they start.
test: oracle ## Run the whole suite on the real parts
	$(BIN)/python -m pytest -q -n 3 --dist loadfile

check: lint types imports unit ## Lint, types, imports and unit tests, in under a minute

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv
	$(BIN)/mypy

imports: venv
	$(BIN)/lint-imports

unit: venv
	$(BIN)/python -m pytest -q -n 2 -m 'not real'

fuzz: oracle ## Compare random templates with Go's own engine, SECONDS=600 by default
	$(BIN)/python -m tests.gotemplate.fuzz --seconds $(SECONDS)

bench: oracle ## Print ratios against the existing systems
	$(BIN)/python -m tests.bench

lock: venv ## Lock the newest allowed versions, without download addresses
	$(BIN)/uv pip compile --universal --all-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	  --output-file constraints.txt pyproject.toml

clean: ## Remove the virtual environment and caches of this tree
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis build dist
