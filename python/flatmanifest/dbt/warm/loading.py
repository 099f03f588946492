"""The seams of loading a manifest: an entry is mapped instead, or published after a parse.

They replace functions of dbt.parser.manifest, dbt.parser.read_files, dbt.config.runtime and
dbt.contracts.graph.manifest.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.config.runtime import RuntimeConfig
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode
from dbt.events.types import PartialParsingEnabled
from dbt.flags import get_flags
from dbt.parser.manifest import ManifestLoader, extended_mashumaro_encoder
from dbt.parser.read_files import ReadFilesFromFileSystem
from dbt.version import __version__ as dbt_version
from dbt_common.context import get_invocation_context
from dbt_common.events.base_types import EventLevel
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.invocation import get_invocation_id

from flatmanifest._native import is_fresh
from flatmanifest.dbt.cache import entry as entries
from flatmanifest.dbt.cache import portable, shared
from flatmanifest.dbt.cache.hidden_values import CHANGED, values_now
from flatmanifest.dbt.cache.location import (
    adapter_versions,
    cache_directory,
    description_of,
    entry_key,
    key_parts,
)
from flatmanifest.dbt.cache.partial_parse import env_vars_of, repack
from flatmanifest.dbt.cold import gc_pauses, json_schemas
from flatmanifest.dbt.dependencies import values
from flatmanifest.dbt.dependencies.environment import TemplateCopy
from flatmanifest.dbt.dependencies.record import READ, Dependencies, taken
from flatmanifest.dbt.releases import SINCE_1_11, SINCE_1_12, installed_release
from flatmanifest.dbt.seams import attempt, seam
from flatmanifest.dbt.warm.flat_graph import flat_graph
from flatmanifest.dbt.warm.parse_inputs import (
    environment_of_parse,
    flags_of_parse,
    is_environment_same,
    is_repeatable,
    search_paths,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# A mark among the values that a parse has used: the parse began with dbt's own file, and the values
# of the parse before are unknown.
UNKNOWN_VALUES = {"what an earlier parse has used": PARTIAL_PARSE_FILE_NAME}
# A mark for a partial parse after a change of variables: dbt does not follow all variables, and
# descriptions keep old values.
CHANGED_VARIABLES = {"the environment of an earlier parse": "the entry"}


class Load:
    """One load of a ManifestLoader, from the saved manifest to the new one.

    Making it raises FormatError or OSError if the cache directory cannot be used.
    """

    def __init__(self, loader: ManifestLoader) -> None:
        self.loader = loader
        directory = cache_directory(loader.root_project)
        project = loader.root_project
        parts = parse_key(loader)
        self.path = directory / f"{entry_key(parts)}.fman"
        state = asdict(loader.manifest.state_check)
        self.place = portable.place_of(
            directory, project, key_parts(parts), flags_of_parse(), state
        )
        self.template_variables: TemplateCopy | None = None
        self.schemas = json_schemas.use(directory, loader.root_project.credentials.type)
        self.file_of_dbt = Path(loader.root_project.project_target_path) / PARTIAL_PARSE_FILE_NAME
        self.entry: entries.Entry | None = None
        self.trees: list[str] = []
        # The state of the files before dbt reads them; None if the entry is fresh.
        self.dependencies: Dependencies | None = None
        self.used: values.Used = {}
        self.is_begun = False
        self.is_fresh = False
        self.is_published = False

    def begin(self) -> bool:
        """Whether the load that begins may use and publish an entry.

        An editor's loader loads repeatedly, from texts that are not on the disk (file_diff).
        """
        is_first, self.is_begun = not self.is_begun, True
        return is_first and self.loader.file_diff is None

    def saved_manifest(self) -> Manifest | None:
        """The manifest of the last parse; None if dbt would not use its own saved manifest."""
        flags = get_flags()
        if not flags.PARTIAL_PARSE or flags.PARTIAL_PARSE_FILE_PATH:
            return None
        # With file_diff, the changes since dbt wrote its own file are given.
        if self.loader.file_diff is not None:
            return None
        entry = self.local_or_imported_entry()
        if entry is None:
            return None
        manifest = entry.manifest()
        if not self._is_of_this_state(manifest):
            return None
        # dbt's file shows another entry, so target or vars have changed: dbt would parse everything
        # with the values of this command. The entry must equal the result of that parse.
        if entry.artifact(str(self.file_of_dbt)) is None and not is_repeatable(entry):
            return None
        self.entry = entry
        if CHANGED in manifest.env_vars.values():
            attempt(self._recall_environment, entry, manifest)
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        manifest.metadata.generated_at = now
        manifest.metadata.invocation_id = get_invocation_id()
        return manifest

    def local_or_imported_entry(self) -> entries.Entry | None:
        """The entry of this place, or one that is imported where dbt would parse everything.

        None also if dbt's own file is missing and nothing was imported: dbt then parses everything.
        """
        entry = entries.find(self.path)
        known = None if entry is None else entry.dependencies
        if entry is not None and known is not None and self.file_of_dbt.exists():
            if entry.artifact(str(self.file_of_dbt)) is not None:
                return entry
            if is_fresh(known.files, known.snapshot) and is_repeatable(entry):
                return entry
        if attempt(portable.imported, self.place, environment_of_parse()) or self._is_pulled():
            return entries.find(self.path)
        return entry if self.file_of_dbt.exists() else None

    def _is_pulled(self) -> bool:
        """Whether the user's remote has had an entry that holds here, which is imported now."""
        environment = environment_of_parse()
        if not attempt(shared.pull_entry, self.place, environment):
            return False
        return bool(attempt(portable.imported, self.place, environment))

    def _recall_environment(self, entry: entries.Entry, manifest: Manifest) -> None:
        """Take the old values of changed variables from dbt's own file.

        dbt keeps an old value until it parses a file that uses the variable.
        """
        hidden_values = entry.objects.restore("env_vars")
        earlier = env_vars_of(self.file_of_dbt.read_bytes())
        manifest.env_vars = values_now(hidden_values, earlier)

    def _is_of_this_state(self, manifest: Manifest) -> bool:
        # Compared by their fields, because a FileHash that was never set does not equal itself.
        then, now = map(asdict, (manifest.state_check, self.loader.manifest.state_check))
        return then == now and manifest.metadata.dbt_version == dbt_version

    def look_at_files(self) -> None:
        """Find out whether the files are fresh; if not, take their state before dbt reads them."""
        self.trees = search_paths(self.loader.all_projects.values())
        saved = self.loader.saved_manifest
        if self.entry is not None and saved is not None and is_environment_same(saved):
            self.is_fresh = self.entry.is_fresh(self.trees)
        if not self.is_fresh:
            # The manifest has the variables that a partial parse depends on (Manifest.env_vars). A
            # full parse depends on all variables (is_repeatable), so all are recorded here.
            self.dependencies = taken({READ: self.trees}, None, environment_of_parse())

    def write_file_of_dbt_again(self) -> bool:
        """Write dbt's file after a partial parse, with its old bytes; False if they are unknown."""
        entry = self.entry
        manifest = self.loader.manifest
        if entry is None or manifest.metadata.dbt_version != dbt_version:
            return False
        if getattr(get_flags(), "USE_V2_PARSER", False):
            return False
        if entry.artifact(str(self.file_of_dbt)) is None:
            return False
        text = self.file_of_dbt.read_bytes()
        pieces = repack(entry, text, manifest, extended_mashumaro_encoder)
        with self.file_of_dbt.open("wb") as file:
            file.writelines(pieces)
        return True

    def publish(self) -> None:
        """Publish an entry when dbt writes its own file: after a parse, or if plugins add nodes."""
        if self.dependencies is None:
            known = self.entry.dependencies if self.entry is not None and self.is_fresh else None
            if known is None:
                return
            self.dependencies = replace(known)  # of the parse, whose files are unchanged
        if installed_release() in SINCE_1_12:
            self.loader._backfill_direct_parents()  # noqa: SLF001 - dbt calls it next
        self.is_published = True
        facts = entries.ParseFacts(
            description_of(self.loader.root_project), flags_of_parse(), self.variables_looked_up()
        )
        self.dependencies.values = self.values_used()
        self.entry = entries.publish(self.path, self.loader.manifest, self.dependencies, facts)
        self.entry.place = self.place
        self.entry.keep_artifact(str(self.file_of_dbt))

    def watch_variables(self) -> None:
        """Note the variables that templates look up from now on."""
        context: Any = get_invocation_context()
        # dict.items, because this access must not be recorded as a look-up of all variables.
        self.template_variables = TemplateCopy(dict(dict.items(context.env)))
        context._env = self.template_variables  # noqa: SLF001 - as dbt.cli.requires sets it

    def variables_looked_up(self) -> list[str] | None:
        """The variables that a parse of everything has looked up; None if they are unknown."""
        watched = self.template_variables
        if self.is_fresh and self.entry is not None:
            return self.entry.looked_up
        if self.loader.skip_parsing or self.loader.partially_parsing:
            return None
        if watched is None or watched.lookups.is_all:
            return None
        return sorted(watched.lookups.names | self.loader.manifest.env_vars.keys())

    def values_used(self) -> values.Used:
        """The values without a source that the manifest depends on, earlier parses included."""
        if not (self.loader.skip_parsing or self.loader.partially_parsing):
            return self.used
        known = None if self.entry is None else self.entry.dependencies
        if known is None:
            return {**UNKNOWN_VALUES, **self.used}
        changed = {} if known.is_environment(environment_of_parse()) else CHANGED_VARIABLES
        return {**known.values, **changed, **self.used}

    def finish(self) -> None:
        """Finish after loading. If nothing was parsed, note that the entry fits these files."""
        self.schemas.keep()
        if self.is_published or not self.loader.skip_parsing:
            return
        if self.is_fresh and self.entry is not None:
            self.entry.renew()
            self._write_file_of_dbt(self.entry)
        elif self.entry is not None and self.dependencies is not None:
            self.dependencies.values = self.values_used()
            self.entry.keep_state(self.dependencies)
            self._write_file_of_dbt(self.entry)
        else:
            self.publish()

    def _write_file_of_dbt(self, entry: entries.Entry) -> None:
        """Write partial_parse.msgpack if it does not show this entry.

        After a change of target or vars, dbt would have parsed everything again and written it.
        """
        if entry.artifact(str(self.file_of_dbt)) is None:
            forget_unknown_values(self.loader.manifest)
            write_msgpack(self.loader)
            entry.keep_artifact(str(self.file_of_dbt))


# dbt's own function, taken before its seam is put in place.
write_msgpack = ManifestLoader.write_manifest_for_partial_parse

LOADING: ContextVar[Load | None] = ContextVar("LOADING", default=None)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "read_manifest_for_partial_parse",
    "the entry is mapped; partial_parse.msgpack is not read",
)
def read_manifest_for_partial_parse(
    original: Callable[..., Any], loader: ManifestLoader
) -> Manifest | None:
    load = attempt(Load, loader)
    loader.flatmanifest_load = load
    manifest = attempt(load.saved_manifest) if load is not None else None
    if manifest is not None:
        return manifest
    found: Manifest | None = original(loader)
    return found


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load",
    "an entry is looked for before, and published or kept after",
)
def load_manifest(original: Callable[..., Any], loader: ManifestLoader) -> Manifest:
    load: Load | None = getattr(loader, "flatmanifest_load", None)
    if load is not None and not load.begin():
        load = loader.flatmanifest_load = None
    token = LOADING.set(load)
    is_warm = load is not None and load.entry is not None
    if load is not None:
        attempt(load.watch_variables)
    used: values.Used = {} if load is None else load.used
    try:
        with gc_pauses.paused() if is_warm else gc_pauses.rarer(), values.collected(used):
            manifest: Manifest = original(loader)
    finally:
        LOADING.reset(token)
    if load is not None:
        attempt(load.finish)
        if load.entry is not None:
            attempt(gc_pauses.leave_alone_what_is_there)
    return manifest


@seam(
    "dbt.parser.read_files:ReadFilesFromFileSystem",
    "read_files",
    "one digest of names, sizes, times and inodes instead of all files",
)
def read_files(original: Callable[..., Any], reader: ReadFilesFromFileSystem) -> None:
    load = LOADING.get()
    if load is not None:
        attempt(load.look_at_files)
        if load.is_fresh:
            reader.files = reader.saved_files
            return
    original(reader)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "safe_update_project_parser_files_partially",
    "what dbt says when no file has changed",
)
def safe_update_project_parser_files_partially(
    original: Callable[..., Any], loader: ManifestLoader, project_parser_files: dict[str, Any]
) -> dict[str, Any]:
    load = LOADING.get()
    if load is None or not load.is_fresh or loader.saved_manifest is None:
        parser_files: dict[str, Any] = original(loader, project_parser_files)
        return parser_files
    # From here as dbt does after it has compared all files and found no difference.
    event = PartialParsingEnabled(deleted=0, added=0, changed=0)
    if get_invocation_context().env.get("DBT_PP_TEST"):
        fire_event(event, level=EventLevel.INFO)
    else:
        fire_event(event)
    loader.skip_parsing = True
    if installed_release() in SINCE_1_11:
        fire_event(Note(msg="Nothing changed, skipping partial parsing."), level=EventLevel.DEBUG)
    loader.manifest = loader.saved_manifest
    return project_parser_files


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "write_manifest_for_partial_parse",
    "what has changed is packed; the rest keeps its bytes",
)
def write_manifest_for_partial_parse(original: Callable[..., Any], loader: ManifestLoader) -> None:
    load: Load | None = getattr(loader, "flatmanifest_load", None)
    attempt(forget_unknown_values, loader.manifest)
    if load is None or not attempt(load.write_file_of_dbt_again):
        original(loader)
    if load is not None:
        attempt(load.publish)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "_backfill_direct_parents",
    "the entry has the parents of its models",
    releases=SINCE_1_12,
)
def backfill_direct_parents(original: Callable[..., Any], loader: ManifestLoader) -> None:
    """Copy the parents of models. The entry has these copies; dbt's own file has not."""
    manifest = loader.manifest
    if attempt(entries.unchanged, manifest, "nodes") is not None:
        return
    for node in manifest.nodes.values():
        if isinstance(node, ModelNode) and not node.is_external_node:
            node.direct_parents = []  # the value after reading dbt's own file
    original(loader)


@seam(
    "dbt.contracts.graph.manifest:Manifest",
    "build_flat_graph",
    "dicts are made when a template looks at them",
)
def build_flat_graph(original: Callable[..., Any], manifest: Manifest) -> None:
    graph = attempt(flat_graph, original, manifest)
    if graph is None:
        original(manifest)
    else:
        manifest.flat_graph = graph


@seam("dbt.config.runtime:RuntimeConfig", "validate", "known JSON schemas are taken from the cache")
def validate_config(original: Callable[..., Any], config: RuntimeConfig) -> None:
    attempt(lambda: json_schemas.use_if_none(cache_directory(config), config.credentials.type))
    original(config)


def parse_key(loader: ManifestLoader) -> list[str]:
    """The parts of an entry's key: all but the project's files that makes dbt parse anew."""
    state = loader.manifest.state_check
    project = loader.root_project
    adapter = project.credentials.type
    return [
        dbt_version,
        adapter,
        *adapter_versions(adapter),
        project.project_name,
        os.path.realpath(project.project_root),
        project.profile_name,
        project.target_name,
        state.vars_hash.checksum,
        state.profile_hash.checksum,
        state.project_env_vars_hash.checksum,
    ]


def forget_unknown_values(manifest: Manifest) -> None:
    """Drop the variables that have changed and that no file uses any more."""
    for name, value in list(manifest.env_vars.items()):
        if value == CHANGED:
            del manifest.env_vars[name]
