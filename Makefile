# Kafka Order Lab. `make` lists the targets.
#
# Variables; for example: make consumer ARGS="--dedup none" or make normal BOOTSTRAP=localhost:19092
BOOTSTRAP ?= localhost:9092
API ?= http://localhost:8000
BROKER ?= auto
WHAT ?=
ARGS ?=

JBANG := ./jbang
CLIENT := --bootstrap-server $(BOOTSTRAP) $(ARGS)
SCENARIO := $(JBANG) harness/Demo.java --bootstrap-server $(BOOTSTRAP) --api $(API)
COMPOSE = $(shell if docker compose version >/dev/null 2>&1; then echo docker compose; else echo docker-compose; fi)
# containers and volumes of this checkout, and of no other one in a folder of the same name
export COMPOSE_PROJECT_NAME ?= kafka-order-lab-$(shell pwd | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.PHONY: help break prove demo test check mutants bench broker smallest api consumer dlq duplicates normal failure \
	retry poison idempotency-http idempotency-topic idempotency-consumer idempotency-api up down cluster clean

help: ## This list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Everything, or a quick check
break: ## Lose orders and do some twice, beside a system that does not (WHAT=acks|auto-commit|dedup|dlq|concurrency)
	@$(JBANG) harness/Break.java $(WHAT) $(ARGS)
prove: ## Prove every guarantee, and see each fail once it is switched off (PROOF=3; MATRIX=1: every crash)
	@$(JBANG) harness/Prove.java $(if $(MATRIX),--matrix) $(PROOF) $(ARGS)
demo: ## Start broker, API and consumer, play every scenario, check each step, shut everything down
	@$(JBANG) harness/Demo.java
test: export TESTCONTAINERS_RYUK_DISABLED ?= true # the harness removes its containers itself
test: ## Run all proofs (BROKER=auto|docker|embedded|HOST:PORT)
	@$(JBANG) harness/Harness.java --broker $(BROKER) $(ARGS)
check: ## Run the proofs that need neither a broker nor a built script, in seconds
	@$(JBANG) harness/Harness.java --check $(ARGS)

mutants: ## Plant bugs, one at a time, and run the proof that has to find each (ARGS="--only REGEX")
	@$(JBANG) harness/Mutants.java $(ARGS)

##@ Measurements
bench: ## Speed and size, each compared with its limit (ARGS="--only drain --scale 0.1 --json FILE")
	@$(JBANG) harness/Bench.java $(ARGS)

##@ One script each (ARGS="..." adds options)
broker: ## Kafka on port 9092, without Docker
	@$(JBANG) scripts/KafkaBroker.java $(ARGS)
smallest: ## The smallest consumer: does orders twice after a kill -9, and stops at a bad record
	@$(JBANG) scripts/SmallestConsumer.java $(CLIENT)
api: ## The order API on port 8000
	@$(JBANG) scripts/OrderApi.java $(CLIENT)
consumer: ## A consumer; start several, they share the partitions
	@$(JBANG) scripts/OrderConsumer.java $(CLIENT)
dlq: ## List the dead letters
	@$(JBANG) scripts/DlqInspector.java list $(CLIENT)
duplicates: ## Send 100 orders 3 times each, and check that each had one outcome
	@$(JBANG) scripts/DuplicateSender.java --api $(API) $(CLIENT)

##@ One scenario each, against what is running
normal: ## An order is accepted, processed and committed
	@$(SCENARIO) normal
failure: ## A failing order goes to the dead-letter queue
	@$(SCENARIO) failure
retry: ## A temporary failure is retried
	@$(SCENARIO) retry
poison: ## Bytes that are not JSON stop nothing
	@$(SCENARIO) poison
idempotency-http: ## The same Idempotency-Key twice adds one record
	@$(SCENARIO) http
idempotency-topic: ## The same order three times in the topic has one outcome
	@$(SCENARIO) topic
idempotency-consumer: ## The same after a kill -9 of the consumer (starts its own API and consumer)
	@$(SCENARIO) consumer
idempotency-api: ## The same after a kill -9 of the API (starts its own API and consumer)
	@$(SCENARIO) api

##@ Brokers
up: ## One broker in Docker, on port 9092
	@harness/up.sh
down: ## Stop what 'up' started, and remove its data
	@$(COMPOSE) --profile cluster down -v
cluster: ## Three brokers without Docker, on 9092, 9094 and 9096, until Ctrl-C
	@harness/cluster.sh $(ARGS)

##@ Housekeeping
clean: ## Remove caches and logs
	@rm -rf .cache kafka_app.log*
