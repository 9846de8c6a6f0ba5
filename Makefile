# Tested under the race detector too; what is mostly SQLite is forty times slower there.
RACE := . ./purpose ./internal/... ./identifier/... ./blob/... ./token/... ./change/... ./ledger/... ./job/... \
	./org/... ./list/... ./vault/... ./index/... ./match/... ./report/... ./audience/...
# What has vector instructions, or feeds them: tested with and without.
FAST := ./internal/kernel ./identifier ./token ./list ./index ./match ./bench
SLOW := ^(TestKilled|TestEveryInterleaving|TestModel|TestCollectMany)$$
# A checkout that git refuses to describe still builds; it carries no revision.
export GOFLAGS := -buildvcs=$(shell git rev-parse -q --verify HEAD >/dev/null 2>&1 && echo auto || echo false) $(shell go env GOFLAGS)

.PHONY: help test need build lint mutants fuzz bench bench-peers demo nightly
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' Makefile
test: need lint build ## all that must hold: lint, build, tests, race, short fuzzing, some mutants
	go test -timeout 30m ./...
	GOEXPERIMENT=simd go test $(FAST)
	CGO_ENABLED=1 go test -timeout 30m -race -skip "$(SLOW)" $(RACE)
	scripts/fuzz.sh $(FUZZ)
	go run ./internal/mutant -every 16
need: ## install what the tests need beside Go
	scripts/need.sh
build: ## build everything, and bin/selvedge
	CGO_ENABLED=0 go build ./...
	CGO_ENABLED=0 GOEXPERIMENT=simd go build -trimpath -o bin/selvedge ./cmd/selvedge
lint: ## format, vet, staticcheck
	scripts/lint.sh
mutants: ## take every guard away and expect a test to fail
	go run ./internal/mutant
fuzz: ## fuzz every target; FUZZ=60 for a minute each
	scripts/fuzz.sh $(FUZZ)
bench: ## run every benchmark
	go test -run '^$$' -bench . -benchmem ./...
bench-peers: build ## match engine beside DuckDB, ClickHouse, PostgreSQL, sort+join and a Go map
	bench/peers/run.sh
demo: build ## play the demo
	bin/selvedge demo
nightly: test mutants ## test, every mutant, then everything under race in random order, long fuzzing, benchmarks
	CGO_ENABLED=1 go test -race -shuffle=on -count=1 -timeout=120m ./...
	SELVEDGE_KILL_ROUNDS=200 go test -count=1 -timeout=120m ./internal/killpoint
	scripts/fuzz.sh 120
	go test -run '^$$' -bench . -benchmem ./...
