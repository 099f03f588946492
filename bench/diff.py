"""Differences of two manifests of 70 MB, converted before: ``flatmanifest diff``.

There is no other program with dbt's rules for a bare pair of manifests: beside it stands what each
Python program has to do first, reading both.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import flatmanifest
from bench.contest import Contestant, ratio, run
from bench.figures import Report

ROUNDS = 7
SIZE = 70_000_000
EDITED, REMOVED, RENAMED, MACROS = 300, 30, 20, 3


def measure(report: Report, large: Path, work: Path) -> None:
    """``large`` is a manifest as JSON; ``work`` is a directory for files."""
    manifest = enlarged(json.loads(large.read_bytes()), large.stat().st_size)
    renamed = [key for key in manifest["nodes"] if "_copy_" in key][:RENAMED]
    old, new = work / "diff_old.json", work / "diff_new.json"
    old.write_text(json.dumps(manifest))
    edit(manifest, renamed)
    new.write_text(json.dumps(manifest))
    del manifest
    old_fman, new_fman = flatmanifest.convert(old), flatmanifest.convert(new)
    found = flatmanifest.diff(old_fman, new_fman)
    if len(found["modified"]) < EDITED - REMOVED or len(found["renamed"]) != RENAMED:
        message = f"the diff misses edits: {found}"
        raise AssertionError(message)
    command = [Path(sys.executable).with_name("flatmanifest"), "diff", old_fman, new_fman]
    ours = [
        Contestant(
            f"flatmanifest diff --output {output}, whole process",
            partial(
                subprocess.run, [*command, "--output", output], capture_output=True, check=True
            ),
        )
        for output in ("text", "markdown", "json")
    ]
    inside = Contestant("flatmanifest.diff", partial(flatmanifest.diff, old_fman, new_fman))
    reading = Contestant("json.load of both, no comparison", partial(read, old, new))
    run([*ours, inside, reading], ROUNDS)
    size = old.stat().st_size / 1e6
    report.contests.append((f"diff of two manifests of {size:.0f} MB", [*ours, inside, reading]))
    slowest = max([*ours, inside], key=lambda contestant: contestant.median)
    report.at_most(24, "diff of two 70 MB manifests, the slowest", slowest.median * 1e3, 150, "ms")
    report.at_least(24, "the same, vs json.load of both", ratio(reading, slowest), 10)
    for path in (old, new, old_fman, new_fman):
        path.unlink()


def read(*paths: Path) -> list[Any]:
    return [json.loads(path.read_bytes()) for path in paths]


def enlarged(manifest: dict[str, Any], size: int) -> dict[str, Any]:
    """Add copies of the models, each with a code of its own, up to 70 MB."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    for number, model in enumerate(cycle(models)):
        if size >= SIZE:
            break
        unique_id = f"{model['unique_id']}_copy_{number}"
        added = {**copy.deepcopy(model), "unique_id": unique_id}
        added["name"] += f"_copy_{number}"
        added["raw_code"] += f"\n-- {number}"
        manifest["nodes"][unique_id] = added
        size += len(json.dumps(added)) + len(unique_id) + 6
    return manifest


def edit(manifest: dict[str, Any], renamed: list[str]) -> None:
    """Edit models in equal distances, so that all kinds are among them."""
    nodes = manifest["nodes"]
    models = [
        key
        for key, node in nodes.items()
        if node["resource_type"] == "model" and key not in renamed
    ]
    for unique_id in models[:: len(models) // EDITED][:EDITED]:
        nodes[unique_id]["raw_code"] += " "
    for unique_id in models[1 :: len(models) // REMOVED][:REMOVED]:
        del nodes[unique_id]
    for unique_id in renamed:
        node = nodes.pop(unique_id)
        node["unique_id"] = f"{unique_id}_renamed"
        nodes[node["unique_id"]] = node
    macros = list(manifest["macros"].values())
    for macro in macros[:: len(macros) // MACROS][:MACROS]:
        macro["macro_sql"] += " "
