"""Opening, converting and writing a manifest: rows 1 to 6 of the targets."""

from __future__ import annotations

import json
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import orjson

import flatmanifest
from bench.contest import Contestant, ratio, run
from bench.figures import Report
from bench.load.publishers import PUBLISHERS

ROUNDS = 5
OPEN_ROUNDS = 200


def measure(report: Report, large: Path, small: Path, work: Path) -> None:
    """``large`` and ``small`` are manifests as JSON; ``work`` is a directory for files."""
    fman = flatmanifest.convert(large, work / "large.fman")
    small_fman = flatmanifest.convert(small, work / "small.fman")
    _open(report, large, fman, small_fman)
    _convert(report, large, work)
    _size(report, large, fman)
    _read_all(report, large, fman)
    _load_all(report, large)
    _write_all(report, large, fman)


def _first_field(path: Path) -> object:
    return flatmanifest.open(path)["metadata"]["dbt_version"]


def _load(path: Path) -> Any:
    with path.open("rb") as file:
        return json.load(file)


def _open(report: Report, large: Path, fman: Path, small_fman: Path) -> None:
    packed = large.with_suffix(".msgpack")
    pickled = large.with_suffix(".pickle")
    plain = _load(large)
    packed.write_bytes(msgpack.packb(plain))
    pickled.write_bytes(pickle.dumps(plain))
    from_json = Contestant("json.load", lambda: _load(large))
    others = [
        Contestant("orjson.loads", lambda: orjson.loads(large.read_bytes())),
        Contestant("msgspec.json.decode", lambda: msgspec.json.decode(large.read_bytes())),
        Contestant("msgpack.unpackb", lambda: msgpack.unpackb(packed.read_bytes())),
        Contestant("pickle.loads", lambda: pickle.loads(pickled.read_bytes())),
    ]
    in_rows = Contestant(
        "SQLite: connect, one field of a row", _field_of_a_row(plain, large.parent)
    )
    del plain
    run([from_json, *others], ROUNDS)
    from_file = Contestant("flatmanifest.open, large", lambda: _first_field(fman))
    from_small = Contestant("flatmanifest.open, small", lambda: _first_field(small_fman))
    run([from_file, from_small, in_rows], OPEN_ROUNDS)
    report.contests.append(
        ("open and read a first field", [from_file, from_small, in_rows, from_json, *others])
    )
    report.at_least(
        1, "open + first field, vs json.load", from_json.median / from_file.median, 1000
    )
    report.at_most(1, "open + first field", from_file.median * 1e6, 300, "µs")
    report.at_most(2, "open, large vs small", ratio(from_file, from_small), 2, "x")


def _field_of_a_row(plain: dict[str, Any], directory: Path) -> Callable[[], object]:
    """Store the manifest as rows (bench.load); return a call that opens and reads one field."""
    publisher = PUBLISHERS["SQLite"](plain, directory)
    publisher.publish(1)
    node = next(iter(plain["nodes"]))
    query = "SELECT materialized FROM node WHERE id = ?"

    def read() -> object:
        connection = sqlite3.connect(publisher.path)
        try:
            return connection.execute(query, (node,)).fetchone()
        finally:
            connection.close()

    return read


def _convert(report: Report, large: Path, work: Path) -> None:
    output = work / "converted.fman"
    executable = Path(sys.executable).with_name("flatmanifest")
    command = [str(executable), "convert", "--quiet", str(large), "-o", str(output)]
    from_json = Contestant("json.load", lambda: _load(large))
    in_process = Contestant(
        "flatmanifest.convert, published and flushed", lambda: flatmanifest.convert(large, output)
    )
    process = Contestant(
        "`flatmanifest convert`, whole process", lambda: subprocess.run(command, check=True)
    )
    run([in_process, process, from_json], ROUNDS)
    report.contests.append(("convert", [in_process, process, from_json]))
    report.at_least(3, "`flatmanifest convert`, vs json.load", ratio(from_json, process), 4)
    peak = _peak_memory(command)
    report.at_most(3, "memory peak, of the JSON's size", peak / large.stat().st_size, 3, "x")


def _peak_memory(command: list[str]) -> int:
    """Return the peak resident bytes of a command; a new small process starts the command."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    # A forked child starts with its parent's peak, so the parent must be small.
    result = subprocess.run(
        [sys.executable, "-S", "-c", program, *command], check=True, capture_output=True, text=True
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return int(result.stdout) * unit


def _size(report: Report, large: Path, fman: Path) -> None:
    report.at_most(
        4, "file size, of the JSON's", fman.stat().st_size / large.stat().st_size, 0.40, "x"
    )


def _read_all(report: Report, large: Path, fman: Path) -> None:
    data = large.read_bytes()
    plain = json.loads(data)
    packed = msgpack.packb(plain)
    pickled = pickle.dumps(plain)
    del plain
    manifest = flatmanifest.open(fman)
    ours = Contestant("flatmanifest to_dict", manifest.to_dict)
    others = [
        Contestant("json.loads", lambda: json.loads(data)),
        Contestant("orjson.loads", lambda: orjson.loads(data)),
        Contestant("msgspec.json.decode", lambda: msgspec.json.decode(data)),
        Contestant("msgpack.unpackb", lambda: msgpack.unpackb(packed)),
        Contestant("pickle.loads", lambda: pickle.loads(pickled)),
    ]
    run([ours, *others], ROUNDS)
    report.contests.append(("the whole manifest as Python objects", [ours, *others]))
    report.at_least(5, "to_dict, vs json.loads", ratio(others[0], ours), 3)
    report.at_least(5, "to_dict, vs orjson.loads", ratio(others[1], ours), 1)
    report.at_least(5, "to_dict, vs msgspec.json.decode", ratio(others[2], ours), 1)


def _load_all(report: Report, large: Path) -> None:
    """Time ``flatmanifest.load`` of a JSON file with a converted file beside it."""
    flatmanifest.load(large)
    ours = Contestant("flatmanifest.load", lambda: flatmanifest.load(large))
    others = [
        Contestant("json.load", lambda: _load(large)),
        Contestant("orjson.loads", lambda: orjson.loads(large.read_bytes())),
        Contestant("msgspec.json.decode", lambda: msgspec.json.decode(large.read_bytes())),
    ]
    run([ours, *others], ROUNDS)
    report.contests.append(("a manifest.json as a plain dict", [ours, *others]))
    report.at_least(19, "flatmanifest.load, vs json.load", ratio(others[0], ours), 6)
    report.at_least(19, "flatmanifest.load, vs orjson.loads", ratio(others[1], ours), 6)


def _write_all(report: Report, large: Path, fman: Path) -> None:
    plain = json.loads(large.read_bytes())
    manifest = flatmanifest.open(fman)
    ours = Contestant("flatmanifest to_json", manifest.to_json)
    others = [
        Contestant("json.dumps", lambda: json.dumps(plain)),
        Contestant("orjson.dumps", lambda: orjson.dumps(plain)),
        Contestant("msgspec.json.encode", lambda: msgspec.json.encode(plain)),
        Contestant("msgpack.packb", lambda: msgpack.packb(plain)),
        Contestant("pickle.dumps", lambda: pickle.dumps(plain)),
    ]
    run([ours, *others], ROUNDS)
    report.contests.append(("the whole manifest written", [ours, *others]))
    report.at_least(6, "to_json, vs json.dumps", ratio(others[0], ours), 5)
    report.at_least(6, "to_json, vs orjson.dumps", ratio(others[1], ours), 1)
