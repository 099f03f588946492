"""The files and environment that a command of dbt's depends on, beside what it parses."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flatmanifest.dbt.loading import Load


def settings_files(load: Load) -> list[str]:
    """The files that dbt reads before it loads a manifest, there or not."""
    from dbt.flags import get_flags  # noqa: PLC0415

    root = load.loader.root_project.project_root
    names = ("packages.yml", "dependencies.yml", "package-lock.yml", "selectors.yml")
    current = Path.cwd()
    files = [os.path.join(root, name) for name in (*names, "catalogs.yml")]  # noqa: PTH118
    projects = load.loader.all_projects.values()
    files += [os.path.join(project.project_root, "dbt_project.yml") for project in projects]  # noqa: PTH118
    files += [str(directory / ".env") for directory in (current, *current.parents)]
    for directory in (current, *current.parents):  # where the project would be found before
        files.append(str(directory / "dbt_project.yml"))
        if str(directory) == str(root):
            break
    profiles = (get_flags().PROFILES_DIR, root, current, Path.home() / ".dbt")
    files += [str(Path(directory) / "profiles.yml") for directory in profiles]
    files.append(as_root(load.loader.root_project.packages_install_path, root))
    return files


def as_root(path: str, parent: str = "") -> str:
    """A directory, alone (native/freshness/snapshot.h)."""
    return os.path.join(parent, path, ".") if path else path  # noqa: PTH118


def changed_ns(path: str) -> int:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0
    return max(status.st_mtime_ns, status.st_ctime_ns)


def variables_in(files: list[str]) -> list[str] | None:
    """The environment variables that YAML files ask for; None if that is not told by their text."""
    names: set[str] = set()
    for file in files:
        try:
            text = Path(file).read_text() if os.path.isfile(file) else ""  # noqa: PTH113
        except (OSError, ValueError):
            return None
        found = re.findall(r"""env_var\s*\(\s*(?:'([^'\\]*)'|"([^"\\]*)")""", text)
        if len(found) != text.count("env_var"):
            return None
        names.update(single or double for single, double in found)
    return sorted(names)
