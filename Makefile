# Every target works in a fresh clone: each makes what it needs. `make` alone prints this help.
.DEFAULT_GOAL := help
.PHONY: help install install-demo lock styles demo stop reset-demo run check format test test-fast interop scale bench docs clean
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
export PORTAL_DATA_DIR
DETACH ?=
# Two workers suit two cores; the databases of the tests are clones, so workers do not meet.
TEST_WORKERS ?= 2
ARGS ?=

help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

$(VENV)/.base: requirements/base.lock scripts/install
	@sh scripts/install base "$(PYTHON)" $(VENV)

$(VENV)/.dev: requirements/dev.lock scripts/install
	@sh scripts/install dev "$(PYTHON)" $(VENV)

install: $(VENV)/.dev styles ## Make the environment for development from the lock file, and the styles

install-demo: $(VENV)/.base styles ## Make the smaller environment that the demo needs

lock: $(VENV)/.dev ## Choose versions anew within pyproject.toml and write both lock files
	@test -x $(VENV)/bin/uv || $(PY) -m pip install --quiet uv
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/base.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml --group dev \
		-c requirements/base.lock -o requirements/dev.lock

static/build/.done: package.json package-lock.json scripts/build_styles.py | $(VENV)/.base
	@$(PY) scripts/build_styles.py

styles: static/build/.done ## Fetch the GOV.UK styles and lay them in static/build

demo: install-demo ## Start the whole portal with demo data (PORT=8000; DETACH=1 to return at once)
	@PORT=$(PORT) DETACH=$(DETACH) exec $(PY) -m portal.demo start

stop: ## Stop a demo that was started with DETACH=1
	@$(PY) -m portal.demo stop

reset-demo: ## Stop the demo and remove its data, to start afresh
	@$(PY) -m portal.demo reset

run: install ## Start the development server on the demo's data (PORT=8000)
	$(PY) manage.py migrate --verbosity 0
	$(PY) manage.py runserver $(PORT)

check: install ## Lint, formatting, types, import contracts, migrations, templates, documentation
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m pytest -q tests/architecture $(ARGS)

format: install ## Mend what the linter can mend
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

test: install ## Every test: units, real worker, browser, accessibility, markup
	@$(PY) scripts/fetch_checker.py
	$(PY) -m pytest -q -n $(TEST_WORKERS) --dist loadgroup -m "not interop" $(ARGS)

test-fast: install ## The inner loop: units and methods, nothing slow
	$(PY) -m pytest -q -n $(TEST_WORKERS) -m "not slow and not interop" tests/unit tests/spec $(ARGS)

var/%/.done: requirements/%.in | $(VENV)/.dev
	@test -x $(VENV)/bin/uv || $(PY) -m pip install --quiet uv
	@$(VENV)/bin/uv venv --quiet --clear --python $(PY) var/$* && $(VENV)/bin/uv pip install --quiet -r $< --python var/$*/bin/python
	@touch $@

interop: install var/interop/.done var/interop-ckan/.done ## Outside clients, in environments of their own, read what the portal serves
	$(PY) -m pytest -q tests/interop $(ARGS)

var/spark/.done: pyproject.toml | $(VENV)/.dev
	@test -x $(VENV)/bin/uv || $(PY) -m pip install --quiet uv
	@$(VENV)/bin/uv pip install --quiet --group spark --target var/spark --python $(PY)
	@touch $@

scale: install var/spark/.done ## 5,000,000 records on PySpark give the cells of DuckDB; needs Java, which CI does not ask for
	PYTHONPATH=var/spark $(PY) -m pytest -q -m interop tests/unit/definitions/test_engines.py
	PYTHONPATH=var/spark $(PY) -m bench spark_scale $(ARGS)

bench: install ## Side-by-side benchmarks (bench/README.md says what each measures)
	$(PY) -m bench $(ARGS)

docs: install ## Write the parts of docs/ that are made from the code
	$(PY) manage.py write_docs

clean: ## Remove what can be made again; keeps var/ (data) and .env
	rm -rf $(VENV) node_modules static/build var/static .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
