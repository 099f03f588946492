"""``make release-check``: what has to be true before a version is tagged.

The version stands in one place, and the changelog has a dated section for it. The source
distribution and the wheel have what they need and nothing else; the wheel has the licence notices
of the libraries that are compiled into it. Wheels are built for the versions of Python that the
classifiers name. The lock of seams has every release of dbt, and the
seams of each environment that is named replace known functions only. Every fault is printed before
the check fails.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
# The files that the build reads, and those that a user reads first.
BUILT_FROM = (
    *("CMakeLists.txt", "bindings/", "cmake/", "native/", "python/", "schema/"),
    "setup/notices.py",
)
FOR_PEOPLE = ("LICENSE", "README.md", "pyproject.toml")
PROGRAMS = ("fdbt", "flatmanifest")
NOT_PUBLISHED = (".ci/", ".github/", "bench/", "build/", "tests/")
# These have versions of their own, or tell of earlier ones.
OTHER_VERSIONS = ("CHANGELOG.md", "bench/", "pyproject.toml", "tests/")
# Found by typing tools, by the plugin, and by dbt, which looks for packages named dbt_*.
INDISPENSABLE = (
    r"flatmanifest/_native\.pyi",
    r"flatmanifest/py\.typed",
    r"flatmanifest/.*\bseams\.lock\.json",
    r"dbt_flatmanifest/__init__\.py",
)
MODULE = re.compile(r"flatmanifest/_native\.[\w.-]+\.so")
DIGEST = re.compile("[0-9a-f]{16}")
# The libraries that are compiled into a wheel, each with the licences of its code (SPDX).
LICENCES = {
    "CLI11": ("BSD-3-Clause",),
    "boost": ("BSL-1.0",),
    "flatbuffers": ("Apache-2.0",),
    "nlohmann_json": ("MIT",),
    "pybind11": ("BSD-3-Clause",),
    "simdjson": ("Apache-2.0", "BSD-3-Clause", "BSL-1.0", "MIT"),
    "sodium": ("BSD-2-Clause", "ISC"),
    "utf8proc": ("MIT", "Unicode-DFS-2015"),
    "xxhash": ("BSD-2-Clause",),
    "zlib": ("Zlib",),
    "zstd": ("BSD-3-Clause",),
}
CMAKE_FILES = ("cmake/libraries.cmake", "bindings/CMakeLists.txt")
MACHINE_PATHS = (str(ROOT), f"{Path.home()}/")

Members = dict[str, bytes]


def main() -> None:
    options = arguments()
    version = declared_version(ROOT)
    tracked = tracked_files()
    wheels = sorted((BUILD / "dist").glob("*.whl"))
    if not wheels:
        sys.exit("release-check: build/dist has no wheel: make wheel")
    sdist = members_of_sdist(built_sdist(), version)
    faults = [
        *version_faults(ROOT, tracked, version),
        *changelog_faults((ROOT / "CHANGELOG.md").read_text("utf-8"), version),
        *python_faults(ROOT),
        *licence_faults(ROOT),
        *sdist_faults(sdist, tracked),
        *machine_path_faults(sdist, MACHINE_PATHS),
    ]
    for path in wheels:
        found = faults_in_wheel(members_of_wheel(path), tracked, version)
        faults += [f"{path.name}: {fault}" for fault in found]
    for environment in options.environment:
        faults += seam_faults(environment)
    for fault in faults:
        print(f"release-check: {fault}", file=sys.stderr)
    if faults:
        sys.exit(1)
    print(f"flatmanifest {version} may be tagged: the sdist and {len(wheels)} wheels are complete")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--environment",
        type=Path,
        metavar="DIR",
        action="append",
        default=[],
        help="has flatmanifest beside a release of dbt; may be given again",
    )
    return parser.parse_args()


def faults_in_wheel(members: Members, tracked: list[str], version: str) -> Iterator[str]:
    yield from wheel_faults(members, tracked, version)
    yield from notice_faults(members)
    yield from entry_point_faults(members, entry_points(ROOT))
    yield from machine_path_faults(members, MACHINE_PATHS)
    yield from lock_faults(members)


def declared_version(root: Path) -> str:
    found = re.search(
        r'^version = "(.*)"$', (root / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    if found is None:
        sys.exit("release-check: pyproject.toml has no line 'version = \"…\"', which CMake reads")
    return found[1]


def tracked_files() -> list[str]:
    command = ("git", "ls-files", "-z")
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.split("\0")[:-1]


def version_faults(root: Path, tracked: Iterable[str], version: str) -> Iterator[str]:
    """Where the version is declared again, and would have to be changed again."""
    again = re.compile(rf"version[\W_]{{1,6}}{re.escape(version)}\b", re.IGNORECASE)
    for name in tracked:
        path = root / name
        if name.startswith(OTHER_VERSIONS) or not path.is_file():
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if again.search(line):
                yield f"{name}:{number} declares the version that pyproject.toml declares"


def changelog_faults(text: str, version: str) -> Iterator[str]:
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    mine = [each for each in headings if re.match(rf"\[?{re.escape(version)}\b", each)]
    if not mine:
        yield f"CHANGELOG.md has no section for {version}, the version in pyproject.toml"
    elif not re.fullmatch(rf"\[?{re.escape(version)}\]? - \d{{4}}-\d\d-\d\d", mine[0]):
        yield f"CHANGELOG.md: the heading '{mine[0]}' has no date: '## {version} - YYYY-MM-DD'"
    unreleased = re.search(
        r"^## \[?Unreleased\]?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    if unreleased and unreleased[1].strip():
        yield (
            f"CHANGELOG.md: 'Unreleased' has entries; they belong to the section of {version}, "
            "or of the version that pyproject.toml should have"
        )


def python_faults(root: Path) -> Iterator[str]:
    """Versions of Python that are promised and not built, or the other way round."""
    project = (root / "pyproject.toml").read_text("utf-8")
    stated = re.findall(r"Python :: (3\.\d+)\"", project)
    (images, *_) = re.findall(r"^build = \[(.*)\]$", project, re.MULTILINE) or [""]
    built = [f"3.{minor}" for minor in re.findall(r"cp3(\d+)-", images)]
    if built != stated:
        differs = f"{' '.join(built)}, the classifiers: {' '.join(stated)}"
        yield f"cibuildwheel builds for Python {differs}"
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        for found in re.findall(r"^ +python: \[(.*)\]$", path.read_text("utf-8"), re.MULTILINE):
            others = [each for each in re.findall(r"[\d.]+", found) if each not in stated]
            if others:
                yield f"{path.name} tests Python {' '.join(others)}, which no classifier names"


def licence_faults(root: Path) -> Iterator[str]:
    """Libraries that CMake links and LICENCES lacks; licences that the project does not state."""
    kinds = "has_notice|headers|library|package"
    calls = re.compile(rf"^ *flatmanifest_(?:{kinds})\((\w+)", re.MULTILINE)
    linked = {
        name for file in CMAKE_FILES for name in calls.findall((root / file).read_text("utf-8"))
    }
    for name in sorted(linked ^ LICENCES.keys()):
        yield f"{name} is only in one of CMake's files and LICENCES of release_check.py"
    project = (root / "pyproject.toml").read_text("utf-8")
    stated = re.search(r'^license = "(.*)"$', project, re.MULTILINE)
    expected = {"Apache-2.0"}.union(*LICENCES.values())
    if stated is None or set(stated[1].split(" AND ")) != expected:
        yield f'pyproject.toml should have license = "{" AND ".join(sorted(expected))}"'


def entry_points(root: Path) -> dict[str, str]:
    """Those of pyproject.toml, as ``group:name`` and what it refers to."""
    text = (root / "pyproject.toml").read_text("utf-8")
    found = {}
    for group, lines in re.findall(
        r"^\[project\.entry-points\.(.+)\]\n((?:.+\n)+)", text, re.MULTILINE
    ):
        for name, reference in re.findall(r'^(\S+) = "(.*)"$', lines, re.MULTILINE):
            found[f"{group}:{name}"] = reference
    return found


def built_sdist() -> Path:
    directory = BUILD / "sdist"
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.tar.gz"):
        old.unlink()
    command = ("-m", "build", "--sdist", "--no-isolation", "--skip-dependency-check")
    done = subprocess.run([sys.executable, *command, "--outdir", directory, ROOT], check=False)
    if done.returncode != 0:
        sys.exit(f"release-check: the sdist was not built: status {done.returncode}")
    (made,) = directory.glob("*.tar.gz")
    return made


def members_of_sdist(path: Path, version: str) -> Members:
    """The files by their names below the directory that all of them are in."""
    top = f"flatmanifest-{version}/"
    with tarfile.open(path) as archive:
        opened = {each.name: archive.extractfile(each) for each in archive if each.isfile()}
        return {name.removeprefix(top): file.read() for name, file in opened.items() if file}


def members_of_wheel(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}


def sdist_faults(members: Members, tracked: Iterable[str]) -> Iterator[str]:
    known = set(tracked)
    for name in sorted(known):
        if name.startswith((*BUILT_FROM, *FOR_PEOPLE)) and name not in members:
            yield f"the sdist lacks {name}"
    for name in sorted(members):
        if name.startswith(NOT_PUBLISHED):
            yield f"the sdist has {name}, which is not to be published"
        elif name not in known | {"PKG-INFO"}:
            yield f"the sdist has {name}, which is not in the repository"
        elif is_binary(members[name]):
            yield f"the sdist has {name}, which is binary"


def wheel_faults(members: Members, tracked: Iterable[str], version: str) -> Iterator[str]:
    programs = {f"flatmanifest-{version}.data/scripts/{name}" for name in PROGRAMS}
    info = f"flatmanifest-{version}.dist-info"
    sources = {name.removeprefix("python/") for name in tracked if name.startswith("python/")}
    described = {
        f"{info}/{name}"
        for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    }
    described |= {notice_of(library, info) for library in LICENCES}
    modules = {name for name in members if MODULE.fullmatch(name)}
    if len(modules) != 1:
        yield f"the wheel has {len(modules)} extension modules, not one"
    for name in sorted((sources | described | programs) - members.keys()):
        yield f"the wheel lacks {name}"
    for pattern in INDISPENSABLE:
        if not any(map(re.compile(pattern).fullmatch, members)):
            yield f"the wheel lacks what is always in it: {pattern}"
    for name in sorted(members.keys() - sources - described - modules - programs):
        if not name.startswith(f"{info}/sboms/"):
            yield f"the wheel has {name}, which is not in the repository"
    for name in sorted(members.keys() - modules - programs):
        if is_binary(members[name]):
            yield f"the wheel has {name}, which is binary"
    if f"\nVersion: {version}\n" not in members.get(f"{info}/METADATA", b"").decode():
        yield f"the wheel's METADATA has another version than {version}"


def notice_of(library: str, info: str) -> str:
    return f"{info}/licenses/libraries/{library}.txt"


def notice_faults(members: Members) -> Iterator[str]:
    """Notices that say nothing of a copyright."""
    for name in sorted(members):
        if "/licenses/libraries/" in name and b"copyright" not in members[name].lower():
            yield f"{name} is no licence notice: it names no copyright"


def entry_point_faults(members: Members, declared: dict[str, str]) -> Iterator[str]:
    """``declared`` are those of pyproject.toml."""
    group, found = "", {}
    (text, *_) = [
        content for name, content in members.items() if name.endswith("/entry_points.txt")
    ] or [b""]
    for line in text.decode().splitlines():
        name, equals, reference = line.partition("=")
        if equals:
            found[f"{group}:{name.strip()}"] = reference.strip()
        elif line:
            group = line.strip("[]")
    if found != declared:
        yield f"the wheel's entry points are {found}, those of pyproject.toml {declared}"
    for point, reference in found.items():
        path = reference.partition(":")[0].replace(".", "/")
        if not members.keys() & {f"{path}.py", f"{path}/__init__.py"}:
            yield f"the entry point {point} refers to {reference}, which the wheel lacks"


def is_binary(content: bytes) -> bool:
    return b"\0" in content


def machine_path_faults(members: Members, paths: Iterable[str]) -> Iterator[str]:
    """Files that tell where they were built."""
    for path in paths:
        for name in sorted(members):
            if path.encode() in members[name]:
                yield f"{name} has a path of this machine: {path}"


def lock_faults(members: Members) -> Iterator[str]:
    """Releases of dbt without which, or with which in part, the lock is incomplete."""
    places = [name for name in members if name.endswith("/seams.lock.json")]
    declared = [name for name in members if name.endswith("/releases.py")]
    if len(places) != 1 or len(declared) != 1:
        yield "the wheel has not one seams.lock.json and one releases.py"
        return
    lock = json.loads(members[places[0]])
    supported = supported_releases(members[declared[0]].decode())
    if list(lock) != supported:
        yield f"seams.lock.json has dbt {' '.join(lock)}, releases.py {' '.join(supported)}"
    for release, known in lock.items():
        packages, targets = known.get("packages", {}), known.get("targets", {})
        if not packages.get("dbt-core", "").startswith(f"{release}."):
            yield f"seams.lock.json: {release} was taken from dbt-core {packages.get('dbt-core')}"
        wrong = [name for name, digest in targets.items() if not DIGEST.fullmatch(digest)]
        if wrong or not targets:
            lacking = ", ".join(wrong) or "any function"
            yield f"seams.lock.json: {release} has no digest of {lacking}"


def supported_releases(source: str) -> list[str]:
    """SUPPORTED of releases.py, without importing it."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "SUPPORTED":
            assert statement.value is not None
            return [".".join(map(str, each)) for each in ast.literal_eval(statement.value)]
    return []


def seam_faults(environment: Path) -> Iterator[str]:
    """What ``flatmanifest seams`` says of the dbt in an environment, if it is not satisfied."""
    command = environment / "bin" / "flatmanifest"
    if not command.exists():
        yield f"{environment} has no flatmanifest"
        return
    done = subprocess.run([command, "seams"], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        yield f"flatmanifest seams, in {environment}: {' '.join(last)}"


if __name__ == "__main__":
    main()
