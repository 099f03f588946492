"""Keeps the records of dbt alone from one run of the tests to the next.

dbt without the plugin takes most of the time of a comparison, and does the same each time for the
same project, steps, environment, packages and day. Its records are in build/oracle, by a digest of
all these. FLATMANIFEST_FRESH_ORACLE=1 has dbt run each time, as in `make test-all`; `make clean`
removes the records.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import tempfile
from datetime import datetime, timezone
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "build" / "oracle"
SESSION = Path(__file__).with_name("session.py")  # its code is part of the digest
MOST_KEPT = 400
# The digest's variables, besides those that a test sets.
READ_BY_DBT = ("DBT_", "LANG", "LC_", "TZ", "COLUMNS", "NO_COLOR", "PYTHON")


def is_on() -> bool:
    return os.environ.get("FLATMANIFEST_FRESH_ORACLE") != "1"


@cache
def packages() -> list[str]:
    """Return all installed packages except flatmanifest, and the version of Python."""
    found = {f"{each.name} {each.version}" for each in metadata.distributions()}
    return [sys.version, *sorted(name for name in found if not name.startswith("flatmanifest "))]


def files_of(project: Path) -> list[tuple[str, str]]:
    """Return every file and link by its path, with a digest of its content."""
    found = []
    for path in sorted(project.rglob("*")):
        if path.is_symlink():
            found.append((str(path.relative_to(project)), f"-> {path.readlink()}"))
        elif path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found.append((str(path.relative_to(project)), digest))
    return found


def place_of(project: Path, steps: list[Any], variables: dict[str, str]) -> Path:
    """Return the path of dbt's records for a project in which nothing has run yet."""
    own = str(project)
    told = {
        "project": files_of(project),
        "steps": steps,
        "variables": {name: text.replace(own, "ROOT") for name, text in variables.items()},
        "environment": {
            name: text for name, text in os.environ.items() if name.startswith(READ_BY_DBT)
        },
        "packages": packages(),
        "session": hashlib.sha256(SESSION.read_bytes()).hexdigest(),
        "day": datetime.now(timezone.utc).date().isoformat(),
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return DIRECTORY / f"{digest[:32]}.json.gz"


def recall(place: Path) -> list[dict[str, Any]] | None:
    """Return the records at a path; None if there are none."""
    if not is_on():
        return None
    try:
        text = gzip.decompress(place.read_bytes())
        place.touch()  # records that were used last are removed last
    except FileNotFoundError:
        return None
    found: list[dict[str, Any]] = json.loads(text)
    return found


def remember(place: Path, records: list[dict[str, Any]]) -> None:
    if not is_on():
        return
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=DIRECTORY, delete=False) as file:
        file.write(gzip.compress(json.dumps(records).encode(), compresslevel=1))
    Path(file.name).rename(place)
    kept = sorted(DIRECTORY.glob("*.json.gz"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-MOST_KEPT]:
        path.unlink(missing_ok=True)
