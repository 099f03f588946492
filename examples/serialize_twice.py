"""A program that serializes dbt's manifest to JSON twice, once for each of two tools.

    flatmanifest profile --script examples/serialize_twice.py -- my_project

reports the double serialization; read_in_place.py is the fix. See docs/profiling.md.
"""

from __future__ import annotations

import json
import sys

from dbt.cli.main import dbtRunner


def most_used(text: str) -> str:
    """Return the resource with the most children: the question of one tool."""
    children = json.loads(text)["child_map"]
    used, _ = max(children.items(), key=lambda item: len(item[1]))
    return str(used)


def views(text: str) -> int:
    """Count the nodes that are views: the question of another tool."""
    nodes = json.loads(text)["nodes"].values()
    return sum(node["config"].get("materialized") == "view" for node in nodes)


def main(project: str) -> None:
    """Parse the project, and hand its manifest to both tools as JSON."""
    result = dbtRunner().invoke(["parse", "--quiet", "--project-dir", project])
    if not result.success:
        sys.exit(f"dbt cannot parse the project: {result.exception}")
    manifest = result.result
    print("most used:", most_used(json.dumps(manifest.writable_manifest().to_dict())))
    print("views:", views(json.dumps(manifest.writable_manifest().to_dict())))


if __name__ == "__main__":
    main(*sys.argv[1:])
