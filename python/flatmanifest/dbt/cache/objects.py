"""Storing dbt's objects in a file, and restoring them: docs/objects.md.

An object is restored with its class, without ``__init__``, as pickle does. Unlike pickle, the file
is read in place, each object is built at its first use, and only dbt's own classes are accepted.
"""

from __future__ import annotations

import dataclasses
import importlib
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from flatmanifest._native import open_objects, publish_objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flatmanifest._native import StoredObjects

# Fields that are not stored, by the class that declares them, with their value after restoring. dbt
# leaves the same fields out of partial_parse.msgpack (dbt.contracts.files,
# dbt.contracts.graph.nodes).
NOT_STORED: dict[tuple[str, str], dict[str, Callable[[], Any]]] = {
    ("dbt.contracts.files", "BaseSourceFile"): {"contents": lambda: None},
    ("dbt.contracts.files", "SchemaSourceFile"): {
        "pp_dict": lambda: None,
        "pp_test_index": lambda: None,
    },
    ("dbt.contracts.graph.nodes", "NodeInfoMixin"): {"_event_status": dict},
}

PRIVATE = 0o700


def publish(path: Path, root: dict[str, Any], *, is_lasting: bool = True) -> int:
    """Write dicts, lists, plain values and dbt's dataclasses; return the file's generation.

    ``is_lasting``: the file must survive a power failure, and is flushed to the disk. A missing
    directory is made accessible for its owner only, so that a umask of 002 does no harm
    (native/store/trust.h).

    Raises TypeError or ValueError for a value that cannot be stored, and OSError. On failure the
    old file stays.
    """
    path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    return publish_objects(path, root, describe, is_lasting)


def load(path: Path) -> StoredObjects:
    """Open a file that :func:`publish` wrote. Raises FormatError, OSError."""
    return open_objects(path, resolve)


def describe(kind: type) -> tuple[str, tuple[str, ...] | None]:
    """The name of a class, and the fields to store; None instead of the fields for an Enum.

    Raises TypeError for a class that is not dbt's, or is no dataclass.
    """
    path = f"{kind.__module__}:{kind.__qualname__}"
    if not is_of_dbt(kind.__module__):
        message = f"cannot store an object of {path}: it is not a class of dbt"
        raise TypeError(message)
    if issubclass(kind, Enum):
        return path, None
    if not dataclasses.is_dataclass(kind):
        message = f"cannot store an object of {path}: it is neither a dataclass nor an Enum"
        raise TypeError(message)
    return path, stored_fields(kind)


def resolve(path: str) -> tuple[type, tuple[tuple[str, Callable[[], Any]], ...]]:
    """The class of a name, and factories for the fields that are not stored.

    Raises TypeError for a name that is not a dataclass or Enum of dbt's, and ImportError or
    AttributeError for an unknown name.
    """
    module, _, name = path.partition(":")
    if not is_of_dbt(module):
        message = f"{path} is not a class of dbt"
        raise TypeError(message)
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, type):
        message = f"{path} is no class"
        raise TypeError(message)
    if issubclass(found, Enum):
        return found, ()
    if not dataclasses.is_dataclass(found):
        message = f"{path} is no dataclass"
        raise TypeError(message)
    return found, tuple(made_again(found).items())


def is_of_dbt(module: str) -> bool:
    """Whether a module is dbt's or an adapter's. A file must not make Python import any other."""
    package = module.partition(".")[0]
    # dbt 1.12 takes the Enums of metrics from metricflow, which is dbt Labs' too.
    return package in {"dbt", "metricflow"} or package.startswith(("dbt_", "metricflow_"))


def made_by_setstate(kind: type) -> dict[str, Callable[[], Any]]:
    """Factories for the attributes that ``__setstate__`` adds: a lock, in the nodes of dbt 1.12."""

    def unpickled() -> dict[str, Any]:
        instance: Any = object.__new__(kind)
        instance.__setstate__({})
        return dict(vars(instance))

    def made(name: str) -> Any:
        return unpickled()[name]

    if not hasattr(kind, "__setstate__"):
        return {}
    return {name: partial(made, name) for name in unpickled()}


def stored_fields(kind: type) -> tuple[str, ...]:
    """The names of the fields of a dataclass that a file stores."""
    omitted = not_stored(kind)
    fields = dataclasses.fields(kind)
    return tuple(field.name for field in fields if field.name not in omitted)


def made_again(kind: type) -> dict[str, Callable[[], Any]]:
    """Factories for the attributes of a restored instance that a file does not store."""
    return {**not_stored(kind), **made_by_setstate(kind)}


def not_stored(kind: type) -> dict[str, Callable[[], Any]]:
    omitted: dict[str, Callable[[], Any]] = {}
    for base in kind.__mro__:
        omitted.update(NOT_STORED.get((base.__module__, base.__qualname__), {}))
    return omitted
