# onewarm: `make open` builds and opens the notebook, `make test` runs the tests. ARGS passes options on: make open ARGS=--no-browser
.DELETE_ON_ERROR:
.PHONY: install open test long test-all oldest bench gpu mutants pictures chromium postgresql clean
PYTHON ?= python3
ARGS ?=
# The tests run in as many processes as there are cores, at most four; a file's tests in one of them, with what they share.
WORKERS ?= -n auto --maxprocesses 4 --dist loadfile
BIN := .venv/bin
PIP = $(BIN)/python -m pip install --disable-pip-version-check $(if $(MAKE_TERMOUT),,-q) -c constraints.txt

# What development needs: every extra, the test tools.
install: .venv/installed

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing onewarm, its extras and the test tools into .venv (some minutes the first time) ..."
	@$(PIP) -e '.[all,dev]'
	@touch $@ .venv/opened

# What `make open` needs, and no more.
.venv/opened: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing onewarm into .venv (a minute or two the first time) ..."
	@$(PIP) -e '.[study,notebook]'
	@touch $@

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

open: .venv/opened
	@$(BIN)/python -m onewarm open $(ARGS)

# Debian's Chromium for the browser tests: installed where possible, else those tests are skipped with a reason. The
# headless one draws no windows and menus of its own: it takes a third of the time.
chromium:
	@command -v chromium-headless-shell >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's chromium-headless-shell for the browser tests ..."; \
	    export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; \
	    apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null || \
	    command -v chromium >/dev/null || apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else command -v chromium >/dev/null || echo "No chromium found: the browser tests will be skipped."; fi; }

# Debian's PostgreSQL for the tests of a study's store: installed where possible, else those tests are skipped with a
# reason. The tests start a server of their own; Debian's, which the package would make and start, is not wanted.
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's postgresql for the tests of a study's store ..."; \
	    { apt-get update -qq && export DEBIAN_FRONTEND=noninteractive && \
	    apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null && \
	    sed -i 's/^#\? *create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && \
	    apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
	    echo "PostgreSQL could not be installed: its tests will be skipped."; \
	  else echo "No PostgreSQL found: its tests will be skipped."; fi; }

test: install chromium postgresql
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest $(WORKERS) $(ARGS)

# The long tests: coverage of intervals by simulation, `make open`, Ray with two workers.
long: install chromium postgresql
	@$(BIN)/python -m pytest -m long $(WORKERS) $(ARGS)

test-all: test long

# The oldest versions that pyproject.toml allows, in a .venv-oldest of their own: the tests of the core.
oldest:
	@$(PYTHON) tests/oldest.py $(ARGS)

bench: install
	@$(BIN)/python -m benchmarks $(ARGS)

# The GPU's tests and benchmark, at most eight minutes, with the Python that has PyTorch, Triton and Numba; no network.
# What else it takes (array-api-compat, pytest; peers if wanted) comes from a folder of wheels, see CONTRIBUTING.md:
# make gpu WHEELS=wheels
WHEELS ?= wheels
gpu:
	@if [ -d "$(WHEELS)" ]; then $(PYTHON) -m pip install --disable-pip-version-check -q --no-index --no-deps --upgrade \
	  --target .gpu "$(WHEELS)"/*.whl; else echo "No folder $(WHEELS): using what is installed."; fi
	@PYTHONPATH=src:.gpu timeout 180 $(PYTHON) -m pytest -q -m "" --noconftest -p no:cacheprovider tests/kernels/triton/test_rows.py
	@PYTHONPATH=src:.gpu timeout 270 $(PYTHON) -m benchmarks.gpu --quick $(ARGS)

# Changes the core in small ways (mutmut, set up in pyproject.toml) and prints each change that no test detects, as a
# diff. Not part of CI; it takes an hour in all: make mutants ARGS='onewarm.study.comparison*' takes a part.
mutants: install
	@$(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results | sed -n 's/^ *\(.*\): survived$$/\1/p' | while read -r name; do $(BIN)/mutmut show $$name; done

pictures: install chromium
	@$(BIN)/python docs/picture.py

clean:
	rm -rf .venv .venv-oldest .gpu .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis mutants
