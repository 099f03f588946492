"""Python code in a checkout: edited, it makes dbt run; unchanged, it lets the front door answer.

The environment has two editable installs, as pip makes them: `dbt_something`, a plugin that dbt
imports, by a path in a .pth file; `hooked`, which the plugin imports, by a finder.
"""

from __future__ import annotations

import shutil
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dbt.meanings import RELEASE
from tests.dbt.warm import Done, dbt, is_told
from tests.projects import generate

COMMAND = ["ls", "--output", "json"]
FINDER = """
import sys
from importlib.machinery import PathFinder

MAPPING = {{"hooked": {root!r}}}

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return PathFinder.find_spec(name, [MAPPING[name]]) if name in MAPPING else None

def install():
    sys.meta_path.append(Finder)
"""


@dataclass
class Place:
    project: Path
    sources: Path
    program: Path
    cache: Path

    def run(self, project: Path | None = None, *arguments: str) -> Done:
        return dbt(
            project or self.project,
            *(arguments or COMMAND),
            program=self.program,
            FLATMANIFEST_CACHE_DIR=str(self.cache),
            FLATMANIFEST_EXPLAIN="1",
        )

    def edit(self, name: str, text: str) -> None:
        (self.sources / name).write_text(text)
        time.sleep(0.1)  # code that changes as a process begins keeps it from being recorded


@pytest.fixture
def place(tmp_path: Path) -> Place:
    sources = tmp_path / "sources"
    for name, text in {
        "path/dbt_something/__init__.py": "import hooked\n",
        "path/dbt_something/late.py": "value = 1\n",
        "hook/hooked/__init__.py": "value = 1\n",
    }.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text)
    environment = tmp_path / "venv"
    venv.create(environment, symlinks=True, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    real = Path(next(path for path in sys.path if path.endswith("site-packages")))
    for each in real.iterdir():
        (packages / each.name).symlink_to(each)
    (packages / "__editable__.dbt_something-1.0.pth").write_text(f"{sources / 'path'}\n")
    hook = "__editable___hooked_1_0_finder"
    (packages / f"{hook}.py").write_text(FINDER.format(root=str(sources / "hook")))
    (packages / "__editable__.hooked-1.0.pth").write_text(f"import {hook}; {hook}.install()\n")
    program = environment / "bin" / "flatmanifest"
    shutil.copy2(Path(sys.executable).with_name("flatmanifest"), program)
    generate("small_everything", tmp_path / "project", None)
    found = Place(tmp_path / "project", sources, program, tmp_path / "cache")
    for _ in range(3):  # the first one compiles the sources; 1.12 warns while it parses
        done = found.run()
        assert done.returncode == 0, done.stdout + done.stderr
    return found


def copy_of(project: Path, to: Path) -> Path:
    left_out = shutil.ignore_patterns("target", "logs")
    return Path(shutil.copytree(project, to, ignore=left_out, copy_function=shutil.copyfile))


EDITED = {
    "by_a_path": "path/dbt_something/__init__.py",
    "not_loaded_yet": "path/dbt_something/late.py",
    "by_a_finder": "hook/hooked/__init__.py",
}


@pytest.mark.parametrize("edited", EDITED)
def test_edited_code_makes_dbt_run(place: Place, edited: str) -> None:
    done = place.run()
    assert is_told(done), done.stderr
    name = EDITED[edited]
    before = (place.sources / name).read_text()
    place.edit(name, before + "other = 2\n")
    done = place.run()
    assert f"{name} has changed" in done.stderr
    done = place.run()
    assert is_told(done), done.stderr


@pytest.mark.skipif(RELEASE >= (1, 12), reason="there, a parse that warns leaves nothing portable")
def test_code_counts_by_its_content_elsewhere(place: Place, tmp_path: Path) -> None:
    another = copy_of(place.project, tmp_path / "another")
    done = place.run(another)
    assert is_told(done), done.stderr
    # Other code may parse otherwise, and has no entry.
    name = EDITED["by_a_finder"]
    before = (place.sources / name).read_text()
    place.edit(name, before + "other = 2\n")
    third = copy_of(place.project, tmp_path / "third")
    done = place.run(third)
    assert "files have other contents" in done.stderr
    # A parse by the old code is not passed off as one by the new code.
    done = place.run()
    assert "Python code may have changed since the parse" in done.stderr
    # The same content has new times now.
    place.edit(name, before)
    done = place.run(copy_of(place.project, tmp_path / "fourth"))
    assert is_told(done), done.stderr


def test_versions_depend_on_code(place: Place) -> None:
    (packages,) = place.program.parents[1].glob("lib/python*/site-packages")
    (packages / "zz.pth").write_text("import dbt_something\n")  # `--version` loads no plugin
    for _ in range(2):
        done = place.run(None, "--version")
    if not is_told(done):
        pytest.skip("this dbt's versions are not kept")
    place.edit(EDITED["by_a_path"], "import hooked\nother = 2\n")
    assert not is_told(place.run(None, "--version"))


def test_code_that_changes_while_dbt_runs(place: Place) -> None:
    """A file that changes when dbt has begun is the old code, which the process may have."""
    late = place.sources / "path/dbt_something/late.py"
    place.edit(
        EDITED["by_a_path"], f"import hooked, pathlib\npathlib.Path({str(late)!r}).write_text('')\n"
    )
    for _ in range(2):
        shutil.rmtree(place.project / "target")  # so that portable files are looked for
        done = place.run()
        assert f"{late} has just changed" in done.stderr or "has changed" in done.stderr
        assert late.stat().st_size == 0
        assert "flatmanifest failed" not in done.stdout
    assert not is_told(done)
