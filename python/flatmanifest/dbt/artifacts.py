"""The seams of writing: manifest.json and graph.gpickle that already show what would be written."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.events.types import ArtifactWritten
from dbt.flags import get_flags
from dbt_common.events.functions import fire_event
from dbt_common.utils.encoding import JSONEncoder

from flatmanifest.dbt.entry import entry_of
from flatmanifest.dbt.seams import attempt, seam
from flatmanifest.dbt.splice import CannotSpliceError, splice

if TYPE_CHECKING:
    from collections.abc import Callable

    from flatmanifest.dbt.entry import Entry


@seam(Manifest, "write")
def write_manifest(original: Callable[..., Any], manifest: Manifest, path: str) -> None:
    entry = entry_of(manifest)
    if entry is None:
        original(manifest, path)
        return
    if attempt(write_again, entry, manifest, path):
        fire_event(ArtifactWritten(artifact_type="WritableManifest", artifact_path=path))
        return
    original(manifest, path)
    attempt(remember_manifest, entry, manifest, path)


@seam(Linker, "write_graph")
def write_graph(
    original: Callable[..., Any], linker: Linker, outfile: str, manifest: Manifest
) -> None:
    entry = entry_of(manifest)
    # Just parsed in part: there is no graph of it yet.
    if entry is None or entry.came_from is not None or not attempt(entry.holds, manifest):
        original(linker, outfile, manifest)
        return
    facts = graph_facts(linker)
    known = attempt(entry.artifact, outfile)
    if known is not None and all(known.get(name) == fact for name, fact in facts.items()):
        return
    original(linker, outfile, manifest)
    attempt(lambda: entry.keep_artifact(outfile, **facts))


def graph_facts(linker: Linker) -> dict[str, Any]:
    """What tells apart the graphs that dbt makes of one manifest: those with test edges."""
    graph = linker.graph
    kinds = (kind for _, _, kind in graph.edges(data="edge_type"))
    return {
        "node_count": graph.number_of_nodes(),
        "edge_count": graph.number_of_edges(),
        "test_edge_count": sum(kind is not None for kind in kinds),
        "fast_test_edges": bool(getattr(get_flags(), "USE_FAST_TEST_EDGES", False)),
    }


def write_again(entry: Entry, manifest: Manifest, path: str) -> bool:
    """Write a manifest.json with what is there already; False if that is not known."""
    shown = entry.came_from or entry
    known = shown.artifact(path)
    if known is None or "metadata_end" not in known:
        return False
    # What Manifest.writable_manifest does to the manifest besides.
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    manifest.fill_tracking_metadata()
    stale = known["stale"]
    if shown is entry and not stale and entry.holds(manifest):
        renew_metadata(manifest, path, known["metadata_end"])
    else:
        try:
            pieces, stale = splice(shown, stale, entry, manifest, path)
        except CannotSpliceError:
            return False
        with open(path, "wb") as file:  # noqa: PTH123 - through links, as dbt writes it
            file.writelines(pieces)
    entry.keep_artifact(path, metadata_end=len(metadata_text(manifest)), stale=stale)
    return True


def renew_metadata(manifest: Manifest, path: str, old_end: int) -> None:
    """Give a manifest.json this invocation's metadata."""
    beginning = metadata_text(manifest)
    with open(path, "r+b") as file:  # noqa: PTH123
        if len(beginning) == old_end:
            file.write(beginning)
            return
        file.seek(old_end)
        rest = file.read()
        file.seek(0)
        file.write(beginning + rest)
        file.truncate()


def remember_manifest(entry: Entry, manifest: Manifest, path: str) -> None:
    """Know a manifest.json again that dbt has just written of an entry."""
    beginning = metadata_text(manifest)
    if not entry.holds(manifest):
        return
    with open(path, "rb") as file:  # noqa: PTH123
        found = file.read(len(beginning) + 1)
    if found.startswith(beginning) and os.path.getsize(path) > len(beginning):  # noqa: PTH202
        entry.keep_artifact(path, metadata_end=len(beginning), stale={})


def metadata_text(manifest: Manifest) -> bytes:
    """How manifest.json begins (dbt.artifacts.schemas.base, Writable.write)."""
    metadata = manifest.metadata.to_dict(omit_none=False, context={"artifact": True})
    return f'{{"metadata": {json.dumps(metadata, cls=JSONEncoder)}, '.encode()
