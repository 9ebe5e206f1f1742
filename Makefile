# Everything is built from a machine with git, make and Python >= 3.11 (with pip and venv). Only this folder and the
# package managers' caches are written.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
NODE_STAMP := tests/oidc/node_modules/.package-lock.json

# The system's Python is used on purpose: a static build brings no libcrypto, hence no SM2.
export UV_PYTHON_DOWNLOADS := never
export UV_HTTP_TIMEOUT ?= 180

.PHONY: help install run test lint fmt lock bench soak bundle audit system-packages node-packages clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

install: $(STAMP) ## make or refresh the locked environment in .venv

# A stamp that names another folder belongs to a copied or moved checkout, whose scripts point to the old place.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# The lock pins uv as well, so pip takes it from there, hashes included.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "elicence needs Python 3.11 or newer: '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | head -n 1); try make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	{ echo "elicence needs Python's venv with pip: '$(PYTHON)' lacks it; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@grep -qsF '$(CURDIR)/$(BIN)/' $(BIN)/pip && $(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $@
	@sed -n '/^uv==/,/[^\]$$/p' requirements.lock >$(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@echo '$(CURDIR)' >$@

run: install ## issue the samples into ./.elicence, show them, serve http://127.0.0.1:8000; ARGS="--port N"
	$(BIN)/elicence demo $(ARGS)

# In the order of the folders: ordered by their number of tests, the longest files would come last, one beside nothing.
test: install system-packages node-packages lint ## everything that must be green; ARGS="-k word" narrows pytest
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: install ## ruff, mypy, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: install ## let ruff mend and format the sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: install ## renew requirements.lock; no address of any registry goes into it
	$(BIN)/uv pip compile --universal --generate-hashes --group dev pyproject.toml -o requirements.lock --no-header --no-annotate --quiet

bench: install ## licences and OFDs per second per core, stage by stage
	$(BIN)/python tests/bench/issuing.py
	$(BIN)/python tests/bench/ofd.py

soak: install system-packages node-packages ## the long counts that `make test` leaves out
	$(BIN)/pytest -m soak -o faulthandler_timeout=0 $(ARGS)

bundle: install ## dist/elicence-….tar.gz, which installs on a machine without a network
	deploy/bundle

audit: install ## whether what the lock pins has known vulnerabilities; needs an advisory service
	deploy/audit

system-packages: ## what the tests need from the operating system
	@tests/system-packages

node-packages: $(NODE_STAMP) ## the identity provider that the tests log in with

$(NODE_STAMP): tests/oidc/package-lock.json | system-packages
	cd tests/oidc && npm ci --loglevel=error --no-progress
	@touch $@

clean: ## remove what can be made again; the licences in ./.elicence stay
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
