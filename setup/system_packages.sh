#!/bin/sh
# Installs the Debian or Ubuntu packages that flatmanifest builds with. Says and does nothing when they are all there,
# so that every make target can call it.
#
#   setup/system_packages.sh build    compilers, libraries and Python: enough for `make build` and `make demo`
#   setup/system_packages.sh all      and clang with its fuzzer, sanitizers and linter, and what tests start beside dbt: for `make test`
#
# Without root and without sudo, packages of the first kind that are missing are an error. The others are named, and
# the tests that need them are skipped.
set -eu

build_packages="g++ cmake ninja-build libflatbuffers-dev flatbuffers-compiler libsimdjson-dev libutf8proc-dev libboost-dev \
libgtest-dev libbenchmark-dev libcli11-dev nlohmann-json3-dev zlib1g-dev libxxhash-dev libsodium-dev libzstd-dev python3 python3-venv python3-dev"
test_packages="ccache clang clang-tidy graphviz postgresql zsh fish chromium hyperfine strace"

case "${1:-}" in
    build) wanted=$build_packages ;;
    all) wanted="$build_packages $test_packages" ;;
    *) echo "usage: $0 build|all" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    # There is no list of packages to compare with; CMake will name the first thing that it does not find.
    echo "$0: not a Debian or Ubuntu system; its equivalents of these are needed: $wanted" >&2
    exit 0
fi

missing_among() {
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=absent
        [ "$status" = installed ] || printf '%s ' "$package"
    done
}

# libFuzzer and the sanitizers' runtime: a package of their own on Debian, part of clang on Ubuntu 22.04.
has_clang_runtime() {
    resources=$(clang++ -print-resource-dir 2>/dev/null) || return 1
    for library in "$resources"/lib/*/libclang_rt.fuzzer*; do
        [ ! -e "$library" ] || return 0
    done
    return 1
}

clang_runtime_package() {
    # "Version: 1:14.0-55.7~deb12u1" is major version 14.
    major=$(apt-cache show --no-all-versions clang 2>/dev/null |
        sed -n 's/^Version: \([0-9]*:\)\{0,1\}\([0-9]*\).*/\2/p')
    if apt-cache show "libclang-rt-$major-dev" >/dev/null 2>&1; then echo "libclang-rt-$major-dev"; fi
}

# Word splitting of the lists is meant, here and below.
# shellcheck disable=SC2046,SC2086
missing=$(missing_among $wanted)
needs_runtime=
if [ "$1" = all ] && ! has_clang_runtime; then needs_runtime=yes; fi
if [ -z "$missing$needs_runtime" ]; then exit 0; fi

as_root=unavailable
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root=sudo
fi

if [ "$as_root" != unavailable ]; then $as_root apt-get update -qq; fi
# shellcheck disable=SC2046,SC2086
if [ -n "$needs_runtime" ]; then missing="$missing$(missing_among $(clang_runtime_package))"; fi
if [ -z "$missing" ]; then exit 0; fi

if [ "$as_root" = unavailable ]; then
    # shellcheck disable=SC2086
    if [ -z "$(missing_among $build_packages)" ]; then
        echo "Skipped for want of root or sudo: tests that need $missing"
        exit 0
    fi
    echo "$0: system packages are missing, and there is neither root nor passwordless sudo here to install them;" \
        "run: sudo apt-get install $missing" >&2
    exit 1
fi
# shellcheck disable=SC2086
exec "$(dirname "$0")/step.sh" "Installing system packages: $missing" \
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
