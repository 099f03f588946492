"""Runs one load: readers of one kind of source, a publisher, and their findings."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load.latency import Latencies
from bench.load.publishers import PUBLISHERS, Publisher
from bench.load.sources import SOURCES, Question


@dataclass(frozen=True)
class Load:
    """The load, the same for every kind of source."""

    seconds: float
    publish_every: float
    verify_every: int  # each reader verifies one of so many generations
    pause: float  # seconds that a reader waits after each operation
    manifest: dict[str, Any]
    models: dict[str, str]  # unique_id to materialization
    questions: list[Question]


@dataclass
class Outcome:
    """The findings of the readers; times in seconds, sizes in bytes."""

    source: str
    readers: int
    seconds: float
    published: int = 0
    publishing: list[float] = field(default_factory=list)
    latencies: dict[str, Latencies] = field(default_factory=dict)
    # Seconds from the end of publishing to the first look of each reader.
    lags: list[float] = field(default_factory=list)
    verified: int = 0
    cpu: float = 0.0
    per_second: float = 0.0
    # Median unique set sizes of the readers: at the end, and the share of the manifest.
    private: float = 0.0
    before: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def operations(self) -> int:
        return len(self.latencies["read"]) + len(self.latencies["selection"])

    def as_json(self) -> dict[str, Any]:
        quantiles = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
        return {
            "source": self.source,
            "readers": self.readers,
            "seconds": self.seconds,
            "operations": self.operations,
            "operations_per_second": self.per_second,
            "cpu_seconds_per_operation": self.cpu / max(self.operations, 1),
            "latency_seconds": {
                name: {label: finite(found.quantile(share)) for label, share in quantiles.items()}
                for name, found in self.latencies.items()
            },
            "private_bytes": self.private,
            "private_bytes_before": self.before,
            "published": self.published,
            "publishing_seconds": statistics.median(self.publishing),
            "lag_seconds": finite(statistics.median(self.lags) if self.lags else math.nan),
            "verified": self.verified,
            "wrong": self.wrong,
        }


def finite(value: float) -> float | None:
    return None if math.isnan(value) else value


class ReaderProcess:
    def __init__(self, task: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.load.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.say(json.dumps(task))

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            message = f"a reader ended early, with status {self.process.wait()}"
            raise RuntimeError(message)
        return line

    def end(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def measure(source: str, readers: int, load: Load, directory: Path) -> Outcome:
    directory.mkdir()
    publisher: Publisher = PUBLISHERS[source](load.manifest, directory)
    publisher.publish(1)
    tasks = task_of(source, publisher.path, load)
    outcome = Outcome(source, readers, load.seconds)
    processes: list[ReaderProcess] = []
    try:
        for number in range(readers):
            # Append one by one: if one cannot start, those that have started are ended.
            processes.append(ReaderProcess({**tasks, "number": number}))  # noqa: PERF401
        all_hear(processes)
        for process in processes:
            process.say("open it")
        all_hear(processes)
        run(processes, publisher, load, outcome)
    finally:
        for process in processes:
            process.end()
    return outcome


def task_of(source: str, path: Path, load: Load) -> dict[str, Any]:
    return {
        "source": source,
        "path": str(path),
        "verify_every": load.verify_every,
        "pause": load.pause,
        "models": load.models,
        "questions": [
            (question, len(answer)) for question, answer in answers(source, path, load).items()
        ],
    }


def answers(source: str, path: Path, load: Load) -> dict[Question, list[str]]:
    opened = SOURCES[source](path)
    opened.move_on()
    return {question: opened.select(question) for question in load.questions}


def run(processes: list[ReaderProcess], publisher: Publisher, load: Load, outcome: Outcome) -> None:
    for process in processes:
        process.say(str(load.seconds))
    published = publish(publisher, load, outcome)
    all_hear(processes)
    for process in processes:
        process.say("look again")
    findings = [json.loads(process.hear()) for process in processes]
    for found in findings:
        add(found, published, outcome)
    outcome.private = statistics.median(found["private"] for found in findings)
    outcome.before = statistics.median(found["before"] for found in findings)


def all_hear(processes: list[ReaderProcess]) -> None:
    for process in processes:
        process.hear()


def publish(publisher: Publisher, load: Load, outcome: Outcome) -> dict[int, float]:
    """Publish until the time is over; return the Unix time of each generation's publication."""
    published = {1: time.time()}
    begin = time.monotonic()
    outcome.published = 1
    while True:
        due = begin + outcome.published * load.publish_every
        if due >= begin + load.seconds:
            return published
        time.sleep(max(0.0, due - time.monotonic()))
        if time.monotonic() >= begin + load.seconds:
            return published
        started = time.monotonic()
        publisher.publish(outcome.published + 1)
        outcome.published += 1
        published[outcome.published] = time.time()
        outcome.publishing.append(time.monotonic() - started)


def add(found: dict[str, Any], published: dict[int, float], outcome: Outcome) -> None:
    """Add the findings of one reader."""
    operations = 0
    for name, counts in found["latencies"].items():
        latencies = Latencies({int(bucket): count for bucket, count in counts.items()})
        outcome.latencies.setdefault(name, Latencies()).merge(latencies)
        operations += 0 if name == "moving on" else len(latencies)
    # The last operation may end long after the end of the measurement.
    outcome.per_second += operations / found["elapsed"]
    outcome.verified += found["verified"]
    outcome.cpu += found["cpu"]
    outcome.wrong += found["wrong"]
    if found["generation"] != outcome.published:
        outcome.wrong.append(f"the last generation seen is {found['generation']}")
    for generation, seen in found["seen"].items():
        # A reader may look after the rename and before the publisher reads its clock.
        outcome.lags.append(max(0.0, seen - published[int(generation)]))
