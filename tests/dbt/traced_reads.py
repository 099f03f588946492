"""The paths that a program asks the system for, by strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# How a path was asked for.
READ, LISTED, PROBED, RUN = "read", "listed", "probed", "run"
_PROBING = {
    *("stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "statfs"),
    *("readlink", "readlinkat", "getxattr", "lgetxattr"),
}
_OPENING = {"open", "openat", "openat2"}
_RUNNING = {"execve", "execveat"}
# These make, change or remove what they name.
_CHANGING = {
    *("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("rmdir", "symlink", "symlinkat", "link", "linkat", "chmod", "fchmodat", "chown", "lchown"),
    *("fchownat", "truncate", "utimensat", "utime", "utimes", "mknod", "mknodat"),
}
_AROUND = {"chdir", "getcwd", "getdents64", "fchdir"}
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)")
# A directory's descriptor with its path, if there is one, and the path.
_PATH = re.compile(
    r'(?:(?:AT_FDCWD|\d+)<(?P<below>[^>]*)>, |AT_FDCWD, )?"(?P<path>(?:[^"\\]|\\.)*)"'
)


class Access(NamedTuple):
    """One path, absolute, and how it was asked for."""

    use: str
    path: str


class UnknownCallError(Exception):
    """strace has reported a call that this module does not know."""


def why_not() -> str | None:
    """The reason why nothing can be traced here; None if it can."""
    program = shutil.which("strace")
    if program is None:
        return "strace is not installed"
    tried = subprocess.run(
        [program, "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
    )
    return "this system does not allow tracing (ptrace)" if tried.returncode else None


def traced(
    arguments: list[str], directory: Path, variables: dict[str, str], report: Path
) -> set[Access]:
    """Run a program and its children; what they asked for without changing it."""
    done = subprocess.run(
        [
            *("strace", "-f", "-y", "-qq", "-s", "4096", "--seccomp-bpf"),
            *(
                "-e",
                "signal=none",
                "-e",
                "trace=%file,getdents64,fchdir",
                "-o",
                str(report),
                *arguments,
            ),
        ],
        cwd=directory,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with report.open(errors="surrogateescape") as lines:
        return set(accesses(whole_calls(lines), str(directory)))


def whole_calls(lines: Iterable[str]) -> Iterator[str]:
    """Put the two halves of calls together that others of other threads have come between."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, call = line.rstrip("\n").partition(" ")
        call = call.lstrip()
        if call.endswith("<unfinished ...>"):
            begun[thread] = call.removesuffix("<unfinished ...>").rstrip()
        elif call.startswith("<... "):
            yield begun.pop(thread, "") + call.partition(" resumed>")[2]
        elif not call.startswith(("+++", "---")):
            yield call


def text_of(quoted: str) -> str:
    """A path as Python has it: strace writes bytes as C does."""
    whole = quoted.encode("ascii").decode("unicode_escape").encode("latin-1")
    return os.fsdecode(whole)


def accesses(calls: Iterable[str], directory: str) -> Iterator[Access]:
    """``directory``: the first one's. One at a time is that of all threads."""
    for call in calls:
        found = _CALL.match(call)
        if found is None:
            raise UnknownCallError(call)
        name, arguments, result = found.groups()
        named = _PATH.match(arguments)
        if named is None or not named["path"]:
            continue
        below = Path(named["below"] or directory)
        path = os.path.normpath(below / text_of(named["path"]))
        if name == "chdir" and result == "0":
            directory = path
        use = use_of(name, arguments)
        if use is not None:
            yield Access(use, path)


def use_of(name: str, arguments: str) -> str | None:
    """What a call does with its path; None if it reads nothing. Raises UnknownCallError."""
    if name in _PROBING:
        return PROBED
    if name in _RUNNING:
        return RUN
    if name in _OPENING:
        if "O_DIRECTORY" in arguments:
            return LISTED
        return None if "O_WRONLY" in arguments or "O_TRUNC" in arguments else READ
    if name in _CHANGING or name in _AROUND:
        return None
    raise UnknownCallError(name)
