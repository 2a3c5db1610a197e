# Everything a person does with this repository. Python 3.11 or newer and make are all it assumes: every verb
# prepares what it needs, and what is prepared already costs nothing. Works with GNU make 3.81 (macOS) and later.

VENV ?= .venv
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
ARGS ?=
LAMBDA_PYTHON ?= 3.13
LAMBDA_ARCHITECTURE ?= arm64
UV_VERSION := 0.13.8
# The exit status after Ctrl-C, which is how `make run` is meant to end.
CTRL_C := 130

bin := $(abspath $(VENV))/bin
in_venv := PATH="$(bin):$$PATH"
pip_install := $(bin)/python scripts/pip_with_progress.py install --disable-pip-version-check
new_enough = "$(PYTHON)" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

# A stamp's name holds the checksum of what it was made from, so a changed input is a missing stamp.
key_of = $(shell cat $(1) | cksum | tr ' ' '-')
installed := $(VENV)/installed-$(call key_of,requirements.txt)
dev_installed := $(VENV)/dev-installed-$(call key_of,requirements-dev.txt)
bench_installed := $(VENV)/bench-installed-$(call key_of,requirements-bench.txt)
newman := build/newman/installed-$(call key_of,tests/newman/package.json tests/newman/package-lock.json)
checkov := .venv-checkov/installed-$(call key_of,requirements-checkov.txt)
oldest_boto3 := build/oldest-boto3/installed-$(call key_of,requirements-oldest-boto3.txt)
models := models/set-up-$(call key_of,requirements.txt $(wildcard face_engine/model_setup/*.py))

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check audit bench fuzz soak package generate lock clean lambda-packages virtualenv

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  ARGS=… is passed on, as in: make demo ARGS=--json · make test ARGS='-k index -x'"
	@echo "  PYTHON=… and VENV=… choose the interpreter and the virtual environment ($(VENV))"

setup: $(installed) $(models) lambda-packages ## Install what running needs: pinned dependencies, models, Lambda packages

demo: setup ## Index and search the sample photos on this machine
	@$(bin)/python -m local_cloud demo $(ARGS)

run: setup ## Run everything on this machine, keeping what it stores in .data
	@trap : INT; $(bin)/python -m local_cloud up --data .data $(ARGS) || [ $$? -eq $(CTRL_C) ]

test: setup $(dev_installed) $(oldest_boto3) $(if $(shell command -v npm 2>/dev/null),$(newman)) ## Install what tests need besides, and run all of them
	@$(in_venv) python -m pytest $(ARGS)

check: $(dev_installed) $(checkov) ## Check form, style, types, the contract, shell scripts and Terraform
	@$(in_venv) scripts/check

audit: $(dev_installed) ## Ask whether a vulnerability of a pinned version is known (needs the network)
	@$(in_venv) scripts/audit

bench: setup $(dev_installed) $(bench_installed) ## Measure, beside the baseline that benchmarks compare with
	@$(in_venv) python -m tests.benchmark $(ARGS)

fuzz: setup $(dev_installed) ## Send bad input at scale (ARGS='--only images --cases 500 --minutes 1 --seed 7')
	@$(in_venv) python -m tests.fuzz $(ARGS)

soak: setup $(dev_installed) ## Index 10,000 photos under faults and kills, then compare all stores
	@$(bin)/python -m tests.soak $(ARGS)

package: $(installed) ## Build the zip of our code and the layer as Terraform does
	@$(bin)/python scripts/package_lambdas.py code build/code.zip
	@$(bin)/python scripts/package_lambdas.py layer build/layer.zip \
		--python $(LAMBDA_PYTHON) --architecture $(LAMBDA_ARCHITECTURE)

generate: $(installed) ## Make generated pages, Postman files and the answered contract anew
	@$(bin)/python scripts/make_contract.py
	@$(bin)/python scripts/make_settings_docs.py
	@$(bin)/python scripts/make_postman.py
	@$(bin)/python scripts/make_api_docs.py

lock: $(installed) ## Pin all dependencies anew (ARGS=--upgrade for newer versions)
	@$(pip_install) uv==$(UV_VERSION)
	@$(in_venv) scripts/lock $(ARGS)

clean: ## Remove what was installed, built or fetched; .data stays
	rm -rf $(VENV) .venv-checkov build models .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Preparation speaks on standard error: standard output belongs to the verb (make demo ARGS=--json).
lambda-packages: $(installed)
	@$(bin)/python scripts/package_lambdas.py local build/lambda >&2

$(installed):
	@test -x $(bin)/pip || $(MAKE) --no-print-directory --silent virtualenv
	@echo "Installing pinned dependencies into $(VENV): a minute or two, once" >&2
	@$(pip_install) --require-hashes -r requirements.txt >&2
	@rm -f $(VENV)/installed-* && touch $@

$(dev_installed): $(installed)
	@echo "Installing what tests and checks need besides into $(VENV): a minute, once" >&2
	@$(pip_install) --require-hashes -r requirements-dev.txt >&2
	@rm -f $(VENV)/dev-installed-* && touch $@

virtualenv:
	@$(new_enough) || { echo "Python 3.11 or newer with ensurepip is needed, and $(or $(PYTHON),none) is not." \
		"Install one or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)

$(bench_installed): $(dev_installed)
	@echo "Installing the benchmarks' baseline into $(VENV)" >&2
	@$(pip_install) --require-hashes -r requirements-bench.txt >&2
	@rm -f $(VENV)/bench-installed-* && touch $@

# Only the tests of the Postman collection need it, and skip without npm.
$(newman):
	@echo "Installing newman into build/newman: a minute, once" >&2
	@mkdir -p build/newman && rm -f build/newman/installed-*
	@cp tests/newman/package.json tests/newman/package-lock.json tests/newman/.npmrc build/newman
	@cd build/newman && if npm ci --silent >&2; then touch $(abspath $@); \
		else echo "newman could not be installed (is the npm registry reachable?): its tests are skipped" >&2; fi

# Beside the newest one, which the virtual environment has.
$(oldest_boto3): | $(installed)
	@echo "Installing the oldest boto3 that the functions must work with into build/oldest-boto3" >&2
	@rm -rf build/oldest-boto3
	@$(pip_install) --require-hashes --no-deps --target build/oldest-boto3 -r requirements-oldest-boto3.txt >&2
	@touch $@

# Its dependencies clash with ours.
$(checkov): | $(installed)
	@echo "Installing checkov into .venv-checkov: a minute, once" >&2
	@$(bin)/python -m venv --clear .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements-checkov.txt >&2
	@touch $@

$(models): $(installed)
	@echo "Setting up the face models: once" >&2
	@$(bin)/python -m face_engine setup >&2
	@rm -f models/set-up-* && touch $@
