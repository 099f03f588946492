#!/bin/sh
# Runs dbt-core's own tests with the plugin, those that fail again without it, and says which of them
# pass then.
#
#   tests/dbt_core/run_suite.sh CHECKOUT [PYTEST ARGUMENTS]
#
# CHECKOUT is a clone of dbt-core, at the branch of the installed version: 1.11.latest for 1.11.
# Without arguments, all of tests/unit and tests/functional run. PYTHON (default: .venv/bin/python)
# needs flatmanifest, dbt-core, dbt-postgres, pytest, pytest-mock, pytest-csv, pytest-xdist and
# freezegun. The functional tests want a PostgreSQL: a cluster of their own, which pg_virtualenv
# (Debian: postgresql, postgresql-common) makes and removes. WORKERS (default: 2) run side by side;
# with 0, the tests run in one process, in which the plugin's workers parse every project, however
# small. RESULTS is a directory to keep what pytest printed.
set -eu

if [ $# -lt 1 ] || [ ! -d "$1/tests/functional" ]; then
    echo "usage: $0 CHECKOUT_OF_DBT_CORE [PYTEST ARGUMENTS]" >&2
    exit 2
fi
if [ -z "${POSTGRES_TEST_PORT:-}" ]; then
    # In the cluster: the user and the database that dbt's tests expect.
    exec pg_virtualenv sh -eu -c '
        psql -q -d postgres -c "create role root superuser login password \$\$password\$\$" \
            -c "create database dbt"
        POSTGRES_TEST_PORT=$PGPORT
        unset PGUSER PGPASSWORD PGHOST PGPORT PGDATABASE
        export POSTGRES_TEST_PORT
        exec "$@"' sh "$0" "$@"
fi
here=$(cd "$(dirname "$0")" && pwd)
checkout=$1
shift
[ $# -gt 0 ] || set -- tests/unit tests/functional
python=${PYTHON:-$here/../../.venv/bin/python}
case $python in /*) ;; *) python=$(pwd)/$python ;; esac
results=${RESULTS:-$(mktemp -d)}
mkdir -p "$results"

# Some tests have sets in their names.
export PYTHONHASHSEED=0
export DBT_SEND_ANONYMOUS_USAGE_STATS=0 DO_NOT_TRACK=1
cd "$checkout"
run() { # SWITCH, PYTEST ARGUMENTS
    switch=$1
    shift
    FLATMANIFEST=$switch "$python" -m pytest -q -rA -W ignore --tb=short -n "${WORKERS:-2}" \
        -o cache_dir="$results/pytest" "$@" > "$results/$switch" 2>&1 || true
    sed -n 's/^PASSED //p' "$results/$switch" | sort > "$results/$switch.passed"
    echo "FLATMANIFEST=$switch: $(tail -n 1 "$results/$switch")"
}
rm -rf "$results/pytest"
if [ "${WORKERS:-2}" = 0 ]; then
    PYTHONPATH=$here run 1 -p parse_with_workers "$@"
    grep 'files were parsed by workers' "$results/1"
else
    run 1 "$@"
fi
if [ ! -s "$results/1.passed" ]; then
    tail -n 20 "$results/1" >&2
    exit 1
fi
run 0 --last-failed --last-failed-no-failures=none "$@"
if [ -s "$results/0.passed" ]; then
    echo "pass without flatmanifest:" >&2
    cat "$results/0.passed" >&2
    exit 1
fi
echo "no test fails that passes without flatmanifest"
