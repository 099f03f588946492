"""If the disk fails after the new file is in place, the publish succeeds with a warning."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import flatmanifest
from tests.python.samples import sample

# Flushing a directory fails; flushing a file works.
FAILING_FSYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

int fsync(int fd) {
  struct stat status;
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = EIO;
    return -1;
  }
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
"""
WARNING = (
    "{path} is in place, but may not survive a power failure: its directory could not be flushed "
    "to the disk (Input/output error); see what the disk has, and write the file again"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("a C compiler is not installed")
    directory = tmp_path_factory.mktemp("fsync")
    source, library = directory / "fsync.c", directory / "fsync.so"
    source.write_text(FAILING_FSYNC)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


def converted(json_path: Path) -> Path:
    path = json_path.with_suffix(".fman")
    flatmanifest.convert(json_path, path)
    return path


@pytest.mark.parametrize("what", ["convert", "export", "ls"])
def test_the_command_line_warns(
    executable: Path, json_path: Path, environment: dict[str, str], what: str
) -> None:
    output = json_path.with_name("output")
    command = {
        "convert": ["convert", str(json_path), "-o", str(output)],
        "export": ["export", str(converted(json_path)), "-o", str(output)],
        "ls": ["ls", str(converted(json_path)), "-o", str(output)],
    }[what]
    done = subprocess.run(
        [executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == f"flatmanifest: warning: {WARNING.format(path=output)}\n"
    assert output.stat().st_size > 0
    if what == "convert":
        assert f"{output}: " in done.stdout
        with flatmanifest.open(output) as manifest:
            assert manifest == sample()


def run_python(program: str, *arguments: str | Path, environment: dict[str, str]) -> str:
    """Return what a program writes to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_convert_warns(json_path: Path, environment: dict[str, str]) -> None:
    program = "import sys, flatmanifest; flatmanifest.convert(*sys.argv[1:])"
    output = json_path.with_name("output.fman")
    told = run_python(program, json_path, output, environment=environment)
    # As of 3.13, Python shows the line of the program, too.
    assert f"RuntimeWarning: {WARNING.format(path=output)}\n" in told
    with flatmanifest.open(output) as manifest:
        assert manifest == sample()


def test_what_can_be_made_anew_needs_no_warning(
    json_path: Path, environment: dict[str, str]
) -> None:
    """The neighbour of a manifest.json and files of the cache can be made again."""
    program = """
import sys, flatmanifest
from pathlib import Path
from flatmanifest.dbt.cache import objects
with flatmanifest.open(sys.argv[1]):
    pass
assert objects.publish(Path(sys.argv[2]), {"a": 1}) == 1
"""
    entry = json_path.with_name("entry.fman")
    assert not run_python(program, json_path, entry, environment=environment)
    assert entry.exists()
    assert json_path.with_suffix(".fman").exists()
