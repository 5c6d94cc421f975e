# make chat · make test · make check · make eval · make bench
# Each target does its own set-up in .venv; a second run finds the stamp and starts at once.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: chat test check eval bench train-embedder screenshots format clean

chat: $(VENV)/.chat
	$(BIN)/python ui.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

eval: $(VENV)/.chat
	$(BIN)/gba-qa eval --save

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

train-embedder: $(VENV)/.train
	$(BIN)/python -m training.run

screenshots: $(VENV)/.dev
	$(BIN)/python -m tests.browser.screenshots

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "gba-qa needs Python 3.11 or later; none was found" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "gba-qa needs Python 3.11 or later; $(PYTHON) is older (set PYTHON=...)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.chat: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.chat

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[bench]"
	@touch $@

$(VENV)/.train: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[train]"
	@touch $@
