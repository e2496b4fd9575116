PYTHON ?= python3
DEVICE ?= auto
DATA ?= ../shared/data
TEST_WORKERS ?= 3
BOOTSTRAP = $(PYTHON) -m deploy.bootstrap --device $(DEVICE)
DEV = $(BOOTSTRAP) run dev
CHECKED = services ingestion deploy tests migrations

.DEFAULT_GOAL := help
.PHONY: help run ask build test lint web-lint style contracts format types eval eval-retrieval eval-support eval-drift eval-replay eval-revoke formats bench bench-search bench-start airgap web web-figures full-instance schema chart table report locks clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: PYTHON=python3.12, DEVICE=auto|cpu|cuda, TEST_WORKERS=3, ARGS='...' handed on"

run: ## build what is missing, then start everything on this machine (Ctrl-C ends it)
	@$(BOOTSTRAP) up $(ARGS)

ask: ## ask the running product: make ask Q="..."
	@deploy/holdfast ask "$(Q)"

build: ## every environment, the page and the demo model, without starting anything
	@$(BOOTSTRAP) build product dev engine web model

test: ## everything: page, lint, types, contracts, then all tests (ARGS='-k name' for some)
	@$(BOOTSTRAP) build dev engine web model chart
	@$(PYTHON) -m deploy.bootstrap.browser
	@$(PYTHON) -m deploy.bootstrap.system_parts
	@$(MAKE) --no-print-directory -j2 --output-sync=target web-lint lint
	@$(DEV) python -m pytest -n $(TEST_WORKERS) $(ARGS)

lint: style types contracts ## style, types and import contracts

web-lint:
	@$(BOOTSTRAP) check-web

style:
	@$(DEV) ruff check $(CHECKED)
	@$(DEV) ruff format --check $(CHECKED)

contracts:
	@$(DEV) lint-imports

types: ## strict types
	@$(DEV) mypy
	@$(DEV) mypy -p deploy.bootstrap -p deploy.chart -p deploy.airgap -m deploy.quantize.demo_model

format: ## put files into the common form
	@$(DEV) ruff check --fix $(CHECKED)
	@$(DEV) ruff format $(CHECKED)

eval-support: ## is what the grounding calls supported supported? (no stack needed)
	@$(DEV) python -m tests.quality.support_decision $(ARGS)

eval-drift: ## are planted changes of a release found, and blamed on the right part? (no stack needed)
	@$(DEV) python -m tests.quality.drift_changes $(ARGS)

eval-replay: ## are answers had again, alone and beside eight streams? (a stack of its own)
	@$(BOOTSTRAP) build dev engine web model
	@$(BOOTSTRAP) measure dev python -m tests.quality.measure_replay $(ARGS)

eval-revoke: ## how soon does a suspension end access on every carrier? (an api of its own, no engine)
	@$(BOOTSTRAP) measure dev python -m tests.quality.measure_revocation $(ARGS)

eval: ## the golden and public questions, three ways, against a stack of its own
	@$(BOOTSTRAP) build dev engine web model
	@$(BOOTSTRAP) measure dev python -m tests.quality.evaluate $(ARGS)

eval-retrieval: ## the search on public question sets: make eval-retrieval DATA=../shared/data
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.quality.measure_retrieval $(DATA) build/eval/vectors \
		--losses build/eval/retrieval_losses.jsonl $(ARGS)

bench: ## ingestion, memory and the gateway's cost, side by side with the bare parts
	@$(BOOTSTRAP) build dev engine web model
	@$(BOOTSTRAP) measure dev python -m tests.benchmarks.run $(ARGS)

chaos: ## kill every part at random moments and compare with a journal (ARGS='--rounds 5 --seed 7')
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.chaos $(ARGS)

formats: ## real files of many formats through the parser (ARGS=FOLDER of manifest.tsv)
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.quality.formats $(ARGS)

fuzz: ## the whole API under 10,000 generated requests, for each kind of caller (ARGS='--cases 2000 --seed 7')
	@$(BOOTSTRAP) build dev
	@$(DEV) python -W ignore -m tests.fuzz $(ARGS)

load: ## streams on one core, overload and bad readers, with an engine of given speed
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.load $(ARGS)

soak: ## an hour of mixed load: does memory, descriptors or connections grow? (ARGS='--minutes 60')
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.load.soak $(ARGS)

bench-models: ## the demo model in every form: bytes, perplexity, tasks, speed, claims (about half an hour on 2 quiet cores)
	@$(BOOTSTRAP) build dev quantize engine model
	@$(BOOTSTRAP) measure dev python -m tests.benchmarks.models $(ARGS)

bench-search: ## how search grows to a million chunks: time, recall, memory (hours; ARGS='--chunks 10000')
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.benchmarks.search_scale $(DATA) build/eval/vectors $(ARGS)

bench-growth: ## retrieval, claims, listing, upkeep and rebuild by size, with exponents (ARGS='--million')
	@$(BOOTSTRAP) build dev
	@$(DEV) python -m tests.benchmarks.growth $(DATA) build/eval/vectors $(ARGS)

bench-start: ## how long the first and the later starts take, from a fresh clone with an empty cache
	@$(DEV) python -m tests.benchmarks.start

airgap: ## gather what `holdfast bundle create` packs for a site without a network (ARGS='--device cuda --values site.yaml')
	@$(BOOTSTRAP) build dev web model
	@$(DEV) python -m deploy.airgap $(ARGS)

web: ## build the page
	@$(BOOTSTRAP) build web

web-figures: ## the page: what axe finds on every view, and how large the first view is
	@$(BOOTSTRAP) build dev web
	@$(DEV) python -m pytest -q tests/browser/test_accessible.py tests/browser/test_hostile_texts.py tests/browser/test_views.py::test_first_view_is_small
	@cat build/figures/axe.json build/figures/hostile.json build/figures/first_view.json

full-instance: ## how soon every view can be used with 10,000 documents and 1,000 conversations
	@$(BOOTSTRAP) build dev web
	@$(DEV) python -m pytest -q tests/browser/full_instance.py
	@cat build/figures/full_instance.json

schema: ## write the API's schema and the page's types anew after a change of routes
	@$(DEV) python -m services.openapi > services/web/openapi.json
	@cd services/web && npm run types

chart: ## write the chart's schema and README anew after a change of its values or of settings
	@$(DEV) python -m deploy.chart

table: ## bring the README's table of figures up to date from build/figures
	@$(DEV) python -m tests.quality.figures_table

report: ## the case for it on one page, build/report (ARGS='--machine 0.5 --api-in 1 --api-out 4')
	@$(DEV) python -m tests.quality.case $(ARGS)

locks: ## resolve the requirement lists again
	@$(BOOTSTRAP) run tools python deploy/requirements/compile.py $(ARGS)

clean: ## remove what was built inside the checkout; the cache folder stays
	rm -rf build services/web/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
