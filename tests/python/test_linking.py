"""The libraries that the package needs at run time, and the packages that the build asks for."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flatmanifest import _native
from setup import wheel

ROOT = Path(__file__).resolve().parents[2]
# Libraries of every Linux (the list of manylinux), and Python itself.
EVERYWHERE = re.compile(r"lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s)\.so\.\d+|ld-linux-.*\.so\.\d+")
# Distributions without a static simdjson need the shared one; a wheel contains it.
NOT_IN_WHEELS = re.compile(r"libsimdjson\.so\.\d+")
OLDEST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 30)}

linux = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("readelf") is None, reason="needs Linux and readelf"
)


def files(executable: Path) -> list[Path]:
    return [executable, Path(str(_native.__file__))]


def told(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@linux
def test_it_needs_no_library_that_not_every_linux_has(executable: Path) -> None:
    for file in files(executable):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", told("readelf", "-dW", file))
        assert needed
        others = [name for name in needed if not EVERYWHERE.fullmatch(name)]
        if "FLATMANIFEST_WHEEL" not in os.environ:
            others = [name for name in others if not NOT_IN_WHEELS.fullmatch(name)]
        assert not others, f"{file} needs {others}"


@linux
@pytest.mark.skipif(platform.libc_ver() > ("glibc", "2.36"), reason="built with a newer system")
def test_it_works_with_the_glibc_that_docs_name(executable: Path) -> None:
    for file in files(executable):
        symbols = told("readelf", "-VW", file)
        for library, oldest in OLDEST.items():
            found = re.findall(rf"\b{library}_([\d.]+)", symbols)
            versions = {tuple(map(int, version.split("."))) for version in found}
            assert max(versions) <= oldest, f"{file} needs {library} {max(versions)}"
    stated = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert "glibc 2.35" in stated


@linux
def test_no_name_of_a_library_is_shown_to_others(executable: Path) -> None:
    for file in files(executable):
        defined = told("nm", "-D", "--defined-only", file)
        assert not re.search(r" (sodium_|crypto_|utf8proc_|inflate|deflate|_ZN8simdjson)", defined)


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_missing_packages_are_named_in_one_line(tmp_path: Path) -> None:
    hidden = ["/usr/include", "/usr/lib", f"/usr/lib/{platform.machine()}-linux-gnu"]
    command = [
        *("cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DFLATMANIFEST_BUILD_PYTHON=OFF"),
        f"-DCMAKE_IGNORE_PATH={';'.join(hidden)}",
        "-DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON",
        "-DCMAKE_DISABLE_FIND_PACKAGE_simdjson=ON",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    (line,) = [text for text in done.stderr.splitlines() if "apt-get install" in text]
    assert line.strip() == (
        "flatmanifest needs system packages that are missing: apt-get install libcli11-dev "
        "libboost-dev libflatbuffers-dev libxxhash-dev libutf8proc-dev libsodium-dev zlib1g-dev "
        "libzstd-dev "
        "libsimdjson-dev (Debian, Ubuntu; elsewhere, what has the same libraries)"
    )
    installed = (ROOT / "setup" / "system_packages.sh").read_text(encoding="utf-8")
    for package in line.partition("install ")[2].partition(" (")[0].split():
        assert re.search(rf"\b{package}\b", installed)


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_a_missing_compiler_is_named_with_them(tmp_path: Path) -> None:
    command = [
        *("cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DFLATMANIFEST_BUILD_PYTHON=OFF"),
        "-DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON",
    ]
    environment = {**os.environ, "CXX": "/nowhere/c++ -m64"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode != 0
    (line,) = [text for text in done.stderr.splitlines() if "apt-get install" in text]
    assert "apt-get install g++ libcli11-dev (Debian" in line


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)
    return path


def test_what_a_repair_changes_is_seen(tmp_path: Path) -> None:
    raw = zipped(tmp_path / "raw.whl", a__b="1", **{"x.dist-info/WHEEL": "linux"})
    same = zipped(tmp_path / "same.whl", a__b="1", **{"x.dist-info/WHEEL": "manylinux"})
    assert wheel.changed_members(raw, same) == []
    other = zipped(tmp_path / "other.whl", a__b="2", **{"x.libs/libz.so": ""})
    assert wheel.changed_members(raw, other) == ["a/b", "x.libs/libz.so"]


def test_a_start_is_timed(tmp_path: Path, executable: Path) -> None:
    quickest, usual = wheel.start_times(executable, tmp_path)
    assert 0 < quickest <= usual < 1000
