"""An entry: the result of one parse in the cache. docs/freshness.md says when it may be used again.

An entry consists of files in the cache directory whose names begin with its key:

- ``KEY.fman``: dbt's complete manifest
- ``KEY.state.fman``: the dependencies of the parse (``dependencies.record``), and its flags
- ``KEY.artifacts.fman``: the artifacts in the target directory that show the entry unchanged
- ``KEY.handoff.fman``: what another parser has left (``v2_parser.handoff``)

Several processes may share the files: each file is replaced as a whole. An :class:`Entry` has no
lock: use it from one thread at a time.
"""

from __future__ import annotations

import dataclasses
import os
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dateutil.tz import tzutc  # type: ignore[import-untyped, unused-ignore]

from flatmanifest._native import (
    is_fresh,
    is_worth_retaking,
    most_cache_bytes,
    take_snapshot,
    take_snapshot_of_new,
    trim_cache,
)
from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.cache.hidden_values import hidden, values_now
from flatmanifest.dbt.cache.lazy_dict import LazyDict, changed_from
from flatmanifest.dbt.dependencies.record import READ, Dependencies, restored

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest._native import Manifest as View
    from flatmanifest._native import StoredObjects
    from flatmanifest.dbt.cache.portable import ParsePlace

# Fields of the manifest that are not stored: dbt makes them anew in every process.
NOT_KEPT = {"flat_graph"}
# Fields that are restored at once, because they are small or used as a whole.
NOT_LAZY = {"metadata", "state_check", "env_vars", "selectors", "source_patches"}


class Entry:
    """A mapped manifest in the cache. ``generation`` counts how often it was published.

    Opening one raises FormatError or OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.objects: StoredObjects = objects.load(path)
        self.generation = self.objects.generation
        self.maps: dict[str, Any] = {}
        # After a partial parse: the entry before, which the artifacts in the target directory show,
        # and the keys of the members of each collection that are new or different since.
        self.previous: Entry | None = None
        self.changed: dict[str, set[str]] = {}
        # The JSON of resources, if it is known before they are first written (v2_parser.handoff).
        self.texts: dict[str, dict[str, bytes]] = {}
        self._artifacts: dict[str, Any] | None = None
        self._view: View | None = None
        state = read(beside(path, "state"))
        is_current = state is not None and state["generation"] == self.generation
        self.dependencies: Dependencies | None = None
        if state and is_current and state["dependencies"] is not None:
            self.dependencies = restored(state["dependencies"])
        self.flags: dict[str, str] = state["flags"] if state and is_current else {}
        self.passed_checks: list[str] = state["passed"] if state and is_current else []
        # The variables that templates looked up in a parse of everything; else None.
        self.looked_up: list[str] | None = state["looked_up"] if state and is_current else None
        # The digest of the portable copy of this entry; None if there is none.
        # Where this process has parsed (cache.portable).
        self.place: ParsePlace | None = None
        self.portable: str | None = state["portable"] if state and is_current else None
        self.description: dict[str, str] = state["words"] if state and is_current else {}

    def manifest(self) -> Manifest:
        """Make dbt's Manifest with lazy collections, equal to the one that dbt reads from its file.

        The source is ManifestLoader.read_manifest_for_partial_parse.
        """
        from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - dbt may not be there

        values: dict[str, Any] = {}
        for name in kept_fields():
            if name in NOT_LAZY:
                values[name] = self.objects.restore(name)
            else:
                self.maps[name] = self.objects.map(name)
                values[name] = LazyDict(self.maps[name])
        values["metadata"] = self.metadata()
        values["env_vars"] = values_now(values["env_vars"])
        manifest = Manifest(**values)
        manifest._parsing_info = None  # noqa: SLF001
        manifest.flatmanifest_entry = self
        return manifest

    def metadata(self) -> Any:
        """Return the manifest's metadata as dbt has it when dbt has read its own file.

        Times then have a time zone (DateTimeSerialization), which they lack after a parse.
        """
        metadata = self.objects.restore("metadata")
        for name, value in list(vars(metadata).items()):
            if isinstance(value, datetime) and value.tzinfo is None:
                setattr(metadata, name, value.replace(tzinfo=tzutc()))
        return metadata

    def install_into(self, manifest: Manifest) -> None:
        """Replace the collections of the manifest that was published as this entry by lazy ones."""
        stored = self.manifest()
        for name in self.maps:
            setattr(manifest, name, getattr(stored, name))
        manifest._macros_by_name = None  # noqa: SLF001 - dbt's index of the replaced macros
        manifest._macros_by_package = None  # noqa: SLF001
        manifest.flatmanifest_entry = self

    def holds(self, manifest: Manifest) -> bool:
        """Whether all fields of a manifest that artifacts show equal the published ones."""
        return all(
            self.holds_field(name, getattr(manifest, name))
            for name in kept_fields()
            if name not in {"metadata", "state_check", "env_vars", "files", "source_patches"}
        )

    def holds_field(self, name: str, value: Any) -> bool:
        if not isinstance(value, LazyDict):
            return self.objects.equals(name, value)
        if value.stored_map is self.maps.get(name):
            return value.is_as_stored()
        return self.objects.equals(name, value.copy())

    def view(self) -> View:
        """The same file as a flatmanifest.Manifest, for its graph and for selecting."""
        if self._view is None:
            self._view = self.objects.manifest()
        return self._view

    def column(self, name: str, field: str) -> list[Any]:
        """A field of every value of a collection, in order; None where a value lacks the field."""
        values: list[Any] = self.objects.map(name).column(field)
        return values

    def dated(self, name: str, *apart: str) -> list[str]:
        """The keys of a collection whose values have a date in other fields than ``apart``."""
        return self.objects.map(name).dated(*apart)

    def is_fresh(self, trees: list[str]) -> bool:
        """Whether the entry was parsed from these trees, and their files have not changed."""
        known = self.dependencies
        return (
            known is not None
            and known.files[READ] == trees
            and is_fresh(known.files, known.snapshot)
        )

    def renew(self) -> None:
        """Note that the entry was used, and take a new snapshot if that saves reading files."""
        os.utime(self.path)
        known = self.dependencies
        if known is None or not is_worth_retaking(known.snapshot):
            return
        now = take_snapshot(known.files)
        # Check the old snapshot last: a file that changed before the new snapshot was taken would
        # else look as if it had been parsed.
        if is_fresh(known.files, known.snapshot):
            known.snapshot = now
            self._keep()

    def keep_state(self, dependencies: Dependencies) -> None:
        """Write the dependencies of the parse into the entry's state file."""
        self.dependencies = dependencies
        self._keep()

    def keep_passed_check(self, check: str) -> None:
        """Remember that a check of dbt's has found nothing wrong in the entry's manifest."""
        if self.dependencies is not None:
            self.passed_checks.append(check)
            self._keep()

    def keep_portable(self, digest: str) -> None:
        """Remember that there is a portable copy of this entry, with this digest."""
        self.portable = digest
        self._keep()

    def _keep(self) -> None:
        state = {
            "generation": self.generation,
            "looked_up": self.looked_up,
            "portable": self.portable,
            "dependencies": None if self.dependencies is None else self.dependencies.fields(),
            "flags": self.flags,
            "passed": self.passed_checks,
            "words": self.description,
        }
        objects.publish(beside(self.path, "state"), state)

    def artifacts(self) -> dict[str, Any]:
        """The artifacts that show this entry, by path, each with its snapshot and other facts."""
        if self._artifacts is None:
            kept = read(beside(self.path, "artifacts"))
            is_current = kept is not None and kept["generation"] == self.generation
            self._artifacts = kept["files"] if kept and is_current else {}
        return self._artifacts

    def artifact(self, path: str) -> dict[str, Any] | None:
        """The facts of an artifact that shows this entry; None if unknown or if it has changed."""
        known = self.artifacts().get(os.path.abspath(path))  # noqa: PTH100 - keeps links as they are
        if known is None or not is_fresh([os.path.abspath(path)], known["snapshot"]):  # noqa: PTH100
            return None
        found: dict[str, Any] = known
        return found

    def keep_artifact(self, path: str, **facts: Any) -> None:
        """Remember that a file shows this entry unchanged, with facts about the file.

        The call sets the file's time of modification.
        """
        path = os.path.abspath(path)  # noqa: PTH100
        files = self.artifacts()
        files[path] = {"snapshot": list(take_snapshot_of_new(path)), **facts}
        objects.publish(
            beside(self.path, "artifacts"), {"generation": self.generation, "files": files}
        )


@dataclasses.dataclass
class ParseFacts:
    """The facts of a parse beside its manifest and its dependencies.

    - ``description``: the parts of the key, for people; ``flags``: dbt's flags
    - ``looked_up``: the variables that templates have looked up; None if they are not known
    """

    description: dict[str, str]
    flags: dict[str, str]
    looked_up: list[str] | None = None


def publish(
    path: Path,
    manifest: Manifest,
    dependencies: Dependencies,
    facts: ParseFacts,
) -> Entry:
    """Write a parsed manifest with its dependencies as an entry, and trim the cache.

    Raises TypeError or ValueError for a manifest that cannot be stored, and OSError.
    """
    root = {name: getattr(manifest, name) for name in kept_fields()}
    root["env_vars"] = hidden(manifest.env_vars)
    root["source_patches"] = {}  # dbt keeps none either: Manifest.__pre_serialize__
    root["metadata"] = storable(manifest.metadata)
    earlier = entry_of(manifest)
    if earlier is not None:
        earlier.artifacts()  # read now, because the new entry replaces the file
    entry = published_entry(path, root)
    entry.description = facts.description
    entry.flags = facts.flags
    entry.looked_up = facts.looked_up
    entry.keep_state(dependencies)
    trim_cache(str(path.parent), most_cache_bytes(), path.stem)
    manifest.flatmanifest_entry = entry
    if earlier is not None and earlier.maps:
        entry.previous = earlier
        entry.changed = {
            name: {*changed_from(stored_map, getattr(manifest, name))}
            for name, stored_map in earlier.maps.items()
        }
        entry.install_into(manifest)
    return entry


def storable(metadata: Any) -> Any:
    """A copy of a manifest's metadata with the user's id as text, as in JSON.

    dbt's own file has the id as text, too, but reading it gives a UUID (ManifestMetadata).
    """
    copied = copy(metadata)
    if copied.user_id is not None:
        copied.user_id = str(copied.user_id)
    return copied


def published_entry(path: Path, root: dict[str, Any]) -> Entry:
    """Write an entry and open the generation that was written.

    Another dbt may publish the same project meanwhile, from another state of its files. If the
    opened file has another generation, the entry is written again: a manifest must not be taken
    together with the dependencies of another parse.
    """
    while True:
        generation = objects.publish(path, root)
        entry = Entry(path)
        if entry.generation == generation:
            return entry


def entry_of(manifest: Manifest) -> Entry | None:
    """The entry that a manifest was read from or published as; None if there is none."""
    return getattr(manifest, "flatmanifest_entry", None)


def unchanged(manifest: Manifest, *names: str) -> Entry | None:
    """The entry that a manifest was read from, if these collections still equal the entry's.

    Without names, all fields that artifacts show are compared. Comparing an untouched collection
    costs almost nothing.
    """
    entry = entry_of(manifest)
    if entry is None or not entry.maps:
        return None
    if not names:
        return entry if entry.holds(manifest) else None
    collections = ((name, getattr(manifest, name)) for name in names if name in entry.maps)
    is_held = all(entry.holds_field(name, collection) for name, collection in collections)
    return entry if is_held else None


def find(path: Path) -> Entry | None:
    """Open the entry at a path; None if there is none. Raises FormatError, OSError."""
    return Entry(path) if path.exists() else None


def read(path: Path) -> dict[str, Any] | None:
    """Read one of an entry's small files; None if it is missing or cannot be read."""
    try:
        stored = objects.load(path)
        return {name: stored.restore(name) for name in stored.names()}
    except (OSError, ValueError):
        return None


def beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.stem}.{what}.fman")


def kept_fields() -> list[str]:
    """The names of the fields of the installed dbt's Manifest that an entry stores."""
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    return [
        field.name
        for field in dataclasses.fields(Manifest)
        if not field.name.startswith("_") and field.name not in NOT_KEPT
    ]
