"""A copy of the working tree under build/planted, in which faults are planted, built and undone.

``tree`` is the copy. The virtual environments beside it import its Python package; their other
packages come from the running environment, or from an environment with another release of dbt.
``build`` is CMake's build directory, made when the first native fault needs it.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.planted.fault import Fault
    from tests.planted.processes import Processes

# dbt's own program, as pip makes it.
DBT = """#!{python}
import sys
from dbt.cli.main import cli
sys.exit(cli())
"""
LINKED = ("dbt-loom",)  # directories in build/ that tests use
# Directories that the copy leaves out, and that nobody removes from it.
NOT_COPIED = {
    *["build", "dist", "target", "logs", "__pycache__", ".git", ".hypothesis", ".cache"],
    *[".mypy_cache", ".pytest_cache", ".ruff_cache"],
}
PROGRAM = "flatmanifest"
LAUNCHER = "fdbt"
BUILD_SECONDS = 1800


class StaleError(Exception):
    """A patch does not apply any more."""


class BuildError(Exception):
    """The tree does not compile."""


class NoEnvironmentError(Exception):
    """A release of dbt is not installed here."""


class BusyError(Exception):
    """Another run uses the scratch copy."""


class Scratch:
    def __init__(self, root: Path, directory: Path, processes: Processes, jobs: int | None) -> None:
        self.root = root
        self.directory = directory
        self.processes = processes
        self.jobs = jobs
        self.tree = directory / "tree"
        # As deep below the tree as the build of make, so that ccache finds the object files.
        self.build = self.tree / "build"
        self.venvs: dict[str, Path] = {}  # by release of dbt; "" is the running environment
        self.is_configured = False
        self.native_tests = self.build / "tests" / "native" / "native_tests"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out of the copy. Raises BusyError if another run uses it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    f"another run plants faults in {self.directory}: wait for its end, or name"
                    " another directory with --scratch"
                ) from None
            yield

    def prepare(self) -> None:
        """Make the copy equal to the working tree, also after an interrupted run."""
        wanted = {path.relative_to(self.root) for path in files_of(self.root)}
        there = {path.relative_to(self.tree) for path in files_of(self.tree)}
        for path in there - wanted:
            if not path.name.startswith("_native."):
                (self.tree / path).unlink()
        for path in sorted(wanted):
            copied = self.tree / path
            if path not in there or not filecmp.cmp(self.root / path, copied, shallow=False):
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / path, copied)
                shutil.copymode(self.root / path, copied)
                forget_bytecode(copied)
        (self.tree / "build").mkdir(exist_ok=True)
        for name in LINKED:
            link = self.tree / "build" / name
            if (self.root / "build" / name).exists() and not link.is_symlink():
                link.symlink_to(self.root / "build" / name)
        self.venvs[""] = self._venv("venv", Path(sysconfig.get_path("purelib")))
        self.use_installed()

    def with_dbt(self, release: str) -> None:
        """Make an environment with another release of dbt. Raises NoEnvironmentError."""
        if release in self.venvs:
            return
        name = f".venv-dbt-{release}"
        packages = self.root / name / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        if not packages.is_dir():
            raise NoEnvironmentError(f"there is no {name}: make {name}/package.stamp")
        self.venvs[release] = self._venv(f"venv-dbt-{release}", packages)
        self.use_installed()

    def _venv(self, name: str, packages: Path) -> Path:
        directory = self.directory / name
        if not python_in(directory).exists():
            venv.create(directory, symlinks=True, with_pip=False)
        lines = [str(self.tree / "python"), f"import site; site.addsitedir({str(packages)!r})", ""]
        (site,) = directory.glob("lib/python*/site-packages")
        (site / "flatmanifest_planted.pth").write_text("\n".join(lines), encoding="utf-8")
        program = directory / "bin" / "dbt"
        program.write_text(DBT.format(python=python_in(directory)), encoding="utf-8")
        program.chmod(0o755)
        return directory

    @cached_property
    def git(self) -> str:
        """Return the path of git, whose ``apply`` plants a patch."""
        found = shutil.which("git")
        if found is None:
            raise BuildError("there is no git, whose apply plants the faults: apt install git")
        return found

    @cached_property
    def installed(self) -> tuple[Path, Path]:
        """Return the extension module and the program of the running environment."""
        found = importlib.util.find_spec("flatmanifest._native")
        program = Path(sysconfig.get_path("scripts")) / PROGRAM
        if found is None or found.origin is None or not program.exists():
            raise BuildError(f"flatmanifest is not installed in {sys.prefix}: make build-package")
        return Path(found.origin), program

    def use_installed(self) -> None:
        """Have the package use the installed extension module and program."""
        self._use(*self.installed)

    def use_built(self) -> None:
        """Have the package use the extension module and program that were last built here."""
        extension = next((self.build / "bindings").glob("_native*.so"))
        self._use(extension, self.build / "native" / "cli" / PROGRAM)

    def _use(self, extension: Path, program: Path) -> None:
        launcher = self.installed[1].with_name(LAUNCHER)  # no patch changes it
        places = [(extension, self.tree / "python" / "flatmanifest")]
        for directory in self.venvs.values():
            places += [(program, directory / "bin"), (launcher, directory / "bin")]
        for source, directory in places:
            place = directory / source.name
            place.unlink(missing_ok=True)  # make a new file: the old one may still be mapped
            shutil.copy2(source, place)

    @contextlib.contextmanager
    def planted(self, fault: Fault) -> Iterator[None]:
        """Apply a patch, and undo it at the end. Raises StaleError."""
        originals = {name: self.tree / name for name in fault.files}
        missing = [name for name, path in originals.items() if not path.is_file()]
        if missing:
            raise StaleError(f"there is no {', '.join(missing)}")
        kept = {path: path.read_bytes() for path in originals.values()}
        # Outside a repository, git apply takes the paths as they are.
        done = subprocess.run(
            [self.git, "apply", str(fault.path)],
            cwd=self.tree,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(self.directory), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StaleError(done.stderr.strip().removeprefix("error: ").replace("\n", "; "))
        try:
            for path in kept:
                forget_bytecode(path)
            yield
        finally:
            for path, content in kept.items():
                path.write_bytes(content)
                forget_bytecode(path)

    def make(self, targets: list[str]) -> None:
        """Compile the changed files. Raises BuildError with the compiler's output."""
        if not self.is_configured:  # even if nothing has changed, CMake takes a second
            self._run(self._configuration())
            self.is_configured = True
        jobs = [] if self.jobs is None else ["-j", str(self.jobs)]
        self._run(["ninja", "-C", str(self.build), "--quiet", *jobs, *targets])

    def _configuration(self) -> list[str]:
        found = importlib.util.find_spec("pybind11")
        if found is None or found.origin is None:
            raise BuildError("there is no pybind11: pip install -r setup/requirements-dev.txt")
        return [
            *["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja"],
            *["--log-level=NOTICE", "-DCMAKE_BUILD_TYPE=Release"],
            # Each fault changes one file; without unity builds only that file is compiled again.
            *[
                "-DCMAKE_UNITY_BUILD=OFF",
                "-DFLATMANIFEST_BUILD_TESTS=ON",
                "-DFLATMANIFEST_BUILD_PYTHON=ON",
            ],
            *[f"-DPython_EXECUTABLE={sys.executable}", "-DSKBUILD_SCRIPTS_DIR=bin"],
            f"-Dpybind11_DIR={Path(found.origin).parent / 'share' / 'cmake' / 'pybind11'}",
        ]

    def _run(self, command: list[str]) -> None:
        done = self.processes.run(command, self.tree, dict(os.environ), BUILD_SECONDS)
        if done.status != 0:
            raise BuildError(f"{' '.join(command[:3])}:\n{done.output}")

    def environment(self, release: str, **variables: str) -> dict[str, str]:
        """Return a test's environment, with the programs of its virtual environment first."""
        directory = self.venvs[release]
        own = {"PATH": f"{directory / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        return {**os.environ, **own, "VIRTUAL_ENV": str(directory), **variables}


def python_in(directory: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return directory / "bin" / "python"


def files_of(directory: Path) -> Iterator[Path]:
    """Yield the files of a tree that are not generated."""
    for path, directories, names in os.walk(directory):
        directories[:] = [
            name for name in directories if name not in NOT_COPIED and not name.startswith(".venv")
        ]
        for name in names:
            yield Path(path) / name


def forget_bytecode(path: Path) -> None:
    """Remove a file's bytecode: Python compares only whole seconds, so it could miss a change."""
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
