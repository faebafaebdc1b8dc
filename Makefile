# `make` lists what there is to do.
PYTHON ?= python3
VENV := .venv
TORCH := bench/.venv-torch
KFP := .venv-kubeflow
BEAM := .venv-beam
LOCK := requirements$(if $(GPU),-gpu).lock
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# uv then trusts the certificates that the system trusts, such as those of a company's proxy, as pip does.
export UV_SYSTEM_CERTS := 1

# The demo's pipeline is the real one at full size, on few houses and for few epochs.
DEMO := --data.dataset sample --segmenter.epochs 16 --segmenter.crop 128 --train.epochs 2 --train.checkpoint_epochs 2 \
	--train.log_every 16 --evaluate.repeats 2
# The demos compute in bfloat16 where the processor has it, which takes less time.
FASTER := python -c 'from pix2pix.base.processor import has_bfloat16; print("bfloat16" if has_bfloat16() else "float32")'
# The demo of a recipe is smaller where the recipe is large.
DEMO_colourise := --data.dataset sample --data.image_size 128 --train.epochs 8 --train.log_every 16
DEMO_cyclegan := --data.dataset sample --data.image_size 64 --segmenter.epochs 16 --segmenter.crop 64 \
	--model.generator resnet_6 --model.generator_filters 16 --model.discriminator_filters 16 \
	--train.epochs 8 --train.decay_epochs 4 --train.checkpoint_epochs 4 --train.log_every 16
DEMO_dcgan := --data.image_size 32 --data.sample_train 1024 --data.sample_test 100 --model.generator_filters 32 \
	--model.discriminator_filters 32 --train.batch_size 64 --train.epochs 40 --train.log_every 8
DEMO_cgan := --data.dataset sample --data.image_size 32 --segmenter.epochs 10 --data.sample_train 256 --data.sample_val 64 \
	--data.sample_test 64 --model.generator_filters 32 --model.discriminator_filters 32 --model.learning_rate 2e-4 \
	--train.batch_size 32 --train.epochs 100 --train.log_every 8 --train.checkpoint_epochs 50 --train.validation_pairs 64
DEMO_LABELS := --data.dataset sample --data.image_size 64 --data.sample_train 64 --data.sample_val 16 \
	--data.sample_test 16 --segmenter.epochs 16 --segmenter.crop 64 --model.generator_filters 8 \
	--model.spade_features 32 --train.checkpoint_epochs 8 --train.log_every 16
DEMO_spade := $(DEMO_LABELS) --model.discriminator_filters 16 --train.epochs 12 --train.decay_epochs 4
DEMO_pix2pixhd := $(DEMO_spade)
DEMO_oasis := $(DEMO_LABELS) --model.discriminator_filters 32 --model.ema 0.99 --train.epochs 8
DEMO_dsgan := --data.dataset sample --data.image_size 64 --segmenter.epochs 16 --segmenter.crop 64 \
	--model.generator_filters 32 --model.discriminator_filters 32 --train.batch_size 4 --train.epochs 24 \
	--train.decay_epochs 8 --train.checkpoint_epochs 8 --train.log_every 16
DEMO_bridge := --data.dataset sample --data.image_size 64 --data.sample_train 64 --data.sample_val 16 \
	--data.sample_test 16 --segmenter.epochs 16 --segmenter.crop 64 --model.generator_filters 16 --train.batch_size 4 \
	--train.epochs 48 --train.decay_epochs 16 --train.checkpoint_epochs 16 --train.log_every 16

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast crash lint format repro app compare ablation search study study-result kubeflow beam bench lock pictures clean-checkpoints clean

help:  ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

setup: $(VENV)/$(LOCK)  ## install everything into .venv; GPU=1 with CUDA
	@git rev-parse --is-inside-work-tree >/dev/null 2>&1 || dvc config --local core.no_scm true

$(VENV)/$(LOCK): $(LOCK) pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "error: $(PYTHON) is Python %d.%d; 3.11, 3.12 or 3.13 is needed: make $(MAKECMDGOALS) PYTHON=python3.12" % v[:2])'
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@# uv is the one that the lock names, with its hashes.
	@test -x $(VENV)/bin/uv || { sed -n '/^uv==/,/[^\]$$/p' $(LOCK) >$(VENV)/uv.lock && \
		$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.lock; }
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(VENV)/bin/python --requirements $(LOCK)
	@# Makes the command `pix2pix`. It and the stages run the code of the checkout they are called in, whatever is installed.
	$(VENV)/bin/uv pip install --quiet --no-deps --no-build-isolation --python $(VENV)/bin/python --editable .
	@touch $@

demo: setup  ## the whole pipeline on drawn pictures, in a copy under .demo; minutes; RECIPE=colourise for a recipe's
	pix2pix run $(if $(RECIPE),--recipe $(RECIPE),--defaults) .demo $(or $(DEMO_$(RECIPE)),$(DEMO)) \
		--train.precision $$($(FASTER)) --segmenter.precision $$($(FASTER))

# Two at a time, each file in one process: most of a test's time is one thread's. The order is that of tests/conftest.py.
test: setup  ## all tests
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: setup  ## the tests without the slow ones
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not slow'

crash: setup  ## kill trainings and damage inputs in earnest: the demo's size, thousands of inputs; an hour
	python -m pytest tests/test_crash.py tests/test_killed_systems.py tests/test_hostile.py tests/training/test_replicas.py --full -s

lint: setup  ## check style and types
	ruff check .
	ruff format --check .
	mypy

format: setup  ## put the code into shape
	ruff check --fix .
	ruff format .

repro: setup  ## `dvc repro` without activating .venv
	dvc repro

app: setup  ## draw or choose a picture in the browser, and see what the model makes of it; MODEL=@champion, PORT=8000
	pix2pix app $(if $(MODEL),--model $(MODEL)) $(if $(PORT),--port $(PORT))

compare: setup  ## runs side by side on one page: RUNS="workspace NAME", NAME an experiment, a revision or another workspace
	pix2pix compare $(RUNS)

ablation: setup  ## the paper's tables on your data, 11 trainings as DVC experiments; SET="data.image_size=128 train.epochs=10" for less
	pix2pix ablation $(SET)

search: setup  ## seek better parameters with Optuna; SET="model.lambda_l1=10..300:log train.epochs=5", TRIALS=20
	pix2pix search $(if $(TRIALS),--trials $(TRIALS)) $(SET)

# Only from the command line: some shells and machines have a HOST or a PORT in their environment.
GIVEN = $(if $(filter command,$(firstword $(origin $(1)))),--$(2) '$($(1))')

study: setup  ## let people judge, real or generated, on a page at 127.0.0.1:8765; HOST=0.0.0.0 for others in the network, PORT=
	pix2pix study $(call GIVEN,HOST,host) $(call GIVEN,PORT,port)

study-result: setup  ## what people judged: a table, reports/study.json, and figures of the MLflow run
	pix2pix study --result

kubeflow: setup $(KFP)/requirements-kubeflow.lock  ## write pipeline.yaml for Kubeflow Pipelines; IMAGE=REGISTRY/NAME, OPTIONS="--gpus 1 …"
	pix2pix kubeflow --image '$(IMAGE)' --out pipeline.yaml --force $(OPTIONS)

$(KFP)/requirements-kubeflow.lock: requirements-kubeflow.lock
	@test -x $(KFP)/bin/python || uv venv --quiet --python $(VENV)/bin/python $(KFP)
	uv pip install --quiet --require-hashes --python $(KFP)/bin/python --requirements $<
	@touch $@

beam: setup $(BEAM)/requirements-beam.lock  ## install Apache Beam, for `pix2pix prepare --beam`, into an environment of its own

# The lock is complete. Without --no-deps, uv would look at what Beam says of Pillow; see `lock`.
$(BEAM)/requirements-beam.lock: requirements-beam.lock
	@test -x $(BEAM)/bin/python || uv venv --quiet --python $(VENV)/bin/python $(BEAM)
	uv pip install --quiet --no-deps --require-hashes --python $(BEAM)/bin/python --requirements $<
	@touch $@

bench: setup $(TORCH)/requirements.lock  ## the time of a training step beside the tutorial's and PyTorch's, on a quiet machine; minutes
	python -m bench

# PyTorch's CPU build where pip is told of a folder or an index that has it; else PyPI's, which on Linux brings CUDA along.
$(TORCH)/requirements.lock: bench/requirements.lock bench/requirements-cpu.lock
	@test -x $(TORCH)/bin/python || $(PYTHON) -m venv $(TORCH)
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements-cpu.lock || \
		$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements.lock
	@touch $@

COMPILE := uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11
ALL := --universal pyproject.toml --group dev $(addprefix --extra ,onnx video s3 gs)

lock: setup  ## resolve the dependencies anew into requirements*.lock and bench/requirements*.lock
	$(COMPILE) $(ALL) --output-file requirements.lock
	$(COMPILE) $(ALL) --extra gpu --constraints requirements.lock --output-file requirements-gpu.lock
	$(COMPILE) --universal --group pyproject.toml:kubeflow --output-file requirements-kubeflow.lock
	@# Records are the same bytes if the same versions decode the pictures. So uv prefers those of requirements.lock, and
	@# takes its Pillow though Beam asks for an older one, of which this project uses nothing.
	cp requirements.lock requirements-beam.lock
	grep -o '^pillow==[^ ]*' requirements.lock | $(COMPILE) --universal --group pyproject.toml:beam --override /dev/stdin \
		--output-file requirements-beam.lock
	$(COMPILE) --universal bench/requirements.in --output-file bench/requirements.lock
	$(if $(PIP_FIND_LINKS),$(COMPILE) --find-links $(PIP_FIND_LINKS) bench/requirements.in --output-file bench/requirements-cpu.lock)

pictures: setup  ## the README's pictures, from a run of their own; MODEL=FOLDER for a model's own; Chromium is needed
	python docs/pictures.py $(MODEL)

clean-checkpoints: setup  ## remove all checkpoints, or those of RUN=fingerprint; their runs start from the beginning
	pix2pix clean $(or $(RUN),--all)

clean:  ## remove the demo, and the copies `mlflow run`, `make ablation`, `make search` and `make pictures` made
	rm -rf .demo .mlflow-run .ablation .search .pictures
