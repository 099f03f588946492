"""One reader process: ``python -m bench.load.reader``, told what to do by a line of JSON on stdin.

Lines are the protocol: it says when it has started, has its source, is done, and is told when all
others have too; what it found is a line of JSON. It ends when stdin does: all have been measured.
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

# Of every so many operations, one is a selection.
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
        # When each generation was first seen, Unix time.
        self.seen: dict[int, float] = {}
        self.verified = 0
        self.wrong: list[str] = []

    def work(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        count = self.number  # so that not all select at once
        while time.monotonic() < end:
            count += 1
            if count % SELECTION_EVERY:
                self.time("read", self.read_field)
            else:
                self.time("selection", self.select)
            if self.pause:
                time.sleep(self.pause)

    def time(self, name: str, operation: Callable[[], None]) -> None:
        """What is timed is an answer as of the newest generation, moving on included."""
        begin = time.perf_counter_ns()
        before = self.source.generation
        if self.source.move_on():
            moved = time.perf_counter_ns()
            self.latencies["moving on"].add(moved - begin)
            self.check_generation(before)
            begin += time.perf_counter_ns() - moved  # the check is none of the load
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
            self.wrong.append(f"{unique_id} is another")

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
    """The unique set size, 0 where there is no /proc."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def main() -> None:
    reader = Reader(json.loads(sys.stdin.readline()))
    print("started", flush=True)
    sys.stdin.readline()  # now all have, and share what they share
    before = private_bytes()
    reader.source.move_on()
    print("ready", flush=True)
    seconds = float(sys.stdin.readline())
    cpu, begin = time.process_time(), time.monotonic()
    reader.work(seconds)
    elapsed, cpu = time.monotonic() - begin, time.process_time() - cpu
    print("done", flush=True)
    sys.stdin.readline()  # now nobody publishes any more
    reader.source.move_on()
    findings = {**reader.findings(), "before": before, "elapsed": elapsed, "cpu": cpu}
    print(json.dumps(findings), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main()
