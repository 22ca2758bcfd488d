# Everything a clone needs: Python 3.11 or newer with venv, and make. `make help` lists the words.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV     ?= uv
LOCK   := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --extra build

.DEFAULT_GOAL := help
.PHONY: help run test check lint types bench faults soak lock clean
.DELETE_ON_ERROR:

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Start the gateway and a sample government, and say what to try
	@$(BIN)/python scripts/run.py

test: $(VENV)/test.stamp ## Run the tests (a few minutes)
	$(BIN)/python -m pytest -n 2 --ignore tests/faults --ignore tests/bench

check: $(VENV)/test.stamp lint types ## Check menus and their tests, style and types
	$(BIN)/gateway check menus
	$(BIN)/gateway test menus --cover 100

lint: $(VENV)/test.stamp ## Check the style
	$(BIN)/ruff check .

types: $(VENV)/test.stamp ## Check the types
	$(BIN)/mypy

bench: $(VENV)/test.stamp ## Measure the speed (see docs/performance.md)
	$(BIN)/python -m tests.bench

faults: $(VENV)/test.stamp ## Kill, cut off and overload the gateway, and count what was lost (must be 0)
	$(BIN)/python -m pytest tests/faults

soak: $(VENV)/test.stamp ## Kill the gateway a thousand times under load (an hour)
	KILLS=1000 $(BIN)/python -m pytest tests/faults/test_killloop.py

lock: ## Renew the lock files; for maintainers, needs uv
	$(LOCK) --upgrade --output-file requirements.txt
	$(LOCK) --upgrade --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## Remove what the other words made, but not data/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info

# --- set-up; a stamp is newer than the lock file it was made from ---------------------------------------------------

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. On Debian or Ubuntu: apt install python3 python3-venv" >&2; exit 2; }
	@echo "Making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv" >&2; exit 2; }

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the libraries of requirements.txt (the first time takes a minute)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "Installing the tools of requirements-dev.txt"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
