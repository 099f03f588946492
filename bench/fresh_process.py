"""Runs Python statements in new processes, and measures the time and memory of each.

A second load in the same process would be timed wrongly: the allocator already holds the memory. So
every run starts a new interpreter, which times the statement and compares its memory before and
after.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measurement:
    """The cost of one statement, in one process or as the median over several."""

    seconds: float  # the statement alone, without the imports before it
    private_bytes: (
        int  # unique set size at the end, over the bare interpreter's: imports and results
    )
    peak_bytes: int  # highest resident set size of the whole process
    result: Any  # what the statement left in `result`; JSON values


def measure(setup: str, statement: str, repeat: int = 1, **names: str) -> Measurement:
    """Run ``statement`` after ``setup`` in ``repeat`` new processes; return each figure's median.

    Both see ``names`` as variables. The value that ``statement`` assigns to ``result`` is returned.
    Raises ``subprocess.CalledProcessError`` if one of them fails; the traceback is on stderr.
    """
    job = json.dumps({"setup": setup, "statement": statement, "names": names})
    runs = [_run(job) for _ in range(repeat)]
    return Measurement(
        seconds=statistics.median(run.seconds for run in runs),
        private_bytes=int(statistics.median(run.private_bytes for run in runs)),
        peak_bytes=int(statistics.median(run.peak_bytes for run in runs)),
        result=runs[-1].result,
    )


def _run(job: str) -> Measurement:
    command = [sys.executable, "-m", "bench.fresh_process"]
    answer = subprocess.run(
        command, input=job, stdout=subprocess.PIPE, check=True, cwd=REPOSITORY, text=True
    )
    return Measurement(**json.loads(answer.stdout))


def _serve(job: Mapping[str, Any]) -> Measurement:
    process = psutil.Process()
    names: dict[str, Any] = dict(job["names"])
    code = compile(job["statement"], "<statement>", "exec")
    bare = process.memory_full_info().uss
    exec(job["setup"], names)  # noqa: S102 - the benchmarks' own statements
    started = time.perf_counter()
    exec(code, names)  # noqa: S102
    seconds = time.perf_counter() - started
    return Measurement(
        seconds=seconds,
        private_bytes=process.memory_full_info().uss - bare,
        peak_bytes=_peak_resident_bytes(),
        result=names.get("result"),
    )


def _peak_resident_bytes() -> int:
    # Not getrusage: a new process's ru_maxrss begins at the peak of the one that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    if peak is None:
        raise RuntimeError("/proc/self/status has no VmHWM: measure on Linux")
    return int(peak[1]) * 1024


if __name__ == "__main__":
    json.dump(asdict(_serve(json.load(sys.stdin))), sys.stdout)
