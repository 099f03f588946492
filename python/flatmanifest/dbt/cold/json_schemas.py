"""The seams of the JSON schemas that dbt validates with: schemas are kept between commands.

dbt makes the schema of a class when it first validates an object of it, in up to a seventh of a
second for each class. The schema stays the same as long as the packages do. mashumaro spends most
of that time on defaults: it writes and compiles a class for each, to see how the default is
serialized. Nearly all defaults are serialized unchanged.
"""

from __future__ import annotations

import json
import sys
import types
from importlib import metadata
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from dbt.adapters.factory import get_adapter_package_names

from flatmanifest._native import CACHE_VERSION, __version__
from flatmanifest.dbt.cache import entry as entries
from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.seams import Kind, attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Packages that the schemas depend on.
PACKAGES = ("dbt-core", "dbt-common", "dbt-adapters", "mashumaro")
# Since dbt 1.12, metricflow takes the place of dbt-semantic-interfaces.
EITHER = ("dbt-semantic-interfaces", "metricflow")

SWITCH = "defaults"
AS_THEMSELVES = {str, int, float, bool}
UNIONS = {Union, types.UnionType}

Schema = dict[str, Any]


class KnownSchemas:
    """Schemas by the path of their class. The file is read when the first schema is needed."""

    def __init__(self, directory: Path, adapter: str) -> None:
        self.path = directory / "schemas.fman"
        self.adapter = adapter
        self.versions: list[str] | None = None
        self.known: dict[str, Schema] | None = None
        self.has_more = False

    def find(self, path: str) -> Schema | None:
        return self._read().get(path)

    def add(self, path: str, schema: Schema) -> None:
        self._read()[path] = schema
        self.has_more = True

    def _read(self) -> dict[str, Schema]:
        if self.known is None:
            self.versions = versions_of(self.adapter)
            kept = None if self.versions is None else entries.read(self.path)
            is_current = kept is not None and kept["versions"] == self.versions
            self.known = kept["schemas"] if kept and is_current else {}
        return self.known

    def keep(self) -> None:
        if self.has_more and self.versions is not None:
            content = {"versions": self.versions, "schemas": self.known}
            objects.publish(self.path, content)
            self.has_more = False


def versions_of(adapter: str) -> list[str] | None:
    """The versions that schemas depend on; None if a package is missing or editable.

    An editable package may change without a change of its version.
    """
    packages = packages_of(adapter)
    if packages is None or any(map(is_editable, packages.values())):
        return None
    versions = [f"{name}=={found.version}" for name, found in packages.items()]
    return [__version__, CACHE_VERSION, sys.version, *versions]


def packages_of(adapter: str) -> dict[str, metadata.Distribution] | None:
    """Dbt's packages, with an adapter's, by their names; None if one is missing."""
    macros = {name.replace("_", "-") for name in get_adapter_package_names(adapter)}
    packages = {}
    for name in (*PACKAGES, *EITHER, *sorted(macros - {"dbt"})):  # dbt-core contains "dbt"
        try:
            packages[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # noqa: PERF203 - a few names
            if name not in EITHER:
                return None
    return packages


def is_editable(package: metadata.Distribution) -> bool:
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable"))


# The schemas of the current or last ManifestLoader of this process: one element, or none.
_current: list[KnownSchemas] = []


def use(directory: Path, adapter: str) -> KnownSchemas:
    """Take schemas from the file in this cache directory from now on."""
    if not (_current and _current[0].path.parent == directory and _current[0].adapter == adapter):
        _current[:] = [KnownSchemas(directory, adapter)]
    return _current[0]


def use_if_none(directory: Path, adapter: str) -> None:
    """The same, unless a directory is in use for this adapter.

    For the time before loading, when the root project cannot be told from its packages.
    """
    if not _current or _current[0].adapter != adapter:
        use(directory, adapter)


def known_schema(of_dbt: Callable[[Any], Schema], kind: Any) -> Schema | None:
    if not _current or not objects.is_of_dbt(kind.__module__) or "<locals>" in kind.__qualname__:
        return None
    schemas = _current[0]
    path = f"{kind.__module__}:{kind.__qualname__}"
    known = schemas.find(path)
    if known is None:
        known = of_dbt(kind)
        schemas.add(path, known)
    return known


@seam(
    "dbt_common.dataclass_schema:dbtClassMixin",
    "json_schema",
    "schemas are kept between commands",
    kind=Kind.CLASSMETHOD,
)
def json_schema(original: Callable[[Any], Schema], kind: Any) -> Schema:
    known = attempt(known_schema, original, kind)
    return original(kind) if known is None else known


@seam(
    "mashumaro.jsonschema.schema",
    "_default",
    "None, texts, numbers and booleans are serialized as they are",
    switch=SWITCH,
)
def serialized_default(
    original: Callable[..., Any], annotation: Any, value: Any, config: Any
) -> Any:
    """The default of a field in its schema. Follows mashumaro.jsonschema.schema, _default."""
    is_union = get_origin(annotation) in UNIONS
    plain = {*get_args(annotation)} if is_union else {annotation}
    if type(value) in plain and (value is None or plain - {type(None)} <= AS_THEMSELVES):
        return value
    return original(annotation, value, config)
