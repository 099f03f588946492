"""The seams of loading: dbt.parser.manifest and read_files, dbt.contracts.graph.manifest."""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import asdict
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.factory import get_adapter_package_names
from dbt.config.runtime import RuntimeConfig
from dbt.constants import DEFAULT_ENV_PLACEHOLDER, PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ModelNode
from dbt.events.types import PartialParsingEnabled
from dbt.flags import get_flags
from dbt.parser.manifest import ManifestLoader, extended_mashumaro_encoder
from dbt.parser.read_files import ReadFilesFromFileSystem, get_file_types_for_project
from dbt.version import __version__ as dbt_version
from dbt_common.context import get_invocation_context, try_get_invocation_context
from dbt_common.events.base_types import EventLevel
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.invocation import get_invocation_id

from flatmanifest._native import require_trusted_directory
from flatmanifest.dbt import entry as entries
from flatmanifest.dbt import garbage, schemas
from flatmanifest.dbt.dependencies import values
from flatmanifest.dbt.dependencies.environment import plain_environment
from flatmanifest.dbt.dependencies.record import READ, Dependencies, taken
from flatmanifest.dbt.flat import flat_graph
from flatmanifest.dbt.releases import SINCE_1_11, SINCE_1_12, installed_release
from flatmanifest.dbt.repack import env_vars_of, repack
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

CACHE_VARIABLE = "FLATMANIFEST_CACHE_DIR"
# In the values that a parse has used: dbt's own file was the beginning, of which nothing is known.
UNKNOWN_VALUES = {"what an earlier parse has used": PARTIAL_PARSE_FILE_NAME}
# Partial parses do not follow all variables: those of descriptions keep their old values.
CHANGED_VARIABLES = {"the environment of an earlier parse": "the entry"}
# Flags that no parser asks for. A flag that should be here and is not costs a parse, as dbt's own
# would after a change of target or vars.
FLAGS_OF_COMMANDS = frozenset(
    (
        *("WHICH", "INVOCATION_COMMAND", "SELECT", "EXCLUDE", "MODELS", "SELECTOR", "INLINE"),
        *("INLINE_DIRECT", "OUTPUT", "OUTPUT_KEYS", "RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES"),
        *("INDIRECT_SELECTION", "STATE", "DEFER", "DEFER_STATE", "FAVOR_STATE", "LIMIT"),
        *("LOG_PATH", "LOG_LEVEL", "LOG_LEVEL_FILE", "LOG_FORMAT", "LOG_FORMAT_FILE"),
        *("LOG_FILE_MAX_BYTES", "LOG_CACHE_EVENTS", "QUIET", "PRINT", "PRINTER_WIDTH", "DEBUG"),
        *("USE_COLORS", "USE_COLORS_FILE", "USE_FAST_TEST_EDGES", "RECORD_TIMING_INFO"),
        *("TARGET", "PROFILE", "VARS", "THREADS", "PROJECT_DIR", "PROFILES_DIR", "TARGET_PATH"),
        *("WRITE_JSON", "FAIL_FAST", "SEND_ANONYMOUS_USAGE_STATS", "PARTIAL_PARSE"),
        *("PARTIAL_PARSE_FILE_DIFF", "PARTIAL_PARSE_FILE_PATH", "ANONYMOUS_USAGE_STATS"),
    )
)


class Load:
    """What one ManifestLoader does, from the saved manifest to the new one."""

    def __init__(self, loader: ManifestLoader) -> None:
        self.loader = loader
        directory = cache_directory(loader.root_project)
        self.path = directory / f"{key_of(loader)}.fman"
        self.schemas = schemas.use(directory, loader.root_project.credentials.type)
        self.file_of_dbt = Path(loader.root_project.project_target_path) / PARTIAL_PARSE_FILE_NAME
        self.entry: entries.Entry | None = None
        self.trees: list[str] = []
        # How the files are, if dbt has to look at them.
        self.dependencies: Dependencies | None = None
        self.used: values.Used = {}
        self.is_begun = False
        self.is_fresh = False
        self.is_published = False

    def begin(self) -> bool:
        """Whether the load that begins is one to learn from.

        An editor's loader loads again and again, from texts that are not on disk (file_diff).
        """
        is_first, self.is_begun = not self.is_begun, True
        return is_first and self.loader.file_diff is None

    def saved_manifest(self) -> Manifest | None:
        """The manifest of the last parse, where dbt would take its own."""
        flags = get_flags()
        if not flags.PARTIAL_PARSE or flags.PARTIAL_PARSE_FILE_PATH:
            return None
        # dbt may be told what has changed since it wrote its own file; and removing that file asks
        # for a full parse.
        if self.loader.file_diff is not None or not self.file_of_dbt.exists():
            return None
        entry = entries.find(self.path)
        if entry is None:
            return None
        manifest = entry.manifest()
        if not self._is_of_this_state(manifest):
            return None
        # After a change of target or vars, dbt parses everything with the values of this command.
        if entry.artifact(str(self.file_of_dbt)) is None and not is_repeatable(entry):
            return None
        self.entry = entry
        if entries.CHANGED in manifest.env_vars.values():
            attempt(self._recall_environment, entry, manifest)
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        manifest.metadata.generated_at = now
        manifest.metadata.invocation_id = get_invocation_id()
        return manifest

    def _recall_environment(self, entry: entries.Entry, manifest: Manifest) -> None:
        """Have the values that dbt keeps of changed variables until it parses a file with them."""
        hidden = entry.objects.restore("env_vars")
        earlier = env_vars_of(self.file_of_dbt.read_bytes())
        manifest.env_vars = entries.known_values(hidden, earlier)

    def _is_of_this_state(self, manifest: Manifest) -> bool:
        # By their values: a FileHash that was never set does not equal itself.
        then, now = map(asdict, (manifest.state_check, self.loader.manifest.state_check))
        return then == now and manifest.metadata.dbt_version == dbt_version

    def look_at_files(self) -> None:
        """Before dbt reads them: whether they are fresh, and if not, how they are now."""
        self.trees = trees_of(self.loader.all_projects.values())
        saved = self.loader.saved_manifest
        if self.entry is not None and saved is not None and is_environment_same(saved):
            self.is_fresh = self.entry.is_fresh(self.trees)
        if not self.is_fresh:
            # dbt keeps those environment variables that its partial parse is about
            # (Manifest.env_vars). Where it would parse anew, all count: is_repeatable.
            self.dependencies = taken({READ: self.trees}, None, environment_of_parse())

    def write_file_of_dbt_again(self) -> bool:
        """After a partial parse: with what is in it already; False if that is not known."""
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
        """After a parse: what dbt writes into its own file, into ours."""
        if self.dependencies is None:
            return
        if installed_release() in SINCE_1_12:
            self.loader._backfill_direct_parents()  # noqa: SLF001 - which dbt calls next
        self.is_published = True
        words = words_of(self.loader.root_project)
        self.dependencies.values = self.values_used()
        self.entry = entries.publish(
            self.path, self.loader.manifest, self.dependencies, words, flags_of_parse()
        )
        self.entry.keep_artifact(str(self.file_of_dbt))

    def values_used(self) -> values.Used:
        """The values without a source in the manifest, also from before a partial parse."""
        if not (self.loader.skip_parsing or self.loader.partially_parsing):
            return self.used
        known = None if self.entry is None else self.entry.dependencies
        if known is None:
            return {**UNKNOWN_VALUES, **self.used}
        changed = {} if known.is_environment(environment_of_parse()) else CHANGED_VARIABLES
        return {**known.values, **changed, **self.used}

    def finish(self) -> None:
        """After loading. If nothing was parsed, remember that these files say the same."""
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
        """Make partial_parse.msgpack that of this entry, if it is another's.

        dbt would have parsed everything again after a change of target or vars, and written it.
        """
        if entry.artifact(str(self.file_of_dbt)) is None:
            forget_unknown_values(self.loader.manifest)
            write_msgpack(self.loader)
            entry.keep_artifact(str(self.file_of_dbt))


# dbt's own.
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
    used: values.Used = {} if load is None else load.used
    try:
        with garbage.paused() if is_warm else garbage.rarer(), values.collected(used):
            manifest: Manifest = original(loader)
    finally:
        LOADING.reset(token)
    if load is not None:
        attempt(load.finish)
        if load.entry is not None:
            attempt(garbage.leave_alone_what_is_there)
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
    # What dbt says and does when it has compared all files and found no difference.
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
    """Copy what models depend on. The entry has it; dbt's own file has not."""
    manifest = loader.manifest
    if attempt(entries.unchanged, manifest, "nodes") is not None:
        return
    for node in manifest.nodes.values():
        if isinstance(node, ModelNode) and not node.is_external_node:
            node.direct_parents = []  # as it would be from dbt's file
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
    attempt(lambda: schemas.use_if_none(cache_directory(config), config.credentials.type))
    original(config)


def cache_directory(config: RuntimeConfig) -> Path:
    """Where entries lie: in the target directory, unless the environment says otherwise.

    Raises FormatError for a directory that somebody else may have written into: all is dbt's then.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    # Absolute, because dbt changes its directory.
    path = Path(chosen or Path(config.project_target_path) / "flatmanifest").absolute()
    require_trusted_directory(str(path))
    return path


def key_of(loader: ManifestLoader) -> str:
    """Everything that makes dbt parse anew and is no file of the project."""
    state = loader.manifest.state_check
    project = loader.root_project
    adapter = project.credentials.type
    return entries.key_of(
        [
            dbt_version,
            adapter,
            *(f"{name}=={version_of(name)}" for name in get_adapter_package_names(adapter)),
            os.path.realpath(project.project_root),
            project.profile_name,
            project.target_name,
            state.vars_hash.checksum,
            state.profile_hash.checksum,
            state.project_env_vars_hash.checksum,
        ]
    )


def words_of(project: RuntimeConfig) -> dict[str, str]:
    """What the name of an entry is made of, for `flatmanifest cache status`. No values of vars."""
    return {
        "project": project.project_name,
        "profile": project.profile_name,
        "target": project.target_name,
        "vars": ", ".join(sorted(map(str, project.cli_vars))),
        "dbt": dbt_version,
        "adapter": project.credentials.type,
    }


def version_of(package: str) -> str:
    try:
        return metadata.version(package.replace("_", "-"))
    except metadata.PackageNotFoundError:
        return ""


def trees_of(projects: Any) -> list[str]:
    """Everything that dbt looks for files in, as dbt's own function tells (dbt.parser.read_files).

    And the files that tell dbt what to leave out.
    """
    trees = set()
    for project in projects:
        trees.add(os.path.join(project.project_root, ".dbtignore"))  # noqa: PTH118
        for kind in get_file_types_for_project(project).values():
            trees.update(os.path.join(project.project_root, path) for path in kind["paths"])  # noqa: PTH118
        # Of no kind: dbt 1.12 reads them by themselves (ReadFilesFromFileSystem).
        for path in getattr(project, "osi_paths", ()):
            trees.add(os.path.join(project.project_root, path))  # noqa: PTH118
    return sorted(trees)


def is_repeatable(entry: entries.Entry) -> bool:
    """Whether parsing anew, with the environment and flags of this command, would give the same."""
    known, now = entry.dependencies, flags_of_parse()
    if known is None or known.values or not known.is_environment(environment_of_parse()):
        return False
    return all(now[name] == value for name, value in entry.flags.items() if name in now)


def environment_of_parse() -> dict[str, str]:
    """All variables that a template may be told, those of a .env file too."""
    context = try_get_invocation_context()
    # As a plain dict has them: this is no look-up that a command depends on.
    told: Any = {} if context is None else context.env
    return {**plain_environment(), **dict(dict.items(told))}


def flags_of_parse() -> dict[str, str]:
    """The flags of this command that may decide what dbt parses, as text."""
    return {
        name: repr(value)
        for name, value in sorted(vars(get_flags()).items())
        if name.isupper() and name not in FLAGS_OF_COMMANDS
    }


def forget_unknown_values(manifest: Manifest) -> None:
    """Of variables that have changed and that no file uses any more."""
    for name, value in list(manifest.env_vars.items()):
        if value == entries.CHANGED:
            del manifest.env_vars[name]


def is_environment_same(manifest: Manifest) -> bool:
    """Whether the variables that were read have their values (PartialParsing)."""
    for name, value in manifest.env_vars.items():
        current = os.getenv(name)
        if current != value and not (current is None and value == DEFAULT_ENV_PLACEHOLDER):
            return False
    return True
