# Regia's commands. `make demo` and `make test` are all a newcomer needs; each installs what it lacks.

.DEFAULT_GOAL := help
.PHONY: help demo test golden run bench dev check deps test-deps page clean

GSTREAMER := gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly \
	gstreamer1.0-libav gstreamer1.0-nice gstreamer1.0-x gstreamer1.0-tools
BUILD := build-essential pkg-config libssl-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev \
	libgstreamer-plugins-bad1.0-dev
FONTS := fonts-inter fonts-dejavu-core
TESTS := chromium python3-venv ffmpeg icecast2 openssl baresip-core sip-tester

PAGE_SOURCES := $(shell find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -type f -print)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: deps page ## start Regia with five synthetic cities and print the addresses
	cargo build --release
	exec target/release/regia demo

test: test-deps page ## run all tests
	cargo test
	tests/schema/run.py
	cd tests/e2e && npm ci --no-audit --no-fund
	cd tests/e2e && npm test

golden: deps page ## compare the mixer's golden pictures; writes target/golden/index.html, which shows all of them
	@REGIA_GOLDEN=1 cargo test --lib golden; result=$$?; echo "$(CURDIR)/target/golden/index.html"; exit $$result

run: deps page ## serve with regia.toml
	cargo build --release
	exec target/release/regia serve --config regia.toml

bench: deps page ## measure speed and memory; prints a table, writes bench/results.json
	cargo bench --bench evening

dev: page ## the page with hot reload against a running server (REGIA_URL, default http://127.0.0.1:8080)
	cd ui && npm run dev

check: deps page ## formatting, lints, documentation, types of the page
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
	cd ui && npm run check && npm test

deps: ## install the Debian packages that building and running need
	@tools/apt-install $(BUILD) $(GSTREAMER) $(FONTS)

test-deps: deps
	@tools/apt-install $(TESTS)

page: ui/dist/index.html

ui/dist/index.html: ui/node_modules/.package-lock.json $(PAGE_SOURCES)
	cd ui && npm run build

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund
	touch $@

clean: ## remove everything that was built
	cargo clean
	rm -rf ui/dist ui/node_modules tests/e2e/node_modules
