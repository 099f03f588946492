"""Copies the licence notices of libraries into a directory: one file for each library.

CMake calls it, so that a wheel has the notices of what is compiled into it (cmake/notices.cmake):

    notices.py DIRECTORY NAME=HEADER…

A notice comes from whoever has installed the header: Debian's package, the RPM, Homebrew's keg, or
the Python package. Else the header is part of a source: the notice is the licence beside it, and
its comments that state a copyright. Libraries without any are named on stderr; the status is 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("LICEN[CS]E*", "COPYING*", "NOTICE*")
# Debian's file for Boost lists the licence of each of its files, which takes 2 MB.
MOST_BYTES = 100_000
COMMENT = re.compile(r"/\*.*?\*/|(?:^[ \t]*//[^\n]*\n)+", re.DOTALL | re.MULTILINE)


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    lacking = []
    for argument in sys.argv[2:]:
        name, _, header = argument.partition("=")
        text = notice(Path(header).resolve())
        if text:
            (directory / f"{name}.txt").write_text(text, "utf-8")
        else:
            lacking.append(name)
    if lacking:
        sys.exit(f"no licence notice was found of {', '.join(lacking)}")


def notice(header: Path) -> str:
    """The notice of the library that a header belongs to, or an empty string."""
    for of_installer in (of_debian, of_rpm, of_homebrew, of_python_package):
        files = of_installer(header)
        if files:
            return "\n".join(abridged(read(file)) for file in files)
    comments = dict.fromkeys(copyright_comments(read(header)))
    return "\n".join([*map(read, named_files(header.parent)), *comments])


def of_debian(header: Path) -> list[Path]:
    owner = output("dpkg-query", "--search", str(header)).partition(": ")[0]
    package = owner.partition(",")[0].partition(":")[0]  # "libz-dev:amd64, …"
    file = Path("/usr/share/doc") / package / "copyright"
    return [file] if package and file.exists() else []


def of_rpm(header: Path) -> list[Path]:
    """The licences of all packages that were built from the source of the header's package.

    The licence is often in the package of the library alone.
    """
    source = output("rpm", "-qf", "--qf", "%{SOURCERPM}\n", str(header)).partition("\n")[0]
    if not source:
        return []
    installed = output("rpm", "-qa", "--qf", "%{SOURCERPM} %{NAME}\n").splitlines()
    packages = [line.split()[1] for line in installed if line.split()[0] == source]
    files = {Path(line) for line in output("rpm", "-q", "--licensefiles", *packages).splitlines()}
    # The packages have copies of the same files.
    distinct = {file.read_bytes(): file for file in sorted(files, reverse=True) if file.is_file()}
    return sorted(distinct.values())


def of_homebrew(header: Path) -> list[Path]:
    """Those of the keg, ``…/Cellar/NAME/VERSION``."""
    if "Cellar" not in header.parts:
        return []
    depth = header.parts.index("Cellar") + 3
    return named_files(Path(*header.parts[:depth]))


def of_python_package(header: Path) -> list[Path]:
    """Those of the distribution that has the package which the header is in."""
    for directory in header.parents:
        if directory.parent.name not in {"site-packages", "dist-packages"}:
            continue
        for info in directory.parent.glob(f"{directory.name}-*.dist-info"):
            return named_files(info / "licenses") or named_files(info)
    return []


def named_files(directory: Path) -> list[Path]:
    return sorted(file for pattern in NAMES for file in directory.glob(pattern) if file.is_file())


def read(file: Path) -> str:
    return file.read_text("utf-8", "replace")


def output(*command: str) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def abridged(text: str) -> str:
    """Debian's notice with what is said of all files alone, if it would be too long."""
    if len(text) <= MOST_BYTES:
        return text
    paragraphs = text.split("\n\n")
    (general, *_) = [each for each in paragraphs if each.startswith("Files: *\n")] or [""]
    licence = re.search(r"^License: \S+$", general, re.MULTILINE)
    wanted = [each for each in paragraphs if licence and each.startswith(f"{licence[0]}\n")]
    return "\n\n".join([general, *wanted, ""])


def copyright_comments(source: str) -> Iterator[str]:
    """The comments of C++ that state a copyright."""
    for found in COMMENT.finditer(source):
        if re.search(r"copyright", found[0], re.IGNORECASE):
            yield found[0].strip() + "\n"


if __name__ == "__main__":
    main()
