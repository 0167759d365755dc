SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo up test test-postman test-containers golden permissions simulate ablation crashes fuzz mutate check format lock build sbom benchmark pictures

UV_VERSION := 0.13.9
TOOLS := $(CURDIR)/.tools
# Absolute, because sam runs the layer's Makefile in a folder of its own; not a version manager's
# shim, because those answer by folder; and one that starts and is new enough, or else our own.
ifndef UV
UV := $(shell for uv in $$(type -aP uv); do case $$uv in (*/shims/*) continue;; esac; \
        version=$$("$$uv" --version 2>/dev/null) && set -- $$version \
          && printf '%s\n' $(UV_VERSION) "$$2" | sort -VC && { echo "$$uv"; exit; }; \
        done; echo $(TOOLS)/uv/bin/uv)
endif
export UV
# Where a company's proxy signs for the internet, only the system's certificates know it.
ifneq (,$(wildcard /etc/ssl/certs/ca-certificates.crt))
export UV_SYSTEM_CERTS ?= 1
endif
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Compiled once, and beside the code that ships: a layer with bytecode in it would build differently.
export PYTHONPYCACHEPREFIX := $(TOOLS)/bytecode
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

SAM := $(TOOLS)/sam/bin/sam
REQUIREMENTS := layers/invoicesync/requirements.txt
EXPORT := "$(UV)" export --quiet --locked --package invoicesync --no-dev --no-emit-workspace \
            --no-header --format requirements-txt
CODE := $(wildcard benchmarks cli/src functions layers/invoicesync/invoicesync sandbox/src tests)

# Both the template as written and what the SAM transform makes of it: most rules see only the latter.
ifneq (,$(wildcard template.yaml))
SAM_READY := $(TOOLS)/sam/.ready
CHECK_READY := $(SAM_READY) $(TOOLS)/checkov/.ready
CHECK_TEMPLATE := step "cfn-lint" $(TOOLS)/sam/bin/cfn-lint template.yaml ; \
	step "sam transform" eval '$(TOOLS)/sam/bin/python tools/expand.py template.yaml >$(TOOLS)/template.json' ; \
	step "cfn-lint, transformed" $(TOOLS)/sam/bin/cfn-lint $(TOOLS)/template.json ; \
	step "checkov" $(TOOLS)/checkov/bin/checkov --config-file tools/checkov.yaml --file template.yaml ;
endif

# Known vulnerabilities are looked up at OSV. Where it cannot be reached that is said, and is no finding.
AUDIT := UV_HTTP_RETRIES=1 "$(UV)" audit --locked --preview-features audit-command

# What `make test` runs. All but the searches must cover the branches of the domain and the use cases.
TESTS ?= tests
PYTEST_ARGS ?= -n auto --maxprocesses 8 --dist worksteal
COVERAGE_MINIMUM ?= 100
COVERAGE := $(if $(filter-out tests,$(TESTS)),,--cov --cov-report=term --cov-fail-under=$(COVERAGE_MINIMUM))
# Time zones are used without an import; boto3 and pydantic pin the half of themselves named here.
DEPTRY := --no-ansi --per-rule-ignores 'DEP002=tzdata,DEP003=botocore|pydantic_core'

help: ## list what can be typed
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## install everything into .venv, uv and Python 3.13 included

demo: setup ## sync a made-up contractor's invoices on this machine and show what happened
	@sandbox demo

up: setup ## start the simulators and the local cloud, and keep them running
	@sandbox up

test: setup $(SAM_READY) try-newman ## run every test; ends with the counts
	@pytest $(PYTEST_ARGS) $(COVERAGE) $(if $(filter tests,$(TESTS)),--ignore=tests/containers) $(TESTS)

test-containers: setup build ## run what was built in containers: every function, and the whole main job; needs Docker
	@pytest -n 0 tests/containers

test-postman: setup $(TOOLS)/newman/.ready ## run the Postman collections against the simulators, by Newman
	@pytest -n 0 tests/golden tests/postman

golden: setup ## write anew what the transform makes of the golden invoices, for the mapping regression
	@python -m tests.golden

permissions: setup ## write anew which AWS calls the functions make in the tests; their roles are held to it
	@rm -rf build/calls
	@COLLECT_AWS_CALLS=$(CURDIR)/build/calls pytest $(PYTEST_ARGS) tests/integration
	@python -m tests.template.called build/calls

pictures: setup ## draw the terminal pictures of the README anew, from the demo's invoices
	@python -m tools.pictures

SEEDS ?= 100
SEED ?= 1
WORKERS ?= 2
simulate: setup ## play SEEDS=100 schedules of mishaps from SEED=1 on, WORKERS=2 at once
	@python -m tests.simulation --seeds $(SEEDS) --seed $(SEED) --workers $(WORKERS) --shrink

# A defence is named as in the table, its blanks written as hyphens.
ROWS ?=
ablation: SEEDS = 3000
ablation: setup ## take out one defence after another until an auditor misses it; ROWS="overlap epoch" picks
	@python -m tests.simulation.ablation --seeds $(SEEDS) --seed $(SEED) --workers $(WORKERS) --rows $(ROWS)

crashes: setup ## kill the product at every call of small courses, and at every pair of some; WORKERS=2
	@python -m tests.simulation.crashes --workers $(WORKERS)

INPUTS ?= 1000000
TARGETS ?=
fuzz: setup ## throw INPUTS=1000000 mutated answers, messages, links and mappings at their readers
	@python -m tests.fuzz --inputs $(INPUTS) --seed $(SEED) $(if $(TARGETS),--targets $(TARGETS))

MODULE ?=
AGAIN ?=
mutate: setup ## change the product a little, again and again, and see which tests notice; MODULE="domain/money.py state" picks
	@nice -n 10 python -m tests.mutation --workers $(WORKERS) $(if $(AGAIN),--again) $(MODULE)

check: setup $(CHECK_READY) ## judge the code and change nothing: style, types, imports, dependencies, dead code
	@exec 3>&1; failed=; step() { local name=$$1 said; shift; echo "$$name"; \
	  said=$$("$$@" 2>&1) || { echo "$$said"; failed="$$failed, $$name"; }; }; \
	audit() { local said; said=$$($(AUDIT) 2>&1) && return; \
	  grep -q "error sending request" <<<"$$said" && { echo "  skipped: OSV cannot be reached" >&3; return; }; \
	  echo "$$said"; return 1; }; \
	step "ruff check" ruff check --output-format concise . ; \
	step "ruff format" ruff format --check . ; \
	step "mypy" mypy . ; \
	step "pyright" pyright --warnings ; \
	step "import-linter" lint-imports --no-cache ; \
	step "deptry layer" deptry layers/invoicesync $(wildcard functions) --config layers/invoicesync/pyproject.toml $(DEPTRY) ; \
	step "deptry sandbox" deptry sandbox/src --config sandbox/pyproject.toml $(DEPTRY) ; \
	step "deptry cli" deptry cli/src --config cli/pyproject.toml $(DEPTRY) ; \
	step "vulture" vulture $(CODE) ; \
	step "uv.lock" "$(UV)" lock --check ; \
	step "uv audit" audit ; \
	$(CHECK_TEMPLATE) \
	step "requirements.txt (if it differs: make lock)" diff -u $(REQUIREMENTS) <($(EXPORT)) ; \
	[ -z "$$failed" ] || { echo "Failed: $${failed#, }"; exit 1; }

format: setup ## put the code into shape
	@ruff check --quiet --fix-only .
	@ruff format .

lock: | $(UV) ## renew uv.lock and the requirement lists made from it
	"$(UV)" lock
	$(EXPORT) --output-file $(REQUIREMENTS)
	for tool in sam checkov; do \
	  "$(UV)" pip compile --quiet --python-version 3.13 --universal --generate-hashes --no-header \
	    --output-file tools/$$tool.txt tools/$$tool.in; done

build: $(TOOLS)/sam/.ready ## build the deployable artefacts with a pinned sam
	@find $(wildcard functions layers) -name __pycache__ -type d -prune -exec rm -rf {} +
	@$(SAM) validate --lint
	@$(SAM) build

sbom: | $(UV) ## list what ships, with hashes, as CycloneDX; writes build/sbom.json
	@mkdir -p build
	@"$(UV)" export --quiet --locked --package invoicesync --no-dev --format cyclonedx1.5 \
	  --preview-features sbom-export --output-file build/sbom.json >/dev/null
	@echo build/sbom.json

benchmark: setup ## measure our own CPU per invoice, the loader's imports, a comparison of 100,000; writes build/benchmarks
	@python -m benchmarks.cpu_per_invoice
	@python -m benchmarks.compare_books
	@python -m benchmarks.cold_start

.venv/.ready: pyproject.toml uv.lock $(wildcard */pyproject.toml layers/*/pyproject.toml) | $(UV)
	@"$(UV)" sync --locked --all-packages --quiet
	@touch $@

# `cd /`: inside the repository a pyenv python3 obeys .python-version and fails without 3.13.
$(TOOLS)/uv/bin/uv:
	@rm -rf $(TOOLS)/uv && mkdir -p $(TOOLS)
	@cd / && { python3 -m venv $(TOOLS)/uv >/dev/null 2>&1 \
	    && $(TOOLS)/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); } \
	  || python3 -m pip install --quiet --disable-pip-version-check --target $(TOOLS)/uv uv==$(UV_VERSION) \
	  || { echo "no uv, and no python3 with venv or pip to fetch it:" \
	         "see https://docs.astral.sh/uv/getting-started/installation/" >&2; exit 1; }
	@touch $@

# Without Node, or where npm's registry cannot be reached, Newman's tests say that they are skipped.
.PHONY: try-newman
try-newman:
	@command -v npm >/dev/null && $(MAKE) --no-print-directory $(TOOLS)/newman/.ready || true

$(TOOLS)/newman/.ready: tools/newman/package.json tools/newman/package-lock.json
	@command -v npm >/dev/null || { echo "no npm: install Node 18 or newer" >&2; exit 1; }
	@mkdir -p $(@D) && cp tools/newman/package.json tools/newman/package-lock.json $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --no-update-notifier --fetch-retries=1 --loglevel=error
	@touch $@

$(TOOLS)/%/.ready: tools/%.txt | $(UV)
	@"$(UV)" venv --quiet --clear --python 3.13 $(TOOLS)/$*
	@"$(UV)" pip sync --quiet --require-hashes --python $(TOOLS)/$*/bin/python tools/$*.txt
	@touch $@
