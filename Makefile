# `make run` serves the demo catalogue, `make test` runs all tests; `make help` lists all targets.

CARGO ?= cargo
FUZZ_SECONDS ?= 600
# The debug build of the service. Naming a benchmark selects the features of the tests' dependencies
# too, so that this build and `cargo test` share all of their dependencies.
BUILD = $(CARGO) build --quiet --bin reelport --bench plan
SERVER = $(or $(CARGO_TARGET_DIR),target)/debug/reelport

# What the built pages depend on.
PAGE_SOURCES = $(shell find web/$(1) web/build web/*.json -name dist -prune -o -name generated -prune \
	-o -path 'web/studio/test' -prune -o -name node_modules -prune -o -type f -print)

.PHONY: help run test clients studio studio-test screenshots fuzz lint schema schema-check conformance bench attacks tools

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: studio ## Build the pages, and serve on 127.0.0.1:8000 with SQLite and a small demo catalogue
	$(CARGO) run --profile quick -- serve --demo

test: tools studio ## Run all tests: on SQLite and PostgreSQL, with clients, and in a browser
	scripts/with-postgres $(CARGO) test --workspace
	$(MAKE) clients
	$(MAKE) studio-test

studio: web/studio/dist/index.html web/graphiql/dist/index.html ## Build the web pages (needs Node)

web/node_modules/.package-lock.json: web/package-lock.json
	@command -v npm >/dev/null || { echo "make: Node 20.19 or newer is missing;" \
		"see https://nodejs.org/en/download" >&2; exit 1; }
	cd web && npm ci --no-audit --no-fund
	touch $@

web/studio/dist/index.html: web/node_modules/.package-lock.json schema.graphql \
		clients/caches.json $(call PAGE_SOURCES,studio)
	cd web && npm run build --workspace studio

web/graphiql/dist/index.html: web/node_modules/.package-lock.json $(call PAGE_SOURCES,graphiql)
	cd web && npm run build --workspace graphiql

studio-test: tools studio ## Check the Studio's sources, and test it in Chromium against a debug build
	$(BUILD)
	cd web && npm run check && ../scripts/with-postgres npm test

screenshots: tools studio ## Make the pictures of docs/studio.md
	$(BUILD)
	scripts/screenshots

clients: tools studio ## Generate, type-check and run the clients in clients/ against an optimised build
	$(CARGO) build --profile quick
	cd clients && npm ci --no-audit --no-fund
	cd clients && npm run generate && npm run check && REELPORT_PROFILE=quick npm test

fuzz: ## Feed mutated documents to the readers, for FUZZ_SECONDS (600)
	REELPORT_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --test it fuzz:: -- --nocapture

lint: ## Check formatting and lints; warnings are errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

schema: ## Generate schema.graphql, openapi.json and clients/caches.json
	$(BUILD)
	$(SERVER) schema > schema.graphql.new && mv schema.graphql.new schema.graphql
	$(SERVER) schema --openapi > openapi.json.new && mv openapi.json.new openapi.json
	$(SERVER) schema --caches > clients/caches.json.new && mv clients/caches.json.new clients/caches.json

schema-check: ## Fail if schema.graphql, openapi.json or clients/caches.json is out of date
	$(BUILD)
	$(SERVER) schema | diff -u schema.graphql -
	$(SERVER) schema --openapi | diff -u openapi.json -
	$(SERVER) schema --caches | diff -u clients/caches.json -

conformance: ## Compare what REST answers with openapi.json (needs Python)
	$(BUILD)
	scripts/conformance

bench: tools studio ## Run the benchmarks; BENCH_CATALOGUE=FILE adds an import and name resolution
	$(CARGO) bench --profile dist --bench plan
	scripts/with-postgres $(CARGO) bench --profile dist --bench matching
	scripts/with-postgres $(CARGO) bench --profile dist --bench service

attacks: studio ## Send hostile requests to an optimised build while measuring exports
	$(CARGO) bench --profile dist --bench attacks

tools: ## Install what the tests need, if it is missing: PostgreSQL, Chromium, Python's venv
	scripts/tools
