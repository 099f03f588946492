"""The seams of writing artifacts: a file that already shows the manifest is kept or updated."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.semantic_manifest import SemanticManifest
from dbt.events.types import ArtifactWritten
from dbt.flags import get_flags
from dbt_common.clients.system import make_directory
from dbt_common.events.functions import fire_event
from dbt_common.utils.encoding import JSONEncoder

from flatmanifest.dbt.cache import shared
from flatmanifest.dbt.cache.entry import entry_of, unchanged
from flatmanifest.dbt.cache.lazy_dict import LazyDict, fields_now
from flatmanifest.dbt.cache.manifest_json import CannotSpliceError, assembled, splice
from flatmanifest.dbt.cache.portable import FormatError, NotPortableError, exported
from flatmanifest.dbt.cold.gc_pauses import paused
from flatmanifest.dbt.events import heard_by
from flatmanifest.dbt.releases import SINCE_1_12
from flatmanifest.dbt.seams import attempt, seam
from flatmanifest.dbt.warm.parse_inputs import environment_of_parse
from flatmanifest.dbt.workers.write_manifest import sections_of, write_together

if TYPE_CHECKING:
    from collections.abc import Callable

    from flatmanifest.dbt.cache.entry import Entry


# The collections that semantic_manifest.json shows.
SEMANTIC = ("semantic_models", "metrics", "saved_queries")
# The absolute paths of the artifacts that this process has written or kept.
written_here: list[str] = []
# Whether to remember the artifacts of a manifest that was parsed in this process. Only the front
# door's recorder sets it: its next answer needs all artifacts, and every other parse would pay for
# comparing the manifest with its entry.
remembers_parsed = False


def shown_entry(manifest: Manifest) -> Entry | None:
    """The entry that artifacts of a manifest show; None if the two are not known to be equal."""
    entry = unchanged(manifest)
    if entry is None and remembers_parsed:
        published = entry_of(manifest)
        return published if published is not None and published.holds(manifest) else None
    return entry


@seam(
    "dbt.contracts.graph.manifest:Manifest",
    "write",
    "a manifest.json that shows the entry gets new metadata; what has changed gets new text",
)
def write_manifest(original: Callable[..., Any], manifest: Manifest, path: str) -> None:
    written_here.append(os.path.abspath(path))  # noqa: PTH100 - keeps links as they are
    entry = entry_of(manifest)
    if entry is not None and attempt(write_again, entry, manifest, path):
        fire_event(ArtifactWritten(artifact_type="WritableManifest", artifact_path=path))
        return
    is_known = entry is not None and attempt(write_from_texts, entry, manifest, path)
    if is_known or attempt(write_together, manifest, path):
        fire_event(ArtifactWritten(artifact_type="WritableManifest", artifact_path=path))
    else:
        original(manifest, path)
    if entry is not None:
        attempt(remember_manifest, entry, manifest, path)


@seam(
    "dbt.contracts.graph.semantic_manifest:SemanticManifest",
    "write_json_to_file",
    "a file that shows the entry stays",
)
def write_semantic_manifest(
    original: Callable[..., Any], semantic: SemanticManifest, file_path: str
) -> None:
    write_unless_there(original, "SemanticManifest", semantic, file_path)
    parsed = entry_of(semantic.manifest)
    if parsed is not None and not remembers_parsed:
        attempt(export, parsed)


@seam(
    "dbt.contracts.graph.semantic_manifest:SemanticManifest",
    "write_osi_document_to_file",
    "a file that shows the entry stays",
    releases=SINCE_1_12,
)
def write_osi_document(
    original: Callable[..., Any], semantic: SemanticManifest, file_path: str
) -> None:
    write_unless_there(original, "OsiDocument", semantic, file_path)


def write_unless_there(
    original: Callable[..., Any], kind: str, semantic: SemanticManifest, file_path: str
) -> None:
    written_here.append(os.path.abspath(file_path))  # noqa: PTH100
    entry = attempt(shown_entry, semantic.manifest)
    known = None if entry is None else attempt(entry.artifact, file_path)
    if known is None and kind == SemanticManifest.__name__:
        empty = attempt(entry_without_semantics, semantic.manifest)
        known = None if empty is None else attempt(shown_before, empty, file_path)
        entry = entry or empty
    # If dbt fires more events while it writes, it fires them every time, so dbt has to write.
    if known is not None and not known.get("says_more"):
        fire_event(ArtifactWritten(artifact_type=kind, artifact_path=file_path))
        if entry is not None and entry.previous is not None:
            attempt(lambda: entry.keep_artifact(file_path, says_more=False))
        return
    events: list[str] = []
    with heard_by(lambda message: events.append(message.info.name)):
        original(semantic, file_path)
    if entry is not None and "ArtifactWritten" in events:
        says_more = events != ["ArtifactWritten"]
        attempt(lambda: entry.keep_artifact(file_path, says_more=says_more))


def entry_without_semantics(manifest: Manifest) -> Entry | None:
    """The entry of a manifest that shows nothing in semantic_manifest.json, before and now.

    Such a file is always the same (SemanticManifest._get_pydantic_semantic_manifest): it shows
    semantic models, metrics, saved queries, and models with a time spine.
    """
    if manifest.semantic_models or manifest.metrics or manifest.saved_queries:
        return None
    spines = fields_now(manifest.nodes, "time_spine")
    entry = entry_of(manifest)
    if entry is None or spines is None or any(spine is not None for _, spine in spines):
        return None
    return entry if all(map(has_no_semantics, filter(None, (entry, entry.previous)))) else None


def has_no_semantics(entry: Entry) -> bool:
    """Whether semantic_manifest.json shows nothing of an entry."""
    has_members = any(len(entry.maps[name]) for name in SEMANTIC)
    return not has_members and not any(entry.column("nodes", "time_spine"))


def shown_before(entry: Entry, path: str) -> dict[str, Any] | None:
    """The facts of an artifact that shows an entry, or the entry before it."""
    known = entry.artifact(path)
    if known is None and entry.previous is not None:
        known = entry.previous.artifact(path)
    return known


def export(entry: Entry) -> None:
    """Leave portable files of an entry that this process has published, unless there are some."""
    if entry.place is None or entry.portable is not None:
        return
    with contextlib.suppress(NotPortableError, FormatError):
        stem = exported(entry, entry.place, environment_of_parse())
        shared.note_exported(entry.place.directory, stem)
        shared.push_after_the_command()


@seam("dbt.compilation:Linker", "write_graph", "a graph.gpickle that shows the entry stays")
def write_graph(
    original: Callable[..., Any], linker: Linker, outfile: str, manifest: Manifest
) -> None:
    written_here.append(os.path.abspath(outfile))  # noqa: PTH100
    entry = attempt(shown_entry, manifest)
    if entry is None:
        write_whole(original, linker, outfile, manifest)
        return
    facts = graph_facts(linker)
    known = attempt(entry.artifact, outfile)
    if known is not None and all(known.get(name) == fact for name, fact in facts.items()):
        return
    write_whole(original, linker, outfile, manifest)
    attempt(lambda: entry.keep_artifact(outfile, **facts))


def write_whole(
    original: Callable[..., Any], linker: Linker, outfile: str, manifest: Manifest
) -> None:
    """Have dbt write the graph with all nodes, which it looks at one by one."""
    if isinstance(manifest.nodes, LazyDict):
        manifest.nodes.build()  # all at once takes half the time
    with paused():
        original(linker, outfile, manifest)


def graph_facts(linker: Linker) -> dict[str, Any]:
    """The facts in which the graphs of one manifest differ: dbt adds test edges to some."""
    edges = [facts for _, children in linker.graph.adjacency() for facts in children.values()]
    return {
        "node_count": len(linker.graph),
        "edge_count": len(edges),
        "test_edge_count": sum("edge_type" in facts for facts in edges),
        "fast_test_edges": bool(getattr(get_flags(), "USE_FAST_TEST_EDGES", False)),
    }


def write_again(entry: Entry, manifest: Manifest, path: str) -> bool:
    """Write manifest.json from the old file; False if the old file is not known to show an entry.

    Raises ConvertError or OSError.
    """
    known = entry.artifact(path)
    # The file shows the entry, or the one before; that one may have members that this one lacks.
    is_current = known is not None
    changed: dict[str, set[str]] = {}
    if known is None and entry.previous is not None:
        known, changed = entry.previous.artifact(path), entry.changed
    if known is None or "metadata_end" not in known:
        return False
    # Manifest.writable_manifest also changes the manifest in these ways.
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    manifest.fill_tracking_metadata()
    stale = {
        name: sorted({*changed.get(name, ()), *known["stale"].get(name, ())})
        for name in {*changed, *known["stale"]}
    }
    if is_current and not any(stale.values()) and entry.holds(manifest):
        renew_metadata(manifest, path, known["metadata_end"])
    else:
        try:
            with paused():
                pieces, stale = splice(entry, stale, manifest, path)
        except CannotSpliceError:
            return False
        with open(path, "wb") as file:  # noqa: PTH123 - follows links, as dbt does
            file.write(b"".join(pieces))
    entry.keep_artifact(path, metadata_end=len(metadata_text(manifest.metadata)), stale=stale)
    return True


def write_from_texts(entry: Entry, manifest: Manifest, path: str) -> bool:
    """Write manifest.json from the texts that the entry has; False if it has none."""
    if not entry.texts:
        return False
    pieces = list(assembled(entry, manifest, sections_of(manifest)))
    entry.texts = {}
    make_directory(os.path.dirname(path))  # noqa: PTH120 - as dbt does
    with open(path, "wb") as file:  # noqa: PTH123 - follows links
        file.writelines(pieces)
    return True


def renew_metadata(manifest: Manifest, path: str, old_end: int) -> None:
    """Replace the metadata in a manifest.json by that of this invocation.

    ``old_end``: the size of the text before the other sections, in bytes.
    """
    beginning = metadata_text(manifest.metadata)
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
    """Remember a manifest.json that dbt has just written, if it shows the entry."""
    beginning = metadata_text(manifest.metadata)
    if not entry.holds(manifest):
        return
    with open(path, "rb") as file:  # noqa: PTH123
        found = file.read(len(beginning) + 1)
    if found.startswith(beginning) and os.path.getsize(path) > len(beginning):  # noqa: PTH202
        entry.keep_artifact(path, metadata_end=len(beginning), stale={})


def warm_metadata_text(entry: Entry, manifest: Manifest) -> bytes:
    """The beginning of manifest.json as the next command writes it, which starts from the entry."""
    metadata = entry.metadata()
    for name in ("generated_at", "invocation_id", "user_id", "send_anonymous_usage_stats"):
        setattr(metadata, name, getattr(manifest.metadata, name))
    return metadata_text(metadata)


def metadata_text(metadata: Any) -> bytes:
    """The beginning of manifest.json (dbt.artifacts.schemas.base, Writable.write)."""
    fields = metadata.to_dict(omit_none=False, context={"artifact": True})
    return f'{{"metadata": {json.dumps(fields, cls=JSONEncoder)}, '.encode()
