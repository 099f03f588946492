"""Caches that other users can write to, and files that they may have planted: docs/security.md.

The tests ask the front door for its reason and end it before dbt starts, so that the warm project
stays warm.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from flatmanifest.dbt.cache import objects
from tests.conftest import NOBODY
from tests.dbt.template import PROGRAM
from tests.dbt.warm import LINE, SELECTED, first_line
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOLD = "told"
ENTRY = "[0-9a-f]" * 24 + ".fman"
WARNING = "flatmanifest failed and leaves this to dbt"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def environment(**variables: str) -> dict[str, str]:
    return {
        **os.environ,
        **PRIVATE,
        "FLATMANIFEST": "1",
        "FLATMANIFEST_EXPLAIN": "1",
        **variables,
    }


def run(project: Path, *arguments: str, **variables: str) -> str:
    """Return the output of ``flatmanifest dbt``, which must succeed."""
    command = [PROGRAM, "dbt", *(arguments or SELECTED)]
    done = run_program(command, project, environment(**variables))
    assert done.stdout.splitlines()[-1] == LINE or arguments, done.stdout
    return done.stdout


def reason(project: Path, *arguments: str, **variables: str) -> str:
    """Return why the front door leaves a command to dbt; TOLD if it answers. dbt does not run."""
    command = [PROGRAM, "dbt", *(arguments or SELECTED)]
    return first_line(command, project, environment(**variables)) or TOLD


def cache_of(project: Path) -> Path:
    return project / "target" / "flatmanifest"


def one(project: Path, pattern: str) -> Path:
    (found,) = cache_of(project).glob(pattern)
    return found


@contextlib.contextmanager
def changed(path: Path, mode: int | None = None, owner: int | None = None) -> Iterator[None]:
    """Give a file another mode or owner for a while."""
    before = path.lstat()
    if owner is not None:
        os.chown(path, owner, -1, follow_symlinks=False)
    if mode is not None:
        path.chmod(mode)
    try:
        yield
    finally:
        os.chown(path, before.st_uid, before.st_gid, follow_symlinks=False)
        if mode is not None:
            path.chmod(before.st_mode)


FILES = ["*.transcript.fman", "*.artifacts.fman", ENTRY]


def test_the_cache_is_made_for_its_owner_alone(warm: Path) -> None:
    assert cache_of(warm).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("pattern", FILES)
def test_files_that_everybody_may_write_to_are_not_read(warm: Path, pattern: str) -> None:
    path = one(warm, pattern)
    with changed(path, mode=0o666):
        assert f"{path}: everybody may write to it (mode 0666)" in reason(warm)
        assert reason(warm, FLATMANIFEST_TRUST="all") == TOLD
    assert reason(warm) == TOLD


@needs_root
@pytest.mark.parametrize("pattern", FILES)
def test_files_of_somebody_else_are_not_read(warm: Path, pattern: str) -> None:
    path = one(warm, pattern)
    with changed(path, owner=NOBODY):
        assert f"{path}: belongs to user {NOBODY}" in reason(warm)
        assert reason(warm, FLATMANIFEST_TRUST=f"1,{NOBODY}") == TOLD
    assert reason(warm) == TOLD


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o707])
def test_a_directory_that_everybody_may_write_to_is_not_looked_into(warm: Path, mode: int) -> None:
    with changed(cache_of(warm), mode=mode):
        assert f"{cache_of(warm)}: everybody may write to it" in reason(warm)
    assert reason(warm) == TOLD


@needs_root
def test_a_directory_of_somebody_else_is_not_looked_into(warm: Path) -> None:
    with changed(cache_of(warm), owner=NOBODY):
        assert f"{cache_of(warm)}: belongs to user {NOBODY}" in reason(warm)
    assert reason(warm) == TOLD


def test_the_cache_may_be_a_link_of_the_users_own(warm: Path, tmp_path: Path) -> None:
    cache, elsewhere = cache_of(warm), tmp_path / "elsewhere"
    cache.rename(elsewhere)
    cache.symlink_to(elsewhere)
    try:
        assert reason(warm) == TOLD
        if os.geteuid() == 0:
            with changed(cache, owner=NOBODY):
                assert f"{cache}: belongs to user {NOBODY}" in reason(warm)
    finally:
        cache.unlink()
        elsewhere.rename(cache)
    assert reason(warm) == TOLD


@pytest.mark.parametrize("pattern", FILES)
def test_only_regular_files_are_read(warm: Path, tmp_path: Path, pattern: str) -> None:
    path = one(warm, pattern)
    kept = path.rename(tmp_path / "kept")
    plants: dict[str, Callable[[], object]] = {
        "a link": lambda: path.symlink_to(kept),
        "a link to nowhere": lambda: path.symlink_to(tmp_path / "nowhere"),
        "a pipe": lambda: os.mkfifo(path),
        "a directory": path.mkdir,
    }
    for what, plant in plants.items():
        plant()
        told = reason(warm)
        assert "dbt runs" in told, what
        assert "not a regular file" in told or "Is a directory" in told, (what, told)
        path.rmdir() if what == "a directory" else path.unlink()
    kept.rename(path)
    assert reason(warm) == TOLD
    assert not (tmp_path / "nowhere").exists()


def planted(path: Path, **fields: Any) -> None:
    """Change fields of a transcript."""
    stored = objects.load(path)
    objects.publish(path, {**{name: stored.restore(name) for name in stored.names()}, **fields})


@pytest.fixture
def transcript(warm: Path, tmp_path: Path) -> Iterator[Path]:
    """Return the transcript of `warm`; the file is restored afterwards."""
    path = one(warm, "*.transcript.fman")
    shutil.copy2(path, tmp_path / "transcript")
    yield path
    path.unlink()
    shutil.copy2(tmp_path / "transcript", path)
    assert reason(warm) == TOLD


def test_a_transcript_leads_to_no_other_directory(
    warm: Path, transcript: Path, tmp_path: Path
) -> None:
    entry = one(warm, ENTRY)
    (tmp_path / "other").mkdir()
    shutil.copy2(entry, tmp_path / "other")
    for elsewhere in (
        tmp_path / "other" / entry.name,
        cache_of(warm) / ".." / ".." / ".." / ".." / "other" / entry.name,
        entry.parent / "..",
        entry.parent / "manifest.json",
        Path("/etc/passwd"),
    ):
        planted(transcript, entry=str(elsewhere))
        assert "its entry does not lie beside it" in reason(warm)


@needs_root
def test_another_users_transcript_has_nothing_written(
    warm: Path, transcript: Path, tmp_path: Path
) -> None:
    """A transcript names files to write, so only the user's own transcripts are trusted."""
    outside = tmp_path / "outside"
    planted(transcript, written=[{"path": str(outside), "text": "planted"}], sinks=[])
    with changed(transcript, owner=NOBODY):
        assert f"{transcript}: belongs to user {NOBODY}" in reason(warm)
        assert not outside.exists()
    # The owner is the only reason: the user's own transcript is obeyed.
    assert reason(warm) == TOLD
    assert outside.read_text() == "planted"


def files_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_dbt_runs_as_if_there_was_no_cache(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    run(project)
    cache_of(project).chmod(0o777)
    before = files_in(cache_of(project))
    said = run(project)
    assert said.count(WARNING) == 1
    assert "everybody may write to it (mode 0777)" in said.replace("\n", " ")
    assert files_in(cache_of(project)) == before


def test_dbt_replaces_what_was_planted(tmp_path: Path) -> None:
    """Links and pipes in the places of files, in the user's own cache."""
    project, outside = tmp_path / "project", tmp_path / "outside"
    outside.mkdir()
    generate("small_everything", project, None)
    run(project)
    names = [path.name for path in cache_of(project).iterdir()]
    assert len(names) >= 4
    for number, name in enumerate(sorted(names)):
        path = cache_of(project) / name
        path.unlink()
        if number % 2:
            path.symlink_to(outside / name)
        else:
            os.mkfifo(path)
        # The staged file, before it gets its name.
        path.with_name(f".{name}.tmp").symlink_to(outside / name)
    for _ in range(2):
        run(project)
    assert [*outside.iterdir()] == []
    for name in names:
        path = cache_of(project) / name
        if path.is_fifo() or path.is_symlink():
            # Transcripts of another environment, and what dbt left before there was a transcript.
            assert ".transcript." in name or ".portable." in name or name.endswith(".zst"), name
    assert reason(project) == TOLD


def test_directories_in_the_places_of_files(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    run(project)
    for path in [*cache_of(project).iterdir()]:
        path.unlink()
        (path / "kept").mkdir(parents=True)
    said = run(project)
    assert WARNING in said
    assert all((path / "kept").is_dir() for path in cache_of(project).iterdir())


@needs_root
def test_answers_of_somebody_else_are_not_told(tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path), "FLATMANIFEST_CACHE_DIR": ""}
    run(tmp_path, "--help", **variables)
    assert reason(tmp_path, "--help", **variables) == TOLD
    cache = tmp_path / "flatmanifest"
    (answer,) = cache.iterdir()
    for path in (answer, cache):
        with changed(path, owner=NOBODY):
            assert f"{path}: belongs to user {NOBODY}" in reason(tmp_path, "--help", **variables)
    assert reason(tmp_path, "--help", **variables) == TOLD


def test_the_file_beside_a_manifest_is_as_trusted_as_the_manifest(json_path: Path) -> None:
    made = flatmanifest.convert(json_path)
    inode = made.stat().st_ino
    flatmanifest.open(json_path).close()
    assert made.stat().st_ino == inode
    made.chmod(0o666)
    with flatmanifest.open(json_path) as opened:  # made anew
        assert len(opened) > 0
    assert made.stat().st_ino != inode
    assert made.stat().st_mode & 0o002 == 0
