# make help lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= inventory-operator:$(VERSION)

# Narrow the tests down, e.g. make test PACKAGES=./webhook/... TESTFLAGS='-run TestReserve -v'.
PACKAGES ?= ./...
# The suites of test/chaos are left to make chaos, and kubectl to make test-engines, unless they are named.
TESTED = $(if $(filter ./...,$(PACKAGES)),$$(go list ./... | grep -v -e /test/chaos$$ -e /test/engines/kubectl$$),$(PACKAGES))
TESTFLAGS ?=

# Narrow the fault suites down, e.g. make chaos CHAOSFLAGS='--run zombie'
CHAOSFLAGS ?=

# Narrow the deliberate faults down, e.g. make mutants MUTANTFLAGS='-run expiry -v'
MUTANTFLAGS ?=

# Narrow the benchmark down, e.g. make bench BENCHFLAGS='--only ^hot/64/'
BENCHFLAGS ?=

# Where make run keeps its data, and its ports, all on 127.0.0.1.
RUN_DIR ?= .run
BRIDGE_PORT ?= 8080
METRICS_PORT ?= 8081
SINK_PORT ?= 8090
APISERVER_PORT ?= 6443
ETCD_PORT ?= 2379
DATABASE_PORT ?= 5433
# make run ARCHIVE=1 runs PostgreSQL and the archive, too.
ARCHIVE ?=
# More flags of the operator under make run, e.g. OPERATOR_FLAGS=--ids=any
OPERATOR_FLAGS ?=

# make run AUTHENTICATION=tokenreview has the bridge ask who calls it.
AUTHENTICATION ?= none

##@ Everyday

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: test-quick
test-quick: ## The everyday loop: unit tests that need no control plane (-short, no race detector)
	go test -short -timeout 5m $(TESTFLAGS) $(PACKAGES)

# Packages are tested one after another: two control planes at once starve a small
# machine. What they share is compiled beforehand, on all cores.
.PHONY: test
test: controlplane ## All tests, with the race detector, against a real etcd and kube-apiserver
	go build -race $(PACKAGES)
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go test -race -p 1 -timeout 30m $(TESTFLAGS) $(TESTED)
	$(if $(filter ./...,$(PACKAGES)),KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go test -C test/helm -timeout 10m $(TESTFLAGS) .)

.PHONY: chaos
chaos: controlplane ## Every fault suite in its short form, about 10 minutes; ends in a table and .run/chaos.json
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go run ./hack/chaos $(CHAOSFLAGS)

.PHONY: chaos-long
chaos-long: controlplane ## The same with many more faults, an hour and a half
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go run ./hack/chaos --long $(CHAOSFLAGS)

# Only root can give each process a network of its own.
.PHONY: test-knative
test-knative: controlplane build ## The service behind real Knative Eventing, as root on Linux; builds Knative the first time
	@hack/knative.sh
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) GOWORK=off go test -C test/knative -count 1 -timeout 30m -v $(TESTFLAGS) .

.PHONY: test-helm
test-helm: controlplane ## The Helm chart, with Helm's own code: lint, parity with config/default and config/archive, install to uninstall
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) GOWORK=off go test -C test/helm -timeout 10m $(TESTFLAGS) .

# The product does not depend on the engines: they are modules of their own.
.PHONY: test-engines
test-engines: controlplane ## A shop in Git under Flux, Argo CD, Helm and kubectl, with their own code
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go test -count 1 -timeout 30m $(TESTFLAGS) ./test/engines/kubectl
	for dir in test/engines/flux test/engines/argocd test/helm/shop; do \
		KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) GOWORK=off go test -C $$dir -count 1 -timeout 30m $(TESTFLAGS) .; \
	done

.PHONY: test-contract
test-contract: controlplane ## OpenAPI, AsyncAPI, JSON Schemas, examples and catalog, with their own tools from npm (Node 20 or newer)
	cd test/contract && npm ci
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && go run . catalog --standalone --out "$$out" && node test/contract/check.mjs "$$out"
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) WITH_NPM=1 go test -count 1 ./examples/ts-checkout

# Where make catalog-site builds. Go looks into no folder with a dot.
CATALOG_SITE ?= .catalog-site

.PHONY: catalog-site
catalog-site: ## Build catalog with the real EventCatalog from npm, and compare its pages with the contract (4 GB, Chromium; minutes)
	hack/catalog-site.sh $(CATALOG_SITE)
	CATALOG_SITE=$(abspath $(CATALOG_SITE)) go test -count 1 -v -timeout 30m $(TESTFLAGS) ./test/catalogsite

.PHONY: soak
soak: SOAK ?= 1h
soak: controlplane ## An hour with everything on, at the bound of the journal, with restarts: nothing may grow (SOAK=3m for a try); ends in .run/soak.jsonl
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) REQUIRE_POSTGRES=1 go test ./test/soak -run TestSoak -soak $(SOAK) -samples $(CURDIR)/.run/soak.jsonl -timeout 24h -v

.PHONY: soak-plot
soak-plot: ## Draw the plot of docs/reliability.md from .run/soak.jsonl
	go test ./test/soak -count 1 -run TestPlot -samples $(CURDIR)/.run/soak.jsonl -plot $(CURDIR)/docs/reliability/soak.svg

.PHONY: mutants
mutants: controlplane ## Play every deliberate fault of hack/mutants: the tests must notice each
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go run ./hack/mutants $(MUTANTFLAGS)

.PHONY: fuzz
fuzz: ## Run every fuzz target for a few seconds (FUZZTIME=3m for longer)
	hack/fuzz.sh

.PHONY: bench
bench: BENCHFORM ?= short
bench: controlplane build ## Measure beside the floor, a plain reconciler and PostgreSQL; ends in a table and .run/bench.json
	@go build -o bin/bench ./hack/bench
	@go build -o bin/bench-naive ./hack/bench/naive
	@go build -o bin/bench-server ./hack/bench/server
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) bin/bench --form $(BENCHFORM) $(BENCHFLAGS) \
		--operator bin/inventory-operator --naive bin/bench-naive --server bin/bench-server

.PHONY: bench-long
bench-long: ## The same with every workload, number of clients and size, some hours
	@$(MAKE) bench BENCHFORM=long

.PHONY: bench-pages
bench-pages: ## What pages of a journal in the API server cost, 5 minutes
	@$(MAKE) bench BENCHFORM=long BENCHFLAGS='--only ^pages/'

.PHONY: plots
plots: ## Draw the plots of docs/performance.md from .run/bench.json
	@go run ./hack/bench --plots docs/performance

.PHONY: pictures
pictures: controlplane ## Draw the pictures of docs/pictures from the texts beside them, and the terminal from what its commands print
	hack/pictures.sh
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go test -count 1 ./hack/run -run '^TestSession$$' -update-session

.PHONY: bench-smoke
bench-smoke: ## Whether the benchmark works, in a minute; its figures mean nothing
	@$(MAKE) bench BENCHFORM=smoke

.PHONY: run
run: controlplane build ## Run a control plane, the operator and an event sink here (see RUN_DIR and the *_PORT variables); Ctrl-C stops them
	@go build -o bin/run ./hack/run
	@exec bin/run --dir $(RUN_DIR) --assets "$$(hack/controlplane.sh --dir)" --operator bin/inventory-operator \
		--bridge-port $(BRIDGE_PORT) --metrics-port $(METRICS_PORT) --sink-port $(SINK_PORT) \
		--apiserver-port $(APISERVER_PORT) --etcd-port $(ETCD_PORT) --authentication $(AUTHENTICATION) \
		$(if $(ARCHIVE),--archive --database-port $(DATABASE_PORT)) -- $(OPERATOR_FLAGS)

##@ Before a commit

.PHONY: generate
generate: ## Generate deepcopy code, CRDs, the operator's RBAC role, docs/reference and catalog
	hack/generate.sh

.PHONY: verify
verify: ## Fail if generated files, go.mod or formatting are stale
	hack/verify.sh

.PHONY: vet
vet: ## Run go vet
	go vet $(PACKAGES)

.PHONY: lint
lint: ## Run golangci-lint
	"$$(hack/tool.sh golangci-lint)" run $(PACKAGES)
	cd test/knative && "$$(../../hack/tool.sh golangci-lint)" run
	cd test/helm && "$$(../../hack/tool.sh golangci-lint)" run ./...
	for dir in flux argocd; do (cd test/engines/$$dir && "$$(../../../hack/tool.sh golangci-lint)" run) || exit; done
	cd hack/image && "$$(../../hack/tool.sh golangci-lint)" run

##@ Build

# How the programs are built, also in the image and by the Dockerfile.
BUILD = CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

.PHONY: build
build: ## Build the operator into bin/inventory-operator
	$(BUILD) -o bin/inventory-operator .

.PHONY: build-plugin
build-plugin: ## Build the kubectl plugin into bin/kubectl-inventory, with its completion beside it
	$(BUILD) -o bin/kubectl-inventory ./cmd/kubectl-inventory
	@cp cmd/kubectl-inventory/kubectl_complete-inventory bin/

.PHONY: plugin-archives
plugin-archives: ## Build the plugin for every platform and its krew manifest into dist, for a release (VERSION=v0.1.0)
	hack/plugin-archives.sh $(VERSION)

.PHONY: controlplane
controlplane: ## Build etcd, kube-apiserver and kubectl into bin/k8s (once; KUBEBUILDER_ASSETS names others)
	@hack/controlplane.sh

.PHONY: build-installer
build-installer: controlplane ## Write all that a cluster needs into dist/install.yaml, with IMAGE if that is given
	@mkdir -p dist
	"$$(hack/controlplane.sh --dir)/kubectl" kustomize config/default >dist/install.yaml
	$(if $(filter file,$(origin IMAGE)),,@sed -i 's|^\( *image: \)inventory-operator:.*|\1$(IMAGE)|' dist/install.yaml && grep -q '^ *image: $(IMAGE)$$' dist/install.yaml)

.PHONY: release-check
release-check: controlplane ## Tell whether everything that a release needs is ready, a line for each (docs/release.md)
	@KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) go run ./hack/release

.PHONY: chart
chart: controlplane ## Make the Helm chart of dist/chart from config/default and config/archive
	go run ./hack/chart "$$(hack/controlplane.sh --dir)/kubectl"

# What make image makes, and where it pushes that to, e.g. PUSH=registry.example.com/inventory-operator:0.1.0
IMAGE_PLATFORMS ?= linux/amd64 linux/arm64
IMAGE_DIR ?= $(CURDIR)/bin/image
PUSH ?=
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null)
# The time of everything in the image: two builds of one commit have one digest.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: image
image: out = $(abspath $(IMAGE_DIR))
image: export GOFLAGS =
image: export GOEXPERIMENT =
image: export GOAMD64 = v1
image: export GOARM64 = v8.0
image: export GOWORK = off
image: ## Build the image of all IMAGE_PLATFORMS with its SBOMs into bin/image, without a container engine; PUSH=... pushes it
	@binaries=(); for platform in $(IMAGE_PLATFORMS); do \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(BUILD) -o $(out)/$$platform/inventory-operator . ; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(BUILD) -o $(out)/$$platform/kubectl-inventory ./cmd/kubectl-inventory ; \
		binaries+=(--binaries "$$platform=$(out)/$$platform"); \
	done; \
	go run -C hack/image . "$${binaries[@]}" --out $(out) --version $(VERSION) --revision "$(REVISION)" \
		--source-date-epoch $(SOURCE_DATE_EPOCH) --push "$(PUSH)"

.PHONY: test-image
test-image: controlplane ## The image: made twice, run in a chroot beside a control plane, pushed; needs root on Linux
	KUBEBUILDER_ASSETS=$$(hack/controlplane.sh --dir) GOWORK=off go test -C hack/image -count 1 -timeout 20m $(TESTFLAGS) .

.PHONY: docker-build
docker-build: ## Build the container image IMAGE, of one platform, with Docker
	docker build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
		--build-arg CREATED=$$(date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ) --tag $(IMAGE) .

##@ Clean

.PHONY: clean-run
clean-run: ## Remove what make run keeps in RUN_DIR (all its data)
	@if command -v flock >/dev/null && [[ -e $(RUN_DIR)/lock ]] && ! flock --nonblock $(RUN_DIR)/lock true; then \
		echo "make run is still running: stop it first" >&2; exit 1; \
	fi
	rm -rf $(RUN_DIR)

.PHONY: clean
clean: clean-run ## Remove everything that was built or kept
	rm -rf bin coverage.out
