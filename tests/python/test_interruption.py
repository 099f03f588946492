"""Ctrl-C ends native calls that take long."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARRAYS, LENGTH = 60_000, 50
LAYERS, WIDTH = 24, 24
SOON = 0.1


@pytest.fixture(scope="module")
def large_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.json"
    values = [[*range(at, at + LENGTH)] for at in range(ARRAYS)]
    path.write_text(json.dumps({"nodes": {}, "values": values}))
    return path


@pytest.fixture(scope="module")
def large(large_json: Path) -> flatmanifest.Manifest:
    return flatmanifest.open(flatmanifest.convert(large_json))


@pytest.fixture
def lattice(tmp_path: Path) -> flatmanifest.Manifest:
    """Return a manifest with more paths from the first layer to the last than anybody can count."""
    nodes = {
        f"model.a.m{layer}_{at}": {
            "name": f"m{layer}_{at}",
            "fqn": ["a", f"m{layer}_{at}"],
            "depends_on": {
                "nodes": [f"model.a.m{layer - 1}_{one}" for one in range(WIDTH)] if layer else []
            },
        }
        for layer in range(LAYERS)
        for at in range(WIDTH)
    }
    path = tmp_path / "lattice.json"
    write(path, {"nodes": nodes})
    return flatmanifest.open(path)


def seconds_to_end(call: Callable[[], Any], after: float) -> float:
    """Return how long a call continues after a signal that acts like Ctrl-C, `after` its begin.

    A system timer sends the signal: a thread might have to wait until the call lets Python run. If
    Python drops the exception, as in a callback of its garbage collector, another signal comes.
    """
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    sent = time.monotonic() + after
    signal.setitimer(signal.ITIMER_REAL, after, 1.0)
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            while True:  # a call that ends before the signal is repeated
                call()
        return time.monotonic() - sent
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def ends_soon(call: Callable[[], Any]) -> bool:
    """Return whether one of several tries ends soon: the machine may be busy."""
    return any(seconds_to_end(call, 0.02 + 0.01 * attempt) < SOON for attempt in range(4))


@pytest.mark.parametrize("method", ["to_dict", "to_json", "verify"])
def test_reading(large: flatmanifest.Manifest, method: str) -> None:
    assert ends_soon(getattr(large, method))


def test_comparing(large: flatmanifest.Manifest) -> None:
    plain = large.to_dict()
    assert ends_soon(lambda: large == plain)


def test_converting(large_json: Path, tmp_path: Path) -> None:
    assert ends_soon(lambda: flatmanifest.convert(large_json, tmp_path / "out.fman"))


def test_reading_a_pipe(tmp_path: Path) -> None:
    read, write_end = os.pipe()
    try:
        call = lambda: flatmanifest.convert(f"/dev/fd/{read}", tmp_path / "out.fman")  # noqa: E731
        assert ends_soon(call)
    finally:
        os.close(read)
        os.close(write_end)
    assert not [*tmp_path.iterdir()]


def test_waiting_for_another_writer(tmp_path: Path) -> None:
    write(tmp_path / "small.json", {"nodes": {}})
    with (tmp_path / ".out.fman.tmp").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert ends_soon(
            lambda: flatmanifest.convert(tmp_path / "small.json", tmp_path / "out.fman")
        )


def test_paths(lattice: flatmanifest.Manifest) -> None:
    graph = lattice.graph
    last = f"model.a.m{LAYERS - 1}_0"
    assert ends_soon(lambda: deque(graph.all_paths("model.a.m0_0", last), maxlen=0))


def test_selecting(lattice: flatmanifest.Manifest) -> None:
    text = " ".join(f"@m{layer}_{at}" for layer in range(LAYERS) for at in range(WIDTH))
    assert ends_soon(lambda: lattice.select(text))


def test_other_threads_are_left_alone(large: flatmanifest.Manifest) -> None:
    """Python handles signals in the main thread only."""
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(len(large.to_json())))
    # A shell has its jobs in the background ignore SIGINT.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            thread.start()
            os.kill(os.getpid(), signal.SIGINT)
            thread.join()
    finally:
        signal.signal(signal.SIGINT, previous)
    thread.join()
    assert ended


def test_importing_takes_no_threading() -> None:
    """Importing threading would slow down programs with one thread."""
    code = "import sys, flatmanifest; sys.exit('threading' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
