# Banmian. `make run` and `make test` set everything up by themselves; a second call installs nothing.
.PHONY: run test ui bench soak lint clean
.DEFAULT_GOAL := run

BASE_PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export DAGSTER_HOME := $(CURDIR)/.dagster_home
export PIP_DISABLE_PIP_VERSION_CHECK := 1

run: .venv/.run  ## clean seeds/ into outputs/ and print a summary
	@$(BIN)/banmian run --input seeds --output outputs

test: .venv/.dev  ## the whole test suite
	@env -u DAGSTER_HOME $(BIN)/python -m pytest

ui: .venv/.run  ## the Dagster UI, on the instance `make run` uses
	@$(BIN)/banmian ui

bench: .venv/.dev  ## speed and quality, as tables
	@env -u DAGSTER_HOME $(BIN)/python -m benchmarks

soak: .venv/.dev  ## fuzzing, kills and load, for as long as MINUTES says (10)
	@env -u DAGSTER_HOME $(BIN)/python -m benchmarks soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

lint: .venv/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

clean:  ## removes what was made, not what was given
	rm -rf .dagster_home .tmp_dagster_home_* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find outputs -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +

.venv/.base: pyproject.toml constraints.txt
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Banmian needs Python 3.11 or newer; found: $$($(BASE_PYTHON) --version)" >&2; exit 1; }
	@test -x $(BIN)/python || $(BASE_PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.base
	@echo "Installing Banmian into .venv …"
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

.venv/.dev: .venv/.base
	@echo "Installing Banmian and its test tools into .venv …"
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@ .venv/.run
