# Builds, tests and shows flatmanifest on a Debian or Ubuntu machine that has only make and sh.
# `make` lists the targets. Every target sets up what it needs, and does nothing twice.

PYTHON ?= python3
FUZZ_SECONDS ?= 600
TEST_FUZZ_SECONDS ?= 10
SOAK_SECONDS ?= 60
# Steps of each of the front door's four stories.
SOAK_STEPS ?= 1000
SOAK_SEED ?= 1000
# Number of damaged copies of real files.
MUTATIONS ?= 300000
TEST_MUTATIONS ?= 1000
DEMO_OPTIONS ?=
BENCH_OPTIONS ?=
LOAD_OPTIONS ?=
COMPARE_OPTIONS ?=
WHEEL_OPTIONS ?=

VENV := .venv
BIN := $(VENV)/bin
BUILD := build
WHEEL := $(BUILD)/wheel/wheel.stamp
CORES := $(shell getconf _NPROCESSORS_ONLN)
PACKAGES := setup/python_packages.sh
STAGES := $(PYTHON) tests/run_stages.py
# The releases beside the release in .venv.
DBT_RELEASES := 1.10 1.12
FUZZ_TARGETS := reader convert select front
# Tests that share a setup stay on one core while there is other work.
ON_ALL_CORES := -n logical --dist worksteal

# dbt sends no usage statistics from these targets.
export DBT_SEND_ANONYMOUS_USAGE_STATS := 0
export DO_NOT_TRACK := 1
export PYTHON

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Ninja uses every core by itself; two recipes at once would compete for the cores and for apt's lock.
.NOTPARALLEL:

.PHONY: help setup build wheel check test test-all test-planted demo bench bench-load bench-handoff compare docs fuzz test-fuzz
.PHONY: release-check build-fuzz soak soak-store soak-dbt sanitize sanitize-address sanitize-thread lint lint-tidy format clean
.PHONY: system-build system-all environments build-native build-package test-native test-python test-python-all test-dbt test-dbt-edits

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1 /p' $(MAKEFILE_LIST) \
		| while read -r target text; do printf '  make %-14s %s\n' "$$target" "$$text"; done

.PRECIOUS: $(VENV)-dbt-%/dbt.stamp $(VENV)-dbt-%/package.stamp

## Packages of the system and of .venv

setup: system-all $(VENV)/dev.stamp ## install the system packages (apt) and the Python ones (.venv)

system-build:
	@setup/system_packages.sh build

system-all:
	@setup/system_packages.sh all

$(VENV)/demo.stamp: setup/requirements-build.txt setup/requirements-demo.txt | system-build
	@$(PACKAGES) "Installing the Python packages that the build and the demo need" $(VENV) -r setup/requirements-demo.txt
	@touch $@

$(VENV)/dev.stamp: $(addprefix setup/requirements-,dev.txt docs.txt test.txt) $(VENV)/demo.stamp
	@$(PACKAGES) "Installing the Python packages that tests, linters and benchmarks need" $(VENV) -r setup/requirements-dev.txt
	@touch $@

## Building

build: build-package build-native ## build the native code in build/ and install the package into .venv

# The list includes directories, so that a removed file counts as a change.
package_sources := $(shell find CMakeLists.txt cmake pyproject.toml README.md LICENSE schema native bindings python setup/notices.py \
	-name __pycache__ -prune -o -print)

# The package, the native tests and the native benchmark share one build tree, so that the rooms are compiled once. The
# build runs in .venv instead of an isolated environment: only changed files are compiled again.
$(WHEEL): $(package_sources) $(VENV)/demo.stamp | system-build
	@echo "Building flatmanifest"
	@mkdir -p $(BUILD)/wheel && rm -f $(BUILD)/wheel/*.whl
	@$(BIN)/python -m build --wheel --no-isolation --skip-dependency-check --outdir $(BUILD)/wheel \
		-C build-dir=$(BUILD) -C "build.targets=_native;flatmanifest;fdbt" \
		-C cmake.define.FLATMANIFEST_BUILD_TESTS=ON -C cmake.define.FLATMANIFEST_BUILD_BENCH=ON .
	@touch $@

build-native: $(WHEEL)
	@ninja -C $(BUILD)

build-package: $(VENV)/package.stamp

# The published form: the wheel contains every library that not every Linux has.
wheel: $(VENV)/dev.stamp ## build the wheel, repair it with auditwheel, and test it in a bare environment
	@$(BIN)/python setup/wheel.py $(WHEEL_OPTIONS)

# Seams are compared with the functions of each release of dbt.
release-check: wheel docs environments ## wheel, docs, and what a version has to be before it is tagged: files, changelog, seams
	@$(BIN)/python setup/release_check.py $(addprefix --environment $(VENV),$(addprefix -dbt-,$(DBT_RELEASES))) --environment $(VENV)

$(VENV)/package.stamp: $(WHEEL)
	@$(PACKAGES) "Installing flatmanifest" $(VENV) --no-deps --reinstall $(BUILD)/wheel/*.whl
	@touch $@

## Checks and tests

CHECK_STAGES := setup build lint test-native test-python
TEST_STAGES := $(CHECK_STAGES) docs environments test-dbt $(addprefix test-dbt-,$(DBT_RELEASES)) test-fuzz
ALL_STAGES := test-python-all $(addprefix test-dbt-all-,$(DBT_RELEASES)) test-dbt-edits fuzz-all sanitize-address sanitize-thread

# run_stages.py needs Python; it prints the time of each stage.
check: system-build ## lint, types, native tests, Python tests that start no dbt: 3 minutes on a built tree
	@$(STAGES) --make "$(MAKE)" $(CHECK_STAGES)

test: system-build ## check, the tests that start dbt, and short fuzzing of changed code: 20 minutes from a fresh checkout
	@$(STAGES) --make "$(MAKE)" $(TEST_STAGES)

test-all: system-build ## test, all tests with every release of dbt, every edit with every command, fuzzing, sanitizers
	@$(STAGES) --make "$(MAKE)" $(TEST_STAGES) $(ALL_STAGES)

test-native: build-native
	ctest --test-dir $(BUILD) --output-on-failure --no-tests=error --parallel $(CORES)

test-python: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) tests/python

# Comparisons with dbt and networkx, also on large manifests.
test-python-all: export FLATMANIFEST_EVERY_MANIFEST = 1
test-python-all: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) $(addprefix tests/python/test_,selection_parity.py state_parity.py dbt_selecting.py graph_dbt.py)

test-dbt: build-package $(VENV)/dev.stamp $(BUILD)/dbt-loom.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) tests/dbt

# Another plugin of dbt, on the path of the tests that are about it alone.
$(BUILD)/dbt-loom.stamp: setup/requirements-loom.txt | $(VENV)/dev.stamp
	@$(PACKAGES) "Installing dbt-loom" $(VENV) --no-deps --target $(BUILD)/dbt-loom -r setup/requirements-loom.txt
	@touch $@

# Every edit, followed by every command.
test-dbt-edits: export FLATMANIFEST_EVERY_COMMAND = 1
test-dbt-edits: export FLATMANIFEST_EVERY_ERROR = 1
test-dbt-edits: export FLATMANIFEST_EVERY_READ = 1
test-dbt-edits: export FLATMANIFEST_FRESH_ORACLE = 1
test-dbt-edits: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) tests/dbt -k 'edits or broken or test_reads'

environments: $(addsuffix /package.stamp,$(addprefix $(VENV)-dbt-,$(DBT_RELEASES)))

# Tests with the other supported releases of dbt: one story of each kind, or all tests.
test-dbt-all-%: export FLATMANIFEST_EVERY_READ = 1
test-dbt-all-%: export FLATMANIFEST_FRESH_ORACLE = 1
test-dbt-all-%: $(VENV)-dbt-%/package.stamp build-package $(BUILD)/dbt-loom.stamp
	$(call in_release,$*) tests/dbt

test-dbt-%: $(VENV)-dbt-%/package.stamp build-package $(BUILD)/dbt-loom.stamp
	$(call in_release,$*) -m one_story tests/dbt

in_release = FLATMANIFEST_OTHER_DBT=$(CURDIR)/$(BIN) $(VENV)-dbt-$(1)/bin/python -m pytest $(ON_ALL_CORES)

$(VENV)-dbt-%/package.stamp: $(WHEEL) $(VENV)-dbt-%/dbt.stamp
	@$(PACKAGES) "Installing flatmanifest beside dbt-core $*" $(VENV)-dbt-$* --no-deps --reinstall $(BUILD)/wheel/*.whl
	@touch $@

$(VENV)-dbt-1.12/dbt.stamp: WITHOUT_DEPENDENCIES := -r setup/requirements-dbt-1.12-alone.txt
$(VENV)-dbt-1.12/dbt.stamp: setup/requirements-dbt-1.12-alone.txt
$(VENV)-dbt-%/dbt.stamp: setup/requirements-dbt-%.txt $(VENV)/demo.stamp
	@$(PACKAGES) "Installing dbt-core $* with what it needs" $(VENV)-dbt-$* -r $<
	@$(if $(WITHOUT_DEPENDENCIES),$(PACKAGES) "Installing dbt-core $*" $(VENV)-dbt-$* --no-deps $(WITHOUT_DEPENDENCIES))
	@touch $@

# Some faults are in code that only dbt 1.12 calls.
test-planted: build $(VENV)/dev.stamp $(VENV)-dbt-1.12/package.stamp $(BUILD)/dbt-loom.stamp ## plant small faults, one per promise, and check that the tests notice each
	$(BIN)/python -m tests.planted

fuzz: build-fuzz build-package $(VENV)/dev.stamp ## fuzz each reader of untrusted input for FUZZ_SECONDS (600), and damage MUTATIONS files
	@for target in $(FUZZ_TARGETS); do $(RUN_FUZZER) $$target $(FUZZ_SECONDS) || exit 1; done
	@tests/fuzz/mutate.sh $(BUILD)/fuzz $(BIN)/python $(MUTATIONS)

RUN_FUZZER = tests/fuzz/run.sh $(BUILD)/fuzz
CHANGED_TARGETS = $(PYTHON) tests/fuzz/changed_targets.py $(BUILD)/fuzz-passed

fuzz-all: FUZZ_SECONDS = 60
fuzz-all: MUTATIONS = 20000
fuzz-all: fuzz

# Runs only the targets whose code or fuzzer has changed; tests/fuzz/changed_targets.py finds them.
test-fuzz: build-package $(VENV)/dev.stamp
	@if ! command -v clang++ >/dev/null; then echo "Skipped: fuzzing needs clang++, which is not installed"; exit 0; fi; \
	targets=$$($(CHANGED_TARGETS)) || exit 1; \
	if [ -z "$$targets" ]; then echo "Nothing to fuzz: no target's code has changed"; exit 0; fi; \
	$(MAKE) --no-print-directory build-fuzz || exit 1; \
	for target in $$targets; do \
		$(RUN_FUZZER) $$target $(TEST_FUZZ_SECONDS) && $(CHANGED_TARGETS) --passed $$target || exit 1; \
	done; \
	case " $$(echo $$targets) " in \
		*" reader "*) tests/fuzz/mutate.sh $(BUILD)/fuzz $(BIN)/python $(TEST_MUTATIONS) 1 ;; \
	esac

build-fuzz: system-all build-package
	@cmake -S . -B $(BUILD)/fuzz -G Ninja --log-level=NOTICE -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DCMAKE_CXX_COMPILER=clang++ -DPython3_EXECUTABLE=$(CURDIR)/$(BIN)/python \
		-DFLATMANIFEST_BUILD_FUZZERS=ON -DFLATMANIFEST_BUILD_PYTHON=OFF -DFLATMANIFEST_SANITIZE=address,undefined \
		-DFLATMANIFEST_PROGRAM=$(CURDIR)/$(BIN)/flatmanifest
	@ninja -C $(BUILD)/fuzz fuzzing

soak: soak-store soak-dbt fuzz bench-load ## run the long tests: races and kills (SOAK_SECONDS a test), stories of SOAK_STEPS beside dbt, fuzzing, a load of 64 readers

# Short forms of the soak targets are among the tests.
soak-store: export FLATMANIFEST_SOAK_SECONDS = $(SOAK_SECONDS)
soak-store: build-native build-package $(VENV)/dev.stamp
	$(BUILD)/tests/native/native_tests --gtest_brief=1 --gtest_filter='*Soak*:*Race*:*Publish*:*Staged*:Power*'
	$(BIN)/python -m pytest -q -s tests/python/test_many_processes.py

# Another SOAK_SEED gives other stories.
soak-dbt: export FLATMANIFEST_FRONT_DOOR_STEPS = $(SOAK_STEPS)
soak-dbt: export FLATMANIFEST_FRONT_DOOR_SEED = $(SOAK_SEED)
soak-dbt: export FLATMANIFEST_ENV_VAR_EXAMPLES = 40
soak-dbt: export FLATMANIFEST_ENV_VAR_SEED = $(SOAK_SEED)
soak-dbt: export FLATMANIFEST_EVERY_COMMAND = 1
soak-dbt: export FLATMANIFEST_EVERY_ERROR = 1
soak-dbt: export FLATMANIFEST_FULL_SIZE = 1
soak-dbt: build-package $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(ON_ALL_CORES) $(addprefix tests/dbt/test_,front_door.py dbt_parity.py cold_parse.py seed_projects.py env_var_forms.py) -k 'random or edits or broken or nothing or variables'

sanitize: sanitize-address sanitize-thread ## run the native tests under address, undefined-behaviour and thread sanitizers

sanitize-address: SANITIZERS := address,undefined
sanitize-thread: SANITIZERS := thread

sanitize-address sanitize-thread: sanitize-%: system-all
	@cmake -S . -B $(BUILD)/sanitize-$* -G Ninja --log-level=NOTICE -DCMAKE_BUILD_TYPE=RelWithDebInfo \
		-DFLATMANIFEST_BUILD_TESTS=ON -DFLATMANIFEST_BUILD_PYTHON=OFF -DFLATMANIFEST_SANITIZE=$(SANITIZERS)
	@ninja -C $(BUILD)/sanitize-$* native_tests
	@ctest --test-dir $(BUILD)/sanitize-$* --output-on-failure --no-tests=error --parallel $(CORES)

cpp_sources = $(shell find native bindings tests bench -name '*.cc' -o -name '*.h')

lint: $(VENV)/dev.stamp ## check formatting, style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=python $(BIN)/lint-imports --no-cache --no-logo
	@echo "$(BIN)/clang-format --dry-run -Werror"
	@$(BIN)/clang-format --dry-run -Werror $(cpp_sources)

# A separate tree, which is not built: clang-tidy needs the compile commands of single files, for clang.
lint-tidy: system-all $(VENV)/dev.stamp ## run clang-tidy over the native code
	@cmake -S . -B $(BUILD)/tidy -G Ninja --log-level=NOTICE -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_UNITY_BUILD=OFF \
		-DFLATMANIFEST_BUILD_TESTS=ON -DFLATMANIFEST_BUILD_PYTHON=ON -DSKBUILD_SCRIPTS_DIR=bin \
		-DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir)
	@ninja -C $(BUILD)/tidy schema_headers
	run-clang-tidy -quiet -p $(BUILD)/tidy '/(native|tests|bindings)/'

format: $(VENV)/dev.stamp ## format the code, and apply the linters' fixes
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(cpp_sources)

## Demo, benchmarks and documentation

demo: build-package ## convert the manifest of a 2,000-model project and read it back, with times beside json.load's
	@$(BIN)/python -m bench.demo $(DEMO_OPTIONS)

bench: build-package build-native $(VENV)/dev.stamp ## print the benchmarks' table
	@$(BIN)/python -m bench $(BENCH_OPTIONS)

bench-load: build-package $(VENV)/dev.stamp ## measure 64 readers while a manifest is published every second
	@$(BIN)/python -m bench.load $(LOAD_OPTIONS)

# dbt 1.12 is the first release with another parser.
bench-handoff: $(VENV)-dbt-1.12/package.stamp ## time how dbt takes another parser's manifest.json
	@$(VENV)-dbt-1.12/bin/python -m bench.handoff

# --strict makes a broken link or anchor an error. With --quiet, mkdocs would not see the warning.
docs: export NO_MKDOCS_2_WARNING = 1
docs: build-package $(VENV)/dev.stamp ## build the documentation's site in build/site and check its links
	$(BIN)/python -m mkdocs build --strict

compare: build-package $(VENV)/dev.stamp $(addsuffix /package.stamp,$(addprefix $(VENV)-dbt-,$(DBT_RELEASES))) ## time dbt's commands on generated projects: dbt alone, the plugin, the front door
	@$(BIN)/python -m bench.comparison $(COMPARE_OPTIONS)

clean: ## remove everything that these targets make, .venv included
	rm -rf $(BUILD) $(VENV) $(VENV)-dbt-* dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
