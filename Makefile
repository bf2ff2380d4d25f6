# make demo   judge the built-in mock
# make check  linters, types, import law and the tests of what judges: all day long
# make test   the same and every other test        make test-real   the tests that need programs of others
# make bench  measure                              make docs        write every generated file anew
# make results  judge what docs/results/targets.toml lists (hours); make results ONLY=NAME  one of them;
#               make results COLLECT='DIR DIR'  none: publish the newest reports of these folders and of .results/reports
# Each sets itself up in .venv first: with uv where it is installed, else with the venv and pip of $(PYTHON).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

# Tests start hundreds of programs; where an environment forbids .pyc files, each would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo check test test-real lint bench docs results clean
.DELETE_ON_ERROR:

demo: $(VENV)/ready-to-run
	$(BIN)/conformance server

# One process: another would load everything a second time.
check: lint
	$(BIN)/pytest -q $(addprefix conformance/tests/,checks contract verdict proof)

test: lint
	$(BIN)/pytest -q -n auto

test-real: $(VENV)/ready-to-test
	$(BIN)/pytest -q -m real

# What is missing comes first: a rule that is half written stops everything else.
lint: $(VENV)/ready-to-test
	$(BIN)/python -m conformance.tests.complete
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/ready-to-test
	$(BIN)/python -m conformance.tests.bench

# Whoever departs is no failure of the target: exit code 1 is a result. One at a time: some results are about time.
results: $(VENV)/ready-to-run
	$(BIN)/conformance matrix docs/results/targets.toml --work .results/environments --out .results/reports \
	  --publish docs/results $(addprefix --readings ,$(wildcard docs/results/readings.toml)) --jobs 1 \
	  $(if $(ONLY),--only '$(ONLY)') $(patsubst %,--collect %,$(COLLECT)) $(if $(ADD),--add '$(ADD)') || [ $$? -ne 4 ]

# Older sets are frozen; only that of the coming release is written anew.
NEWEST_SET = $(lastword $(sort $(wildcard conformance/contract/sets/*.json)))

# Each reads what those before it wrote.
docs: $(VENV)/ready-to-test
	$(BIN)/python -m conformance schemas derive
	$(call written,conformance/contract/requirements.json,-m conformance.contract.requirement_tables)
	$(call written,$(NEWEST_SET),-m conformance.contract.requirement_sets)
	$(call written,docs/requirements.md,-m conformance.report.requirements_page)
	$(call written,docs/contract.html,-m conformance.report.contract_page)
	$(call written,docs/lifecycle.md,-m conformance.report.lifecycle_page markdown)
	$(BIN)/python -m conformance.tests.wire.documented
	$(BIN)/python -m conformance.tests.wire.reference
	$(BIN)/python -m conformance.tests.wire.recorded
	$(BIN)/python -m conformance.tests.verdict.joined
	$(call written,docs/fault-matrix.md,-m conformance prove --format markdown)
	$(BIN)/python -m conformance.tests.shown README.md docs/servers.md cassettes/README.md
	$(BIN)/python -m conformance.tests.wire.reference

# A file that could not be written whole stays as it was.
written = $(BIN)/python $(2) > $(1).part && mv $(1).part $(1) || { rm -f $(1).part; exit 1; }

clean:
	rm -rf $(VENV)

$(VENV)/ready-to-run: pyproject.toml | $(BIN)/python
	$(call install,-e .)
	@touch $@

# The editable install again: the group alone would leave the scripts out on a fresh machine.
$(VENV)/ready-to-test: pyproject.toml | $(BIN)/python
	$(call install,-e . --group dev)
	@touch $(VENV)/ready-to-run $@

ifdef UV
install = uv pip install --quiet --python $(BIN)/python $(1)

$(BIN)/python:
	uv venv --quiet --python '>=3.11' $(VENV)
else
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1)

# pip reads dependency groups since 25.1.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
endif
