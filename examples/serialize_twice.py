"""A program that hands dbt's manifest to two tools, and makes JSON of it for each.

    flatmanifest profile --script examples/serialize_twice.py -- my_project

finds what is wrong with it, read_in_place.py does the same without: docs/profiling.md.
"""

from __future__ import annotations

import json
import sys

from dbt.cli.main import dbtRunner


def most_used(text: str) -> str:
    """One tool: what has the most children."""
    children = json.loads(text)["child_map"]
    used, _ = max(children.items(), key=lambda item: len(item[1]))
    return str(used)


def views(text: str) -> int:
    """Another: how many nodes are views."""
    nodes = json.loads(text)["nodes"].values()
    return sum(node["config"].get("materialized") == "view" for node in nodes)


def main(project: str) -> None:
    """Parse the project, ask both."""
    result = dbtRunner().invoke(["parse", "--quiet", "--project-dir", project])
    if not result.success:
        sys.exit(f"dbt cannot parse the project: {result.exception}")
    manifest = result.result
    print("most used:", most_used(json.dumps(manifest.writable_manifest().to_dict())))
    print("views:", views(json.dumps(manifest.writable_manifest().to_dict())))


if __name__ == "__main__":
    main(*sys.argv[1:])
