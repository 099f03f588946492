# Builds, tests and shows flatmanifest on a Debian or Ubuntu machine that has nothing but make and sh.
# `make` lists the targets. Every target sets up what it needs, and what is in place is not done twice.

PYTHON ?= python3
FUZZ_SECONDS ?= 600
TEST_FUZZ_SECONDS ?= 10
SOAK_SECONDS ?= 60
# Of each of the front door's four stories.
SOAK_STEPS ?= 1000
SOAK_SEED ?= 1000
# Damaged copies of real files.
MUTATIONS ?= 300000
TEST_MUTATIONS ?= 1000
DEMO_OPTIONS ?=
BENCH_OPTIONS ?=
LOAD_OPTIONS ?=
COMPARE_OPTIONS ?=

VENV := .venv
BIN := $(VENV)/bin
BUILD := build
# Beside the one in .venv.
DBT_RELEASES := 1.10 1.12
FUZZ_TARGETS := reader convert select front
RELEASE_TESTS := dbt_parity dbt_handoff dbt_calls dbt_failures dbt_listing dbt_postgres front_door profile_phases \
	parallel_parse cold_reuse dbt_alike reading
# Tests that share what they set up stay together as long as there is other work.
ON_ALL_CORES := -n logical --dist worksteal

# dbt is never to report what these targets do with it.
export DBT_SEND_ANONYMOUS_USAGE_STATS := 0
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Ninja uses every core by itself; two recipes at once would only fight for them, and for apt's lock.
.NOTPARALLEL:

.PHONY: help setup build test demo bench bench-load bench-handoff compare docs fuzz test-fuzz build-fuzz soak soak-store soak-dbt sanitize lint lint-tidy format
.PHONY: clean
.PHONY: system-build system-all build-native build-package test-native test-python test-releases

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 /p' $(MAKEFILE_LIST) \
		| while read -r target text; do printf '  make %-13s %s\n' "$$target" "$$text"; done

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

$(VENV)/dev.stamp: setup/requirements-dev.txt setup/requirements-docs.txt $(VENV)/demo.stamp
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

test: setup lint build build-fuzz docs test-native test-python test-releases test-fuzz ## lint, build, run every test, and fuzz shortly

test-native: build-native
	ctest --test-dir $(BUILD) --output-on-failure --no-tests=error

test-python: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) $(wildcard tests/python tests/dbt)

# What works inside dbt, in the other releases that it is made for. Each has an environment of its own.
test-releases: $(addprefix test-dbt-,$(DBT_RELEASES))

test-dbt-%: $(VENV)-dbt-%/package.stamp
	FLATMANIFEST_FRONT_DOOR_STEPS=10 FLATMANIFEST_FEW_COMMANDS=1 FLATMANIFEST_OTHER_DBT=$(CURDIR)/$(BIN) $(VENV)-dbt-$*/bin/python -m pytest $(ON_ALL_CORES) $(addprefix tests/python/test_,$(addsuffix .py,$(RELEASE_TESTS)))

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

fuzz: build-fuzz build-package $(VENV)/dev.stamp ## fuzz what reads untrusted input for FUZZ_SECONDS (600) each, and damage MUTATIONS files
	@for target in $(FUZZ_TARGETS); do tests/fuzz/run.sh $(BUILD)/fuzz $$target $(FUZZ_SECONDS) || exit 1; done
	@tests/fuzz/mutate.sh $(BUILD)/fuzz $(BIN)/python $(MUTATIONS)

test-fuzz: build-fuzz build-package $(VENV)/dev.stamp
	@for target in $(FUZZ_TARGETS); do tests/fuzz/run.sh $(BUILD)/fuzz $$target $(TEST_FUZZ_SECONDS) || exit 1; done
	@tests/fuzz/mutate.sh $(BUILD)/fuzz $(BIN)/python $(TEST_MUTATIONS) 1

build-fuzz: system-all build-package
	@cmake -S . -B $(BUILD)/fuzz -G Ninja --log-level=NOTICE -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DCMAKE_CXX_COMPILER=clang++ -DPython3_EXECUTABLE=$(CURDIR)/$(BIN)/python \
		-DFLATMANIFEST_BUILD_FUZZERS=ON -DFLATMANIFEST_BUILD_PYTHON=OFF -DFLATMANIFEST_SANITIZE=address,undefined \
		-DFLATMANIFEST_PROGRAM=$(CURDIR)/$(BIN)/flatmanifest
	@ninja -C $(BUILD)/fuzz --quiet fuzzing

soak: soak-store soak-dbt fuzz bench-load ## the long forms: races and kills (SOAK_SECONDS a test), stories of SOAK_STEPS beside dbt, fuzzing, a load of 64 readers

# The short forms of these are among the tests.
soak-store: export FLATMANIFEST_SOAK_SECONDS = $(SOAK_SECONDS)
soak-store: build-native build-package $(VENV)/dev.stamp
	$(BUILD)/tests/native/native_tests --gtest_brief=1 --gtest_filter='*Soak*:*Race*:*Publish*:*Staged*:Power*'
	$(BIN)/python -m pytest -q -s tests/python/test_many_processes.py

# Another SOAK_SEED is other stories.
soak-dbt: export FLATMANIFEST_FRONT_DOOR_STEPS = $(SOAK_STEPS)
soak-dbt: export FLATMANIFEST_FRONT_DOOR_SEED = $(SOAK_SEED)
soak-dbt: export FLATMANIFEST_EVERY_COMMAND = 1
soak-dbt: export FLATMANIFEST_EVERY_ERROR = 1
soak-dbt: export FLATMANIFEST_FULL_SIZE = 1
soak-dbt: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) $(addprefix tests/python/test_,front_door.py dbt_parity.py cold_parse.py seed_projects.py) -k 'random or edits or broken or nothing'

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

bench-load: build-package $(VENV)/dev.stamp ## print what 64 readers take while a manifest is published every second
	@$(BIN)/python -m bench.load $(LOAD_OPTIONS)

# The other parser came with dbt 1.12.
bench-handoff: $(VENV)-dbt-1.12/package.stamp ## print what dbt takes for another parser's manifest.json
	@$(VENV)-dbt-1.12/bin/python -m bench.handoff

# Strict: a link or an anchor that leads nowhere fails, though not with --quiet, which hides it from mkdocs, too.
docs: export NO_MKDOCS_2_WARNING = 1
docs: build-package $(VENV)/dev.stamp ## build the documentation's site in build/site, and check its links
	$(BIN)/python -m mkdocs build --strict

compare: build-package $(VENV)/dev.stamp $(addsuffix /package.stamp,$(addprefix $(VENV)-dbt-,$(DBT_RELEASES))) ## time dbt's commands on generated projects: dbt alone, the plugin, the front door
	@$(BIN)/python -m bench.comparison $(COMPARE_OPTIONS)

clean: ## remove everything that these targets made, .venv too
	rm -rf $(BUILD) $(VENV) $(VENV)-dbt-* dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
