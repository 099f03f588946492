"""Recording the paths that are read, listed or probed, also those that do not exist.

Python's audit hook sees files that are opened and directories that are listed. Python fires no
event for a probe of existence, so ``os.stat``, ``os.lstat`` and ``os.access`` are replaced while
accesses are recorded. The state of a path is noted at its first access. If the state has changed by
the end of the command, it is unknown which state dbt has seen, and the command is not recorded.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import stat
import sys
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.dependencies.callers import is_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
# Events that change a path, each with the index of the path among its arguments.
_MADE = {
    "os.mkdir": 0,
    "os.remove": 0,
    "os.rmdir": 0,
    "os.rename": 1,
    "os.link": 1,
    "os.symlink": 1,
}
_LISTED = {"os.listdir", "os.scandir"}
# Events that reach beyond files, each with a name for messages.
_REACHING = {
    "subprocess.Popen": "a subprocess",
    "os.system": "a subprocess",
    "os.posix_spawn": "a subprocess",
    "os.exec": "a subprocess",
    "socket.connect": "the network",
    "socket.getaddrinfo": "the network",
}
# The system's own paths, which are never dependencies.
_SYSTEM = ("/proc/", "/sys/", "/dev/")
_stat = os.stat

# The state of a file: kind, device, inode, size and times; None if there is no file.
Facts = tuple[int, ...] | None


class Accesses:
    """The absolute paths of one command, each with the state that its first access found."""

    def __init__(self, own: tuple[str, ...]) -> None:
        """``own``: the beginnings of paths that are left out: another digest covers them."""
        self.own = (*own, *_SYSTEM)
        self.read: dict[str, Facts] = {}
        self.listed: dict[str, Facts] = {}
        self.probed: dict[str, Facts] = {}
        self.written: set[str] = set()
        self.reached: dict[str, str] = {}

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note the path of one of Python's audit events."""
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                self._note(self.written.add, path)
            else:
                self._note(self._note_read, path)
        elif event in _LISTED:
            self._note(self._note_listed, arguments[0] if arguments[0] is not None else ".")
        elif event in _MADE:
            self._note(self.written.add, arguments[_MADE[event]])
        elif event in _REACHING and not is_apart():
            self.reached.setdefault(_REACHING[event], detail_of(event, arguments))

    def add(self, other: Accesses) -> None:
        """Add the accesses of another process, or of an earlier time."""
        self.read.update(other.read)
        self.listed.update(other.listed)
        self.probed.update(other.probed)
        self.written |= other.written
        self.reached.update(other.reached)

    def probe(self, path: Any, found: os.stat_result | None) -> None:
        """Note a probe of whether a path exists."""
        self._note(lambda absolute: self.probed.setdefault(absolute, facts_of(found)), path)

    def changed(self, is_output: Callable[[str], bool]) -> str | None:
        """The first path whose state has changed since its first access; None if there is none.

        ``is_output``: whether dbt, or this package, writes to a path. Such paths may change.
        """
        for path, facts in self.read.items():
            if facts_at(path) != facts and not is_output(path):
                return path
        for path, facts in {**self.listed, **self.probed}.items():
            # New files change the times of a directory, but a probe only sees that it exists.
            if kind_of(facts_at(path)) != kind_of(facts) and not is_output(path):
                return path
        return None

    def _note(self, note: Callable[[str], object], path: Any) -> None:
        try:
            path = os.fsdecode(path)
        except TypeError:  # a file descriptor
            return
        if not path.startswith("/"):
            path = os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118
        if not f"{path}/".startswith(self.own):
            note(path)

    def _note_read(self, path: str) -> None:
        if path not in self.read:
            self.read[path] = facts_at(path)

    def _note_listed(self, path: str) -> None:
        if path not in self.listed:
            self.listed[path] = facts_at(path)


def facts_of(found: os.stat_result | None) -> Facts:
    if found is None:
        return None
    return (
        *(stat.S_IFMT(found.st_mode), found.st_dev, found.st_ino),
        *(found.st_size, found.st_mtime_ns, found.st_ctime_ns),
    )


def facts_at(path: str) -> Facts:
    try:
        return facts_of(_stat(path))
    except (OSError, ValueError):
        return None


def kind_of(facts: Facts) -> int:
    return 0 if facts is None else facts[0]


def changed_ns(facts: Facts) -> int:
    """The last change of a file, in nanoseconds of Unix time; 0 if there is no file."""
    return 0 if facts is None else max(facts[-2:])


def detail_of(event: str, arguments: tuple[Any, ...]) -> str:
    if event.startswith("socket"):
        return "a connection"
    return os.path.basename(str(arguments[0])) if arguments else ""  # noqa: PTH119


_accesses: Accesses | None = None
_has_hook = False
_replaced: list[tuple[Any, str, Any]] = []


def watch(accesses: Accesses) -> None:
    """Record accesses from now on."""
    global _accesses, _has_hook  # noqa: PLW0603 - a process has one file system
    _accesses = accesses
    if not _has_hook:
        _has_hook = True
        sys.addaudithook(_hear)  # permanent: Python cannot remove an audit hook
    for name in ("stat", "lstat", "access"):
        _replace(os, name, _probing(getattr(os, name)))
    accessor = getattr(pathlib, "_NormalAccessor", None)  # Python 3.10
    if accessor is not None:
        _replace(accessor, "stat", staticmethod(os.stat))


def leave_out(directory: str) -> None:
    """Record nothing below a temporary directory that this process has made for itself."""
    if _accesses is not None:
        _accesses.own += (directory.rstrip("/") + "/",)


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Record nothing in the block."""
    global _accesses  # noqa: PLW0603
    accesses, _accesses = _accesses, None
    try:
        yield
    finally:
        _accesses = accesses


def note_written(path: str) -> None:
    """Note a path that native code makes or writes, of which Python hears nothing."""
    if _accesses is not None:
        _accesses.written.add(path)


def unwatch() -> None:
    """Stop recording, and give ``os`` its own functions back."""
    global _accesses  # noqa: PLW0603
    _accesses = None
    while _replaced:
        owner, name, original = _replaced.pop()
        replacement = getattr(owner, name)
        setattr(owner, name, original)
        for supporting in _supporting():
            supporting.discard(replacement)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    accesses = _accesses
    if accesses is not None and (event == "open" or event in _HEARD):
        accesses.hear(event, arguments)


_HEARD = {*_LISTED, *_MADE, *_REACHING}


def _replace(owner: Any, name: str, replacement: Any) -> None:
    original = getattr(owner, name)
    _replaced.append((owner, name, original))
    setattr(owner, name, replacement)
    for supporting in _supporting():
        if original in supporting:
            supporting.add(replacement)


def _supporting() -> list[set[Any]]:
    """The sets of functions of ``os`` by capability. shutil looks functions up in them."""
    names = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")
    return [getattr(os, name) for name in names]


def _probing(original: Any) -> Any:
    def probe(path: Any, *arguments: Any, **named: Any) -> Any:
        accesses = _accesses
        if accesses is None or isinstance(path, int) or named.get("dir_fd") is not None:
            return original(path, *arguments, **named)
        try:
            found = original(path, *arguments, **named)
        except OSError:
            accesses.probe(path, None)
            raise
        if isinstance(found, bool):  # os.access
            accesses.probe(path, _stat_or_none(path))
        elif not stat.S_ISLNK(found.st_mode):
            accesses.probe(path, found)
        return found

    probe.__name__ = original.__name__
    return probe


def _stat_or_none(path: Any) -> os.stat_result | None:
    try:
        return _stat(path)
    except (OSError, ValueError):
        return None
