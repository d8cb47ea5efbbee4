# onewarm: `make open` runs the main job, `make test` the tests. ARGS passes options on: make open ARGS=--no-browser
.DELETE_ON_ERROR:
.PHONY: install open test test-all bench pictures chromium clean
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
# Studies, evidence and the built page stay in the checkout.
export ONEWARM_HOME ?= .onewarm

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@echo "Installing onewarm and what it needs into .venv (some minutes the first time) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check $(if $(MAKE_TERMOUT),,-q) -c constraints.txt -e '.[all,dev]'
	@touch $@

open: install
	@$(BIN)/python -m onewarm open $(ARGS)

# Debian's Chromium for the browser tests: installed where that can be done, else those tests say why they skip.
chromium:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's chromium for the browser tests ..."; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else echo "No chromium found: the browser tests will be skipped."; fi; }

test: install chromium
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest $(ARGS)

test-all: install chromium
	@$(BIN)/python -m pytest -m "long or not long" $(ARGS)

bench: install
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: install chromium
	@$(BIN)/python docs/picture.py

clean:
	rm -rf .venv .onewarm .pytest_cache .mypy_cache .ruff_cache .hypothesis
