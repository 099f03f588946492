"""The files that every generated project has, and writing a project to disk."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

# Models in a folder and in its schema file. Real projects have tens to a few hundred.
FOLDER_SIZE = 100


class ProjectFile(NamedTuple):
    """A file of a project, before it is written."""

    path: str  # relative to the project, with forward slashes
    text: str


def project_settings(name: str, materializations: Mapping[str, str]) -> Iterator[ProjectFile]:
    """Yield ``dbt_project.yml`` and ``profiles.yml``.

    ``materializations`` gives the materialization of the models in each folder of ``models/``.
    """
    folders = "".join(
        f"    {folder}:\n      +materialized: {kind}\n" for folder, kind in materializations.items()
    )
    # Tests have their arguments under `arguments:`, which dbt 1.10 reads only with the flag on.
    yield ProjectFile(
        "dbt_project.yml",
        f"name: {name}\n"
        "version: '1.0'\n"
        "config-version: 2\n"
        f"profile: {name}\n"
        "flags:\n"
        "  send_anonymous_usage_stats: false\n"
        "  require_generic_test_arguments_property: true\n"
        "models:\n"
        f"  {name}:\n" + folders,
    )
    # The path is relative to the project: dbt changes into its directory before it connects.
    yield ProjectFile(
        "profiles.yml",
        textwrap.dedent(f"""\
            {name}:
              target: dev
              outputs:
                dev:
                  type: duckdb
                  path: {name}.duckdb
                  threads: 2
        """),
    )


def folder_of(number: int) -> str:
    """Return the folder of model ``number``: ``000``, ``001`` and so on."""
    return f"{number // FOLDER_SIZE:03}"


def write(files: Iterable[ProjectFile], directory: Path) -> int:
    """Write a project and return its number of files.

    Raises ``FileExistsError`` if ``directory`` is not empty: a leftover model would be part of the
    project.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(
            f"{directory} is not empty: give a new directory, or remove this one first"
        )
    count = 0
    known = {directory}
    for file in files:
        target = directory / file.path
        if target.parent not in known:
            target.parent.mkdir(parents=True, exist_ok=True)
            known.add(target.parent)
        with target.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(file.text)
        count += 1
    return count
