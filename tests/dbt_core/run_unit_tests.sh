#!/bin/sh
# Runs dbt-core's own unit tests of graph and selectors twice, as they are and with the native graph
# and selector in dbt's classes, and says whether a test fails with them that passes without.
#
#   tests/dbt_core/run_unit_tests.sh CHECKOUT [PYTEST ARGUMENTS]
#
# CHECKOUT is a clone of dbt-core, at the branch of the installed version: 1.11.latest for 1.11.
# PYTHON (default: .venv/bin/python) needs flatmanifest, dbt-core, dbt-postgres, pytest, pytest-mock
# and freezegun.
set -eu

if [ $# -lt 1 ] || [ ! -d "$1/tests/unit/graph" ]; then
    echo "usage: $0 CHECKOUT_OF_DBT_CORE [PYTEST ARGUMENTS]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
checkout=$1
shift
python=${PYTHON:-$here/../../.venv/bin/python}
case $python in /*) ;; *) python=$(pwd)/$python ;; esac
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Some tests have sets in their names.
export PYTHONHASHSEED=0
export DBT_SEND_ANONYMOUS_USAGE_STATS=0 DO_NOT_TRACK=1 FLATMANIFEST=0
cd "$checkout"
run() {
    "$python" -m pytest -q -rA -W ignore --tb=short "$@" tests/unit/graph
}
run "$@" > "$results/vanilla" || true
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" run -p native_graph "$@" > "$results/native" || true

for which in vanilla native; do
    sed -n 's/^PASSED //p' "$results/$which" | sort > "$results/$which.passed"
    echo "$which: $(tail -n 1 "$results/$which")"
done
sed -n '/answered by flatmanifest/,/^=* short/p' "$results/native" | grep '^ *[0-9]' || true
lost=$(comm -23 "$results/vanilla.passed" "$results/native.passed")
if [ ! -s "$results/vanilla.passed" ]; then
    tail -n 20 "$results/vanilla" >&2
    exit 1
fi
if [ -n "$lost" ]; then
    echo "fail with flatmanifest alone:" >&2
    echo "$lost" >&2
    exit 1
fi
echo "no test fails that passes without flatmanifest"
