"""Recording all dependencies of one command, from before dbt reads its first setting."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.dependencies import environment, files, sources
from flatmanifest.dbt.dependencies.record import (
    ALONE,
    LISTED,
    PROBED,
    READ,
    Dependencies,
    taken,
)
from flatmanifest.dbt.seams import Stage, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GRANULARITY_NS = 20_000_000  # of the clock that gives files their times
_PACKAGES = {"site-packages", "dist-packages"}


class NotRecordedError(Exception):
    """The command cannot be recorded, so that dbt runs it again next time. The message says why."""


class DependencyRecorder:
    """Records the accesses of this process, from :meth:`start` to :meth:`stop`.

    ``environment``: the variables of the process before dbt reads a .env file. ``imports``: what
    was recorded where dbt was imported, if another process has imported it (:data:`of_imports`).
    Only one recorder may record at a time.
    """

    def __init__(self, imports: DependencyRecorder | None = None) -> None:
        self.environment = environment.plain_environment()
        self.started_ns = time.time_ns()
        self.lookups = environment.Lookups()
        self.accesses = files.Accesses(own_directories())
        self.values: dict[str, str] = {}
        if imports is not None:
            self.lookups.add(imports.lookups)
            self.accesses.add(imports.accesses)

    def start(self) -> None:
        environment.watch(self.lookups)
        files.watch(self.accesses)

    def take_values(self) -> None:
        """Share the values that templates note from now on. Call it once the seams are in.

        The seams of ``values`` note them.
        """
        from flatmanifest.dbt.dependencies import values  # noqa: PLC0415 - imports Jinja

        values.current().clear()
        self.values = values.current()

    def stop(self) -> None:
        files.unwatch()
        environment.unwatch()

    def require_sources(self) -> None:
        """Raise NotRecordedError if dbt used something whose change native code cannot detect."""
        for name, where in self.values.items():
            raise NotRecordedError(f"{where} uses {name}")
        for what, detail in self.accesses.reached.items():
            raise NotRecordedError(f"dbt has used {what} ({detail})")

    def dependencies(
        self, trees: Iterable[str], outputs: Iterable[str], cache: str, variables: set[str]
    ) -> Dependencies:
        """The dependencies that were recorded up to now, with their current state.

        - ``trees``: directories that count with everything below them, unchanged since the parse
        - ``outputs``: files that dbt has written; another record says whether they have changed
        - ``cache``: the cache directory
        - ``variables``: the names of the variables that the manifest was parsed with

        Raises NotRecordedError if a dependency has changed during the command, or if native code
        cannot check it. Raises OSError.
        """
        accesses = self.accesses
        self.require_sources()
        written = accesses.written | set(outputs)

        def is_output(path: str) -> bool:
            return path in written or is_below(path, cache) or is_rotated(path, written)

        changed = accesses.changed(is_output)
        if changed is not None:
            raise NotRecordedError(f"{changed} has changed while dbt was running")
        trees = sorted(set(trees))

        def of_interest(paths: Iterable[str]) -> set[str]:
            return {path for path in paths if not is_output(path) and not in_any(path, trees)}

        read = of_interest(accesses.read)
        # A directory that was opened like a file counts as probed only.
        read -= {path for path in read if Path(path).is_dir()}
        own = {path: files.facts_at(path) for path in packages()}
        for path, facts in {**{path: accesses.read[path] for path in read}, **own}.items():
            if files.changed_ns(facts) >= self.started_ns - GRANULARITY_NS:
                raise NotRecordedError(f"{path} has just changed")
        listed = of_interest(accesses.listed)
        code = unchanged_code(accesses.own)
        read = {path for path in read | code if not sources.is_bytecode(path)}
        probed = of_interest(accesses.probed) - read - listed
        probed = {path for path in probed if not sources.is_bytecode(path)}
        found = {
            READ: sorted({*trees, *read}),
            LISTED: sorted(listed),
            PROBED: sorted(probed),
            ALONE: sorted(own),
        }
        names = None if self.lookups.is_all else self.lookups.named() | variables
        return taken(found, names, self.environment)


# In a copy of a template (flatmanifest.dbt.resident): what the template's imports have accessed.
of_imports: DependencyRecorder | None = None


@seam(
    "dbt.cli.requires",
    "get_env",
    "a copy of the environment that notes what is looked up",
    stage=Stage.COMMAND,
)
def get_env(original: Callable[[], Any]) -> Any:
    if not environment.is_watched():
        return original()
    return environment.WatchedCopy(environment.plain_environment())


def unchanged_code(own: tuple[str, ...]) -> set[str]:
    """The files of code outside of installed packages, as they were when the process began.

    ``own``: as for ``files.Accesses``. Raises NotRecordedError if one of them has changed since,
    because the process may have the old code. Raises OSError.
    """
    with files.unheard():
        code = sources.code_files(own)
        if not code:
            return code
        started = sources.process_started_ns()
        for path in code:
            if files.changed_ns(files.facts_at(path)) >= started - GRANULARITY_NS:
                raise NotRecordedError(f"{path} has just changed")
    return code


def is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def is_rotated(path: str, written: set[str]) -> bool:
    """Whether a path is an older part of a log that is written (RotatingFileHandler)."""
    log, _, number = path.rpartition(".")
    return number.isdigit() and log in written


def in_any(path: str, trees: Iterable[str]) -> bool:
    """Whether the digest of a tree covers a path.

    It leaves out files whose names begin with a dot, "#" or "~" (native/freshness/snapshot.h).
    """
    name = path.rpartition("/")[2]
    if name[:1] in {".", "#", "~"}:
        return path in set(trees)
    return any(is_below(path, tree) for tree in trees)


def own_directories() -> tuple[str, ...]:
    """The beginnings of the paths of Python's own files, and of installed packages.

    The paths of :func:`packages` stand for them. Other directories on Python's path, which a user
    may have added, are not among them.
    """
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {path for path in sys.path if Path(path).name in _PACKAGES}
    paths.add(site.getusersitepackages())
    directories = {path.rstrip("/") + "/" for path in paths if path}
    return (*sorted(directories), os.path.join(sys.prefix, "pyvenv.cfg"))  # noqa: PTH118


def packages() -> list[str]:
    """The paths whose times change if Python or an installed package changes."""
    # An editable install may add a name there that is no path (setuptools: __path_hook__).
    return [sys.executable, *(path for path in sys.path if os.path.isabs(path))]  # noqa: PTH117
