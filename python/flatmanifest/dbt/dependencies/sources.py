"""The Python code that no directory of installed packages has: editable installs, and PYTHONPATH.

The times of such a directory tell that another version was installed (``recording.packages``). They
do not tell of an edit in a checkout, so that each file of code there is a dependency.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES)
BYTECODE = "__pycache__"


def code_files(own: tuple[str, ...]) -> set[str]:
    """The files of modules that this process has loaded, and of their packages, absolute.

    ``own``: the beginnings of paths that are left out (``recording.own_directories``). All files of
    a package count, because a module may be loaded later, or in another process of the parse.
    """
    found: set[str] = set()
    seen: set[str] = set()
    program = sys.modules["__main__"]  # multiprocessing gives it a second name
    for module in list(sys.modules.values()):
        if module is program:  # it lies beside the interpreter
            continue
        for directory in directories_of(module):
            if is_outside(directory, own) and directory not in seen:
                seen.add(directory)
                found.update(files_below(directory))
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and is_outside(path, own):
            found.add(path)
    return found


def directories_of(module: Any) -> list[str]:
    """The directories of a package; of any other module, none."""
    try:
        return [path for path in getattr(module, "__path__", ()) if isinstance(path, str)]
    except Exception:  # noqa: BLE001 - a module may be any object
        return []


def is_outside(path: str, own: tuple[str, ...]) -> bool:
    return os.path.isabs(path) and not f"{path}/".startswith(own)  # noqa: PTH117


def files_below(directory: str) -> Iterator[str]:
    """The files of code in a directory and below it, through links."""
    for parent, directories, names in os.walk(directory, followlinks=True):
        directories[:] = [each for each in directories if is_of_code(each)]
        if parent.count("/") - directory.count("/") > 100:
            raise OSError(f"directories nest without end: {parent}")
        yield from (os.path.join(parent, name) for name in names if name.endswith(CODE))  # noqa: PTH118


def is_of_code(directory: str) -> bool:
    return directory != BYTECODE and not directory.startswith(".")


def is_bytecode(path: str) -> bool:
    """Whether Python has made the file of a source, which is a dependency itself."""
    directory, name = os.path.split(path)
    return name.endswith(".pyc") and os.path.basename(directory) == BYTECODE  # noqa: PTH119


def process_started_ns() -> int:
    """The time at which this process began to load code, in nanoseconds of Unix time.

    0 where the system does not tell.
    """
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        since_boot = int(fields[19]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) + since_boot
