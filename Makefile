# make demo   a hub with simulated calls, from nothing        make test   what CI runs
# make run    the same without the calls                      make bench  speed beside its peers
PYTHON ?= python3
VENV := .venv/bin

.PHONY: setup demo run test lint bench doctor
setup: .venv/.runtime
demo: setup
	@exec $(VENV)/python manage.py demo
run: setup
	@exec $(VENV)/python manage.py demo --calls 0
test: .venv/.development
	@exec $(VENV)/python -m tests.run
lint: .venv/.development
	@exec $(VENV)/python -m tests.run lint
bench: setup
	@exec $(VENV)/python -m bench
doctor: setup
	@exec $(VENV)/python manage.py doctor

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Call Hub needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv .venv
.venv/.runtime: requirements.txt .venv/bin/python
	@echo "Installing what the hub runs on (once, about a minute) …"
	@$(VENV)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
.venv/.development: requirements-dev.txt .venv/.runtime
	@$(VENV)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
