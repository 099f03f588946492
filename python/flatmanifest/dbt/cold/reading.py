"""The seams of reading a project's files: dbt.parser.read_files, dbt.clients.checked_load.

dbt opens and reads one file after the other. Here native threads read the files that dbt has found
in a directory ahead of dbt. That saves most where each read has to wait: on a network, or when the
system has not read the files yet.

For a schema file, dbt has libyaml compose the nodes, which is fast, and builds the values with
PyYAML's general code. That code keeps tables of all nodes, of unfinished nodes and of constructors,
and makes a generator for each list. A schema file has dicts, lists and plain values only, so that
simpler code builds the same values.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import BaseResolver, Resolver

from flatmanifest._native import read_files as contents_of
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

FILES_SWITCH = "files"
MOST_BYTES = 1 << 20  # the largest file that is read ahead
# Schema files are few, and a partial parse does not read unchanged ones. Seeds may be large, and
# dbt 1.12 reads them in another way.
NOT_AHEAD = {".yml", ".yaml", ".csv"}
# The contents that were read ahead of dbt, by path; None for a file that dbt has to read.
AHEAD: ContextVar[dict[str, bytes | None] | None] = ContextVar("AHEAD", default=None)


@seam(
    "dbt.parser.read_files",
    "get_source_files",
    "files that were read ahead are kept while dbt reads",
    switch=FILES_SWITCH,
)
def get_source_files(original: Callable[..., Any], *arguments: Any) -> Any:
    token = AHEAD.set({})
    try:
        return original(*arguments)
    finally:
        AHEAD.reset(token)


@seam(
    "dbt.parser.read_files",
    "filesystem_search",
    "native threads read what was found ahead of dbt",
    switch=FILES_SWITCH,
)
def filesystem_search(
    original: Callable[..., Any], project: Any, dirs: Any, extension: str, *ignored: Any
) -> Any:
    found = original(project, dirs, extension, *ignored)
    ahead = AHEAD.get()
    if ahead is not None and extension not in NOT_AHEAD:
        attempt(read_ahead, ahead, [file.absolute_path for file in found])
    return found


def read_ahead(ahead: dict[str, bytes | None], paths: list[str]) -> None:
    ahead.update(zip(paths, contents_of(paths, MOST_BYTES), strict=True))


@seam(
    "dbt.parser.read_files",
    "load_file_contents",
    "the contents that were read ahead",
    switch=FILES_SWITCH,
)
def load_file_contents(original: Callable[..., str], path: str, strip: bool = True) -> str:  # noqa: FBT001, FBT002 - as dbt calls it
    contents = (AHEAD.get() or {}).pop(path, None)
    if contents is None:
        return original(path, strip)
    text = contents.decode("utf-8")
    return text.strip() if strip else text


SWITCH = "yaml"
TEXTS_KNOWN = 50_000  # texts, most of them names of fields
STR, LIST, DICT = (
    BaseResolver.DEFAULT_SCALAR_TAG,
    BaseResolver.DEFAULT_SEQUENCE_TAG,
    BaseResolver.DEFAULT_MAPPING_TAG,
)
BOOL, NULL = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"
OTHERS = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "timestamp")}


class NotPlainError(Exception):
    """The file has something that only PyYAML's own code handles."""


@seam(
    "dbt.parser.schemas",
    "checked_load",
    "libyaml's nodes are built at once where they are plain",
    switch=SWITCH,
)
def checked_load(original: Callable[..., Any], contents: str) -> Any:
    try:
        return plain(contents), []
    except Exception:  # noqa: BLE001 - after any error, dbt loads the file or reports its error
        return original(contents)


def plain(contents: str) -> Any:
    """The value of a YAML text, equal to that of dbt.clients.checked_load.

    Raises NotPlainError for anchors, merges, tags, repeated keys and keys that are no scalars, and
    PyYAML's errors for text that is no YAML.
    """
    loader = Loader(contents)
    try:
        node = loader.get_single_node()
        return None if node is None else built(node, loader, set())
    finally:
        loader.dispose()


class Loader(yaml.CSafeLoader):
    """libyaml's parser, with PyYAML's rules for the type of a text without quotes."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode:
            return tag_of(value) if implicit[0] else STR
        return LIST if kind is yaml.SequenceNode else DICT


_RULES = Resolver()


@lru_cache(TEXTS_KNOWN)
def tag_of(text: str) -> str:
    """The YAML tag of a text without quotes."""
    tag: str = _RULES.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag


def built(node: Any, loader: Loader, seen: set[int]) -> Any:
    """The value of a node. ``seen``: the ids of all collections, by which an alias is found."""
    tag = node.tag
    if tag == STR and type(node) is yaml.ScalarNode:
        return node.value
    if type(node) is yaml.ScalarNode:
        return scalar(node, loader)
    if id(node) in seen:
        raise NotPlainError
    seen.add(id(node))
    if tag == DICT and type(node) is yaml.MappingNode:
        found = {mapping_key(key, loader): built(value, loader, seen) for key, value in node.value}
        if len(found) != len(node.value):
            raise NotPlainError
        return found
    if tag == LIST and type(node) is yaml.SequenceNode:
        return [built(value, loader, seen) for value in node.value]
    raise NotPlainError


def mapping_key(node: Any, loader: Loader) -> Any:
    if type(node) is not yaml.ScalarNode:
        raise NotPlainError
    return node.value if node.tag == STR else scalar(node, loader)


def scalar(node: Any, loader: Loader) -> Any:
    if node.tag == NULL:
        return None
    if node.tag == BOOL:
        return SafeConstructor.bool_values[node.value.lower()]
    if node.tag in OTHERS:
        return loader.construct_object(node)
    raise NotPlainError
