"""The licence notices that a wheel has of the libraries that are compiled into it."""

from __future__ import annotations

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from setup import notices
from setup.release_check import LICENCES

HEADER = "// Copyright 2026 Somebody.\n// All rights reserved.\n\n/* nothing */ int a;\n"


def file(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def installed_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "output", lambda *command: "")


@pytest.mark.parametrize("library", sorted(LICENCES))
def test_the_installed_package_has_a_notice_of_each_library(library: str) -> None:
    files = metadata.files("flatmanifest") or []
    (found,) = [each for each in files if each.match(f"licenses/libraries/{library}.txt")]
    text = found.read_text(encoding="utf-8")
    assert re.search("copyright", text, re.IGNORECASE)
    assert len(text) < notices.MOST_BYTES


def test_a_source_has_its_licence_and_its_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_by_nobody(monkeypatch)
    header = file(tmp_path / "a.h", HEADER)
    assert notices.notice(header) == "// Copyright 2026 Somebody.\n// All rights reserved.\n"
    file(tmp_path / "LICENSE.txt", "As you like.\n")
    assert notices.notice(header).startswith("As you like.\n\n// Copyright 2026 Somebody.")


@pytest.mark.parametrize("licence", ["LICENSE", "licenses/LICENSE"])
def test_a_python_package_has_that_of_its_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, licence: str
) -> None:
    installed_by_nobody(monkeypatch)
    header = file(tmp_path / "site-packages" / "bind" / "include" / "bind.h", HEADER)
    file(tmp_path / "site-packages" / "bind-1.0.dist-info" / licence, "Bind's licence\n")
    file(tmp_path / "site-packages" / "other-1.0.dist-info" / licence, "Other's licence\n")
    assert notices.notice(header) == "Bind's licence\n"


def test_a_keg_of_homebrew_has_it_at_its_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_by_nobody(monkeypatch)
    header = file(tmp_path / "Cellar" / "a" / "1.0" / "include" / "a.h", HEADER)
    file(tmp_path / "Cellar" / "a" / "1.0" / "COPYING", "A's licence\n")
    assert notices.notice(header) == "A's licence\n"


def test_an_rpm_has_it_in_a_package_of_the_same_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    licence = file(tmp_path / "a" / "LICENSE", "A's licence\n")
    copied = file(tmp_path / "a-devel" / "LICENSE", "A's licence\n")

    def rpm(*command: str) -> str:
        if command[:2] == ("rpm", "-qf"):
            return "a-1.src.rpm\n"
        if command[:2] == ("rpm", "-qa"):
            return "a-1.src.rpm a-devel\nb-1.src.rpm b\na-1.src.rpm a\n"
        if command == ("rpm", "-q", "--licensefiles", "a-devel", "a"):
            return f"{copied}\n{licence}\n"
        return ""

    monkeypatch.setattr(notices, "output", rpm)
    assert notices.notice(file(tmp_path / "include" / "a.h", HEADER)) == "A's licence\n"


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="dpkg is not installed")
def test_debian_has_it_in_the_package_of_the_header() -> None:
    header = Path("/usr/include/stdio.h")
    if not header.exists():
        pytest.skip("libc6-dev is not installed")
    assert "GNU C Library" in notices.notice(header)


def test_a_long_notice_of_debian_is_that_of_all_files() -> None:
    general = "Files: *\nCopyright: everybody\nLicense: BSL-1.0"
    licence = "License: BSL-1.0\n Permission is granted"
    others = [f"Files: {number}\nCopyright: me\nLicense: MIT" for number in range(5000)]
    text = "\n\n".join(["Format: 1.0", general, *others, licence, "License: MIT\n As you like"])
    assert len(text) > notices.MOST_BYTES
    assert notices.abridged(text) == f"{general}\n\n{licence}\n\n"
    assert notices.abridged("short") == "short"


def test_a_library_without_a_notice_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_by_nobody(monkeypatch)
    one = file(tmp_path / "one.h", HEADER)
    other = file(tmp_path / "other.h", "int a;\n")
    arguments = [str(tmp_path / "out"), f"one={one}", f"other={other}"]
    monkeypatch.setattr(sys, "argv", ["notices.py", *arguments])
    with pytest.raises(SystemExit, match="no licence notice was found of other"):
        notices.main()
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["one.txt"]
