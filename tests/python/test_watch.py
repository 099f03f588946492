"""flatmanifest.watch, which follows a manifest from one generation to the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import sample, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flatmanifest import Manifest

FAST = 0.005


def publish(path: Path, **also: Any) -> None:
    source = write(path.with_name("source.json"), {**sample(), **also})
    flatmanifest.convert(source, path)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_yields_what_is_there_and_then_each_generation(fman_path: Path) -> None:
    with flatmanifest.watch(fman_path, interval=FAST) as watching:
        assert iter(watching) is watching
        kept = [next(watching)]
        for number in (2, 3):
            publish(fman_path, number=number)
            kept.append(next(watching))
    assert [manifest.generation for manifest in kept] == [1, 2, 3]
    assert [manifest.get("number") for manifest in kept] == [None, 2, 3]
    assert kept[0] == sample()
    assert not kept[0].closed


def test_waits_for_the_next(fman_path: Path) -> None:
    with flatmanifest.watch(fman_path, interval=FAST) as watching:
        assert next(watching).generation == 1
        timer = threading.Timer(0.1, publish, [fman_path])
        timer.start()
        assert next(watching).generation == 2
        timer.join()


def test_only_the_last_of_several_is_given(fman_path: Path) -> None:
    with flatmanifest.watch(fman_path, interval=FAST) as watching:
        next(watching)
        for number in range(5):
            publish(fman_path, number=number)
        assert next(watching)["number"] == 4


def test_manifests_may_be_closed(fman_path: Path) -> None:
    with flatmanifest.watch(fman_path, interval=FAST) as watching:
        for generation in (1, 2, 3):
            with next(watching) as manifest:
                assert manifest.generation == generation
            publish(fman_path)


def test_what_does_not_exist_yet_and_what_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "manifest.fman"
    with flatmanifest.watch(path, interval=FAST) as watching:
        timer = threading.Timer(0.05, publish, [path])
        timer.start()
        assert next(watching) == sample()
        timer.join()
        path.unlink()
        timer = threading.Timer(0.05, publish, [path], {"number": 1})
        timer.start()
        again = next(watching)
        assert (again.generation, again["number"]) == (1, 1)
        timer.join()


def test_the_json_may_be_written_while_it_is_watched(json_path: Path) -> None:
    text = json_path.read_text()
    json_path.write_text(text[: len(text) // 2])
    with flatmanifest.watch(json_path, interval=0.2) as watching:
        timer = threading.Timer(0.1, json_path.write_text, [text])
        timer.start()
        assert next(watching) == sample()
        timer.join()


def test_what_stays_unreadable_is_an_error(fman_path: Path) -> None:
    content = fman_path.read_bytes()
    fman_path.write_bytes(content[:-8])
    with flatmanifest.watch(fman_path, interval=FAST) as watching:
        for _ in range(2):
            with pytest.raises(flatmanifest.FormatError):
                next(watching)
        fman_path.unlink()
        fman_path.write_bytes(content)
        assert next(watching) == sample()


def test_ends_when_it_is_closed(fman_path: Path) -> None:
    watching = flatmanifest.watch(fman_path, interval=60)
    seen: list[Manifest] = []
    thread = threading.Thread(target=lambda: seen.extend(watching))
    thread.start()
    wait_for(lambda: len(seen) == 1)
    watching.close()
    thread.join(10)
    assert not thread.is_alive()
    assert watching.closed
    assert list(watching) == []
    watching.close()


def test_calls_back(fman_path: Path) -> None:
    seen: list[Manifest] = []
    with flatmanifest.watch(fman_path, seen.append, interval=FAST):
        wait_for(lambda: len(seen) == 1)
        publish(fman_path)
        wait_for(lambda: len(seen) == 2)
    publish(fman_path)
    assert [manifest.generation for manifest in seen] == [1, 2]
    assert not any(thread.name == "flatmanifest.watch" for thread in threading.enumerate())


def test_callbacks_may_close_the_watch(fman_path: Path) -> None:
    seen: list[Manifest] = []

    def once(manifest: Manifest) -> None:
        seen.append(manifest)
        watching.close()

    watching = flatmanifest.watch(fman_path.with_name("later.fman"), once, interval=FAST)
    publish(fman_path.with_name("later.fman"))
    wait_for(lambda: watching.closed)
    watching.close()
    assert len(seen) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_callback_raises_ends_the_watch(fman_path: Path) -> None:
    def fail(manifest: Manifest) -> None:
        raise ZeroDivisionError(manifest.path)

    with flatmanifest.watch(fman_path, fail, interval=FAST) as watching:
        wait_for(lambda: watching.closed)


def test_threads_share_a_watch(fman_path: Path) -> None:
    seen: list[int] = []
    watching = flatmanifest.watch(fman_path, interval=FAST)
    threads = [
        threading.Thread(target=lambda: seen.extend(m.generation for m in watching))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for generation in range(1, 11):
        wait_for(lambda count=generation: len(seen) == count)  # type: ignore[misc]
        publish(fman_path)
    wait_for(lambda: len(seen) == 11)
    watching.close()
    for thread in threads:
        thread.join(10)
    assert sorted(seen) == list(range(1, 12))


def test_others_run_while_it_waits(fman_path: Path) -> None:
    with flatmanifest.watch(fman_path, lambda _: None, interval=FAST):
        begun = time.perf_counter()
        for _ in range(100):
            time.sleep(0.0001)
        assert time.perf_counter() - begun < 5


WATCH = """
import signal, sys, flatmanifest
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore SIGINT
for manifest in flatmanifest.watch(sys.argv[1], interval=60):
    print(manifest.generation, flush=True)
"""


def test_ctrl_c_ends_it(fman_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WATCH, str(fman_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_intervals_are_positive(fman_path: Path, interval: float) -> None:
    with pytest.raises(ValueError, match="interval must be a positive number of seconds"):
        flatmanifest.watch(fman_path, interval=interval)


def test_nothing_is_kept(fman_path: Path) -> None:
    descriptors, threads = len(os.listdir("/dev/fd")), threading.active_count()
    for _ in range(20):
        with flatmanifest.watch(fman_path, lambda _: None, interval=FAST):
            publish(fman_path)
    assert len(os.listdir("/dev/fd")) == descriptors
    assert threading.active_count() == threads


def test_copies_are_followed_too(fman_path: Path) -> None:
    with flatmanifest.watch(fman_path, interval=FAST, copy=True) as watching:
        first = next(watching)
        publish(fman_path, number=2)
        second = next(watching)
        fman_path.write_bytes(b"")
        assert first == sample()
        assert second["number"] == 2
