"""Many processes read a manifest while others convert it again and again.

FLATMANIFEST_SOAK_SECONDS, which `make soak` sets, is the duration of each test.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import ORDERS, sample, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier, Event
    from pathlib import Path

SECONDS = float(os.environ.get("FLATMANIFEST_SOAK_SECONDS", "2"))
READERS = 4
CONTEXT = multiprocessing.get_context("spawn")


def mappings(path: Path) -> int:
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:  # noqa: PTH123
        return sum(str(path.parent) in line for line in maps)


def read(path: Path, start: Barrier, over: Event, answer: Connection) -> None:
    """Open, refresh and check as fast as possible; send the counts and the leftovers."""
    held = flatmanifest.open(path)
    plain_nodes = sample()["nodes"]
    opened = refreshed = latest = 0
    descriptors = len(os.listdir("/dev/fd"))
    start.wait(60)
    while not opened or not over.is_set():
        with flatmanifest.open(path, copy=opened % 10 == 9) as manifest:
            manifest.verify()
            assert manifest["first"] == manifest["last"]
            assert manifest["nodes"] == plain_nodes
            assert manifest.generation >= latest
            latest = manifest.generation
        opened += 1
        node = held.node(ORDERS)
        refreshed += held.refresh()
        assert held.generation >= latest
        assert node.name == "orders"
    del manifest, node
    gc.collect()
    left = mappings(path) - 1, len(os.listdir("/dev/fd")) - descriptors  # `held` is mapped
    answer.send((opened, refreshed, left))


def convert(path: Path, writer: int, start: Barrier, over: Event, answer: Connection) -> None:
    """Publish as fast as possible; send the number of publishes."""
    source = path.with_name(f"{writer}.json")
    published = 0
    start.wait(60)
    while not published or not over.is_set():
        mark = f"{writer} {published}"
        source.write_text(json.dumps({"first": mark, **sample(), "last": mark}))
        flatmanifest.convert(source, path)
        published += 1
    answer.send(published)


@pytest.mark.parametrize("writers", [1, 4])
def test_readers_see_whole_generations(tmp_path: Path, writers: int) -> None:
    if not os.path.exists("/proc/self/maps"):  # noqa: PTH110
        pytest.skip("there is no /proc on this system")
    path = tmp_path / "published" / "manifest.fman"
    path.parent.mkdir()
    first = write(tmp_path / "first.json", {"first": 0, **sample(), "last": 0})
    flatmanifest.convert(first, path)
    start, over = CONTEXT.Barrier(READERS + writers + 1), CONTEXT.Event()
    jobs: list[tuple[Callable[..., None], tuple[Any, ...]]] = [(read, (path,))] * READERS
    jobs += [(convert, (path, number)) for number in range(writers)]
    pipes = [CONTEXT.Pipe() for _ in jobs]
    processes = [
        CONTEXT.Process(target=work, args=(*arguments, start, over, theirs))
        for (work, arguments), (_, theirs) in zip(jobs, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    begun = time.monotonic()
    time.sleep(SECONDS)
    over.set()
    answers = []
    for (ours, _), process in zip(pipes, processes, strict=True):
        process.join(60)
        assert process.exitcode == 0
        answers.append(ours.recv())
    reads, publishes = answers[:READERS], answers[READERS:]
    assert all(left == (0, 0) for _, _, left in reads)
    with flatmanifest.open(path) as manifest:
        manifest.verify()
        assert manifest.generation == 1 + sum(publishes)
    assert {entry.name for entry in path.parent.iterdir()} == {
        path.name,
        *(f"{number}.json" for number in range(writers)),
    }
    opened, refreshed = (sum(numbers) for numbers in list(zip(*reads, strict=True))[:2])
    assert opened > 0
    print(  # noqa: T201
        f"\nsoak: {writers} writing processes published {sum(publishes):,} generations in "
        f"{time.monotonic() - begun:.0f} s; {READERS} reading ones opened and checked {opened:,}, "
        f"and moved on {refreshed:,} times"
    )


# Separate namespaces, as containers have them; in each, the program is process 1.
CONTAINER = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--ipc", "--uts", "--net"]
PUBLISH = """
import itertools, os, sys, flatmanifest
source, path, times = sys.argv[1:]
for _ in range(int(times)) if times else itertools.count():
    flatmanifest.convert(source, path)
print(os.getpid())
"""


def test_containers_that_share_a_directory(tmp_path: Path) -> None:
    if (
        not shutil.which("unshare")
        or subprocess.run([*CONTAINER, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("namespaces cannot be made here")
    source = write(tmp_path / "manifest.json", sample())
    path = tmp_path / "published" / "manifest.fman"
    path.parent.mkdir()
    flatmanifest.convert(source, path)

    def container(times: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", PUBLISH, str(source), str(path), times]
        return subprocess.Popen([*CONTAINER, *program], stdout=subprocess.PIPE, text=True)

    with flatmanifest.open(path) as manifest, container("") as endless:
        while manifest.generation < 50:
            assert endless.poll() is None
            manifest.refresh()
        endless.kill()
    with flatmanifest.open(path) as manifest:
        before = manifest.generation
        writers = [container("50") for _ in range(2)]
        assert [writer.communicate(timeout=60)[0] for writer in writers] == ["1\n", "1\n"]
        assert manifest.refresh()
        manifest.verify()
        # The killed process may have published once more before it died.
        assert before + 100 <= manifest.generation <= before + 101
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
