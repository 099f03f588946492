#!/bin/sh
# Damages real files and has each read, under the sanitizers that the build tree has.
#
#   tests/fuzz/mutate.sh BUILD_TREE PYTHON COUNT [SEED]     as in: tests/fuzz/mutate.sh build/fuzz python3 100000
#
# The files are made once, by PYTHON, which has flatmanifest and dbt, and kept in BUILD_TREE/real. Without SEED, it is
# the time. A file that breaks the reader is told by seed and number; tests/fuzz/mutate_files.cc says how to see it again.
set -eu

tree=$1 python=$2 count=$3 seed=${4:-$(date +%s)000000}
if [ ! -e "$tree/real/stamp" ]; then
    "$python" -m tests.fuzz.make_real_files "$tree/real"
    touch "$tree/real/stamp"
fi
"$tree/mutate_files" "$count" "$seed" "$tree"/real/*.fman
