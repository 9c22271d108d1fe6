# The plain commands behind these targets stand in README.md.
PORT ?= 8501
# 0.0.0.0 opens the app to the network, for a class.
ADDRESS ?= localhost
# Servers of `make serve`.
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

VISITORS ?= 25
SECONDS ?= 60

.PHONY: app serve test lint bench load faults hostile mutants samples scale screenshots image-check clean

app: $(VENV)/app
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.address $(ADDRESS)

serve: $(VENV)/app
	$(BIN)/python -m deploy --workers $(WORKERS) --port $(PORT) --address $(ADDRESS)

test: $(VENV)/dev $(VENV)/browser
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: $(VENV)/dev $(VENV)/browser
	$(BIN)/python -m tests.bench

# One server; WORKERS=2: that many behind one address. Of a server that runs already:
# make load URL=http://localhost:8501 PID=123
load: $(VENV)/dev
	$(BIN)/python -m tests.load --visitors $(VISITORS) --seconds $(SECONDS) $(if $(filter command,$(origin WORKERS)),--workers $(WORKERS)) $(if $(URL),--url $(URL)) $(if $(PID),--pid $(PID))

faults: $(VENV)/dev
	$(BIN)/pytest -m faults -s

hostile: $(VENV)/dev
	$(BIN)/python -m tests.load.hostile

mutants: $(VENV)/dev
	$(BIN)/python -m tests.mutants

samples: $(VENV)/app
	$(BIN)/python -m train.data.rendered

# Starts Ray on this machine and kills its processes.
scale: $(VENV)/dev
	$(BIN)/pytest tests/model/scoring/with_ray.py tests/train/scale/with_ray.py

screenshots: $(VENV)/dev $(VENV)/browser
	$(BIN)/python -m tests.screenshots

image-check: $(VENV)/dev
	$(BIN)/python -m tests.deploy.replay --real

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
