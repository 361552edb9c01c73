# `make run` serves the demo catalogue, `make test` runs all tests; `make help` lists all targets.

CARGO ?= cargo
FUZZ_SECONDS ?= 600

.PHONY: help run test fuzz lint schema schema-check bench attacks tools graphiql

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## Serve on 127.0.0.1:8000 with SQLite and a small demo catalogue
	$(CARGO) run --profile quick -- serve --demo

test: tools ## Run all tests, on SQLite and PostgreSQL
	scripts/with-postgres $(CARGO) test --workspace

fuzz: ## Feed mutated documents to the readers, for FUZZ_SECONDS (600)
	REELPORT_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --test it fuzz:: -- --nocapture

lint: ## Check formatting and lints; warnings are errors
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

schema: ## Generate schema.graphql, openapi.json and clients/caches.json
	$(CARGO) run --quiet -- schema > schema.graphql.new && mv schema.graphql.new schema.graphql
	$(CARGO) run --quiet -- schema --openapi > openapi.json.new && mv openapi.json.new openapi.json
	$(CARGO) run --quiet -- schema --caches > clients/caches.json.new && mv clients/caches.json.new clients/caches.json

schema-check: ## Fail if schema.graphql, openapi.json or clients/caches.json is out of date
	$(CARGO) run --quiet -- schema | diff -u schema.graphql -
	$(CARGO) run --quiet -- schema --openapi | diff -u openapi.json -
	$(CARGO) run --quiet -- schema --caches | diff -u clients/caches.json -

bench: tools ## Run the benchmarks; BENCH_CATALOGUE=FILE adds an import and name resolution
	$(CARGO) bench --profile dist --bench plan
	scripts/with-postgres $(CARGO) bench --profile dist --bench matching
	scripts/with-postgres $(CARGO) bench --profile dist --bench service

attacks: ## Send hostile requests to an optimised build while measuring exports
	$(CARGO) bench --profile dist --bench attacks

tools: ## Install the PostgreSQL server that the tests need, if it is missing
	scripts/tools

graphiql: ## Rebuild the committed GraphiQL page (needs Node)
	cd web/graphiql && npm ci && npm run build
