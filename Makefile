# The commands of CONTRACT.md. Everything needed goes into .venv; nothing needs root, and only the tests need Node or a browser.
.PHONY: install demo test lint bench lock
.DEFAULT_GOAL := install
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin

install:
	@$(PYTHON) .ci/install.py

# make demo [PORT=8000] [BUSY=1]
demo: install
	@exec $(BIN)/motcua demo $(if $(PORT),--port $(PORT)) $(if $(filter-out 0,$(BUSY)),--busy)

lint: install
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python .ci/typecheck_js.py
	@$(BIN)/lint-imports --no-logo

# What failed beside everything else, on a machine that others use too, is tried once more by itself; what is broken fails again.
test: lint
	@$(BIN)/python -m tests.chromium
	@$(BIN)/pytest -n 2 --dist loadfile --cov=server --cov=kiosk --cov=display --cov-report=term:skip-covered --cov-fail-under=60 \
		|| $(BIN)/pytest --last-failed --last-failed-no-failures none

bench: install
	@$(BIN)/python -m tests.bench

# Locks what is now the newest for every Python from 3.11 on. setuptools, which builds the project, is among it: python-escpos asks for it.
lock: install
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet --output-file .ci/requirements.lock
