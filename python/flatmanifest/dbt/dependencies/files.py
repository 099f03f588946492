"""Which paths are read, listed or probed, whether there is anything or not.

Python's audit hook sees what is opened and listed. No event tells of a look at whether something
exists, so ``os.stat`` and its like are replaced while accesses are recorded. How a path was found
is noted at its first access: if it has changed by the end of the command, nobody can say what dbt
has seen.
"""

from __future__ import annotations

import os
import pathlib
import stat
import sys
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.dependencies.callers import is_apart

if TYPE_CHECKING:
    from collections.abc import Callable

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_MADE = {
    "os.mkdir": 0,
    "os.remove": 0,
    "os.rmdir": 0,
    "os.rename": 1,
    "os.link": 1,
    "os.symlink": 1,
}
_LISTED = {"os.listdir", "os.scandir"}
# What reaches beyond files, and how it is named to people.
_REACHING = {
    "subprocess.Popen": "a subprocess",
    "os.system": "a subprocess",
    "os.posix_spawn": "a subprocess",
    "os.exec": "a subprocess",
    "socket.connect": "the network",
    "socket.getaddrinfo": "the network",
}
# Of the system, not of a project.
_SYSTEM = ("/proc/", "/sys/", "/dev/")
_stat = os.stat

# What is known of a file: kind, device, inode, size and times; None where there is none.
Facts = tuple[int, ...] | None


class Accesses:
    """The paths of one command, absolute, each with what was found at its first access."""

    def __init__(self, own: tuple[str, ...]) -> None:
        """``own``: the beginnings of paths that have a digest of their own and are left out."""
        self.own = (*own, *_SYSTEM)
        self.read: dict[str, Facts] = {}
        self.listed: dict[str, Facts] = {}
        self.probed: dict[str, Facts] = {}
        self.written: set[str] = set()
        self.reached: dict[str, str] = {}

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one of Python's audit events."""
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

    def probe(self, path: Any, found: os.stat_result | None) -> None:
        """Note a look at whether something is there."""
        self._note(lambda absolute: self.probed.setdefault(absolute, facts_of(found)), path)

    def changed(self, is_output: Callable[[str], bool]) -> str | None:
        """A path that is not as it was at its first access; None if all are.

        ``is_output``: whether dbt, or this package, writes to a path.
        """
        for path, facts in self.read.items():
            if facts_at(path) != facts and not is_output(path):
                return path
        for path, facts in {**self.listed, **self.probed}.items():
            # What comes into a directory changes its times, but not that it is there.
            if kind_of(facts_at(path)) != kind_of(facts) and not is_output(path):
                return path
        return None

    def _note(self, note: Callable[[str], object], path: Any) -> None:
        try:
            path = os.fsdecode(path)
        except TypeError:  # a descriptor
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
    """When a file was changed last, in nanoseconds of Unix time; 0 where there is none."""
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
        sys.addaudithook(_hear)  # for good: Python has no way to remove one
    for name in ("stat", "lstat", "access"):
        _replace(os, name, _probing(getattr(os, name)))
    accessor = getattr(pathlib, "_NormalAccessor", None)  # Python 3.10
    if accessor is not None:
        _replace(accessor, "stat", staticmethod(os.stat))


def leave_out(directory: str) -> None:
    """Record nothing of a directory that this process has made for itself, and will remove."""
    if _accesses is not None:
        _accesses.own += (directory.rstrip("/") + "/",)


def unwatch() -> None:
    """Stop recording; ``os`` is as Python made it."""
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
    """The sets that tell what functions of ``os`` can do; shutil looks functions up in them."""
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
