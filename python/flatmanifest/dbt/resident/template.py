"""The template: a process that has dbt loaded, and makes a copy of itself for each command.

It has one thread, no project, no credentials and no connection to anything but its clients. It
reads no request: a copy does, so that a client that stops in the middle delays no other. The
template tells clients how their copies have ended. It ends itself when no command has come for a
while, when a file of a loaded module has changed, or when its socket is no longer in its place.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flatmanifest.dbt.resident import request as requests
from flatmanifest.dbt.resident import taking_on
from flatmanifest.dbt.resident.command import Command
from flatmanifest.dbt.resident.imports import Imports, NotServingError

if TYPE_CHECKING:
    from flatmanifest.dbt.resident.request import Request

PATIENCE = 2.0  # seconds between a hang-up and a kill
LOOK = 3.0  # seconds between two looks at the socket's place and at the packages
# The words that a copy tells the template, beside names of adapters, which are identifiers.
STOP = "stop!"
RUNS = "runs:"  # with the number of the process
GO = b"go\n"
PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid


@dataclass
class Running:
    """A copy. ``until``: when it will be killed, because its client is gone."""

    process: int
    connection: socket.socket
    is_command: bool = False  # it was asked for more than the status
    until: float | None = None


class Template:
    """Serves the socket at ``path``. ``idle``: seconds without a command after which it ends."""

    def __init__(self, path: Path, imports: Imports, idle: float) -> None:
        self.path = path
        self.imports = imports
        self.idle = idle
        self.started = time.monotonic()
        self.last_used = time.monotonic()
        self.served = 0
        self.wanted: set[str] = set()  # adapters to load, when no copy runs
        self.is_serving = True
        self.running: dict[int, Running] = {}  # by the descriptor of the process
        self.watched: dict[int, int] = {}  # the same, by the descriptor of the connection
        self.told, self.tell = os.pipe2(os.O_CLOEXEC)
        self.epoll = select.epoll()
        self.listening = self._listen()
        self.inode = os.stat(path).st_ino  # noqa: PTH116
        self.epoll.register(self.listening, select.EPOLLIN)
        self.epoll.register(self.told, select.EPOLLIN)

    def _listen(self) -> socket.socket:
        """Listen under a temporary name, which takes the place of what a killed template left."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # Through the directory's descriptor: a socket's path has at most 107 bytes.
            name = f"{self.path.name}.new"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=directory)
            listening.bind(f"/proc/self/fd/{directory}/{name}")
            listening.listen(128)
            os.rename(name, self.path.name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            os.close(directory)
        return listening

    def serve(self) -> Command | None:
        """Serve until the end of this template. In a copy, return the command that it is to run."""
        looked = time.monotonic()
        while self.is_serving or self.running:
            for descriptor, event in self.epoll.poll(self._seconds_to_wait()):
                if descriptor == self.listening.fileno():
                    command = self._accept()
                    if command is not None:
                        return command
                else:
                    self._attend(descriptor, event)
            self._kill_deaf()
            if self.wanted and self.is_serving and not self.running:
                self._load_wanted()
            now = time.monotonic()
            if now - looked >= LOOK:
                looked = now
                self._look()
            if not self.running and now - self.last_used >= self.idle:
                self._stop()
        return None

    def _attend(self, descriptor: int, event: int) -> None:
        """React to a descriptor that has become ready."""
        if descriptor == self.told:
            self._hear()
        elif descriptor in self.running:
            self._has_ended(descriptor)
        elif descriptor in self.watched and event & (select.EPOLLHUP | select.EPOLLRDHUP):
            self._is_gone(descriptor)

    def _look(self) -> None:
        """End if the socket or a loaded module is no longer what it was."""
        if not self._is_in_place() or self.imports.changed_file() is not None:
            self._stop()

    def _seconds_to_wait(self) -> float:
        if any(each.until is not None for each in self.running.values()):
            return 0.1
        left = self.idle - (time.monotonic() - self.last_used)
        return max(0.0, min(LOOK, left)) if not self.running else LOOK

    def _is_in_place(self) -> bool:
        try:
            return os.stat(self.path).st_ino == self.inode  # noqa: PTH116
        except OSError:
            return False

    def _stop(self) -> None:
        """Take no more commands. Copies that run go on, and their clients are told their ends."""
        if not self.is_serving:
            return
        self.is_serving = False
        if self._is_in_place():
            self.path.unlink(missing_ok=True)
        self.epoll.unregister(self.listening)
        self.listening.close()

    def _accept(self) -> Command | None:
        try:
            connection, _ = self.listening.accept()
        except OSError:
            return None  # its client has gone
        connection.settimeout(None)
        _, user, _ = PEER.unpack(
            connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size)
        )
        if user != os.geteuid():
            connection.close()
            return None
        changed = self.imports.changed_file()
        if changed is not None:
            refuse(connection, changed)
            connection.close()
            self._stop()
            return None
        try:
            process = os.fork()
        except OSError as error:
            refuse(connection, f"no process can be made: {error}")
            connection.close()
            return None
        if process == 0:
            return self._copied(connection)
        descriptor = os.pidfd_open(process)
        self.running[descriptor] = Running(process, connection)
        self.watched[connection.fileno()] = descriptor
        self.epoll.register(descriptor, select.EPOLLIN)
        self.epoll.register(connection, select.EPOLLRDHUP)
        return None

    def _has_ended(self, descriptor: int) -> None:
        copy = self.running.pop(descriptor)
        _, status = os.waitpid(copy.process, 0)
        self.epoll.unregister(descriptor)
        os.close(descriptor)
        if self.watched.pop(copy.connection.fileno(), None) is not None:
            self.epoll.unregister(copy.connection)
        with contextlib.suppress(OSError):
            copy.connection.sendall(b"ended %d\n" % status)
        copy.connection.close()
        if copy.is_command:
            self.last_used = time.monotonic()

    def _is_gone(self, connection: int) -> None:
        """End a copy whose client has been killed, as the end of its terminal would."""
        copy = self.running[self.watched.pop(connection)]
        self.epoll.unregister(connection)
        for number in (signal.SIGHUP, signal.SIGCONT):
            signal_group(copy.process, number)
        copy.until = time.monotonic() + PATIENCE

    def _kill_deaf(self) -> None:
        now = time.monotonic()
        for copy in self.running.values():
            if copy.until is not None and now >= copy.until:
                signal_group(copy.process, signal.SIGKILL)

    def _hear(self) -> None:
        """Take in what copies tell: a command begins, it has used an adapter, someone says stop."""
        for word in os.read(self.told, 4096).decode("ascii", "replace").split():
            if word == STOP:
                self._stop()
            elif word.startswith(RUNS):
                self._has_begun(word.removeprefix(RUNS))
            elif word not in self.imports.tried:
                self.wanted.add(word)

    def _has_begun(self, process: str) -> None:
        self.served += 1
        for copy in self.running.values():
            copy.is_command = copy.is_command or str(copy.process) == process

    def _load_wanted(self) -> None:
        """Load the adapters that commands have used, for the next ones."""
        try:
            for adapter in self.wanted:
                self.imports.add_adapter(adapter)
        except (ImportError, NotServingError, OSError):
            self._stop()  # another template will be started
        self.wanted.clear()
        gc.freeze()

    # In a copy, from here on.

    def _copied(self, connection: socket.socket) -> Command | None:
        """Answer the client; return the command if it has sent one. Never returns otherwise."""
        status = 0
        try:
            os.setpgid(0, 0)
            for copy in self.running.values():
                copy.connection.close()
            for descriptor in (*self.running, self.told):
                os.close(descriptor)
            self.listening.close()
            self.epoll.close()
            with contextlib.suppress(requests.BrokenRequestError, OSError):
                command = self._answer(connection, requests.receive(connection))
                if command is not None:
                    return command
        except BaseException:  # noqa: BLE001 - a copy must never go on as a template
            traceback.print_exc()
            status = 1
        os._exit(status)

    def _answer(self, connection: socket.socket, request: Request) -> Command | None:
        if request.kind == "status":
            connection.sendall(self.description().encode())
        elif request.kind == "stop":
            os.write(self.tell, f"{STOP}\n".encode())
            connection.sendall(b"stopping\n")
        elif request.kind == "run":
            return self._prepare(connection, request)
        return None

    def _prepare(self, connection: socket.socket, request: Request) -> Command | None:
        """Take on the client's state, and wait for its word. Returns None if it is refused."""
        variables = {
            os.fsdecode(name): os.fsdecode(value)
            for name, value in taking_on.environment_of(request).items()
        }
        changed = self.imports.changed_variable(variables)
        if changed is not None:
            refuse(connection, f"the variable {changed} is another than when dbt was loaded")
            return None
        free = taking_on.first_free(request, connection.fileno(), self.tell)
        tell = taking_on.moved(self.tell, free)
        connection = socket.socket(fileno=taking_on.moved(connection.detach(), free))
        try:
            taking_on.take_on(request, free)
        except (taking_on.CannotTakeOnError, OSError, ValueError) as error:
            refuse(connection, str(error))
            return None
        process = os.pidfd_open(os.getpid())
        socket.send_fds(connection, [b"started %d\n" % os.getpid()], [process])
        os.close(process)
        if connection.recv(len(GO), socket.MSG_WAITALL) != GO:
            return None
        with contextlib.suppress(OSError):  # the template has been killed
            os.write(tell, f"{RUNS}{os.getpid()}\n".encode())
        return Command(request.lists["arguments"], connection, tell)

    def description(self) -> str:
        """The facts for `flatmanifest resident status`, in lines of "name value"."""
        template = os.getppid()
        memory = memory_of(template)
        lines = {
            "pid": template,
            "age_s": int(time.monotonic() - self.started),
            "commands": self.served,
            "running": len(self.running),
            "memory_kb": memory,
            "idle_s": int(self.idle),
            "adapters": ",".join(sorted(self.imports.adapters)),
            "python": sys.executable,
            "socket": self.path,
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())


def refuse(connection: socket.socket, reason: str) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(f"refused {' '.join(reason.split())}\n".encode(errors="replace"))


def signal_group(process: int, number: int) -> None:
    """Signal a copy and its own processes."""
    try:
        os.killpg(process, number)
    except ProcessLookupError:  # it has no group yet
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def memory_of(process: int) -> int:
    """The resident memory of a process, in kilobytes; 0 if the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
