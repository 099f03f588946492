"""``make release-check``: what it says of each thing that a release must not be."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from setup import release_check as check

VERSION = "1.2.3"
INFO = f"flatmanifest-{VERSION}.dist-info"
EXECUTABLE = f"flatmanifest-{VERSION}.data/scripts/flatmanifest"
LAUNCHER = f"flatmanifest-{VERSION}.data/scripts/fdbt"
MODULE = "flatmanifest/_native.cpython-310-x86_64-linux-gnu.so"
SOURCES = (
    "dbt_flatmanifest/__init__.py",
    "flatmanifest/__init__.py",
    "flatmanifest/_native.pyi",
    "flatmanifest/dbt/activate.py",
    "flatmanifest/dbt/releases.py",
    "flatmanifest/dbt/seams.lock.json",
    "flatmanifest/py.typed",
)
PEOPLE = ("LICENSE", "README.md", "pyproject.toml", "CMakeLists.txt", "native/a.cc")
TRACKED = (*(f"python/{name}" for name in SOURCES), *PEOPLE, "tests/test_a.py")
POINTS = {"sqlfluff:flatmanifest": "flatmanifest.dbt.activate"}
TARGETS = {"dbt.task.run": "0123456789abcdef"}
LOCK = {
    "1.10": {"packages": {"dbt-core": "1.10.23"}, "targets": TARGETS},
    "1.11": {"packages": {"dbt-core": "1.11.2"}, "targets": TARGETS},
}
PROJECT = """[project]
version = "1.2.3"
classifiers = [
  "Programming Language :: Python :: 3.10",
  "Programming Language :: Python :: 3.11",
]

[project.entry-points.sqlfluff]
flatmanifest = "flatmanifest.dbt.activate"

[tool.cibuildwheel]
build = ["cp310-*", "cp311-*"]
"""


def wheel(changed: dict[str, bytes | None] | None = None) -> check.Members:
    """A good wheel's files, with some other ones; None takes one away."""
    members = dict.fromkeys(SOURCES, b"")
    members |= {
        "flatmanifest/dbt/releases.py": b"SUPPORTED: tuple[Release, ...] = ((1, 10), (1, 11))\n",
        "flatmanifest/dbt/seams.lock.json": json.dumps(LOCK).encode(),
        MODULE: b"\x7fELF\0",
        EXECUTABLE: b"\x7fELF\0",
        LAUNCHER: b"\x7fELF\0",
        f"{INFO}/METADATA": b"Name: flatmanifest\nVersion: 1.2.3\n",
        f"{INFO}/RECORD": b"",
        f"{INFO}/WHEEL": b"",
        f"{INFO}/entry_points.txt": b"[sqlfluff]\nflatmanifest = flatmanifest.dbt.activate\n\n",
        f"{INFO}/licenses/LICENSE": b"",
        **{check.notice_of(name, INFO): b"Copyright: somebody" for name in check.LICENCES},
        f"{INFO}/sboms/auditwheel.cdx.json": b"{}",
    }
    return with_changes(members, changed or {})


def with_changes(members: check.Members, changed: dict[str, bytes | None]) -> check.Members:
    return {name: text for name, text in {**members, **changed}.items() if text is not None}


def test_a_good_release_has_no_fault(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert check.declared_version(tmp_path) == VERSION
    assert check.entry_points(tmp_path) == POINTS
    assert not [*check.version_faults(tmp_path, TRACKED, VERSION)]
    assert not [*check.python_faults(tmp_path)]
    assert not [*check.changelog_faults("## Unreleased\n\n## 1.2.3 - 2026-01-02\n", VERSION)]
    assert not [*check.wheel_faults(wheel(), TRACKED, VERSION)]
    assert not [*check.notice_faults(wheel())]
    assert not [*check.entry_point_faults(wheel(), POINTS)]
    assert not [*check.machine_path_faults(wheel(), ["/home/somebody/"])]
    assert not [*check.lock_faults(wheel())]
    sdist = dict.fromkeys([*TRACKED[:-1], "PKG-INFO"], b"")
    assert not [*check.sdist_faults(sdist, TRACKED)]


def test_a_version_that_is_not_declared_ends_the_check(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(SystemExit, match="no line 'version ="):
        check.declared_version(tmp_path)


@pytest.mark.parametrize(
    "line",
    ['__version__ = "1.2.3"', "project(flatmanifest VERSION 1.2.3)", "version: 1.2.3"],
)
def test_a_second_place_of_the_version_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(f"first\n{line}\n")
    (tmp_path / "b.txt").write_text("version 1.2.30, and dbt's 1.2.3\n")
    found = [*check.version_faults(tmp_path, ["a.txt", "b.txt", "gone.txt"], VERSION)]
    assert found == ["a.txt:2 declares the version that pyproject.toml declares"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("## 1.2.2 - 2026-01-01\n", "has no section for 1.2.3"),
        ("## 1.2.30 - 2026-01-01\n", "has no section for 1.2.3"),
        ("## 1.2.3\n\nText.\n", "the heading '1.2.3' has no date"),
        ("## 1.2.3 - soon\n", "the heading '1.2.3 - soon' has no date"),
        ("## Unreleased\n\n- New.\n\n## 1.2.3 - 2026-01-02\n", "'Unreleased' has entries"),
        ("## [1.2.3] - 2026-01-02\n\n## [Unreleased]\n\n- New.\n", "'Unreleased' has entries"),
    ],
)
def test_a_changelog_that_does_not_tell_of_it_is_a_fault(text: str, fault: str) -> None:
    (found,) = check.changelog_faults(text, VERSION)
    assert fault in found


def test_lists_of_pythons_that_differ_are_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace(', "cp311-*"', ""))
    workflows = tmp_path / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "test.yml").write_text('      matrix:\n        python: ["3.10", "3.12"]\n')
    assert [*check.python_faults(tmp_path)] == [
        "cibuildwheel builds for Python 3.10, the classifiers: 3.10 3.11",
        "test.yml tests Python 3.12, which no classifier names",
    ]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"native/a.cc": None}, "the sdist lacks native/a.cc"),
        ({"LICENSE": None}, "the sdist lacks LICENSE"),
        ({"tests/test_a.py": b""}, "the sdist has tests/test_a.py, which is not to be published"),
        ({"native/b.cc": b""}, "the sdist has native/b.cc, which is not in the repository"),
        ({"native/a.cc": b"a\0"}, "the sdist has native/a.cc, which is binary"),
    ],
)
def test_an_sdist_with_other_files_is_a_fault(changed: dict[str, bytes | None], fault: str) -> None:
    sdist = with_changes(dict.fromkeys([*TRACKED[:-1], "PKG-INFO"], b""), changed)
    assert [*check.sdist_faults(sdist, TRACKED)] == [fault]


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"flatmanifest/__init__.py": None}, ["the wheel lacks flatmanifest/__init__.py"]),
        ({EXECUTABLE: None}, [f"the wheel lacks {EXECUTABLE}"]),
        ({LAUNCHER: None}, [f"the wheel lacks {LAUNCHER}"]),
        ({f"{INFO}/licenses/LICENSE": None}, [f"the wheel lacks {INFO}/licenses/LICENSE"]),
        (
            {f"{INFO}/licenses/libraries/zstd.txt": None},
            [f"the wheel lacks {INFO}/licenses/libraries/zstd.txt"],
        ),
        ({MODULE: None}, ["the wheel has 0 extension modules, not one"]),
        (
            {"flatmanifest/notes.txt": b""},
            ["the wheel has flatmanifest/notes.txt, which is not in the repository"],
        ),
        (
            {"flatmanifest.libs/libz.so": b"\x7fELF\0"},
            [
                "the wheel has flatmanifest.libs/libz.so, which is not in the repository",
                "the wheel has flatmanifest.libs/libz.so, which is binary",
            ],
        ),
        (
            {f"{INFO}/METADATA": b"Name: flatmanifest\nVersion: 1.2.2\n"},
            ["the wheel's METADATA has another version than 1.2.3"],
        ),
    ],
)
def test_a_wheel_with_other_files_is_a_fault(
    changed: dict[str, bytes | None], faults: list[str]
) -> None:
    assert [*check.wheel_faults(wheel(changed), TRACKED, VERSION)] == faults


def test_a_notice_that_names_nobody_is_a_fault() -> None:
    notice = check.notice_of("zlib", INFO)
    (found,) = check.notice_faults(wheel({notice: b"Have fun."}))
    assert found == f"{notice} is no licence notice: it names no copyright"


def project_with(directory: Path, cmake: str, licence: str) -> Path:
    for name in check.CMAKE_FILES:
        (directory / name).parent.mkdir()
        (directory / name).write_text("")
    (directory / check.CMAKE_FILES[0]).write_text(cmake)
    (directory / "pyproject.toml").write_text(f'license = "{licence}"\n')
    return directory


def test_a_library_without_a_known_licence_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "LICENCES", {"zlib": ("Zlib",), "gone": ()})
    calls = "flatmanifest_library(zlib HEADER zlib.h)\nif(A)\n  flatmanifest_has_notice(new b.h)\n"
    root = project_with(tmp_path, calls, "Apache-2.0 AND Zlib")
    assert [found.partition(" ")[0] for found in check.licence_faults(root)] == ["gone", "new"]


def test_a_licence_that_the_project_does_not_state_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "LICENCES", {"zlib": ("Zlib",)})
    root = project_with(tmp_path, "flatmanifest_library(zlib HEADER zlib.h)\n", "Apache-2.0")
    (found,) = check.licence_faults(root)
    assert found == 'pyproject.toml should have license = "Apache-2.0 AND Zlib"'


def test_the_licences_of_this_project_are_stated() -> None:
    assert not [*check.licence_faults(check.ROOT)]


@pytest.mark.parametrize("name", ["dbt_flatmanifest/__init__.py", "flatmanifest/py.typed"])
def test_what_the_repository_has_lost_is_missed_in_the_wheel(name: str) -> None:
    tracked = [each for each in TRACKED if each != f"python/{name}"]
    (found,) = check.wheel_faults(wheel({name: None}), tracked, VERSION)
    assert found.startswith("the wheel lacks what is always in it")


@pytest.mark.parametrize(
    ("text", "declared", "fault"),
    [
        (b"", POINTS, "the wheel's entry points are {}, those of pyproject.toml"),
        (b"[sqlfluff]\nflatmanifest = flatmanifest.gone\n", None, "which the wheel lacks"),
    ],
)
def test_entry_points_that_lead_nowhere_are_a_fault(
    text: bytes, declared: dict[str, str] | None, fault: str
) -> None:
    members = wheel({f"{INFO}/entry_points.txt": text})
    named = {"sqlfluff:flatmanifest": "flatmanifest.gone"} if declared is None else declared
    (found,) = check.entry_point_faults(members, named)
    assert fault in found


def test_a_path_of_the_machine_is_named() -> None:
    members = wheel({"flatmanifest/a": b"path = '/home/somebody/src'"})
    assert [*check.machine_path_faults(members, ["/home/somebody/"])] == [
        "flatmanifest/a has a path of this machine: /home/somebody/"
    ]


@pytest.mark.parametrize(
    ("release", "known", "fault"),
    [
        ("1.11", None, "seams.lock.json has dbt 1.10, releases.py 1.10 1.11"),
        ("1.12", LOCK["1.11"], "seams.lock.json has dbt 1.10 1.11 1.12, releases.py 1.10 1.11"),
        ("1.11", LOCK["1.10"], "seams.lock.json: 1.11 was taken from dbt-core 1.10.23"),
        ("1.11", {**LOCK["1.11"], "targets": {}}, "1.11 has no digest of any function"),
        ("1.11", {**LOCK["1.11"], "targets": {"dbt.a": ""}}, "1.11 has no digest of dbt.a"),
    ],
)
def test_a_lock_without_a_release_or_a_digest_is_a_fault(
    release: str, known: dict[str, dict[str, str]] | None, fault: str
) -> None:
    lock = {name: one for name, one in {**LOCK, release: known}.items() if one is not None}
    members = wheel({"flatmanifest/dbt/seams.lock.json": json.dumps(lock).encode()})
    assert fault in next(check.lock_faults(members))


def test_a_wheel_without_the_lock_is_a_fault() -> None:
    members = wheel({"flatmanifest/dbt/seams.lock.json": None})
    (found,) = check.lock_faults(members)
    assert found == "the wheel has not one seams.lock.json and one releases.py"


def test_seams_that_are_not_known_are_a_fault(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "flatmanifest"
    command.parent.mkdir()
    assert [*check.seam_faults(tmp_path)] == [f"{tmp_path} has no flatmanifest"]
    command.write_text("#!/bin/sh\necho '! dbt.a: does'\necho '! 1 of 2 replace'; exit 1\n")
    command.chmod(0o755)
    (found,) = check.seam_faults(tmp_path)
    assert found == f"flatmanifest seams, in {tmp_path}: ! 1 of 2 replace"
    command.write_text("#!/bin/sh\nexit 0\n")
    assert not [*check.seam_faults(tmp_path)]


def test_archives_are_read_by_the_names_of_their_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo(f"flatmanifest-{VERSION}/native/a.cc")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"int;"))
    assert check.members_of_sdist(tmp_path / "a.tar.gz", VERSION) == {"native/a.cc": b"int;"}
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr("flatmanifest/", "")
        archive.writestr("flatmanifest/py.typed", "")
    assert check.members_of_wheel(tmp_path / "a.whl") == {"flatmanifest/py.typed": b""}


def test_a_check_without_a_wheel_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "BUILD", tmp_path)
    monkeypatch.setattr("sys.argv", ["release_check.py"])
    with pytest.raises(SystemExit, match="build/dist has no wheel: make wheel"):
        check.main()
