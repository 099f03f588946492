"""One reader process: ``python -m bench.load.reader``.

The reader gets its task as a line of JSON on stdin. It prints a line when it has started, when it
has opened its source, and when it is done; a line on stdin answers each when all readers are as
far. Its findings are a line of JSON. It ends when stdin ends: by then all have been measured.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.load.latency import Latencies
from bench.load.sources import SOURCES, Question

# One of so many operations is a selection.
SELECTION_EVERY = 10


class Reader:
    def __init__(self, task: dict[str, Any]) -> None:
        self.source = SOURCES[task["source"]](Path(task["path"]))
        self.number: int = task["number"]
        self.verify_every: int = task["verify_every"]
        self.pause: float = task["pause"]
        self.models: dict[str, str] = task["models"]
        self.ids = list(self.models)
        self.questions: list[tuple[Question, int]] = task["questions"]
        self.random = random.Random(self.number)  # noqa: S311 - the same load each time
        self.latencies = {name: Latencies() for name in ("read", "selection", "moving on")}
        # Unix time of the first look at each generation.
        self.seen: dict[int, float] = {}
        self.verified = 0
        self.wrong: list[str] = []

    def work(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        count = self.number  # readers select at different times
        while time.monotonic() < end:
            count += 1
            if count % SELECTION_EVERY:
                self.time("read", self.read_field)
            else:
                self.time("selection", self.select)
            if self.pause:
                time.sleep(self.pause)

    def time(self, name: str, operation: Callable[[], None]) -> None:
        """Time an operation on the newest generation, with the move to that generation."""
        begin = time.perf_counter_ns()
        before = self.source.generation
        if self.source.move_on():
            moved = time.perf_counter_ns()
            self.latencies["moving on"].add(moved - begin)
            self.check_generation(before)
            begin += time.perf_counter_ns() - moved  # the check does not count
        operation()
        self.latencies[name].add(time.perf_counter_ns() - begin)

    def check_generation(self, before: int) -> None:
        now = self.source.generation
        self.seen[now] = time.time()
        if now < before:
            self.wrong.append(f"generation {now} came after {before}")
        if not self.source.is_whole():
            self.wrong.append(f"generation {now} is torn")
        if (now + self.number) % self.verify_every == 0:
            self.source.verify()
            self.verified += 1

    def read_field(self) -> None:
        unique_id = self.random.choice(self.ids)
        if self.source.read(unique_id) != self.models[unique_id]:
            self.wrong.append(f"{unique_id} has another materialization")

    def select(self) -> None:
        question, count = self.random.choice(self.questions)
        found = len(self.source.select(question))
        if found != count:
            self.wrong.append(f"{question} gives {found} models, not {count}")

    def findings(self) -> dict[str, Any]:
        return {
            "latencies": {name: found.counts for name, found in self.latencies.items()},
            "seen": self.seen,
            "generation": self.source.generation,
            "verified": self.verified,
            "wrong": self.wrong[:10],
            "private": private_bytes(),
        }


def private_bytes() -> int:
    """Return the unique set size in bytes; 0 if there is no /proc."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def main() -> None:
    reader = Reader(json.loads(sys.stdin.readline()))
    print("started", flush=True)
    sys.stdin.readline()  # all readers have started and share their pages
    before = private_bytes()
    reader.source.move_on()
    print("ready", flush=True)
    seconds = float(sys.stdin.readline())
    cpu, begin = time.process_time(), time.monotonic()
    reader.work(seconds)
    elapsed, cpu = time.monotonic() - begin, time.process_time() - cpu
    print("done", flush=True)
    sys.stdin.readline()  # the publisher has stopped
    reader.source.move_on()
    findings = {**reader.findings(), "before": before, "elapsed": elapsed, "cpu": cpu}
    print(json.dumps(findings), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
