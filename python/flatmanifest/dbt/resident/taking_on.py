"""Taking on the state of a client: what a program inherits from the process that starts it.

Each function follows what Linux and CPython do when `python -m flatmanifest.dbt` is started
(execve(2), attributes that are preserved; pylifecycle.c, init_sys_streams). A state that cannot be
taken on raises :class:`CannotTakeOnError`; the client then starts Python.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import io
import os
import resource
import signal
import sys
import time
import types
from multiprocessing import process as multiprocessing_process
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flatmanifest.dbt.resident.request import Request

# Python ignores them in every process (pylifecycle.c, _PyRuntimeState and init_signals).
_IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}
_STREAMS = ("stdin", "stdout", "stderr")


class CannotTakeOnError(Exception):
    """A copy cannot have the state that a new process would have. The message says which."""


def first_free(request: Request, *used: int) -> int:
    """The first number above those that descriptors of the client get or have."""
    return max([2, *request.numbers("descriptors"), *request.descriptors, *used]) + 1


def moved(descriptor: int, above: int) -> int:
    """The same open file under a number that no descriptor of the client gets."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, above)


def take_on(request: Request, free: int) -> None:
    """Become the process that the client would have started, but for the command itself.

    ``free``: descriptors of this process from this number on stay open. Raises CannotTakeOnError,
    OSError, ValueError. An error leaves the process in a state between the two: end it.
    """
    take_descriptors(request, free)
    take_limits(request)
    take_processors(request)
    os.umask(request.numbers("umask")[0])
    take_environment(request)
    make_streams(request.numbers("descriptors"))
    renew_identities()
    take_signals(request)


def take_descriptors(request: Request, free: int) -> None:
    """Give the client's descriptors their numbers; enter its working directory."""
    numbers = request.numbers("descriptors")
    directory, *received = request.descriptors
    if len(received) != len(numbers):
        raise CannotTakeOnError("descriptors were lost on the way")
    os.fchdir(directory)
    # First out of the way of all numbers that are to be given.
    waiting = [moved(descriptor, free) for descriptor in received]
    for number in range(free):
        with contextlib.suppress(OSError):  # not open
            os.close(number)
    for number, descriptor in zip(numbers, waiting, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)


def take_limits(request: Request) -> None:
    """Set the soft limits: the hard ones are equal, or the client would have another template."""
    for line in request.texts("limits"):
        which, soft, hard = map(int, line.split())
        if resource.getrlimit(which) != (soft, hard):
            resource.setrlimit(which, (soft, hard))


def take_processors(request: Request) -> None:
    processors = {*request.numbers("processors")}
    if os.sched_getaffinity(0) != processors:
        os.sched_setaffinity(0, processors)


def take_environment(request: Request) -> None:
    os.environb.clear()
    for name, value in environment_of(request).items():
        os.environb[name] = value
    time.tzset()


def environment_of(request: Request) -> dict[bytes, bytes]:
    """The variables of a request. The first of two with one name counts, as in os.environ."""
    found: dict[bytes, bytes] = {}
    for entry in request.lists["environment"]:
        name, equals, value = entry.partition(b"=")
        if equals and name:
            found.setdefault(name, value)
    return found


def take_signals(request: Request) -> None:
    """Set which signals are ignored and blocked. Last, because they may arrive from then on."""
    ignored = {*request.numbers("ignored")}
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if number in ignored or number in _IGNORED_BY_PYTHON:
            wanted: Any = signal.SIG_IGN
        elif number == signal.SIGINT:
            wanted = signal.default_int_handler
        else:
            wanted = signal.SIG_DFL
        if signal.getsignal(number) is not wanted:
            signal.signal(number, wanted)
    signal.pthread_sigmask(signal.SIG_SETMASK, request.numbers("blocked"))


def make_streams(numbers: list[int]) -> None:
    """Make the three standard streams as Python makes them (pylifecycle.c, create_stdio)."""
    for number, name in enumerate(_STREAMS):
        stream = stream_of(number, name) if number in numbers else None
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def stream_of(number: int, name: str) -> io.TextIOWrapper:
    """A standard stream. Raises CannotTakeOnError for a descriptor such as a directory's."""
    template = _of_template[name]
    is_output = number != 0
    is_unbuffered = bool(_of_template["stdout"].write_through)  # python -u
    mode = "wb" if is_output else "rb"
    try:
        buffer: Any = open(  # noqa: SIM115 - open until the process ends
            number, mode, buffering=0 if is_unbuffered and is_output else -1, closefd=False
        )
    except OSError as error:
        raise CannotTakeOnError(f"{name}: {error}") from error
    raw = buffer if is_unbuffered and is_output else buffer.raw
    raw.name = f"<{name}>"
    is_by_line = raw.isatty() or name == "stderr"
    stream = io.TextIOWrapper(
        buffer,
        encoding=template.encoding,
        errors=template.errors,
        newline="\n",
        line_buffering=is_by_line and not is_unbuffered,
        write_through=is_unbuffered,
    )
    stream.mode = mode[0]  # type: ignore[misc]
    return stream


# The streams that Python has made for the template: a command's have the same encodings, because
# the variables that decide on them are the same.
_of_template: dict[str, Any] = {name: getattr(sys, f"__{name}__") for name in _STREAMS}


def renew_identities() -> None:
    """Renew what a new process has for itself: random numbers, dbt's invocation, `__main__`.

    Python's own random numbers differ in each copy (random.py, os.register_at_fork).
    """
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    multiprocessing_process.current_process().authkey = os.urandom(32)
    from dbt_common.invocation import reset_invocation_id  # noqa: PLC0415 - dbt is loaded

    reset_invocation_id()
    importlib.invalidate_caches()  # packages may have come since the template started
    program = types.ModuleType("__main__")
    if "__annotations__" in vars(sys.modules["__main__"]):  # Python before 3.14 makes it
        program.__annotations__ = {}
    sys.modules["__main__"] = program
    gc.enable()
