"""Write real files for mutate_files to damage: ``python -m tests.fuzz.make_real_files OUT``.

They are what flatmanifest makes of the manifests of generated projects and of FLATMANIFEST_CORPUS,
and all that the plugin and the front door keep of one project.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import flatmanifest
from tests.projects import generate
from tests.projects.parsed import GENERATED, PRIVATE, make_manifest

PROGRAM = Path(sys.executable).with_name("flatmanifest")
# Reading a damaged one takes a time that grows with it, and says nothing more.
MOST_BYTES = 1_000_000


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="flatmanifest-real-") as name:
        work = Path(name)
        manifests = [make_manifest(project, work / project) for project in GENERATED]
        corpus = os.environ.get("FLATMANIFEST_CORPUS")
        manifests += sorted(Path(corpus).glob("*.json.gz")) if corpus else []
        for number, manifest in enumerate(manifests):
            flatmanifest.convert(manifest, out / f"manifest_{number}.fman")
        keep_cache(work / "warm", out)
    for path in out.glob("*.fman"):
        if path.stat().st_size > MOST_BYTES:
            path.unlink()


def keep_cache(project: Path, out: Path) -> None:
    """Copy a cache with a recorded command."""
    generate("small_everything", project, None)
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1"}
    for _ in range(2):
        subprocess.run(
            [PROGRAM, "dbt", "ls"],
            cwd=project,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    for path in (project / "target" / "flatmanifest").iterdir():
        shutil.copy(path, out / f"cache_{path.name}")


if __name__ == "__main__":
    main()
