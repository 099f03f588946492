"""A project whose next `ls` the front door answers, kept for a whole run of the tests.

A test may change the project: its changes are undone afterwards (``put_back``). Only files that dbt
writes are not restored: dbt writes them again if the front door notices a difference.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.dbt.template import PROGRAM
from tests.projects import generate
from tests.projects.parsed import PRIVATE

Done = subprocess.CompletedProcess[str]
SELECTED = ["ls", "--select", "stg_orders", "--resource-type", "model"]
LINE = "small_everything.staging.stg_orders"
MOST_RUNS = 3  # the first records, unless the parse has warned; then the second does
OUTPUTS = ("target", "logs")


def dbt(project: Path, *arguments: str, program: Any = PROGRAM, **variables: Any) -> Done:
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1", "FLATMANIFEST_EXPLAIN": "1"}
    return subprocess.run(
        [program, "dbt", *arguments],
        cwd=project,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def first_line(command: list[Any], project: Path, environment: dict[str, str]) -> str:
    """Return what a command says first on standard error, and end it: dbt is not waited for."""
    with subprocess.Popen(
        command,
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.kill()
    return said


def is_told(done: Done) -> bool:
    return "dbt runs" not in done.stderr


def warm_up(project: Path) -> None:
    """Run dbt until the front door answers the listing."""
    done = dbt(project, *SELECTED)
    for _ in range(MOST_RUNS):
        assert done.returncode == 0, done.stdout + done.stderr
        if is_told(done):
            break
        done = dbt(project, *SELECTED)
    assert is_told(done), done.stderr
    assert done.stdout.splitlines()[-1] == LINE


def make_warm(project: Path) -> Path:
    generate("small_everything", project, None)
    warm_up(project)
    return project


@dataclass(frozen=True)
class Kept:
    """The content of one path: a file's bytes, a link's target, or a directory."""

    content: bytes | str | None
    mode: int
    times: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> Kept:
        found = path.lstat()
        content: bytes | str | None = None
        if path.is_symlink():
            content = str(path.readlink())
        elif path.is_file():
            content = path.read_bytes()
        return cls(content, found.st_mode, (found.st_atime_ns, found.st_mtime_ns))

    def is_at(self, path: Path, *, may_be_another: bool) -> bool:
        """Return whether kind and mode are the same and, unless ``may_be_another``, the content."""
        if not os.path.lexists(path) or path.lstat().st_mode != self.mode:
            return False
        if may_be_another or self.content is None:
            return True
        now = Kept.of(path)
        return now.content == self.content and (path.is_symlink() or now.times[1] == self.times[1])

    def put(self, path: Path) -> None:
        if self.content is None and path.is_dir() and not path.is_symlink():
            path.chmod(self.mode)
            return
        remove(path)
        if self.content is None:
            path.mkdir()
            path.chmod(self.mode)
        elif isinstance(self.content, str):
            path.symlink_to(self.content)
        else:
            path.write_bytes(self.content)
            path.chmod(self.mode)
            os.utime(path, ns=self.times)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def tree_of(project: Path) -> dict[Path, Kept]:
    """Return everything in a project, directories before their content."""
    return {path: Kept.of(path) for path in [project, *sorted(project.rglob("*"))]}


def put_back(project: Path, before: dict[Path, Kept]) -> None:
    """Undo the changes of a project, and remove new files."""
    for path in project.parent.iterdir():
        if path != project:
            remove(path)
    if project.exists():
        for path in sorted(project.rglob("*"), reverse=True):
            if path not in before:
                remove(path)
    outputs = tuple(project / name for name in OUTPUTS)
    for path, kept in before.items():
        is_output = any(output in path.parents for output in outputs)
        if not kept.is_at(path, may_be_another=is_output):
            kept.put(path)
