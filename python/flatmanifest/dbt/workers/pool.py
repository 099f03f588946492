"""Worker processes that take tasks from one queue, and hand back files.

The queue is a pipe that contains the numbers of all tasks in order. A worker that is free reads the
next number. The result of a task is a segment, a file in a temporary directory that is removed in
the end. Each worker writes the numbers of its finished tasks into a pipe of its own. Workers are
copies of this process with all its data (:class:`Copies`), or of the ``forkserver``.
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
from typing import TYPE_CHECKING, NoReturn, Protocol

from flatmanifest.dbt.dependencies.files import leave_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # A function that is called once in each worker. It returns a function that is called for each
    # task, with the task's number and the path of the segment to publish.
    Prepare = Callable[[], Callable[[int, Path], None]]

VARIABLE = "FLATMANIFEST_PARSE_WORKERS"
NUMBER = struct.Struct("=i")
# On Linux with /proc, which lists threads, and the processor time of workers.
IS_LINUX = sys.platform == "linux" and Path("/proc/self/task").exists()
NO_MORE = -1
SECONDS_IDLE = 20.0  # workers that use no processor time for so long are taken for blocked
MAX_TASKS = 16_000  # 64 KB, the capacity of a pipe on Linux: more would wait for a reader


class WorkerDiedError(RuntimeError):
    """A worker ended before its work was done."""


class NoWorkersError(Exception):
    """There can be no workers, although nothing has failed: one process has to parse."""


def wanted() -> int:
    """The number of workers (``FLATMANIFEST_PARSE_WORKERS``); by default the number of cores.

    1 means no workers. Raises ValueError if the variable is not a positive number.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if not text.isdecimal() or int(text) < 1:
        message = f"{VARIABLE} is {text!r}: set it to a number, 1 to parse in one process"
        raise ValueError(message)
    return int(text)


def can_fork() -> bool:
    """Whether a copy of this process would work: it would lack Python's other threads."""
    return IS_LINUX and threading.active_count() == 1


def has_native_threads() -> bool:
    """Whether libraries have started threads; False where the system does not say."""
    return IS_LINUX and len(list(Path("/proc/self/task").iterdir())) > 1


class Source(Protocol):
    """A way to start worker processes."""

    def start(self, queue: int, pipes: Sequence[int], directory: Path) -> list[int]:
        """Start a worker for each pipe, or for as many as possible, and return their process ids.

        The workers take tasks from ``queue``, publish segments in ``directory``, and write the
        numbers of finished tasks into their pipe. ``queue`` and ``pipes`` are file descriptors.
        Raises OSError if no worker can be started, NoWorkersError if there can be none.
        """

    def ended(self, process: int) -> str:
        """Wait for the end of a worker that has closed its pipe; say how it ended."""

    def kill(self, processes: list[int]) -> None:
        """End workers whose pipes are closed at this end."""

    def give_up(self) -> None:
        """Release the source: one of its workers has failed."""


class Copies:
    """A source of workers that are copies of this process (fork). Each calls ``prepare`` first."""

    def __init__(self, prepare: Prepare) -> None:
        self.prepare = prepare
        self.cpu_seconds: list[float] = []

    def start(self, queue: int, pipes: Sequence[int], directory: Path) -> list[int]:
        processes: list[int] = []
        for pipe in pipes:
            try:
                process = os.fork()
            except OSError:
                if not processes:
                    raise
                break  # go on with fewer workers
            if process == 0:
                for other in {*pipes} - {pipe}:
                    os.close(other)  # so that its end shows when its own worker ends
                work(queue, pipe, directory, self.prepare)
            processes.append(process)
        return processes

    def ended(self, process: int) -> str:
        _, status, usage = os.wait4(process, 0)
        self.cpu_seconds.append(usage.ru_utime + usage.ru_stime)
        code = os.waitstatus_to_exitcode(status)
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"

    def kill(self, processes: list[int]) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            self.ended(process)

    def give_up(self) -> None:
        pass


def work(queue: int, results: int, directory: Path, prepare: Prepare) -> NoReturn:
    """Perform tasks in a worker until the queue is empty, and end the process."""
    status = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        gc.freeze()  # keeps the garbage collector from writing to memory shared with the parent
        perform = prepare()
        while taken := os.read(queue, NUMBER.size):
            (task,) = NUMBER.unpack(taken)
            perform(task, segment_in(directory, task))
            os.write(results, taken)
        os.write(results, NUMBER.pack(NO_MORE))
        status = 0
    finally:
        os._exit(status)


def segment_in(directory: Path, task: int) -> Path:
    return directory / f"{task}.fman"


class Workers:
    """``count`` processes that work on ``task_count`` tasks, until :meth:`stop`.

    Use it in one thread. Making it raises OSError or NoWorkersError if no worker can be started.
    """

    def __init__(self, count: int, task_count: int, source: Source) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="flatmanifest-parse-"))
        leave_out(str(self.directory))
        self.source = source
        self.done: set[int] = set()
        self.selector = selectors.DefaultSelector()
        self.running: dict[int, int] = {}  # process by the pipe that it writes to
        ours: list[int] = []
        theirs: list[int] = []
        try:
            theirs.append(queue_of(task_count))
            for _ in range(count):
                results, end = os.pipe()
                ours.append(results)
                theirs.append(end)
            processes = source.start(theirs[0], theirs[1:], self.directory)
        except BaseException:
            processes = []
            self.stop()
            raise
        finally:
            for end in (*theirs, *ours[len(processes) :]):
                os.close(end)
        for pipe, process in zip(ours, processes, strict=False):
            self.selector.register(pipe, selectors.EVENT_READ)
            self.running[pipe] = process

    def result(self, number: int) -> Path:
        """Wait for the result of a task, and return the path of its segment.

        Raises WorkerDiedError or OSError.
        """
        try:
            while number not in self.done:
                self._wait()
        except WorkerDiedError:
            self.source.give_up()
            raise
        return segment_in(self.directory, number)

    def _wait(self) -> None:
        if not self.running:
            message = "a worker ended without its result"
            raise WorkerDiedError(message)
        before = self._work_done()
        ready = self.selector.select(SECONDS_IDLE if IS_LINUX else None)
        for key, _ in ready:
            self._read(key.fd)
        if not ready and self._work_done() == before:
            message = f"the workers have used no processor time for {SECONDS_IDLE:.0f} seconds"
            raise WorkerDiedError(message)

    def _read(self, pipe: int) -> None:
        text = os.read(pipe, NUMBER.size)
        number = NUMBER.unpack(text)[0] if text else None
        if number is not None and number != NO_MORE:
            self.done.add(number)
            return
        how = self.source.ended(self._close(pipe))
        if number is None:
            message = f"a worker ended {how}"
            raise WorkerDiedError(message)

    def _close(self, pipe: int) -> int:
        self.selector.unregister(pipe)
        os.close(pipe)
        return self.running.pop(pipe)

    def _work_done(self) -> list[list[bytes]]:
        """The processor time of each worker, in the kernel's ticks (proc(5), utime and stime)."""
        return [ticks_of(process) for process in self.running.values()] if IS_LINUX else []

    def stop(self) -> None:
        """End all workers, and remove all segments. Values that were loaded from them stay."""
        self.source.kill([self._close(pipe) for pipe in list(self.running)])
        self.selector.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def queue_of(task_count: int) -> int:
    """The read end of a pipe that contains the numbers of all tasks."""
    queue, end = os.pipe()
    try:
        os.write(end, b"".join(NUMBER.pack(number) for number in range(task_count)))
    finally:
        os.close(end)
    return queue


def ticks_of(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rsplit(b")", 1)[1].split()[11:13]
    except FileNotFoundError:  # the process has ended, and its parent has waited for it
        return []
