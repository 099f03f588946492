"""Threads and processes read at once, close under each other, and run during native calls."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import sysconfig
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import ORDERS, RAW_CODE, identical, sample, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

THREADS = 8


def together(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run work(0), work(1), ... at the same time and return the results."""
    barrier = threading.Barrier(threads)

    def start(number: int) -> Any:
        barrier.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(start, range(threads)))


def read(manifest: flatmanifest.Manifest) -> bool:
    """Read in many ways; return whether every value was right."""
    return (
        manifest["nodes"][ORDERS]["raw_code"] == RAW_CODE
        and bytes(manifest.raw(ORDERS, "name")) == b"orders"
        and manifest.node(ORDERS).tags == ["nightly", "finance"]
        and len(list(manifest["nodes"].items())) == 2
        and manifest == sample()
        and identical(manifest.to_dict(), sample())
        and len(manifest.graph.ids) == 4
    )


def test_threads_share_a_manifest(manifest: flatmanifest.Manifest) -> None:
    assert all(together(lambda _: all(read(manifest) for _ in range(100))))


def test_threads_share_an_iterator(manifest: flatmanifest.Manifest) -> None:
    iterator = iter(manifest["scalars"])
    taken = together(lambda _: list(iterator))
    assert sum(map(len, taken)) == len(sample()["scalars"])


def test_threads_ask_for_the_graph_at_once(fman_path: Path) -> None:
    for _ in range(50):
        manifest = flatmanifest.open(fman_path)

        def work(_: int, manifest: flatmanifest.Manifest = manifest) -> tuple[Any, ...]:
            graph = manifest.graph
            return graph.ids, graph.nodes(), graph.descendants(ORDERS), graph.topological_sort()

        answers = together(work)
        assert all(answer == answers[0] for answer in answers)


def test_threads_change_what_they_share(fman_path: Path) -> None:
    manifest, shared = flatmanifest.open(fman_path), flatmanifest.Graph([("a", "b")])
    end = time.monotonic() + 1

    def work(number: int) -> bool:
        right = True
        while time.monotonic() < end:
            if number == 0:
                flatmanifest.convert(write(fman_path.with_name("manifest.json"), sample()))
            manifest.refresh()
            nodes, own = manifest["nodes"], manifest.graph
            own.add_edge(ORDERS, f"only {number}")
            shared.add_edge("a", f"of {number}")
            right &= {ORDERS, f"only {number}"} < set(own.ids) and len(own.ids) == 5
            right &= nodes[ORDERS]["name"] == "orders" and {"b", f"of {number}"} <= set(shared.ids)
            right &= shared.descendants("a") >= {"b", f"of {number}"}
            shared.remove_edge("a", f"of {number}")
            right &= f"of {number}" not in shared.descendants("a")
        return right

    assert all(together(work))
    assert shared.edges() == [("a", "b")]
    assert len(manifest.graph.ids) == 4


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter always has a GIL"
)
def test_the_gil_stays_off() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHON_GIL"}
    script = "import flatmanifest, sys; print(sys._is_gil_enabled())"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_threads_open_and_convert_the_same_file(json_path: Path) -> None:
    def work(number: int) -> bool:
        for _ in range(20):
            if number % 2:
                flatmanifest.convert(json_path)
            with flatmanifest.open(json_path) as manifest:
                manifest.verify()
                if not read(manifest):
                    return False
        return True

    assert all(together(work))
    assert sorted(path.name for path in json_path.parent.iterdir()) == [
        "manifest.fman",
        "manifest.json",
    ]


def test_closing_under_readers_is_a_value_error(fman_path: Path) -> None:
    for _ in range(20):
        manifest = flatmanifest.open(fman_path)
        begun = threading.Semaphore(0)

        def work(
            number: int,
            manifest: flatmanifest.Manifest = manifest,
            begun: threading.Semaphore = begun,
        ) -> str:
            if number == 0:
                for _ in range(THREADS - 1):
                    begun.acquire()
                manifest.close()
                return "closed"
            try:
                while True:
                    assert read(manifest)
                    begun.release()
            except ValueError as error:
                return str(error)

        outcomes = together(work)
        assert outcomes == ["closed"] + [f"the manifest is closed: {fman_path}"] * (THREADS - 1)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a manifest whose conversion takes tenths of a second."""
    path = tmp_path_factory.mktemp("large") / "manifest.json"
    numbers = ", ".join(f'["{number}", {number}.5]' for number in range(400_000))
    path.write_text(f'{{"nodes": {{}}, "numbers": [{numbers}]}}')
    flatmanifest.convert(path, path.with_name("ready.fman"))
    return path


def ticks_during(task: Callable[[], Any]) -> int:
    """Count how often another thread ran during a call of native code."""
    ticks: list[float] = []
    done = threading.Event()

    def count() -> None:
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0002)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        while not ticks:
            time.sleep(0.001)
        begun = time.perf_counter()
        kept = task()
        ended = time.perf_counter()
        del kept
    finally:
        done.set()
        counter.join()
    # Even if a call holds the GIL, the counter may run before and after the call.
    margin = (ended - begun) / 10
    return sum(begun + margin < tick < ended - margin for tick in ticks)


@pytest.mark.parametrize("task", ["convert", "open", "verify", "to_json"])
def test_others_run_meanwhile(large: Path, task: str) -> None:
    ready = flatmanifest.open(large.with_name("ready.fman"))
    large.with_suffix(".fman").unlink(missing_ok=True)
    tasks: dict[str, Callable[[], Any]] = {
        "convert": lambda: flatmanifest.convert(large, large.with_name("out.fman")),
        "open": lambda: flatmanifest.open(large),
        "verify": ready.verify,
        "to_json": ready.to_json,
    }
    # On a busy machine, the counter may not run in the few milliseconds of one call.
    assert any(ticks_during(tasks[task]) >= 3 for _ in range(20))


def child(manifest: flatmanifest.Manifest, raw: memoryview, answer: Connection) -> None:
    answer.send((manifest.to_dict(), bytes(raw), manifest.graph.ids, manifest.closed))
    manifest.close()


@pytest.mark.parametrize("neighbour", ["a file", "none"])
def test_a_forked_child_reads_through_the_parents_view(
    tmp_path: Path, json_path: Path, neighbour: str
) -> None:
    if neighbour == "none":  # nothing can be published: anonymous shared memory
        (tmp_path / "manifest.fman").mkdir()
    manifest = flatmanifest.open(json_path)
    raw = manifest.raw(ORDERS, "raw_code")
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=child, args=(manifest, raw, theirs))
    process.start()
    assert ours.poll(30)
    plain, code, ids, closed = ours.recv()
    process.join(30)
    assert process.exitcode == 0
    assert identical(plain, sample())
    assert code.decode() == RAW_CODE
    assert ids == manifest.graph.ids
    assert not closed
    assert not manifest.closed
    assert manifest == sample()


def work_elsewhere(path: str, answer: Connection) -> None:
    with flatmanifest.open(path) as manifest:
        answer.send(manifest.to_dict())


def test_processes_open_the_same_json_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", sample())
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(4)]
    processes = [
        context.Process(target=work_elsewhere, args=(str(path), theirs)) for _, theirs in pipes
    ]
    for process in processes:
        process.start()
    for ours, _ in pipes:
        assert ours.poll(60)
        assert identical(ours.recv(), sample())
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["manifest.fman", "manifest.json"]
