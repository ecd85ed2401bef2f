# make help lists the targets. Every target sets up what it needs in .venv, and only when a requirement changed.

PORT ?=
PYTHON = $(shell for name in python3.11 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$name && break; done)
PYTEST = .venv/bin/python -m pytest --suite
TWO_AT_ONCE = --numprocesses 2 --dist loadfile

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-all lint clean test-unit test-torch test-tensorflow test-browser

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' Makefile | awk '{printf "make %-16s", $$1; $$1 = ""; print}'

run: .venv/product.stamp ## Start the dashboard and print its address; PORT=8600 chooses the port
	.venv/bin/streamlit run dashboard.py $(if $(PORT),--server.port $(PORT))

test: lint test-unit test-torch test-tensorflow test-browser ## All checks and tests, one suite after another

test-all: export TANDEM_TEST_ALL = 1
test-all: test ## The same, and every network on all data and every optimizer for 1,000 steps

lint: .venv/development.stamp ## ruff and mypy
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

test-unit: .venv/development.stamp ## The tests that load no framework
	$(PYTEST) unit $(TWO_AT_ONCE)

test-torch: .venv/development.stamp ## The tests that load PyTorch
	$(PYTEST) torch $(TWO_AT_ONCE)

test-tensorflow: .venv/development.stamp ## The tests that load TensorFlow
	$(PYTEST) tensorflow $(TWO_AT_ONCE)

test-browser: .venv/development.stamp ## The tests that drive a real Chromium
	$(PYTEST) browser

clean: ## Remove .venv and all caches; your runs stay
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip comes last when an environment is made, so a half-made one is made again.
.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Tandem needs Python 3.11, and neither python3.11 nor python3 is one here." \
		"Install it, then run make again."; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo "$(PYTHON) cannot make a virtual environment." \
		"On Debian and Ubuntu, install the package python3.11-venv, then run make again."; exit 1; }

.venv/product.stamp: requirements.txt | .venv/bin/pip
	.venv/bin/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/development.stamp: requirements-dev.txt requirements-deploy.txt requirements-cluster.txt requirements.txt | .venv/bin/pip
	.venv/bin/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/product.stamp
