# One entry to everything. `make` alone says what there is.

PYTHON ?= python3
PORT ?= 8000
NATS_PORT ?= 4222
DATA ?= .data
ROLE ?= editor
MUNICIPALITY ?=
TO ?= backups
FROM ?=
COMMAND ?=
MEASURE ?=
ROUNDS ?= 1
SEED ?=
ARGS ?=
WORKERS ?= auto
IGNORE ?=

# Always `python -m …`: scripts with the venv's path in their first line break where the path has a space.
venv := .venv
py := $(venv)/bin/python
ready := $(venv)/.ready
assets := services/progress/assets
built := services/progress/progress/pages/built/.done
packages := libs/events libs/edge services/catalog services/progress services/notifier deploy/embedded
sources := libs services deploy tests bench
# A process per processor, each with servers of its own; much of a test is waiting for one. In their order, because long files come early in it.
side_by_side := -n '$(WORKERS)' --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run token tokens revoke backup restore operate demo demo-clear test chaos test-containers check format format-check lint types imports audit docs bench bench-small bench-slopes lock clean setup

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile
	@echo

## Use it  (PORT=8000  NATS_PORT=4222  DATA=.data)

run: $(ready) $(built) ## Serve everything on http://localhost:8000, data in .data; Ctrl-C stops it
	@exec $(py) -m embedded run --port '$(PORT)' --nats-port '$(NATS_PORT)' --data '$(DATA)'

token: $(ready) ## Print a token: ROLE=editor|publisher|operator|reader MUNICIPALITY=147130000000 (make -s: only that)
	@$(py) -m embedded token --role '$(ROLE)' --municipality '$(MUNICIPALITY)' --data '$(DATA)'

tokens: $(ready) ## List the tokens that hold, without the tokens themselves
	@$(py) -m embedded tokens --data '$(DATA)'

revoke: $(ready) ## Let tokens hold no longer: TOKEN=id from `make tokens`, or MUNICIPALITY=147130000000 for all of one
	@$(py) -m embedded revoke $(TOKEN) --municipality '$(MUNICIPALITY)' --data '$(DATA)'

backup: $(ready) ## Keep everything in a new folder below backups (TO=folder) while it runs; it holds keys: guard it
	@$(py) -m embedded backup --to '$(TO)' --data '$(DATA)'

restore: $(ready) ## Put everything back as it was: FROM=backups/ozg-…; stop `make run` first
	@$(py) -m embedded restore '$(FROM)' --data '$(DATA)'

operate: $(ready) ## Look inside a running installation and act: COMMAND="progress verify", "notifier deliveries", …
	@$(py) -m embedded operate --port '$(PORT)' --nats-port '$(NATS_PORT)' --data '$(DATA)' $(COMMAND)

demo: $(ready) ## Fill a running installation with demonstration data, through its REST API
	@$(py) -m embedded demo --port '$(PORT)' --data '$(DATA)' $(ARGS)

demo-clear: $(ready) ## Retract everything that `make demo` recorded
	@$(py) -m embedded demo-clear --port '$(PORT)' --data '$(DATA)' $(ARGS)

## Work on it  (ARGS="-k words tests/catalog" goes to pytest; WORKERS=0: all in one process, for a debugger)

test: $(ready) $(built) ## The whole suite against a real PostgreSQL and a real nats-server
	$(py) -m pytest $(side_by_side) $(ARGS)

chaos: $(ready) ## Break everything under load, in random order, and compare all that is kept: ROUNDS=1 SEED=7
	$(py) -m tests.chaos --rounds '$(ROUNDS)' $(if $(SEED),--seed '$(SEED)') $(ARGS)

test-containers: $(ready) ## The integration tests again, against the official images (needs Docker)
	OZG_TESTS_WITH=containers TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1 \
	  $(py) -m pytest $(side_by_side) -m 'containers and not embedded_only' $(ARGS)

check: format-check lint types imports audit test ## Everything CI runs

format: $(ready) ## Format the code and sort what can be sorted
	$(py) -m ruff format -q $(sources)
	$(py) -m ruff check -q --fix-only $(sources)

format-check: $(ready)
	$(py) -m ruff format --check $(sources)

lint: $(ready) ## Find mistakes (ruff)
	$(py) -m ruff check $(sources)

types: $(ready) ## Check types (mypy, strict)
	$(py) -m mypy

imports: $(ready) ## Check who may import whom (import-linter)
	$(py) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo

audit: $(ready) ## Is a package of the lock known to be vulnerable? IGNORE="GHSA-…"; skipped where nobody can be asked
	@$(py) deploy/audit.py $(addprefix --ignore ,$(IGNORE))

docs: $(ready) ## Write what is generated: schemas, docs/events.md, settings in docs/operating.md, the table in docs/performance.md
	$(py) -m events.describing
	$(py) -m embedded.describing
	$(py) -m bench.describing

bench: $(ready) ## Measure on this machine, beside floors and peers, in under 20 minutes; MEASURE="append record": only those
	@$(py) -m bench $(MEASURE) $(ARGS)

bench-small: $(ready) ## The same in seconds a measure, without peers; fails if a ratio is less than half of the recorded one
	@$(py) -m bench --small $(MEASURE) $(ARGS)

bench-slopes: $(ready) ## How the measures grow with size: bench/results/slopes.json and bench/plots/*.svg
	@$(py) -m bench.slopes $(MEASURE) $(ARGS)

## Keep it

setup: $(ready) $(built) ## Only install what is needed, into .venv (any other target does it too)

lock: $(ready) ## Write both requirements.lock from all pyproject.toml (ARGS=--upgrade: newest versions)
	$(py) -m uv lock -q $(ARGS)
	$(py) -m uv export -q --all-packages --all-groups --no-emit-workspace --format requirements-txt --no-header \
	  -o requirements.lock
	$(py) -m uv export -q --package ozg-catalog --package ozg-progress --package ozg-notifier --no-default-groups \
	  --no-emit-workspace --format requirements-txt --no-header -o deploy/requirements.lock
	@awk '/^uv-build==/ { p = 1 } p { print } p && !/\\$$/ { exit }' requirements.lock >> deploy/requirements.lock

clean: ## Remove what can be made again; the data in .data stays
	rm -rf $(venv) $(dir $(built)) .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv itself comes out of requirements.lock, checked by the hash in it; then everything else by uv, wheels only, so that
# no compiler is ever needed. All words go to stderr: `make -s token` prints a token and nothing else, on a first call too.
$(ready): requirements.lock pyproject.toml $(addsuffix /pyproject.toml,$(packages))
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo 'Python 3.11, 3.12 or 3.13 is needed, $(PYTHON) is another. Name one: make PYTHON=python3.13 …' >&2; exit 2; }
	@test -x $(py) || { echo 'Setting up .venv …' >&2; $(PYTHON) -m venv $(venv) >&2; }
	@awk '/^uv==/ { p = 1 } p { print } p && !/\\$$/ { exit }' requirements.lock > $(venv)/uv.txt
	@test -x $(venv)/bin/uv || \
	  $(py) -m pip install -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r $(venv)/uv.txt >&2
	@echo 'Installing packages from requirements.lock …' >&2
	@$(py) -m uv pip sync -q --python $(py) --only-binary :all: --require-hashes requirements.lock >&2
	@$(py) -m uv pip install -q --python $(py) --no-deps --no-build-isolation $(addprefix -e ./,$(packages)) >&2
	@touch $(ready)

# The design system's styles and fonts, cut down to what the pages use; so it is made anew when a template changes.
$(built): $(addprefix $(assets)/,package-lock.json build.mjs build.py) $(wildcard services/progress/progress/pages/templates/*.html) | $(ready)
	@echo 'Building styles and fonts of the pages …' >&2
	@$(py) $(assets)/build.py $(venv)/pages >&2
