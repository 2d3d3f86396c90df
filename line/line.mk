# What only the template does: the long lanes of tests, the benchmarks, the line's own requirements and contracts.

.PHONY: test-all test-image test-cluster benchmark

# where PYTHONDONTWRITEBYTECODE is set, each of some thousand processes in the tests would compile its packages anew
COMPILED_ALL := $(VENV)/.compiled
$(COMPILED_ALL): $(READY)
	@python -m compileall -q -j 0 -x '/(tests|sympy|statsmodels|databricks|celery)/' $(VENV)/lib
	@touch $@

test: $(COMPILED_ALL)

# likewise the project's own modules, and the tests with their assertions rewritten, which each worker would do again
test test-all: export PYTHONDONTWRITEBYTECODE :=

test-all: test ## in the template: all tests but those of the image
	@.ci/postgresql
	@.ci/gh
	@.ci/chromium
	@pytest -n 3 -m "slow and not smoke" # many of them wait for servers, so three keep two cores busy

test-image: $(READY) ## in the template: the tests of the container image; fetches an engine where a bare Debian has none
	@.ci/registry .ci/engine pytest -m image

test-cluster: $(READY) ## in the template: the tests of the manifests, in a Kubernetes cluster of their own
	@.ci/cluster pytest -m cluster

benchmark: $(READY) ## in the template: the figures the docs claim, measured again
	@python line/benchmarks/gate.py
	@python line/benchmarks/canary.py
	@python line/benchmarks/monitor.py
	@python line/benchmarks/serving.py
	@python line/benchmarks/scoring.py
	@python line/benchmarks/everyday.py

lint: lint-line
.PHONY: lint-line
lint-line: $(READY)
	@lint-imports --no-logo --config line/pyproject.toml >/dev/null || lint-imports --no-logo --config line/pyproject.toml

requirements: requirements-line
.PHONY: requirements-line
# what the service is measured beside
PEERS := line/benchmarks/peers
requirements-line: $(READY)
	@$(COMPILE) --group line/pyproject.toml:dev --constraints requirements/dev.txt --output-file line/requirements.txt
	@$(COMPILE) --constraints requirements/dev.txt $(PEERS)/litserve.in --output-file $(PEERS)/litserve.txt
	@$(COMPILE) $(PEERS)/mlserver.in --output-file $(PEERS)/mlserver.txt # of ranges that do not meet those of dev.txt
