"""The seams of dbt 1.12's ``--use-v2-parser``: dbt.parser.v2.

With that option, dbt runs another parser at every command, and loads the manifest.json that the
parser leaves. Here the loaded manifest is kept as an entry. It is used again as long as nothing has
changed that the parser may have read. The parser is another program whose reads are unknown, so its
dependencies are all files that it could read (``parser_inputs``), and all environment variables. An
entry is not used if a template may use the clock or another value without a source.

After the parser has run again, unchanged resources come from the entry, and dbt loads the rest
(``reload``).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from contextvars import ContextVar
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.factory import register_adapter
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import get_flags
from dbt.mp_context import get_mp_context
from dbt.parser import manifest as parsing
from dbt.parser import v2
from dbt.version import __version__ as dbt_version
from dbt_common.events.base_types import EventLevel
from dbt_common.invocation import get_invocation_id

from flatmanifest.dbt.cache import entry as entries
from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.cache.location import (
    adapter_versions,
    cache_directory,
    description_of,
    entry_key,
)
from flatmanifest.dbt.cold import syntax_trees
from flatmanifest.dbt.dependencies.record import Dependencies, taken
from flatmanifest.dbt.events import fire_note, heard_by
from flatmanifest.dbt.releases import SINCE_1_12
from flatmanifest.dbt.seams import Kind, attempt, seam
from flatmanifest.dbt.v2_parser.parser_inputs import files_of, unsourced_in
from flatmanifest.dbt.v2_parser.pattern import unshare
from flatmanifest.dbt.v2_parser.reload import Handed, Reloaded, load, reload
from flatmanifest.dbt.warm.parse_inputs import flags_of_parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.config.runtime import RuntimeConfig

HANDOFF = "handoff"  # KEY.handoff.fman
NOTE = "note "  # in Entry.passed_checks
BYTES = "latin-1"  # stores bytes as text: a character for each byte


class Handoff:
    """One call of parse_with_v2: the entry before it, and the manifest that the parser leaves.

    Making it raises FormatError or OSError if the cache directory or an input cannot be read.
    """

    def __init__(self, config: RuntimeConfig, *, is_written: bool) -> None:
        self.config = config
        self.is_written = is_written
        self.target = Path(config.project_target_path)
        self.semantic = str(self.target / v2.SEMANTIC_MANIFEST_FILE_NAME)
        self.path = cache_directory(config) / f"{handoff_key(config)}.fman"
        files = files_of(config)
        self.entry = entries.find(self.path)
        known = None if self.entry is None else self.entry.dependencies
        self.is_fresh = known is not None and known.files == files and known.changed() is None
        # The state of the inputs before the parser reads them; None if the entry is fresh.
        self.dependencies: Dependencies | None = None
        if not self.is_fresh:
            self.dependencies = taken(files, None, os.environ)
        self.notes: list[str] = []
        # The facts that are kept about the parser's new manifest.json; None before it is loaded.
        self.handed: dict[str, Any] | None = None
        self.reloaded: Reloaded | None = None

    def take(self) -> Manifest | None:
        """The manifest that the parser would leave, after dbt's own steps with it; None if stale.

        The steps are those of dbt.parser.v2, parse_with_v2: notes, artifacts, the flat graph.
        """
        entry = self.entry
        if entry is None or not self.is_fresh:
            return None
        if self.is_written and not self._write_semantic_manifest(entry):
            return None
        manifest = entry.manifest()
        metadata = manifest.metadata
        metadata.generated_at = datetime.now(metadata.generated_at.tzinfo or timezone.utc)
        metadata.invocation_id = get_invocation_id()
        for note in entry.passed_checks:
            if note.startswith(NOTE):
                level, _, text = note.removeprefix(NOTE).partition(" ")
                fire_note(text, EventLevel(level))
        manifest.build_flat_graph()
        v2._delete_stale_partial_parse(self.target)  # noqa: SLF001
        if self.is_written:
            parsing.write_manifest(manifest, str(self.target))
            parsing.enrich_manifest_with_plugin_artifacts(manifest, self.config.project_name)
        return manifest

    def renew(self) -> None:
        """Note that the entry was used."""
        if self.entry is not None:
            self.entry.renew()

    def _write_semantic_manifest(self, entry: entries.Entry) -> bool:
        """Write the parser's semantic manifest, which dbt copies; False if it is not known."""
        if entry.artifact(self.semantic) is None:
            kept = self._kept(entry)
            if kept is None:
                return False
            if kept["semantic"] is None:
                return True  # the parser has left none
            self.target.mkdir(parents=True, exist_ok=True)
            Path(self.semantic).write_bytes(kept["semantic"].encode(BYTES))
            entry.keep_artifact(self.semantic)
        v2.add_artifact_produced(self.semantic)
        return True

    def _kept(self, entry: entries.Entry) -> dict[str, Any] | None:
        """The facts about the manifest.json that the entry was made from; None if unknown."""
        kept = entries.read(entries.beside(self.path, HANDOFF))
        return kept if kept is not None and kept["generation"] == entry.generation else None

    def load(self, path: Path) -> Reloaded | None:
        """Load the parser's manifest.json, with unchanged resources from the entry.

        None if dbt has to load it, for example because it is damaged: dbt reports that itself.
        """
        try:
            handed = Handed(path)
        except (OSError, ValueError):
            return None
        semantic = path.with_name(v2.SEMANTIC_MANIFEST_FILE_NAME)
        self.handed = {
            "circumstances": circumstances(self.config, handed),
            "digests": handed.digests,
            "semantic": semantic.read_bytes().decode(BYTES) if semantic.exists() else None,
        }
        # A manifest of an older schema version is upgraded by dbt, which needs the whole of it.
        if handed.version()[0] != str(WritableManifest.dbt_schema_version):
            return None
        kept = None if self.entry is None else self._kept(self.entry)
        if self.entry and kept and kept["circumstances"] == self.handed["circumstances"]:
            self.reloaded = reload(handed, self.entry, kept["digests"])
        elif self.dependencies is not None:  # it will be published
            self.reloaded = load(handed)
        return self.reloaded

    def take_macros(self, manifest: Manifest) -> bool:
        """Add the adapter's macros from the entry; False if dbt has to read them.

        Follows dbt.parser.v2, rediscover_adapter_macros.
        """
        if self.reloaded is None or self.reloaded.macros is None:
            return False
        register_adapter(self.config, get_mp_context())  # as dbt does first; it fires an event
        manifest.macros = self.reloaded.macros
        return True

    def keep(self, manifest: Manifest) -> None:
        """Publish the manifest that the parser has left as an entry."""
        if self.dependencies is None or self.handed is None:
            return
        self.dependencies.values = unsourced_in(manifest, self.dependencies.files)
        try:
            description = {**description_of(self.config), "parser": str(get_flags().V2_PARSER)}
            facts = entries.ParseFacts(description, flags_of_parse())
            entry = entries.publish(self.path, manifest, self.dependencies, facts)
        except Exception:
            unshare(manifest)
            raise
        objects.publish(
            entries.beside(self.path, HANDOFF), {"generation": entry.generation, **self.handed}
        )
        for note in self.notes:
            entry.keep_passed_check(note)
        if self.is_written and self.handed["semantic"] is not None:
            entry.keep_artifact(self.semantic)
        if self.reloaded is not None and entry.previous is None:
            entry.texts = self.reloaded.texts
            entry.install_into(manifest)


RUNNING: ContextVar[Handoff | None] = ContextVar("RUNNING", default=None)


@seam(
    "dbt.parser.v2",
    "parse_with_v2",
    "the other parser does not run where nothing has changed",
    releases=SINCE_1_12,
)
def parse_with_v2(
    original: Callable[..., Any], config: RuntimeConfig, *args: bool, **kwargs: bool
) -> Manifest:
    parsing.assert_no_get_nodes_plugins(config.project_name)  # as dbt does first; it may raise
    is_written = all((*args, *kwargs.values()))  # write, write_json
    handoff = attempt(partial(Handoff, is_written=is_written), config)
    if handoff is None:
        manifest: Manifest = original(config, *args, **kwargs)
        return manifest
    taken = attempt(handoff.take)
    if taken is not None:
        attempt(handoff.renew)
        return taken
    token = RUNNING.set(handoff)
    try:
        with heard_by(partial(keep_note, handoff.notes)):
            manifest = original(config, *args, **kwargs)
    finally:
        RUNNING.reset(token)
    return manifest


@seam(
    "dbt.parser.v2",
    "_load_writable_manifest",
    "only resources that have changed are loaded",
    releases=SINCE_1_12,
)
def load_writable_manifest(original: Callable[..., Any], path: Path) -> Any:
    handoff = RUNNING.get()
    reloaded = None if handoff is None else attempt(handoff.load, path)
    return original(path) if reloaded is None else reloaded


@seam(
    "dbt.contracts.graph.manifest:Manifest",
    "from_writable_manifest",
    "the manifest that was loaded so",
    kind=Kind.CLASSMETHOD,
    releases=SINCE_1_12,
)
def from_writable_manifest(original: Callable[..., Any], kind: type[Manifest], loaded: Any) -> Any:
    return loaded.manifest if isinstance(loaded, Reloaded) else original(kind, loaded)


@seam(
    "dbt.parser.v2",
    "rediscover_adapter_macros",
    "the entry's macros, where the adapter is the same",
    releases=SINCE_1_12,
)
def rediscover_adapter_macros(
    original: Callable[..., Any], manifest: Manifest, config: RuntimeConfig
) -> None:
    handoff = RUNNING.get()
    if handoff is None or not attempt(handoff.take_macros, manifest):
        with syntax_trees.kept():
            original(manifest, config)
    if handoff is not None:
        attempt(handoff.keep, manifest)


def keep_note(notes: list[str], message: Any) -> None:
    """Keep a note of the parser's, to fire it again when the parser does not run."""
    if message.info.name == "Note" and not message.data.msg.startswith("flatmanifest"):
        notes.append(f"{NOTE}{message.info.level} {message.data.msg}")


def circumstances(config: RuntimeConfig, handed: Handed) -> str:
    """The settings that, beside a resource's JSON, decide what dbt makes from it; as text."""
    project = [config.project_name, config.dispatch]
    unrendered = get_flags().state_modified_compare_more_unrendered_values
    return json.dumps([*handed.version(), bool(unrendered), *project], default=repr)


def handoff_key(config: RuntimeConfig) -> str:
    command = shlex.split(str(get_flags().V2_PARSER))
    # Any part of the command may be a program: an interpreter runs a script.
    programs = [v2._resolve_engine_command(os.path.expanduser(part)) for part in command]  # noqa: PTH111, SLF001
    return entry_key(
        [
            "v2",
            dbt_version,
            *adapter_versions(config.credentials.type),
            *command,
            *(identity(program) for program in programs),
            os.path.realpath(config.project_root),
            config.profile_name,
            config.target_name,
            repr(sorted(config.cli_vars.items(), key=repr)),
        ]
    )


def identity(program: str) -> str:
    found = shutil.which(program) or program
    try:
        status = os.stat(found)  # noqa: PTH116
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
