"""Times how dbt 1.12's ``--use-v2-parser`` takes the manifest.json of another parser.

``python -m bench.handoff [PROJECT]`` needs an environment with dbt-core 1.12 and flatmanifest. It
parses a generated project, and a stand-in parser hands over the manifest.json: the first time, with
nothing changed, with one model changed. It prints the processor time and the seconds of
``dbt.parser.v2.parse_with_v2``, by dbt alone and with the plugin, in separate processes in turn.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.projects import generate
from tests.projects.catalog import PROJECTS

ROUNDS = 3
PARSER = """
import pathlib, shutil, sys
target = pathlib.Path(sys.argv[sys.argv.index("--target-path") + 1])
shutil.copy("models/prepared.json", target / "manifest.json")
"""
TIMED = """
import json, time

import dbt_flatmanifest
from dbt.cli.main import dbtRunner
from dbt.parser import v2

original = v2.parse_with_v2


def timed(*arguments, **names):
    before, start = time.process_time(), time.perf_counter()
    manifest = original(*arguments, **names)
    taken.append((time.process_time() - before, time.perf_counter() - start))
    return manifest


taken = []
v2.parse_with_v2 = timed
result = dbtRunner().invoke(["--quiet", "parse"])
assert result.success, result.exception
print(json.dumps(taken[0]))
"""
STEPS = ("the first time", "nothing changed", "one model changed")
SIDES = {"dbt": "0", "with the plugin": "1"}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "03_2000_chain"
    with tempfile.TemporaryDirectory(prefix="flatmanifest-handoff-") as directory:
        first = made(Path(directory) / "0", name)
        shutil.copytree(first, first.with_name("1"))
        projects = {side: first.with_name(switch) for side, switch in SIDES.items()}
        taken: dict[str, dict[str, list[list[float]]]] = {
            step: {side: [] for side in SIDES} for step in STEPS
        }
        for number in range(ROUNDS):
            for project in projects.values():
                shutil.rmtree(project / "target", ignore_errors=True)
            for step in STEPS:
                for side, project in projects.items():
                    if step == STEPS[-1]:
                        change(project, number)
                    taken[step][side].append(run(project, SIDES[side]))
    for step, sides in taken.items():
        print(step)
        for side, runs in sides.items():
            processor, seconds = (sorted(each) for each in zip(*runs, strict=True))
            print(
                f"  {side}: processor {statistics.median(processor):.2f} s "
                f"({processor[0]:.2f} to {processor[-1]:.2f}), {statistics.median(seconds):.2f} s"
            )


def made(project: Path, name: str) -> Path:
    """Make a project, with the manifest.json of dbt's own parser in it to be handed over."""
    kind, size = (name, None) if name in PROJECTS else ("chain", int(name))
    generate(kind, project, size)
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse"]
    subprocess.run(command, cwd=project, env=environment(project, "0"), check=True)
    shutil.move(project / "target" / "manifest.json", project / "models" / "prepared.json")
    (project / "hand_over.py").write_text(PARSER)
    return project


def change(project: Path, number: int) -> None:
    path = project / "models" / "prepared.json"
    prepared = json.loads(path.read_text())
    key = next(key for key in prepared["nodes"] if key.startswith("model."))
    prepared["nodes"][key]["description"] = f"Changed {number} times."
    path.write_text(json.dumps(prepared))


def environment(project: Path, switch: str) -> dict[str, str]:
    return {
        **os.environ,
        "FLATMANIFEST": switch,
        "DBT_PROFILES_DIR": str(project),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
        "DO_NOT_TRACK": "1",
    }


def run(project: Path, switch: str) -> list[float]:
    parser = {
        "DBT_ENGINE_USE_V2_PARSER": "1",
        "DBT_ENGINE_V2_PARSER": f"{sys.executable} hand_over.py",
    }
    done = subprocess.run(
        [sys.executable, "-c", TIMED],
        cwd=project,
        env={**environment(project, switch), **parser},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    taken: list[float] = json.loads(done.stdout.splitlines()[-1])
    return taken


if __name__ == "__main__":
    main()
