#!/bin/sh
# Puts simdjson.h and simdjson.cpp, of a pinned release, into a directory, for -DFLATMANIFEST_SIMDJSON_SOURCE=DIRECTORY.
#
#   setup/simdjson_source.sh DIRECTORY
#
# A wheel has to bring simdjson along, and distributions have it as a shared library alone. The files come out of the
# source of a Python package (requirements-simdjson.txt), from the index that pip is configured for.
set -eu

setup=$(dirname "$0")
directory=$1
if [ -e "$directory/NOTICE" ]; then exit 0; fi
work=$(mktemp -d "${TMPDIR:-/tmp}/flatmanifest-simdjson.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Only that package as its source: what pip reads its name with may be wheels.
"${PYTHON:-python3}" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary pysimdjson \
    --require-hashes -r "$setup/requirements-simdjson.txt" --dest "$work"
tar -xzf "$work"/pysimdjson-*.tar.gz -C "$work"
mkdir -p "$directory"
mv "$work"/pysimdjson-*/simdjson/simdjson.h "$work"/pysimdjson-*/simdjson/simdjson.cpp "$directory"
# The package has no licence of simdjson itself. Comments of the two files have those of the code that it took over.
printf '%s\n' "simdjson (https://simdjson.org), copyright of its authors, is under the Apache License, version 2.0." \
    "Parts of it have the licences that follow." >"$directory/NOTICE"
