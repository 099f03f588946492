"""The fix of serialize_twice.py: both tools read one mapped manifest in place.

    flatmanifest profile --script examples/read_in_place.py -- my_project

shows that the program no longer serializes the manifest for the tools.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

import flatmanifest


def most_used(manifest: flatmanifest.Manifest) -> str:
    """Return the resource with the most children: the question of one tool."""
    children = manifest["child_map"]
    used, _ = max(children.items(), key=lambda item: len(item[1]))
    return str(used)


def views(manifest: flatmanifest.Manifest) -> int:
    """Count the nodes that are views: the question of another tool."""
    nodes = manifest["nodes"].values()
    return sum(node["config"].get("materialized") == "view" for node in nodes)


def main(project: str) -> None:
    """Parse the project, and have both tools read its manifest."""
    result = dbtRunner().invoke(["parse", "--quiet", "--project-dir", project])
    if not result.success:
        sys.exit(f"dbt cannot parse the project: {result.exception}")
    manifest = flatmanifest.open(Path(project, "target", "manifest.json"))
    print("most used:", most_used(manifest))
    print("views:", views(manifest))


if __name__ == "__main__":
    main(*sys.argv[1:])
