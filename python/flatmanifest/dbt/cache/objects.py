"""dbt's objects in a file, and out of it again: docs/objects.md.

An object comes out as the class that it was, without its ``__init__``: as pickle would, but read
in place, each when it is first touched, and of dbt's own classes only.
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

# What dbt does not write into partial_parse.msgpack either, by the class that declares it, with
# what stands there when dbt has read it (dbt.contracts.files, dbt.contracts.graph.nodes).
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

    What need not outlast a power failure is not flushed to the disk. The directory is made if it is
    not there, as one where nobody else gets: there, a umask of 002 does no harm (store/trust.h).

    Raises TypeError or ValueError for what cannot be stored, OSError; the file is then as it was.
    """
    path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    return publish_objects(path, root, describe, is_lasting)


def load(path: Path) -> StoredObjects:
    """Open what was published. Raises FormatError, OSError."""
    return open_objects(path, resolve)


def describe(kind: type) -> tuple[str, tuple[str, ...] | None]:
    """Name a class, and the fields to store of a dataclass."""
    path = f"{kind.__module__}:{kind.__qualname__}"
    if not is_of_dbt(kind.__module__):
        message = f"cannot store an object of {path}: it is not a class of dbt"
        raise TypeError(message)
    if issubclass(kind, Enum):
        return path, None
    if not dataclasses.is_dataclass(kind):
        message = f"cannot store an object of {path}: it is no dataclass"
        raise TypeError(message)
    return path, stored_fields(kind)


def resolve(path: str) -> tuple[type, tuple[tuple[str, Callable[[], Any]], ...]]:
    """Find the class of that name, and what instances have beside what is stored."""
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
    """Whether a module is dbt's or an adapter's, and not something that a file might name."""
    package = module.partition(".")[0]
    # dbt 1.12 has the Enums of metrics from metricflow, which is dbt Labs' too.
    return package in {"dbt", "metricflow"} or package.startswith(("dbt_", "metricflow_"))


def made_by_setstate(kind: type) -> dict[str, Callable[[], Any]]:
    """What instances get beside their fields when they are unpickled: dbt 1.12's nodes, a lock."""

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
    """The fields of a dataclass that a file has."""
    omitted = not_stored(kind)
    fields = dataclasses.fields(kind)
    return tuple(field.name for field in fields if field.name not in omitted)


def made_again(kind: type) -> dict[str, Callable[[], Any]]:
    """What an instance has beside that when it comes out of a file."""
    return {**not_stored(kind), **made_by_setstate(kind)}


def not_stored(kind: type) -> dict[str, Callable[[], Any]]:
    omitted: dict[str, Callable[[], Any]] = {}
    for base in kind.__mro__:
        omitted.update(NOT_STORED.get((base.__module__, base.__qualname__), {}))
    return omitted
