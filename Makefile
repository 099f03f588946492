# Builds, tests and shows flatmanifest on a Debian or Ubuntu machine that has nothing but make and sh.
# `make` lists the targets. Every target sets up what it needs, and what is in place is not done twice.

PYTHON ?= python3
FUZZ_SECONDS ?= 600
TEST_FUZZ_SECONDS ?= 20
SOAK_SECONDS ?= 60
DEMO_OPTIONS ?=
BENCH_OPTIONS ?=

VENV := .venv
BIN := $(VENV)/bin
BUILD := build
# Beside the one in .venv.
DBT_RELEASES := 1.10 1.12
RELEASE_TESTS := dbt_parity dbt_handoff dbt_calls dbt_failures dbt_listing dbt_postgres front_door
# Tests that share what they set up stay together as long as there is other work.
ON_ALL_CORES := -n logical --dist worksteal

# dbt is never to report what these targets do with it.
export DBT_SEND_ANONYMOUS_USAGE_STATS := 0
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Ninja uses every core by itself; two recipes at once would only fight for them, and for apt's lock.
.NOTPARALLEL:

.PHONY: help setup build test demo bench fuzz test-fuzz build-fuzz soak soak-store sanitize lint lint-tidy format clean
.PHONY: system-build system-all build-native build-package test-native test-python test-releases

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 /p' $(MAKEFILE_LIST) \
		| while read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done

.PRECIOUS: $(VENV)-dbt-%/dbt.stamp $(VENV)-dbt-%/package.stamp

## What is on the machine, and in .venv

setup: system-all $(VENV)/dev.stamp ## install the system packages (apt) and the Python ones (.venv)

system-build:
	@setup/system_packages.sh build

system-all:
	@setup/system_packages.sh all

$(BIN)/python: | system-build
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --upgrade pip

$(VENV)/demo.stamp: setup/requirements-build.txt setup/requirements-demo.txt | $(BIN)/python
	@echo "Installing the Python packages that the build and the demo need"
	@$(BIN)/pip install --quiet -r setup/requirements-demo.txt
	@touch $@

$(VENV)/dev.stamp: setup/requirements-dev.txt $(VENV)/demo.stamp
	@echo "Installing the Python packages that tests, linters and benchmarks need"
	@$(BIN)/pip install --quiet -r setup/requirements-dev.txt
	@touch $@

## What is built

build: build-native build-package ## build the native code in build/ and install the package into .venv

# CMake every time: it takes a fraction of a second, and a tree that was configured otherwise is mended.
build-native: system-build
	@cmake -S . -B $(BUILD) -G Ninja --log-level=NOTICE -DCMAKE_BUILD_TYPE=Release \
		-DFLATMANIFEST_BUILD_TESTS=ON -DFLATMANIFEST_BUILD_BENCH=ON -DFLATMANIFEST_BUILD_PYTHON=OFF
	@ninja -C $(BUILD) --quiet

# With the directories, so that a removed file counts as a change.
package_sources := $(shell find CMakeLists.txt pyproject.toml README.md LICENSE schema native bindings python \
	-name __pycache__ -prune -o -print)

build-package: $(VENV)/package.stamp

# The build runs in .venv rather than in an environment of its own, so that pyproject.toml's build-dir is reused
# from one build to the next, and only what changed is compiled.
$(VENV)/package.stamp: $(package_sources) $(VENV)/demo.stamp | system-build
	@echo "Installing flatmanifest into $(VENV)"
	@$(BIN)/pip install --quiet --no-build-isolation .
	@touch $@

## What is checked

test: setup lint build test-native test-python test-releases test-fuzz ## lint, build, run every test, and fuzz shortly

test-native: build-native
	ctest --test-dir $(BUILD) --output-on-failure --no-tests=error

test-python: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) $(wildcard tests/python tests/dbt)

# What works inside dbt, in the other releases that it is made for. Each has an environment of its own.
test-releases: $(addprefix test-dbt-,$(DBT_RELEASES))

test-dbt-%: $(VENV)-dbt-%/package.stamp
	FLATMANIFEST_FRONT_DOOR_STEPS=20 $(VENV)-dbt-$*/bin/python -m pytest $(ON_ALL_CORES) $(addprefix tests/python/test_,$(addsuffix .py,$(RELEASE_TESTS)))

$(VENV)-dbt-%/package.stamp: $(VENV)/package.stamp $(VENV)-dbt-%/dbt.stamp
	@echo "Installing flatmanifest into $(VENV)-dbt-$*"
	@rm -rf $(BUILD)/wheel
	@$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(BUILD)/wheel .
	@$(VENV)-dbt-$*/bin/pip install --quiet --no-deps --force-reinstall $(BUILD)/wheel/*.whl
	@touch $@

$(VENV)-dbt-1.12/dbt.stamp: WITHOUT_DEPENDENCIES := "dbt-core~=1.12.0" "dbt-duckdb>=1.9,<2" "dbt-postgres>=1.9,<2"
$(VENV)-dbt-%/dbt.stamp: setup/requirements-dbt-%.txt | system-build
	@echo "Installing dbt-core $*"
	@$(PYTHON) -m venv $(VENV)-dbt-$*
	@$(VENV)-dbt-$*/bin/pip install --quiet --upgrade pip
	@$(VENV)-dbt-$*/bin/pip install --quiet -r $<
	@$(if $(WITHOUT_DEPENDENCIES),$(VENV)-dbt-$*/bin/pip install --quiet --no-deps $(WITHOUT_DEPENDENCIES))
	@touch $@

fuzz: build-fuzz ## fuzz the readers of untrusted files for FUZZ_SECONDS (600) each
	@for target in reader convert; do tests/fuzz/run.sh $(BUILD)/fuzz $$target $(FUZZ_SECONDS) || exit 1; done

test-fuzz: build-fuzz
	@for target in reader convert; do tests/fuzz/run.sh $(BUILD)/fuzz $$target $(TEST_FUZZ_SECONDS) || exit 1; done

build-fuzz: system-all $(BIN)/python
	@cmake -S . -B $(BUILD)/fuzz -G Ninja --log-level=NOTICE -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DCMAKE_CXX_COMPILER=clang++ -DPython3_EXECUTABLE=$(CURDIR)/$(BIN)/python \
		-DFLATMANIFEST_BUILD_FUZZERS=ON -DFLATMANIFEST_BUILD_PYTHON=OFF -DFLATMANIFEST_SANITIZE=address,undefined
	@ninja -C $(BUILD)/fuzz --quiet

soak: soak-store ## race, kill and read while publishing, SOAK_SECONDS (60) a test

# The short forms of these are among the tests.
soak-store: export FLATMANIFEST_SOAK_SECONDS = $(SOAK_SECONDS)
soak-store: build-native build-package $(VENV)/dev.stamp
	$(BUILD)/tests/native/native_tests --gtest_brief=1 --gtest_filter='*Soak*:*Race*:*Fault*:Power*'
	$(BIN)/python -m pytest -q -s tests/python/test_many_processes.py

sanitize: system-all ## run the native tests under address, undefined-behaviour and thread sanitizers
	@for sanitizers in address,undefined thread; do \
		tree=$(BUILD)/sanitize-$${sanitizers%%,*}; \
		cmake -S . -B $$tree -G Ninja --log-level=NOTICE -DCMAKE_BUILD_TYPE=RelWithDebInfo \
			-DFLATMANIFEST_BUILD_TESTS=ON -DFLATMANIFEST_BUILD_PYTHON=OFF -DFLATMANIFEST_SANITIZE=$$sanitizers \
		&& ninja -C $$tree --quiet && ctest --test-dir $$tree --output-on-failure --no-tests=error || exit 1; \
	done

cpp_sources = $(shell find native bindings tests bench -name '*.cc' -o -name '*.h')

lint: $(VENV)/dev.stamp ## check formatting, style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@echo "$(BIN)/clang-format --dry-run -Werror"
	@$(BIN)/clang-format --dry-run -Werror $(cpp_sources)

# pip's build of the bindings is gcc's, with an option that clang has not.
lint-tidy: build-native build-package system-all ## run clang-tidy over the native code
	run-clang-tidy -quiet -p $(BUILD) '/(native|tests)/'
	run-clang-tidy -quiet -p $$(dirname $$(ls -t $(BUILD)/cp*/compile_commands.json | head -n 1)) \
		-extra-arg=-Wno-ignored-optimization-argument '/bindings/'

format: $(VENV)/dev.stamp ## lay out and mend what the linters can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(cpp_sources)

## What is shown

demo: build-package ## convert the manifest of a 2,000-model project and read it back, with times beside json.load's
	@$(BIN)/python -m bench.demo $(DEMO_OPTIONS)

bench: build-package build-native $(VENV)/dev.stamp ## print the benchmarks' table
	@$(BIN)/python -m bench $(BENCH_OPTIONS)

clean: ## remove everything that these targets made, .venv too
	rm -rf $(BUILD) $(VENV) $(VENV)-dbt-* dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
