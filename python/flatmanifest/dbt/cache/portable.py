"""Portable files: what a parse leaves for other places, and for files with new times.

docs/portable.md describes them. ``native/front/portable_cache.h`` imports them.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack

from flatmanifest._native import (
    FormatError,
    Roots,
    import_entry,
    is_fresh,
    most_cache_bytes,
    parse_roots,
    portable_command,
    portable_environment,
    portable_files,
    trim_cache,
    write_marked_entry,
    write_packed,
)
from flatmanifest.dbt.cache import entry as entries
from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.cache.location import cache_layers
from flatmanifest.dbt.cache.partial_parse import fields_of
from flatmanifest.dbt.dependencies.files import note_written
from flatmanifest.dbt.dependencies.record import READ, encoded
from flatmanifest.dbt.dependencies.recording import (
    NotRecordedError,
    own_directories,
    unchanged_code,
)
from flatmanifest.remote.landing import locked
from flatmanifest.remote.records import SUFFIX, entry_key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dbt.config.runtime import RuntimeConfig

    from flatmanifest.dbt.cache.entry import Entry

MSGPACK, GRAPH = "partial_parse.msgpack", "graph.gpickle"
# The artifacts that an entry takes along, each with its form (native/front/portable_cache.cc). A
# pickle is never taken from another place: graph.gpickle is made of its data there.
FORMS = {
    "manifest.json": "json",
    "semantic_manifest.json": "json",
    "osi_document.json": "json",
    "graph_summary.json": "json",
    MSGPACK: "msgpack",
    GRAPH: "graph",
}
ROOT_PATH = b'"root_path": '
LONGEST_PATH = 5000  # bytes of a packed path: PATH_MAX, and its head
# The roots that differ from one run to the next (native/portable/roots.h).
ALL_LETTERS = "PTWLFV"
USER_MARK = "\x1aU"


class NotPortableError(Exception):
    """An entry, an artifact or a transcript holds only in this place. The message says why."""


@dataclass
class ParsePlace:
    """Where a parse takes place, and what of it is the same in any other place.

    - ``directory``: the cache; ``project``: the project's directory
    - ``target``: dbt's target directory, absolute
    - ``roots``: the directories that paths are relative to
    - ``key``: the parts of the local key, with marks; ``flags``: the flags of the parse
    - ``state``: what dbt compares before it believes its own file (ManifestStateCheck), which has
      digests of files that are no dependencies of an entry; as JSON
    """

    directory: Path
    project: str
    target: str
    roots: Roots
    key: list[str]
    flags: dict[str, str]
    state: str

    @property
    def portable_key(self) -> str:
        return entry_key_of(self.key, self.flags, self.state, self.code)

    @property
    def sought_key(self) -> str | None:
        """The same; None if nobody knows which code would parse. Raises OSError."""
        try:
            return self.portable_key
        except NotPortableError:
            return None

    @cached_property
    def code(self) -> str:
        """The digest of the Python code that no version tells of; empty if there is none.

        An entry is for the code that has parsed. Raises NotPortableError if some has changed since
        this process began, and OSError.
        """
        try:
            code = unchanged_code(own_directories())
        except NotRecordedError as error:
            raise NotPortableError(str(error)) from error
        return portable_files({READ: sorted(code)}, self.roots)[1] if code else ""


def place_of(
    directory: Path,
    project: RuntimeConfig,
    key: Iterable[str],
    flags: dict[str, str],
    state: dict[str, Any],
) -> ParsePlace:
    programs = os.path.dirname(sys.executable)  # noqa: PTH120 - links as they are
    target = os.path.abspath(project.project_target_path)  # noqa: PTH100 - links as they are
    root = str(project.project_root)
    roots = parse_roots(root, target, programs)
    marked = [roots.relative(part) for part in key]
    text = json.dumps(state, sort_keys=True)
    return ParsePlace(directory, root, target, roots, marked, flags, text)


def imported(place: ParsePlace, environment: Mapping[str, str]) -> bool:
    """Make a portable entry that holds here a local one, with its artifacts, if there is one.

    Raises OSError.
    """
    key = place.sought_key
    if key is None:
        return False
    note_written(place.target)
    directories = [os.fsencode(each) for each in (str(place.directory), *cache_layers())]
    return import_entry(directories, key, place.roots, encoded(environment)) is not None


def exported(entry: Entry, place: ParsePlace, environment: Mapping[str, str]) -> str:
    """Write an entry and its artifacts as portable files; return the beginning of their names.

    The entry remembers its copy.

    Raises NotPortableError, FormatError, OSError.
    """
    known, names = entry.dependencies, entry.looked_up
    if known is None or known.values:
        raise NotPortableError("the parse has used values that no file has")
    if names is None:
        raise NotPortableError("the parse went on from an earlier one")
    files, content = portable_files(known.files, place.roots)
    if not is_fresh(known.files, known.snapshot):
        raise NotPortableError("files have changed since the parse")
    stem = f"{place.portable_key}-{content}"
    path = place.directory / stem
    digest = portable_environment(encoded(environment), names, known.salt, place.roots, True)  # noqa: FBT003
    record: dict[str, Any] = {
        "key": place.key,
        "state": place.state,
        "code": place.code,
        "dependencies": {
            "files": files,
            "content": content,
            "variables": names,
            "salt": known.salt,
            "environment": digest,
        },
        "flags": entry.flags,
        "passed": entry.passed_checks,
        "words": entry.description,
    }
    shown = artifacts_shown(entry, place)
    earlier = copy_of(entry, Path(f"{path}{SUFFIX}"))
    if earlier is not None and shows_all(earlier, entry, shown):
        return stem
    # Only the process that has parsed knows with which code.
    if earlier is None and place.code and entry.place is None:
        raise NotPortableError("Python code may have changed since the parse")
    with locked(place.directory):
        packed = write_marked_entry(entry.path, f"{path}.entry.zst", place.roots)
        artifacts = [packed_artifact(each, entry, place, path) for each in shown]
        made = [each for each in artifacts if each is not None]
        record.update(entry=packed, artifacts=[*made, *others_of(earlier, made)])
        objects.publish(Path(f"{path}{SUFFIX}"), record, is_lasting=False)
    entry.keep_portable(packed["digest"])
    trim_cache(str(place.directory), most_cache_bytes(), entry.path.stem)
    return stem


def artifacts_shown(entry: Entry, place: ParsePlace) -> dict[str, dict[str, Any]]:
    """The facts of the artifacts that an entry takes along, by path."""
    shown = {}
    for path in list(entry.artifacts()):
        directory, name = os.path.split(path)
        known = entry.artifact(path)
        if known is not None and directory == place.target and name in FORMS:
            facts = {key: value for key, value in known.items() if key != "snapshot"}
            if not facts.get("stale"):
                shown[path] = facts
    return shown


def copy_of(entry: Entry, record: Path) -> dict[str, Any] | None:
    """The record of the portable copy of an entry; None if it has none."""
    there = None if entry.portable is None else entries.read(record)
    if there is None or there["entry"]["digest"] != entry.portable:
        return None
    return there


def shows_all(there: Mapping[str, Any], entry: Entry, shown: Mapping[str, dict[str, Any]]) -> bool:
    """Whether a portable copy of an entry has these artifacts, with these facts."""
    facts = {artifact["name"]: artifact["facts"] for artifact in there["artifacts"]}
    return there["passed"] == entry.passed_checks and all(
        facts.get(os.path.basename(path)) == known  # noqa: PTH119
        for path, known in shown.items()
    )


def others_of(
    there: Mapping[str, Any] | None, made: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The artifacts of an earlier copy of the same entry that a new one would lack."""
    names = {each["name"] for each in made}
    earlier = [] if there is None else there["artifacts"]
    return [each for each in earlier if each["name"] not in names]


def packed_artifact(
    path: str, entry: Entry, place: ParsePlace, stem: Path
) -> dict[str, Any] | None:
    """Pack an artifact as a file beside the record; None if it has changed meanwhile."""
    name = os.path.basename(path)  # noqa: PTH119
    text = Path(path).read_bytes()
    known = entry.artifact(path)
    if known is None:
        return None
    holes: list[dict[str, Any]] = []
    if name == GRAPH:
        contents = graph_data(text, stem, place.roots)
    else:
        contents, holes = cut(name, text, place.roots)
    return {
        "name": name,
        "place": place.roots.relative(path),
        "form": FORMS[name],
        "holes": holes,
        "facts": {key: value for key, value in known.items() if key != "snapshot"},
        **write_packed(f"{stem}.{name}.zst", contents),
    }


def graph_data(pickled: bytes, stem: Path, roots: Roots) -> bytes:
    """The data of a graph.gpickle that this user has just written, as an .fman file.

    Raises TypeError or ValueError for data that such a file cannot hold.
    """
    graph = pickle.loads(pickled)  # noqa: S301 - dbt's own file, from this target directory
    nodes = {name: plain_value(data) for name, data in graph.nodes.items()}
    for data in nodes.values():
        if isinstance(data.get("root_path"), str):
            data["root_path"] = roots.relative(data["root_path"])
    data = {
        "node": nodes,
        "adj": {name: plain_value(edges) for name, edges in graph.adjacency()},
        "pred": {name: list(edges) for name, edges in graph.pred.items()},
    }
    path = stem.with_name(f"{stem.name}.graph.fman")
    objects.publish(path, data, is_lasting=False)
    try:
        return path.read_bytes()
    finally:
        path.unlink()


def plain_value(value: Any) -> Any:
    """A copy in which members of an Enum are their values, which equal them in dbt's classes."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(each) for each in value]
    return value


def cut(name: str, text: bytes, roots: Roots) -> tuple[bytes, list[dict[str, Any]]]:
    """Cut what depends on the place out of an artifact: the rest, and the holes."""
    if name == MSGPACK:
        return cut_out(text, found_in_msgpack(text, roots))
    return cut_out(text, found_in_json(text, roots))


# The begin and end of a text with a path, and the hole that takes its place.
Found = tuple[int, int, dict[str, Any]]


def cut_out(text: bytes, found: list[Found]) -> tuple[bytes, list[dict[str, Any]]]:
    pieces, holes, copied, size = [], [], 0, 0
    for begin, end, hole in sorted(found, key=lambda each: each[0]):
        pieces.append(text[copied:begin])
        size += begin - copied
        copied = end
        holes.append({"offset": size, **hole})
    pieces.append(text[copied:])
    return b"".join(pieces), holes


def found_in_json(text: bytes, roots: Roots) -> list[Found]:
    """The root_path of seeds. The entry has shown that no other value has a path."""
    found: list[Found] = []
    for match in re.finditer(re.escape(ROOT_PATH) + rb'("(?:[^"\\]|\\.)*")', text):
        path = json.loads(match[1])
        marked = roots.relative(path)
        if marked != path:
            found.append((match.start(1), match.end(1), {"text": marked}))
    return found


def found_in_msgpack(text: bytes, roots: Roots) -> list[Found]:
    """The root_path of seeds and project_root of files, and the values of variables."""
    found: list[Found] = []
    for name in ("root_path", "project_root"):
        for match in re.finditer(re.escape(msgpack.packb(name)), text):
            value = text_at(text, match.end())
            if value is None:
                continue
            path, end = value
            marked = roots.relative(path)
            if marked != path:
                found.append((match.end(), end, {"text": marked}))
    (begin, end), _ = fields_of(text, set())["env_vars"]
    names = list(msgpack.unpackb(text[begin:end]))
    if names:
        found.append((begin, end, {"variables": names}))
    return found


def text_at(packed: bytes, begin: int) -> tuple[str, int] | None:
    """The str at a place of a msgpack file and its end; None for another value."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(packed[begin : begin + LONGEST_PATH])
    value = unpacker.unpack()
    return (value, begin + unpacker.tell()) if isinstance(value, str) else None


def export_transcript(
    transcript: dict[str, Any],
    entry_stem: str,
    directory: Path,
    arguments: list[str],
    environment: Mapping[str, str],
) -> str:
    """Write a transcript as a portable file beside its entry's; return the beginning of its name.

    ``environment``: the variables that the command was given. Raises NotPortableError, FormatError,
    OSError.
    """
    found = portable_command(arguments, os.path.dirname(sys.executable))  # noqa: PTH120
    known = transcript["dependencies"]
    if found is None or known["variables"] is None:
        raise NotPortableError("the command depends on all environment variables")
    key, roots = found
    if any(has_path_inside(argument, roots) for argument in arguments):
        raise NotPortableError("an argument has a path")
    for name in ("selectors", "defaults"):
        marked_value(transcript[name], lambda text: without_path(text, roots))
    user_id, user_file = user_of_statistics()
    counted = {
        use: [path for path in paths if path != user_file] for use, paths in known["files"].items()
    }
    files, content = portable_files(counted, roots)
    if not is_fresh(known["files"], known["snapshot"]):
        raise NotPortableError("files have changed while dbt was running")

    def mark(text: str) -> str:
        marked = roots.relative_text(text)
        return marked.replace(user_id, USER_MARK) if user_id else marked

    names, salt = known["variables"], known["salt"]
    digest = portable_environment(encoded(environment), names, salt, roots, False)  # noqa: FBT003
    check_sinks(transcript["sinks"], roots, mark)
    record = {
        **{
            name: marked_value(transcript[name], mark)
            for name in ("sinks", "outputs", "written", "state")
        },
        **{
            name: transcript[name]
            for name in ("until_ns", "defaults", "selectors", "has_default_selector", "warns")
        },
        "dependencies": {
            "files": files,
            "content": content,
            "variables": names,
            "salt": salt,
            "environment": digest,
        },
        "entry": entry_stem,
        "user_file": roots.relative(user_file) if user_file else None,
    }
    stem = f"{key}-{content}"
    objects.publish(directory / f"{stem}{SUFFIX}", record, is_lasting=False)
    return stem


def check_sinks(sinks: list[dict[str, Any]], roots: Roots, mark: Callable[[str], str]) -> None:
    """Raise NotPortableError if a path may remain in a text, or be escaped in it."""
    for sink in sinks:
        if not roots.are_written_plainly(sink["is_json"]):
            raise NotPortableError("a directory's name is escaped in dbt's log")
        if not sink["is_json"]:
            continue
        # A path behind an escape, as in "\\n/srv", does not begin where a name may begin.
        paths = [json.dumps(path)[1:-1] for path in roots.paths(ALL_LETTERS)]
        for text in (*sink["before"], *sink["after"]):
            if any(path in mark(text) for path in paths):
                raise NotPortableError("a path in a log of JSON is not understood")


def user_of_statistics() -> tuple[str, str]:
    """The user's id in dbt's usage statistics, and the file that has it; empty without them."""
    from dbt import tracking  # noqa: PLC0415 - dbt may not be there

    user: Any = tracking.active_user
    if user is None or user.do_not_track or not user.id or user.cookie_dir is None:
        return "", ""
    return str(user.id), os.path.abspath(user.cookie_path)  # noqa: PTH100


def has_path_inside(argument: str, roots: Roots) -> bool:
    """Whether an argument has the path of a root, and not only as its whole value."""
    value = argument.partition("=")[2] if argument.startswith("--") else argument
    if roots.relative(value) != value:
        return False
    return roots.occurs_in(argument, ALL_LETTERS)


def without_path(text: str, roots: Roots) -> str:
    if roots.occurs_in(text, ALL_LETTERS):
        raise NotPortableError(f"an option has a path: {text}")
    return text


def marked_value(value: Any, mark: Callable[[str], str]) -> Any:
    """A copy of plain values with the texts changed by ``mark``; keys stay."""
    if isinstance(value, str):
        return mark(value)
    if isinstance(value, dict):
        return {key: marked_value(each, mark) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [marked_value(each, mark) for each in value]
    return value


__all__ = [
    "FormatError",
    "NotPortableError",
    "ParsePlace",
    "export_transcript",
    "exported",
    "imported",
    "marked_value",
    "place_of",
]
