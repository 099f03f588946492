"""Reports by strace which paths a program asks the system for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The ways to ask for a path.
READ, LISTED, PROBED, RUN = "read", "listed", "probed", "run"
_PROBING = {
    *("stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "statfs"),
    *("readlink", "readlinkat", "getxattr", "lgetxattr"),
}
_OPENING = {"open", "openat", "openat2"}
_RUNNING = {"execve", "execveat"}
# Calls that create, change or remove a file.
_CHANGING = {
    *("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("rmdir", "symlink", "symlinkat", "link", "linkat", "chmod", "fchmodat", "chown", "lchown"),
    *("fchownat", "truncate", "utimensat", "utime", "utimes", "mknod", "mknodat"),
}
_AROUND = {"chdir", "getcwd", "getdents64", "fchdir"}
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)")
# The path, after a directory's descriptor and path if there is one.
_PATH = re.compile(
    r'(?:(?:AT_FDCWD|\d+)<(?P<below>[^>]*)>, |AT_FDCWD, )?"(?P<path>(?:[^"\\]|\\.)*)"'
)


class Access(NamedTuple):
    """An absolute path, and the way in which a program asked for it."""

    use: str
    path: str


class UnknownCallError(Exception):
    """The message names a call that strace has reported and this module does not know."""


def why_not() -> str | None:
    """Return the reason why nothing can be traced here; None if tracing works."""
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
    """Run a program with its children; return the paths that they read, listed or looked for."""
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
    """Join the two halves of a call that the calls of other threads have interrupted."""
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
    """Decode a path: strace writes bytes as C does."""
    whole = quoted.encode("ascii").decode("unicode_escape").encode("latin-1")
    return os.fsdecode(whole)


def accesses(calls: Iterable[str], directory: str) -> Iterator[Access]:
    """``directory``: the first working directory. All threads share the current one."""
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
    """Return the use of a call's path; None if the call reads nothing. Raises UnknownCallError."""
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
