"""Processes that take tasks from one queue, and what they hand back.

A worker is a copy of this process (fork), so it has everything that was loaded here, without its
being sent or loaded again. The queue is a pipe with the numbers of all tasks in it, in order; who
is free reads the next. The result of a task is a segment, a file in a directory that is removed in
the end; a pipe for each worker says which are there.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import shutil
import signal
import struct
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "FLATMANIFEST_PARSE_WORKERS"
NUMBER = struct.Struct("=i")
# With /proc, which says what threads there are and what workers do.
IS_LINUX = sys.platform == "linux" and Path("/proc/self/task").exists()
NO_MORE = -1
SECONDS_IDLE = 20.0  # in which all workers use no processor: they never will again
MAX_TASKS = 16_000  # 64 KB, what a pipe holds on Linux: more would wait for a reader


class WorkerDiedError(RuntimeError):
    """A worker ended before its work was done."""


def wanted() -> int:
    """How many workers the environment asks for: as many as there are cores; 1 is none.

    Raises ValueError for what is no number.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if not text.isdecimal() or int(text) < 1:
        message = f"{VARIABLE} is {text!r}: it has to be a number, 1 to parse in one process"
        raise ValueError(message)
    return int(text)


def can_fork() -> bool:
    """Whether a copy of this process would work: Python's other threads would be missing in it."""
    return IS_LINUX and threading.active_count() == 1


def has_native_threads() -> bool:
    """Whether libraries have started threads, as far as the system says."""
    return IS_LINUX and len(list(Path("/proc/self/task").iterdir())) > 1


class Workers:
    """``count`` processes at ``task_count`` tasks, until :meth:`stop`.

    ``prepare`` is called in each worker, and what it returns for each of its tasks, with the task's
    number and the path of the segment to publish. Raises OSError if there can be none.
    """

    def __init__(
        self, count: int, task_count: int, prepare: Callable[[], Callable[[int, Path], None]]
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="flatmanifest-parse-"))
        self.prepare = prepare
        self.done: set[int] = set()
        self.cpu_seconds: list[float] = []
        self.selector = selectors.DefaultSelector()
        self.running: dict[int, int] = {}  # process by the pipe that it writes to
        queue, end = os.pipe()
        try:
            os.write(end, b"".join(NUMBER.pack(number) for number in range(task_count)))
            for _ in range(count):
                self._start(queue, end)
        except OSError:
            self.stop()
            raise
        finally:
            os.close(queue)
            os.close(end)

    def _start(self, queue: int, end: int) -> None:
        results, ours = os.pipe()
        try:
            process = os.fork()
        except OSError:
            os.close(results)
            os.close(ours)
            if not self.running:
                raise
            return  # those that there are will do
        if process == 0:
            os.close(end)
            self._work(queue, ours)
        os.close(ours)
        self.selector.register(results, selectors.EVENT_READ)
        self.running[results] = process

    def _work(self, queue: int, results: int) -> None:
        """In the worker, which never returns from here."""
        status = 1
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            gc.freeze()  # what is shared stays so, as long as nobody writes to it
            perform = self.prepare()
            while taken := os.read(queue, NUMBER.size):
                (number,) = NUMBER.unpack(taken)
                perform(number, self._segment(number))
                os.write(results, taken)
            os.write(results, NUMBER.pack(NO_MORE))
            status = 0
        finally:
            os._exit(status)

    def result(self, number: int) -> Path:
        """Wait for the result of a task, and say where it is. Raises WorkerDiedError, OSError."""
        while number not in self.done:
            if not self.running:
                message = "a worker ended without its result"
                raise WorkerDiedError(message)
            before = self._work_done()
            ready = self.selector.select(SECONDS_IDLE)
            for key, _ in ready:
                self._read(key.fd)
            if not ready and self._work_done() == before:
                message = "the workers wait for something that does not come"
                raise WorkerDiedError(message)
        return self._segment(number)

    def _read(self, pipe: int) -> None:
        text = os.read(pipe, NUMBER.size)
        number = NUMBER.unpack(text)[0] if text else None
        if number is not None and number != NO_MORE:
            self.done.add(number)
            return
        self.selector.unregister(pipe)
        status = self._reap(pipe)
        if number is None:
            code = os.waitstatus_to_exitcode(status)
            how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
            message = f"a worker ended {how}"
            raise WorkerDiedError(message)

    def _reap(self, pipe: int) -> int:
        """Close a pipe, wait for its worker to end, and return its status."""
        os.close(pipe)
        _, status, usage = os.wait4(self.running.pop(pipe), 0)
        self.cpu_seconds.append(usage.ru_utime + usage.ru_stime)
        return status

    def _work_done(self) -> list[list[bytes]]:
        """The processor time of each, in the kernel's ticks (proc(5), utime and stime)."""
        return [
            Path(f"/proc/{process}/stat").read_bytes().rsplit(b")", 1)[1].split()[11:13]
            for process in self.running.values()
        ]

    def _segment(self, number: int) -> Path:
        return self.directory / f"{number}.fman"

    def stop(self) -> None:
        """End what still runs, and remove all segments. What was loaded of them stays."""
        for pipe, process in list(self.running.items()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            self._reap(pipe)
        self.selector.close()
        shutil.rmtree(self.directory, ignore_errors=True)
