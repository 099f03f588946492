"""Workers where this process cannot be copied: copies of one that is made for it.

Other threads of Python's would be missing in a copy of this process. So another Python is started,
imports dbt and this package, and is told what this one knows (invocation, tasks) for each round of
parsing; then it makes copies of itself, which are the workers. multiprocessing's forkserver does
alike, but would import the program's main module.

The two have one socket. A request is its length (8 bytes, network order), with the queue's and the
pipes' file descriptors (SCM_RIGHTS), and a pickle; the answer the same without descriptors: the
workers' process ids, or why there are none. Nobody else has the socket, and nothing of it is kept.
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
MAX_DESCRIPTORS = 250  # of one message: SCM_MAX_FD of Linux is 253
MAX_WORKERS = MAX_DESCRIPTORS - 1
SECONDS_TO_ANSWER = 60.0  # as it imports dbt, and an adapter
PROGRAM = "from flatmanifest.dbt import worker_server; worker_server.serve({socket}, {adapter!r})"
OF_THIS_PROCESS = {"_lock", "flatmanifest_entry"}  # of a manifest
IS_POSSIBLE = hasattr(os, "fork") and hasattr(socket, "send_fds")


class Forkserver:
    """Another process, from which workers are forked until :meth:`close`. For one thread."""

    def __init__(self, adapter: str) -> None:
        """Start it; it imports dbt and that adapter meanwhile. Raises NoWorkersError, OSError."""
        if not Path(sys.executable or "").name.lower().startswith("python"):
            message = f"{sys.executable} is not known to be Python"  # but a program with one in it
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
                start_new_session=True,  # to be ended with its workers
            )
        except BaseException:
            self.socket.close()
            raise
        finally:
            theirs.close()

    def start(self, request: bytes, descriptors: list[int]) -> list[int]:
        """Have workers started; their process ids. Raises NoWorkersError, OSError."""
        if self.process.returncode is not None:
            message = "what they come from has failed"
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
        """End it and all of its workers, for good. May be called again."""
        if self.process.returncode is not None:
            return  # and the number may be another's
        self.socket.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Forked:
    """Workers from a forkserver, who do a job."""

    def __init__(self, server: Forkserver, invocation: Invocation, job: Job) -> None:
        """Raises NoWorkersError for a job that another process cannot be told."""
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
        """Their pipes are closed: what they write next ends them."""

    def give_up(self) -> None:
        self.server.close()


def environment_to_import_in() -> dict[str, str]:
    """Of a Python that finds the modules that this one does."""
    places = os.pathsep.join(str(Path(place or ".").absolute()) for place in sys.path)
    return {**os.environ, "PYTHONPATH": places, "PYTHONSAFEPATH": "1"}


class Pickler(pickle.Pickler):
    """With manifests as they are in memory; what dbt says of pickling them omits some of it."""

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
    """The next message; b"" if there will be none."""
    header, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, MAX_DESCRIPTORS)
    header += read(connection, LENGTH.size - len(header))
    if len(header) < LENGTH.size:
        return b"", descriptors
    (length,) = LENGTH.unpack(header)
    message = read(connection, length)
    return message if len(message) == length else b"", descriptors


def read(connection: socket.socket, size: int) -> bytes:
    """So many bytes, or all that come."""
    whole = bytearray()
    while len(whole) < size:
        received = connection.recv(min(size - len(whole), 1 << 20))
        if not received:
            break
        whole += received
    return bytes(whole)
