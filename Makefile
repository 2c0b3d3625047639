# Everything a person types first. `make help` lists it; the work is done in deploy/.

.DEFAULT_GOAL := help
.PHONY: help run stop test unit simulate fuzz test-engines soak faults bench bench-micro bench-absolute bench-airflow scenarios systems conformance images

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target text; do printf 'make %-14s %s\n' "$$target" "$$text"; done

run: ## bring the system `accidents` up: engine, daemon, images where no registry is in reach; then show it
	@deploy/run

stop: ## end what `make run` started: the system (its data stay), the daemon, the engine
	@deploy/stop

test: ## everything: formatting, lints, all tests, those on a real engine included
	@deploy/test

unit: ## the tests that need no engine
	@deploy/test unit

simulate: ## ten thousand random runs of the daemon's core under every fault, in virtual time (EVENKEEL_SEEDS=n for as many)
	@EVENKEEL_SEEDS=$${EVENKEEL_SEEDS:-10000} cargo test --release -p evenkeel-control --test simulation -- --nocapture

fuzz: ## random files for the loader, for an hour (SECONDS=n for as long)
	@deploy/fuzz $(or $(SECONDS),3600)

test-engines: ## the tests that ask an engine on 20.10, 26.1 and 28.5 side by side, and a table of what differs
	@deploy/engines test

soak: ## an hour of random changes to twenty simulated stacks and a real one; fails where memory, descriptors or history grow (SECONDS=n for as long)
	@deploy/engine ensure
	@deploy/images/build busybox
	@cargo build -p evenkeel
	@EVENKEEL_SOAK=$(or $(SECONDS),3600) cargo test -p evenkeel-tests --test soak -- --nocapture

faults: ## break things on an engine of its own, five times each, and the same beside Docker Compose; a table (half an hour)
	@deploy/engines faults

bench: ## measure beside Docker Compose, on this machine's engine and on Docker 28.5, and write docs/benchmarks.md (about 35 minutes)
	@deploy/bench
	@deploy/bench --on 28.5

bench-airflow: ## bring the real Airflow up twenty times, with a DAG run right after each, and once with Docker Compose (half an hour)
	@deploy/bench-airflow

bench-micro: ## micro-benchmarks of loader, planner, store and router by criterion (two minutes)
	@deploy/bench-absolute micro

bench-absolute: ## figures in absolute units: loader, planner, store, API, reactions, memory (about ten minutes)
	@deploy/bench-absolute

scenarios: ## play what people do with a project with Docker Compose and with Evenkeel, and write docs/scenarios.md
	@deploy/scenarios

systems: ## bring up the shipped systems one after the other and have each do its job (SYSTEMS="bigdata datalake" for some)
	@deploy/systems $(SYSTEMS)

conformance: ## hold `config` against Docker Compose: 20,000 generated files, and a table by feature (ARGS="--seconds 600 --seed 7")
	@EVENKEEL_COMPOSE="$$(deploy/compose)" cargo run -q -p evenkeel-tests --bin conformance -- $(or $(ARGS),--cases 20000)

images: ## build the local images of all shipped systems and of the tests
	@deploy/engine ensure
	@deploy/images/build busybox
	@deploy/images/build --for config/systems/*/compose*local.yaml
