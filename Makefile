# Fiel. `make run` shows it, `make test` tries it; the rest is for whoever changes it.
#
# Everything happens in .venv, as locked in uv.lock. Any Python from 3.11 on will do: make run PYTHON=python3.13

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

# Where this is set, each process compiles all of Django and Fiel anew: 1.4 s instead of 0.6, and tests start many.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-sqlite test-postgres schemathesis model planted races faults agent-storm kills journey coverage check \
	lint format lock licences audit-deps clean

run: $(READY)  ## a demo shop with a year of real receipts
	$(BIN)/fiel demo

test: test-sqlite test-postgres  ## every test, on both databases

# One process more than there are cores, each with a database of its own: some tests wait for servers that they kill.
# The tests of a file stay together.
PROCESSES := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist loadfile --no-loadscope-reorder

test-sqlite: $(READY)
	FIEL_TEST_DATABASE=sqlite $(BIN)/pytest $(PROCESSES)

# What counts points, the house rules and the browser know no database: once is enough. Schemathesis and the agents'
# storm are a minute of waiting each: their long forms below run on both databases.
test-postgres: $(READY)
	FIEL_TEST_DATABASE=postgres $(BIN)/pytest $(PROCESSES) --ignore=tests/core --ignore=tests/house --ignore=tests/browser \
		--ignore=tests/api/test_schemathesis.py --ignore=tests/load/test_agent_storm.py

schemathesis: $(READY)  ## calls of every kind against the whole OpenAPI document, on both databases, for long
	FIEL_TEST_DATABASE=sqlite SCHEMATHESIS_EXAMPLES=30 $(BIN)/pytest -s tests/api/test_schemathesis.py
	FIEL_TEST_DATABASE=postgres SCHEMATHESIS_EXAMPLES=30 $(BIN)/pytest -s tests/api/test_schemathesis.py

model: $(READY)  ## the stateful model's long form, which tries anew each time
	FIEL_TEST_DATABASE=sqlite MODEL_RUNS=2000 MODEL_STEPS=100 $(BIN)/pytest tests/model

planted: $(READY)  ## whether the model catches bugs that are planted one at a time
	$(BIN)/python tests/model/planted.py

# SQLite has one writer at a time: more threads than a few only wait for each other.
races: $(READY)  ## 64 clients at one balance 1,000 times, two tills at one voucher 10,000 times, on both databases
	env -u FIEL_DATABASE_URL FIEL_THREADS=2 $(BIN)/python benchmarks/races.py
	$(BIN)/python tests/databases.py $(BIN)/python benchmarks/races.py

faults: $(READY)  ## 100 kills, a replay storm of 10,000 sales, a disk that fills up, on both databases; 20 restarts, 10 losses
	for what in kills replay full; do for database in sqlite postgres; do \
		$(BIN)/python benchmarks/faults.py $$what --database $$database || exit 1; done; done
	$(BIN)/python benchmarks/faults.py restart --database postgres --kills 20
	$(BIN)/python benchmarks/faults.py failover --database postgres --kills 10

agent-storm: $(READY)  ## 5,000 receipts of 3 shops through a network that fails, everything killed, on both databases
	env -u FIEL_DATABASE_URL $(BIN)/python benchmarks/agent_storm.py
	$(BIN)/python tests/databases.py $(BIN)/python benchmarks/agent_storm.py

kills: $(READY)  ## server and workers killed 20 times while they tell and write, on both databases
	FIEL_TEST_DATABASE=sqlite KILLS=20 $(BIN)/pytest tests/outreach/test_kill.py tests/outreach/test_kill_messages.py
	FIEL_TEST_DATABASE=postgres KILLS=20 $(BIN)/pytest tests/outreach/test_kill.py tests/outreach/test_kill_messages.py

journey: $(READY)  ## every figure of the reports against DuckDB, over the whole year of real receipts
	FIEL_TEST_DATABASE=sqlite JOURNEY=whole $(BIN)/pytest tests/insight/test_journey.py

coverage: $(READY)  ## which lines no test goes through, on both databases together
	$(BIN)/coverage erase
	FIEL_TEST_DATABASE=sqlite $(BIN)/coverage run -m pytest -q
	FIEL_TEST_DATABASE=postgres $(BIN)/coverage run -m pytest -q --ignore=tests/core --ignore=tests/house
	$(BIN)/coverage combine
	$(BIN)/coverage report

check: lint  ## what must be true before a commit
	$(BIN)/pytest -q tests/house

lint: $(READY)  ## what can be said without running anything
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	FIEL_DATABASE_URL=sqlite:///$(CURDIR)/.venv/none.sqlite3 DJANGO_SETTINGS_MODULE=fiel.ops.settings \
		$(BIN)/django-admin makemigrations --check --dry-run

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The files for those who install without uv are made from the lock, so that they get the same.
EXPORT := export --quiet --frozen --no-emit-project --no-annotate --no-header
lock:  ## after a change of the dependencies in pyproject.toml
	uv lock
	uv $(EXPORT) --no-dev --output-file requirements.txt
	uv $(EXPORT) --output-file requirements-dev.txt

licences: $(READY)  ## the page of licences, from the lock and what is installed
	$(BIN)/python -m tests.house.licences

# Both are fetched for the moment by uv, at these versions, so that Fiel's own lock stays small. Without the network's
# advice pip-audit says so and fails: it never passes what it could not look at.
UV := $(shell command -v uv || echo $(BIN)/uv)
audit-deps: $(READY) licences  ## known holes in what is shipped, a bill of materials (build/bom.json), its licences
	mkdir -p build
	$(UV) tool run --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.txt --pyproject pyproject.toml \
		--output-reproducible --of JSON --output-file build/bom.json
	$(BIN)/pytest -q tests/house/test_licences.py
	$(UV) tool run pip-audit==2.10.1 --strict --requirement requirements.txt --no-deps --disable-pip || { echo \
		"audit-deps: nothing is known of holes in what is shipped. Either pip-audit names some above, or pypi.org could" \
		"not be asked for its advisories (a mirror of packages has none). Licences and bill of materials are made." >&2; \
		exit 1; }

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* htmlcov dist build

# uv is fast, and takes the lock as it is; where it cannot be had, pip installs the same from the exported files.
$(READY): pyproject.toml uv.lock requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Fiel needs Python 3.11 or newer: make $(or $(MAKECMDGOALS),run) PYTHON=python3.13" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; uv venv --quiet --python $(PYTHON) .venv; }
	if uv=$$(command -v uv) || { $(BIN)/python -m pip install --quiet uv && uv=$(BIN)/uv; }; then \
		$$uv sync --frozen --quiet; \
	else \
		$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt && \
		$(BIN)/python -m pip install --quiet --no-deps --editable .; \
	fi
	touch $@
