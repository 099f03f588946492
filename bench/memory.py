"""The memory of each further process that reads a manifest: row 10 of the targets."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from bench.figures import Report

READERS = 8

# Reads all fields of every hundredth resource, as a tool that looks at some models does. Readers
# wait until all have read, so that shared pages count as shared.
READ_MAPPED = """
import flatmanifest
manifest = flatmanifest.open(sys.argv[1])
for unique_id in manifest.graph.ids[::100]:
    repr(manifest.node(unique_id).to_dict())
"""
READ_JSON = """
import json
manifest = json.load(open(sys.argv[1]))
resources = {**manifest["nodes"], **manifest["sources"]}
for unique_id in sorted(resources)[::100]:
    repr(resources[unique_id])
"""
BARE = ""

PROGRAM = """
import sys
{work}
print("read", flush=True)
sys.stdin.readline()
with open("/proc/self/smaps_rollup") as file:
    private = sum(int(line.split()[1]) for line in file if line.startswith("Private_"))
print(private)
"""


def measure(report: Report, large: Path, fman: Path) -> None:
    """Measure on Linux: the unique set size comes from /proc."""
    if not Path("/proc/self/smaps_rollup").exists():
        report.facts["memory"] = "not measured: no /proc/self/smaps_rollup here"
        return
    bare = _unique_set_size(BARE, fman)
    mapped = _unique_set_size(READ_MAPPED, fman)
    from_json = _unique_set_size(READ_JSON, large, readers=2)
    report.facts["private memory of a reader"] = (
        f"bare interpreter {bare / 1e6:.1f} MB, with the mapped manifest {mapped / 1e6:.1f} MB, "
        f"with json.load {from_json / 1e6:.1f} MB"
    )
    report.at_most(10, "private memory of a further reader", (mapped - bare) / 1e6, 3, "MB")


def _unique_set_size(work: str, path: Path, readers: int = READERS) -> float:
    """Return the median over simultaneous readers of the bytes that only one reader holds."""
    program = PROGRAM.format(work=work)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(readers)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    return statistics.median(int(process.communicate("go\n")[0]) * 1024 for process in processes)
