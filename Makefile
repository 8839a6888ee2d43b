# Two commands do everything: `make demo` shows it working, `make test` passes the tests.
# Each installs what is missing first (scripts/setup says what, and asks for root only then).

CARGO ?= cargo
SHELL := /bin/bash

.PHONY: demo test check soak lint bench setup android ios ios-check phones deny help

help: ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

setup: ## Install what a fresh machine lacks
	@scripts/setup

demo: setup ## Watch an alarm ring, be missed, reach the manager, and be answered (SEV1=1: the second act; AUTO=1: by itself)
	@echo "==> building Tocsin (release)"
	@$(CARGO) build --release --locked --package tocsin
	@target/release/tocsin demo $(if $(SEV1),--sev1) $(if $(AUTO),--auto)

test: setup ## Everything that must hold
	@scripts/test

lint: ## Formatting and lints
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings

check: lint ## The usual loop: formatting, lints, unit tests of every crate but the long tests
	@$(CARGO) test --workspace --exclude tocsin-tests --exclude tocsin --locked --quiet

soak: ## The random tests with other seeds, until stopped or until one fails (which then prints its seed)
	@while seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); do echo "==> PROPTEST_RNG_SEED=$$seed"; \
		PROPTEST_RNG_SEED=$$seed $(CARGO) test --workspace --exclude tocsin --locked --quiet || exit 1; done

bench: setup ## Measure; results go into docs/benchmarks.md by hand, with the machine
	@scripts/bench

android: setup ## Only the Android checks
	@scripts/android

ios: ## On a Mac: the core for Xcode, ios/TocsinCore/TocsinCore.xcframework
	@scripts/xcframework

ios-check: setup ## Only the iOS checks, on Linux
	@scripts/ios

phones: setup ## Only the type check of the core for phones
	@scripts/phones

deny: ## Licences, sources and duplicate versions (needs cargo-deny)
	@$(CARGO) deny --all-features check bans licenses sources
