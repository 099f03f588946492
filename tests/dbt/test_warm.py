"""Undoing the changes that a test made to a project."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.dbt.warm import Kept, put_back, tree_of


def make(project: Path) -> None:
    (project / "models" / "deep").mkdir(parents=True)
    (project / "models" / "deep" / "one.sql").write_text("select 1")
    (project / "two.yml").write_bytes(b"a: \xff\n")
    (project / "three").write_text("three")
    (project / "target").mkdir()
    (project / "target" / "kept").write_text("of dbt")
    (project / "link").symlink_to("two.yml")
    (project / "models").chmod(0o750)
    os.utime(project / "two.yml", ns=(5, 5_000_000_001))


def stable(project: Path) -> dict[Path, Kept]:
    """Return the files without access times, and without times of links and directories."""
    return {
        path: Kept(kept.content, kept.mode, (0, kept.times[1] * isinstance(kept.content, bytes)))
        for path, kept in tree_of(project).items()
    }


def test_every_kind_of_change_is_undone(tmp_path: Path) -> None:
    project = tmp_path / "all" / "project"
    make(project)
    before, expected = tree_of(project), stable(project)

    def move() -> None:
        project.rename(project.with_name("moved"))

    def change() -> None:
        (project / "two.yml").write_text("another")
        (project / "models" / "deep" / "one.sql").chmod(0o600)
        os.utime(project / "three", ns=(1, 1))
        (project / "added" / "more").mkdir(parents=True)
        (project / "added" / "more" / "file").touch()
        (project.parent / "beside").mkdir()

    def swap_kinds() -> None:
        shutil.rmtree(project / "models")
        (project / "models").write_text("in the way")
        (project / "three").unlink()
        (project / "three").mkdir()
        (project / "three" / "inner").touch()
        (project / "link").unlink()
        (project / "link").symlink_to("elsewhere")
        (project / "two.yml").unlink()
        (project / "two.yml").symlink_to("nowhere")

    for spoil in (change, swap_kinds, move):
        spoil()
        put_back(project, before)
        assert stable(project) == expected, spoil.__name__
        assert [*project.parent.iterdir()] == [project]
    (project / "target" / "kept").write_text("another")
    put_back(project, before)
    assert (project / "target" / "kept").read_text() == "another"
    (project / "target" / "kept").unlink()
    put_back(project, before)
    assert (project / "target" / "kept").read_text() == "of dbt"
