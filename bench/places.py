"""A project of 2,000 models in a new place, with the cache of an earlier parse: row 15.

Each round makes new copies with new times, as a checkout has, or directories of links, as Cosmos
makes. dbt alone has no cache for them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.contest import Contestant, ratio, run_measured
from bench.dbt_commands import QUIET
from bench.figures import Report
from tests.projects import generate

ROUNDS = 3
NATIVE_ROUNDS = 7
BIN = Path(sys.executable).parent


class Places:
    """A project, and the places that are made of it."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.origin = work / "origin"
        self.cache = work / "cache"
        self.count = 0
        generate("03_2000_chain", self.origin, None)

    def made(self, copy_function: Callable[..., object]) -> Path:
        self.count += 1
        place = self.work / str(self.count)
        left_out = shutil.ignore_patterns("target", "logs")
        shutil.copytree(self.origin, place, ignore=left_out, copy_function=copy_function)
        return place

    def run(self, place: Path, *command: str, switch: str = "1") -> float:
        """Return the seconds of a command in a place."""
        variables = {"FLATMANIFEST": switch, "FLATMANIFEST_CACHE_DIR": str(self.cache)}
        start = time.perf_counter()
        subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=place,
            env={**os.environ, **QUIET, **variables},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - start


def measure(report: Report, work: Path) -> None:
    places = Places(work / "places")
    front_door = ("flatmanifest", "dbt", "ls")
    places.run(places.origin, *front_door)

    def in_new(copy: Callable[..., object], *command: str, switch: str = "1") -> float:
        place = places.made(copy)
        seconds = places.run(place, *command, switch=switch)
        shutil.rmtree(place)
        return seconds

    kinds = (("a fresh copy", shutil.copyfile, 200), ("a directory of links", os.symlink, 50))
    for shown, copy, least in kinds:
        contestants = run_measured(
            {
                "dbt": partial(in_new, copy, "dbt", "ls", switch="0"),
                "flatmanifest dbt": partial(in_new, copy, *front_door),
            },
            ROUNDS,
        )
        report.contests.append((f"dbt ls in {shown}, whole process, chain2000", contestants))
        report.at_least(
            15, f"flatmanifest dbt ls in {shown}, chain2000", ratio(*contestants), least
        )
    plugin(report, places)
    digest(report, places)
    shutil.rmtree(places.work)


def plugin(report: Report, places: Places) -> None:
    """A start of the plugin in a fresh copy beside a warm one in the same place."""
    fresh, warm = [], []
    for number in range(1 + ROUNDS):
        place = places.made(shutil.copyfile)
        seconds = [places.run(place, "dbt", "ls", "--quiet") for _ in range(2)]
        shutil.rmtree(place)
        if number:
            fresh.append(seconds[0])
            warm.append(seconds[1])
    contestants = [Contestant("fresh", seconds=fresh), Contestant("warm", seconds=warm)]
    report.contests.append(("dbt ls with the plugin, whole process, chain2000", contestants))
    gain = statistics.median(f / w for f, w in zip(fresh, warm, strict=True))
    report.at_most(15, "dbt ls with the plugin in a fresh copy, to a warm one", gain, 1.3, "x")


def digest(report: Report, places: Places) -> None:
    """The digest of contents by which a portable entry is believed."""
    from flatmanifest._native import parse_roots, portable_files  # noqa: PLC0415

    roots = parse_roots(str(places.origin), str(places.origin / "target"), str(BIN))
    files = {"read": [str(places.origin / "models")]}
    found = []
    for _ in range(NATIVE_ROUNDS):
        start = time.perf_counter()
        portable_files(files, roots)
        found.append(time.perf_counter() - start)
    count = sum(1 for path in (places.origin / "models").rglob("*") if path.is_file())
    milliseconds = 1000 * statistics.median(found) * 4000 / count
    report.at_most(15, f"digest of 4,000 files' contents (of {count:,})", milliseconds, 40, "ms")
