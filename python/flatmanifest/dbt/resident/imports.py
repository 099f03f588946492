"""The imports of a template, before it makes copies, and the state that they depend on.

The imports run as in a command: recorded (``dependencies``), and with dbt's locks without names. A
module may look up variables, read files, start threads or open files while it is imported. Copies
would get what the template found. So the template refuses to serve if an import did what a copy
cannot inherit, and a command for which a variable or a file is different gets a new Python.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import io
import os
import secrets
import sys
from multiprocessing.synchronize import SemLock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.dependencies import DependencyRecorder
from flatmanifest.dbt.dependencies.environment import plain_environment
from flatmanifest.dbt.dependencies.files import changed_ns, facts_at
from flatmanifest.dbt.dependencies.record import ALONE, PROBED, READ, Dependencies, taken
from flatmanifest.dbt.dependencies.recording import GRANULARITY_NS, packages
from flatmanifest.dbt.dependencies.sources import process_started_ns
from flatmanifest.dbt.locks import use_unnamed
from flatmanifest.dbt.resident.classes import prepare_classes
from flatmanifest.dbt.switch import switch_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Modules that dbt and the plugin import while a command runs.
IMPORTED_LATER = (
    *("dbt.task.build", "dbt.task.compile", "dbt.task.list", "dbt.task.show", "dbt.task.test"),
    *("dbt.task.run", "dbt.task.seed", "dbt.task.snapshot", "dbt.task.debug", "dbt.task.deps"),
    *("dbt_flatmanifest", "flatmanifest.dbt.front_door.transcript"),
    *("flatmanifest.dbt.front_door.answers", "flatmanifest.dbt.cache.portable"),
    *("flatmanifest.dbt.cache.shared", "flatmanifest.dbt.workers.pool"),
)
# Prefixes for which a module reads all variables (dependencies.environment).
PREFIXES = ("NETWORKX_",)


class NotServingError(Exception):
    """The template cannot make copies that equal a new process. The message says why."""


class JustChangedError(NotServingError):
    """A file has changed while modules were loaded, so that it is unknown which state they have."""


class Imports:
    """The modules that were imported, with the files and the variables that they depend on."""

    def __init__(self) -> None:
        self.recorder = DependencyRecorder()
        self.started_ns = process_started_ns()
        self.adapters: set[str] = set()
        self.tried: set[str] = set()  # also adapters that copies import themselves
        self.salt = secrets.token_bytes(32)
        self.variables: dict[str, str] = {}
        self.dependencies: Dependencies | None = None

    def load(self, adapter: str) -> None:
        """Import dbt, the plugin and an adapter. Raises NotServingError."""
        before = plain_environment()
        written = io.StringIO()
        with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
            self.recorder.start()
            try:
                use_unnamed()
                importlib.import_module("dbt.cli.main")
                require(switch_on(records=True), "the plugin does not fit this dbt")
                for name in IMPORTED_LATER:
                    with contextlib.suppress(ImportError):  # another release of dbt
                        importlib.import_module(name)
                if adapter:
                    self.load_adapter(adapter)
                prepare_classes(f"dbt.adapters.{each}" for each in self.adapters)
            finally:
                self.recorder.stop()
        require(not written.getvalue(), f"an import has printed: {written.getvalue()[:200]!r}")
        require(plain_environment() == before, "an import has changed the environment")
        self.check()

    def load_adapter(self, adapter: str) -> None:
        """Import an adapter, unless its import starts threads: then each copy imports it."""
        self.tried.add(adapter)
        if not adapter.isidentifier() or starts_threads(adapter):
            return
        importlib.import_module(f"dbt.adapters.{adapter}")
        self.adapters.add(adapter)

    def add_adapter(self, adapter: str) -> None:
        """Import one more adapter. Raises NotServingError, ImportError."""
        before = self.dependencies
        self.recorder.start()
        try:
            self.load_adapter(adapter)
        finally:
            self.recorder.stop()
        if adapter not in self.adapters:
            return
        self.check()
        # The state is noted anew: what has changed since it was noted first must not be forgotten.
        changed = None if before is None else before.changed({})
        require(changed is None, changed)

    def check(self) -> None:
        """Raise NotServingError if a copy would not equal a new process; else note the state."""
        recorder = self.recorder
        require(not recorder.lookups.is_all, "an import has read all environment variables")
        for what, detail in recorder.accesses.reached.items():
            raise NotServingError(f"an import has used {what} ({detail})")
        require(thread_count() == 1, "an import has started a thread")
        # Copies would share it: one that is killed while it holds the lock would stop all others.
        locks = [each for each in gc.get_objects() if isinstance(each, SemLock)]
        require(not locks, "an import has made a lock that processes share")
        self.note_state()

    def note_state(self) -> None:
        """Note the files and variables that the loaded modules depend on."""
        accesses = self.recorder.accesses
        code = {
            os.path.abspath(path)  # noqa: PTH100 - links as they are
            for module in [*sys.modules.values()]
            if isinstance(path := getattr(module, "__file__", None), str)
        }
        read = {path for path in {*accesses.read, *code} if os.path.isfile(path)}  # noqa: PTH113
        probed = {*accesses.read, *accesses.probed, *accesses.listed} - read
        files = {ALONE: packages(), READ: sorted(read), PROBED: sorted(probed)}
        self.dependencies = taken(files, (), {})
        for path in (*files[ALONE], *files[READ]):
            if changed_ns(facts_at(path)) >= self.started_ns - GRANULARITY_NS:
                raise JustChangedError(f"{path} has just changed")
        self.variables = self.digests(plain_environment())

    def digests(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Salted digests of the variables that the imports have looked up: no values are kept."""
        names = {*self.recorder.lookups.names}
        names |= {name for name in environment if name.startswith(PREFIXES)}
        return {name: self.digest(environment[name]) for name in names if name in environment}

    def digest(self, value: str) -> str:
        return hashlib.blake2b(os.fsencode(value), key=self.salt, digest_size=16).hexdigest()

    def changed_file(self) -> str | None:
        """The first change of a file of the loaded modules, in words; None if there is none."""
        dependencies = self.dependencies
        if dependencies is None:
            return "the modules are still being loaded"
        try:
            return dependencies.changed({})
        except OSError as error:
            return str(error)

    def changed_variable(self, environment: Mapping[str, str]) -> str | None:
        """A variable with another value than the one that an import has found; None for none."""
        digests = self.digests(environment)
        names = sorted({*digests, *self.variables})
        return next((name for name in names if digests.get(name) != self.variables.get(name)), None)


def starts_threads(adapter: str) -> bool:
    """Try in a copy whether importing an adapter starts threads, which copies would lack."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            importlib.import_module(f"dbt.adapters.{adapter}")
            status = thread_count() - 1
        except BaseException:  # noqa: BLE001 - the command will say it
            status = 1
        finally:
            os._exit(min(status, 1))
    return os.waitpid(process, 0)[1] != 0


def thread_count() -> int:
    """The number of threads of this process, also of those that Python does not know."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


def forget_other_variables(names: Iterable[str]) -> None:
    """Remove all variables but these from the environment of this process."""
    kept = {*names}
    for name in [*os.environ]:
        if name not in kept:
            del os.environ[name]


def require(condition: Any, message: str | None) -> None:
    if not condition:
        raise NotServingError(message)
