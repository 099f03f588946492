#!/bin/sh
# Fuzzes one target, and shows libFuzzer's account of it only when it found something.
#
#   tests/fuzz/run.sh BUILD_TREE TARGET SECONDS      as in: tests/fuzz/run.sh build/fuzz reader 20
#
# Inputs that reach new code are kept in BUILD_TREE/found/TARGET, where the next run begins. An input that breaks the
# target is kept as BUILD_TREE/TARGET-crash-…, -timeout-… or -oom-…: run the target on that file to see it again.
set -eu

tree=$1 target=$2 seconds=$3
found=$tree/found/$target
log=$tree/$target.log
mkdir -p "$found"
if ! "$tree/fuzz_$target" -max_total_time="$seconds" -timeout=10 -artifact_prefix="$tree/$target-" \
    -print_final_stats=1 "$found" "$tree/corpus/$target" 2>"$log"; then
    tail -n 60 "$log" >&2
    echo "$0: fuzz_$target failed; all of its output is in $log" >&2
    exit 1
fi
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
echo "fuzz_$target: $runs inputs in $seconds s, nothing found"
