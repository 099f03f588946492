"""The seam of dbt 1.12's ``--use-v2-parser``: dbt.parser.v2.

dbt there runs another parser and loads the manifest.json that it leaves, at every command. What
came of it is kept as an entry is, and taken as long as nothing has changed that the parser might
see. As nothing tells which environment variables it read, that is all of them.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dbt.adapters.factory import get_adapter_package_names
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import get_flags
from dbt.parser import manifest as parsing
from dbt.parser import v2
from dbt.version import __version__ as dbt_version
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note
from dbt_common.invocation import get_invocation_id

from flatmanifest._native import take_snapshot
from flatmanifest.dbt import entry as entries
from flatmanifest.dbt import objects
from flatmanifest.dbt.artifacts import remember_manifest
from flatmanifest.dbt.loading import cache_directory, version_of, words_of
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dbt.config.runtime import RuntimeConfig

# What a shell changes from one command to the next.
VOLATILE = {"_", "SHLVL", "OLDPWD"}
PROJECT_FILES = (
    "dbt_project.yml",
    "packages.yml",
    "dependencies.yml",
    "package-lock.yml",
    "selectors.yml",
    "catalogs.yml",
    "profiles.yml",
    ".dbtignore",
)
SEMANTIC = "semantic"
NOTE = "note "  # in Entry.passed


class Handoff:
    """What one run of the parser is about."""

    def __init__(self, config: RuntimeConfig) -> None:
        self.config = config
        self.target = Path(config.project_target_path)
        self.semantic = str(self.target / v2.SEMANTIC_MANIFEST_FILE_NAME)
        self.path = cache_directory(config) / f"{key_of(config)}.fman"
        self.roots = roots_of(config)
        self.entry = entries.find(self.path)
        self.is_fresh = (
            self.entry is not None
            and entries.known_values(self.entry.objects.restore("env_vars")) == environment()
            and self.entry.is_fresh(self.roots)
        )
        # Before the parser looks.
        self.snapshot = None if self.is_fresh else take_snapshot(self.roots)

    def take(self, *, is_written: bool) -> Manifest | None:
        """The manifest that the parser would leave, and everything that dbt does with it."""
        entry = self.entry
        if entry is None or not self.is_fresh:
            return None
        manifest = entry.manifest()
        manifest.env_vars = {}  # as dbt has it here; the entry's are those of the environment
        metadata = manifest.metadata
        metadata.generated_at = datetime.now(metadata.generated_at.tzinfo or timezone.utc)
        metadata.invocation_id = get_invocation_id()
        for note in entry.passed:
            if note.startswith(NOTE):
                level, _, text = note.removeprefix(NOTE).partition(" ")
                fire_event(Note(msg=text), level=EventLevel(level))
        manifest.build_flat_graph()
        v2._delete_stale_partial_parse(self.target)  # noqa: SLF001
        if is_written:
            self._write_semantic_manifest(entry)
            parsing.write_manifest(manifest, str(self.target))
            parsing.enrich_manifest_with_plugin_artifacts(manifest, self.config.project_name)
        return manifest

    def keep(self, manifest: Manifest, notes: list[str], *, is_written: bool) -> None:
        """Publish what the parser has left."""
        if self.snapshot is None:
            return
        if isinstance(manifest.metadata.user_id, UUID):
            manifest.metadata.user_id = str(manifest.metadata.user_id)
        manifest.env_vars = environment()
        try:
            words = {**words_of(self.config), "parser": str(get_flags().V2_PARSER)}
            entry = entries.publish(self.path, manifest, self.roots, self.snapshot, words)
        finally:
            manifest.env_vars = {}
        for note in notes:
            entry.keep_passed(note)
        if not is_written:
            return
        remember_manifest(entry, manifest, str(self.target / parsing.MANIFEST_FILE_NAME))
        self._keep_semantic_manifest(entry)

    def _keep_semantic_manifest(self, entry: entries.Entry) -> None:
        """It is the parser's own, which dbt takes as it is."""
        path = Path(self.semantic)
        text = path.read_text() if path.exists() else None
        content = {"generation": entry.generation, "text": text}
        objects.publish(entries.beside(self.path, SEMANTIC), content)
        if text is not None:
            entry.keep_artifact(self.semantic)

    def _write_semantic_manifest(self, entry: entries.Entry) -> None:
        if entry.artifact(self.semantic) is not None:
            return
        kept = entries.read(entries.beside(self.path, SEMANTIC))
        if kept is None or kept["generation"] != entry.generation:
            message = "the semantic manifest that belongs to the entry is lost"
            raise ValueError(message)
        if kept["text"] is not None:
            Path(self.semantic).write_text(kept["text"])
            entry.keep_artifact(self.semantic)


@seam(v2, "parse_with_v2")
def parse_with_v2(
    original: Callable[..., Any], config: RuntimeConfig, *args: bool, **kwargs: bool
) -> Manifest:
    parsing.assert_no_get_nodes_plugins(config.project_name)  # raises
    is_written = all((*args, *kwargs.values()))  # write, write_json
    handoff = attempt(Handoff, config)
    taken = None if handoff is None else attempt(partial(handoff.take, is_written=is_written))
    if taken is not None:
        return taken
    with notes_heard() as notes:
        manifest: Manifest = original(config, *args, **kwargs)
    if handoff is not None:
        attempt(partial(handoff.keep, is_written=is_written), manifest, notes)
    return manifest


@contextlib.contextmanager
def notes_heard() -> Iterator[list[str]]:
    """What the parser says, which dbt passes on as notes; to be said again without it."""
    notes: list[str] = []

    def hear(message: Any) -> None:
        if message.info.name == "Note":
            notes.append(f"{NOTE}{message.info.level} {message.data.msg}")

    callbacks = get_event_manager().callbacks
    callbacks.append(hear)
    try:
        yield notes
    finally:
        callbacks.remove(hear)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in VOLATILE}


def roots_of(config: RuntimeConfig) -> list[str]:
    """Everything of the project, its packages and its profile that a parser may read."""
    root = Path(config.project_root)
    names = {*PROJECT_FILES, config.packages_install_path}
    for field in vars(config):
        if field.endswith("_paths") and field != "clean_targets":
            names.update(map(str, getattr(config, field) or ()))
    profiles = Path(get_flags().PROFILES_DIR) / "profiles.yml"
    return sorted({*(str(root / name) for name in names), str(profiles)})


def key_of(config: RuntimeConfig) -> str:
    adapter = config.credentials.type
    command = shlex.split(str(get_flags().V2_PARSER))
    # A script may be what an interpreter runs.
    programs = [v2._resolve_engine_command(os.path.expanduser(part)) for part in command]  # noqa: PTH111, SLF001
    return entries.key_of(
        [
            "v2",
            dbt_version,
            *(f"{name}=={version_of(name)}" for name in get_adapter_package_names(adapter)),
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
