# Two commands on a bare machine: `make run` and `make test`. Each sets up what it needs first.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock pins into $(VENV) (a few minutes, once)"
	@grep -v -i '^torch==' requirements.lock > $(VENV)/without-torch.txt
	@python -c 'import torch, sys; sys.exit(tuple(map(int, torch.__version__.split(".")[:2])) < (2, 11))' 2>/dev/null \
	  || pip install --quiet --disable-pip-version-check "$$(grep -i '^torch==' requirements.lock)"
	@pip install --quiet --disable-pip-version-check -r $(VENV)/without-torch.txt
	@pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: setup run test test-slow check bench-tales bench-markup bench-clean bench-dedup bench-data bench-shard bench-vocabularies bench-loader bench-pretrain bench-scaling bench-memory bench-recipes bench-mfu ui help clean-venv

setup: $(VENV)/.ready  ## make .venv with all that is pinned, the project itself editable

run: setup  ## grow a model: all nine stages, then where to look
	@dvc repro
	@echo
	@echo "The report:  report/index.html"
	@echo "The review:  make ui   (MLflow, every run and curve)"
	@echo "Talk to it:  $(BIN)/bonsai chat --model data/models/chat"

test: setup  ## all tests but the slow ones
	@OMP_NUM_THREADS=1 python -m pytest -n 2 --dist loadfile

test-slow: setup  ## the slow tests: kills, experiments, the whole pipeline
	@python -m pytest -m slow

check: setup  ## ruff, mypy strict, import-linter
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports

bench-tales: setup  ## how varied the tales are, how many bits they hold, how fast they are told and read
	@python -m benchmarks.tales

bench-data: setup  ## memory, time and disk of the data stages on 200 MB and 2 GB (half an hour)
	@python -m benchmarks.data

bench-markup: setup  ## what is stripped, named and masked in real text, and how fast
	@python -m benchmarks.markup ../shared/data

bench-clean: setup  ## the quality rules beside datatrove's: speed and agreement (five minutes)
	@python -m benchmarks.clean

bench-dedup: setup  ## near duplicates beside datatrove's: speed and what is found (two minutes)
	@python -m benchmarks.dedup

bench-loader: setup  ## how fast batches come, and what of a step is spent waiting for them (three minutes)
	@python -m benchmarks.loader

bench-shard: setup  ## text to shards beside datasets.map with tokenizers: speed and memory (ten minutes)
	@python -m benchmarks.shard

bench-vocabularies: setup  ## how far our vocabularies and public ones compress the same text (four minutes)
	@python -m benchmarks.vocabularies

bench-pretrain: setup  ## a training step, and real text learnt, beside a plain loop over transformers (40 minutes)
	@python -m benchmarks.pretrain

bench-scaling: setup  ## what a token costs in time and memory, by size and by context (four minutes)
	@python -m benchmarks.scaling --figure docs/scaling.png

bench-memory: setup  ## the memory that pre-flight predicts beside what training takes (ten minutes)
	@python -m benchmarks.memory
	@python -m benchmarks.memory --keep

bench-recipes: setup  ## what the search of recipes found, of experiments that were queued by benchmarks/recipes.py
	@python -m benchmarks.recipes table tales
	@python -m benchmarks.recipes table real

bench-mfu: setup  ## what share of a GPU's peak the 124 M GPT-2 shape comes to; without one a trial of two minutes
	@python -m benchmarks.mfu

ui: setup  ## the MLflow UI, one worker, on http://127.0.0.1:5000
	@MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_DISABLE_TELEMETRY=true mlflow ui --workers 1 --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}" --port $${PORT:-5000}

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'
