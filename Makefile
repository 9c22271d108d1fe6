# The plain commands behind these targets stand in README.md.
PORT ?= 8501
# 0.0.0.0 opens the app to the network, for a class.
ADDRESS ?= localhost
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: app test lint bench mutants samples scale screenshots clean

app: $(VENV)/app
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS)

test: $(VENV)/dev $(VENV)/browser
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/dev $(VENV)/browser
	$(BIN)/python -m tests.bench

mutants: $(VENV)/dev
	$(BIN)/python -m tests.mutants

samples: $(VENV)/app
	$(BIN)/python -m train.data.rendered

scale: $(VENV)/dev
	$(BIN)/pytest tests/model/scoring/with_ray.py

screenshots: $(VENV)/dev $(VENV)/browser
	$(BIN)/python -m tests.screenshots

clean:
	rm -rf build .pytest_cache .ruff_cache .hypothesis .import_linter_cache .mypy_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and f"Python 3.11 to 3.13 is needed; {sys.executable} is {sys.version.split()[0]}. Name another: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian: apt install python3-venv"; exit 1; }

$(VENV)/app: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/dev: requirements-dev.txt requirements-train.txt requirements-scale.txt $(VENV)/app
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

$(VENV)/browser: $(VENV)/dev tests/browser/install.sh
	sh tests/browser/install.sh $(BIN)/playwright
	touch $@
