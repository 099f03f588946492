"""The forkserver: a process to copy workers from, where this process cannot be copied.

A copy of this process would lack its other Python threads. So another Python is started. It imports
dbt and this package. For each round of parsing it receives the state of this process
(``invocation``) and the tasks (``job``), and then makes copies of itself, which are the workers.
multiprocessing's forkserver is similar, but would import the program's main module.

Protocol: the two processes share one socket. A request is the length of a pickle (8 bytes, network
order), together with the file descriptors of the queue and the pipes (SCM_RIGHTS), and the pickle.
An answer has the same form without descriptors. It is a list of the workers' process ids, or a text
that says why there are none. No other process has the socket, and its data is stored nowhere.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.workers.pool import NoWorkersError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest.dbt.workers.invocation import Invocation
    from flatmanifest.dbt.workers.job import Job

LENGTH = struct.Struct("!Q")
MAX_DESCRIPTORS = 250  # in one message: SCM_MAX_FD of Linux is 253
MAX_WORKERS = MAX_DESCRIPTORS - 1
SECONDS_TO_ANSWER = 60.0  # long, because the first answer waits for imports of dbt and an adapter
PROGRAM = "from flatmanifest.dbt import worker_server; worker_server.serve({socket}, {adapter!r})"
OF_THIS_PROCESS = {"_lock", "flatmanifest_entry"}  # attributes of a manifest that are not sent
IS_POSSIBLE = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Forkserver:
    """Another process, from which workers are forked until :meth:`close`. Use it in one thread."""

    def __init__(self, adapter: str) -> None:
        """Start the process, which imports dbt and the adapter while the caller goes on.

        Raises NoWorkersError or OSError.
        """
        # Another program may have Python embedded: starting it would not run PROGRAM.
        if not Path(sys.executable or "").name.lower().startswith("python"):
            message = f"{sys.executable} is not known to be Python"
            raise NoWorkersError(message)
        self.socket, theirs = socket.socketpair()
        try:
            self.socket.settimeout(SECONDS_TO_ANSWER)
            program = PROGRAM.format(socket=theirs.fileno(), adapter=adapter)
            self.process = subprocess.Popen(  # noqa: S603 - this Python
                [sys.executable, "-c", program],
                pass_fds=[theirs.fileno()],
                env=environment_to_import_in(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that it can be killed together with its workers
            )
        except BaseException:
            self.socket.close()
            raise
        finally:
            theirs.close()

    def start(self, request: bytes, descriptors: list[int]) -> list[int]:
        """Have workers started, and return their process ids. Raises NoWorkersError, OSError."""
        if self.process.returncode is not None:
            message = "the process to fork workers from has failed before"
            raise NoWorkersError(message)
        send(self.socket, request, descriptors)
        answer, _ = receive(self.socket)
        if not answer:
            message = "the process to fork workers from has ended"
            raise ConnectionResetError(message)
        found = pickle.loads(answer)  # noqa: S301 - from the process that was started here
        if isinstance(found, str):
            raise NoWorkersError(found)
        return list(found)

    def close(self) -> None:
        """Kill the process and all of its workers. May be called again."""
        if self.process.returncode is not None:
            return  # its process id may belong to another process by now
        self.socket.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has already ended
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Forked:
    """A source of workers from a forkserver (``pool.Source``) for one job."""

    def __init__(self, server: Forkserver, invocation: Invocation, job: Job) -> None:
        """Pickle the job. Raises NoWorkersError if it cannot be pickled."""
        self.server = server
        try:
            self.request = pickled((invocation, job))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise NoWorkersError(str(error)) from error

    def start(self, queue: int, pipes: Sequence[int], directory: Path) -> list[int]:
        try:
            return self.server.start(pickled((directory, self.request)), [queue, *pipes])
        except OSError:
            self.server.close()
            raise

    def ended(self, process: int) -> str:
        return f"before its work was done (process {process})"

    def kill(self, processes: list[int]) -> None:
        """Do nothing: the workers' pipes are closed, so their next write ends them."""

    def give_up(self) -> None:
        self.server.close()


def environment_to_import_in() -> dict[str, str]:
    """The environment for a Python that finds the same modules as this one."""
    places = os.pathsep.join(str(Path(place or ".").absolute()) for place in sys.path)
    return {**os.environ, "PYTHONPATH": places, "PYTHONSAFEPATH": "1"}


class Pickler(pickle.Pickler):
    """A pickler that keeps all attributes of manifests. dbt's own pickling omits some."""

    def reducer_override(self, obj: Any) -> Any:
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - dbt may come later

        if type(obj) is not Manifest:
            return NotImplemented
        state = {name: value for name, value in vars(obj).items() if name not in OF_THIS_PROCESS}
        return manifest_of, (state,)


def manifest_of(state: dict[str, Any]) -> Manifest:
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    manifest = Manifest()
    vars(manifest).update(state)
    return manifest


def pickled(what: Any) -> bytes:
    file = io.BytesIO()
    Pickler(file, pickle.HIGHEST_PROTOCOL).dump(what)
    return file.getvalue()


def send(connection: socket.socket, message: bytes, descriptors: Sequence[int] = ()) -> None:
    socket.send_fds(connection, [LENGTH.pack(len(message))], descriptors)
    connection.sendall(message)


def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """The next message with its descriptors; b"" if the other end is closed."""
    header, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, MAX_DESCRIPTORS)
    header += read(connection, LENGTH.size - len(header))
    if len(header) < LENGTH.size:
        return b"", descriptors
    (length,) = LENGTH.unpack(header)
    message = read(connection, length)
    return message if len(message) == length else b"", descriptors


def read(connection: socket.socket, size: int) -> bytes:
    """The next ``size`` bytes; fewer if the other end is closed."""
    whole = bytearray()
    while len(whole) < size:
        received = connection.recv(min(size - len(whole), 1 << 20))
        if not received:
            break
        whole += received
    return bytes(whole)
