"""The growth of every public call, from manifests of 1,000 resources to manifests of 1,000,000.

The manifests are written without dbt, in groups of ten: a source, four models in a chain, a test of
each model, and an exposure. Every model of the first layer also reads one more source, the
calendar, so that one source has a tenth of all resources as its children. Every call of
``bench.growth_calls`` runs on each manifest; the figure is the worst exponent between the smallest
and the largest.
"""

from __future__ import annotations

import gc
import json
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from bench import growth_calls
from bench.figures import Curve, Report

SIZES = (1_000, 10_000, 100_000, 1_000_000)
USUAL_MOST = 100_000
ROW = 20
GROUP = 10
LAYERS = ("base", "staging", "intermediate", "marts")
CALENDAR = "source.growth.raw.calendar"
# The exponent of n log n is 1.1 between 1,000 and 100,000. Beyond the processor's caches, each step
# that jumps about in memory takes several times as long.
WORST_EXPONENT = 1.4
# Seconds of all runs of a call. After the first, no call runs more than three times; after the
# second, a call does not run again.
WORTH_REPEATING = 0.3
ENOUGH = 2.0


def measure(report: Report, work: Path, sizes: Sequence[int]) -> None:
    """``work`` is a directory for files."""
    curve = Curve("public calls, by the number of resources", list(sizes))
    for size in sizes:
        directory = work / f"growth_{size}"
        (directory / "state").mkdir(parents=True)
        write(directory / "manifest.json", size)
        write(directory / "state" / "manifest.json", size, edited=True)
        for name, call in chain(growth_calls.calls(directory), growth_calls.line_calls(size)):
            curve.add(name, _seconds(call) / size)
        shutil.rmtree(directory)
    report.curves.append(curve)
    worst = max(curve.steps, key=curve.exponent)
    exponent = curve.exponent(worst)
    report.at_most(ROW, f"growth of {worst}, the worst: n to the", exponent, WORST_EXPONENT, "")


def _seconds(call: Callable[[], object]) -> float:
    """Return the median processor time of some runs; longer calls run fewer times."""
    taken: list[float] = []
    gc.collect()
    while len(taken) < 3 or (len(taken) < 15 and sum(taken) < WORTH_REPEATING):
        start = time.process_time()
        result = call()
        taken.append(time.process_time() - start)
        del result
        if sum(taken) > ENOUGH:
            break
    return statistics.median(taken)


def write(path: Path, size: int, *, edited: bool = False) -> None:
    """Write a manifest.json; if ``edited``, the code of a tenth of the models differs."""
    groups = range(size // GROUP)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"metadata": {"dbt_version": "1.11.0", "project_name": "growth"}, "nodes": ')
        _write_object(file.write, (node for i in groups for node in _nodes(i, edited=edited)))
        file.write(', "sources": ')
        _write_object(file.write, _sources(groups))
        file.write(', "exposures": ')
        _write_object(file.write, (_exposure(i) for i in groups))
        file.write(', "macros": {}, "docs": {}, "groups": {}, "disabled": {}, "selectors": {}}')


def _write_object(put: Callable[[str], object], members: Iterator[tuple[str, Any]]) -> None:
    put("{")
    for number, (key, value) in enumerate(members):
        put(f"{', ' if number else ''}{json.dumps(key)}: {json.dumps(value)}")
    put("}")


def _resource(kind: str, name: str, path: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return f"{kind}.growth.{name}", {
        "resource_type": kind,
        "package_name": "growth",
        "name": name.rpartition(".")[2],
        "unique_id": f"{kind}.growth.{name}",
        "path": path,
        "original_file_path": f"models/{path}",
        "fqn": ["growth", *path.split("/")[:-1], name],
        "tags": [f"tag_{len(name) % 3}"],
        **fields,
    }


def _nodes(group: int, *, edited: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    parents = [f"source.growth.raw.table_{group}", CALENDAR]
    for layer in LAYERS:
        name = f"{layer}_{group}"
        edit = " -- edited" if edited and group % GROUP == 0 else ""
        yield _resource(
            "model", name, f"{layer}/{name}.sql",
            raw_code=f"-- {layer} {group} of {{{{ ref('{parents[0]}') }}}}{edit}",
            checksum={"name": "sha256", "checksum": f"{layer}{group}{edit}"},
            config={"enabled": True, "materialized": "table" if layer == "marts" else "view"},
            depends_on={"nodes": parents, "macros": []},
        )  # fmt: skip
        parents = [f"model.growth.{name}"]
        yield _resource(
            "test", f"not_null_{name}_id", f"{layer}/not_null_{name}.sql",
            attached_node=parents[0], column_name="id",
            test_metadata={"name": "not_null", "kwargs": {}, "namespace": None},
            config={"enabled": True, "severity": "ERROR", "materialized": "test"},
            depends_on={"nodes": parents, "macros": []},
        )  # fmt: skip


def _sources(groups: range) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("calendar", *(f"table_{group}" for group in groups)):
        yield _resource(
            "source", f"raw.{name}", "sources.yml", source_name="raw", config={"enabled": True}
        )


def _exposure(group: int) -> tuple[str, dict[str, Any]]:
    parents = [f"model.growth.marts_{group}"]
    return _resource(
        "exposure", f"report_{group}", "exposures.yml", type="dashboard",
        owner={"name": "somebody"}, config={"enabled": True}, depends_on={"nodes": parents},
    )  # fmt: skip
