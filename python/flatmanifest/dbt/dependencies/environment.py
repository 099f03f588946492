"""Recording the names of the environment variables that are looked up, set or unset.

``os.environ`` is watched for all code of the process, and so is the copy that dbt takes of it for
each command (dbt_common.context, InvocationContext.env). Code that iterates over all variables
depends on all of them. Exceptions are modules that only look for a prefix whose variables are
always dependencies (native/front/environment.cc, kPrefixes): dbt itself for ``DBT_``, networkx for
``NETWORKX_``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.dependencies.callers import callers, is_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

# Modules outside dbt that iterate for a prefix which is always a dependency.
_BY_PREFIX = {"networkx.utils.backends"}
# Modules on the stack between the code that iterates and the mapping.
_MACHINERY = {
    *("os", "_collections_abc", "collections.abc"),
    *(__name__, "flatmanifest.dbt.dependencies.callers"),
}


class Lookups:
    """The names that were looked up. ``is_all``: some code iterated over all variables."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.is_all = False

    def note(self, name: Any) -> None:
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        if isinstance(name, str) and name not in self.names and not is_apart():
            self.names.add(name)

    def add(self, other: Lookups) -> None:
        """Add the look-ups of another process, or of an earlier time."""
        self.names |= other.names
        self.is_all = self.is_all or other.is_all

    def named(self) -> set[str]:
        """The names without those of dbt's options, which are dependencies in any case."""
        return {name for name in self.names if not name.startswith("DBT_")}

    def note_iteration(self) -> None:
        if not self.is_all and not _is_by_prefix(_iterating()) and not is_apart():
            self.is_all = True


def _iterating() -> str:
    """The module whose code iterates over an environment."""
    return next((module for module in callers() if module not in _MACHINERY), "")


def _is_by_prefix(module: str) -> bool:
    """Whether a module only looks for names whose prefix makes them dependencies in any case."""
    if module in _BY_PREFIX:
        return True
    package = module.partition(".")[0]
    return package == "dbt_common" or (
        package == "dbt" and not module.startswith("dbt.adapters.") and module != "dbt.adapters"
    )


_lookups: Lookups | None = None


class WatchedEnviron(os._Environ):  # type: ignore[type-arg]  # noqa: SLF001
    """The class of ``os.environ`` while look-ups are recorded. The object stays the same."""

    def __getitem__(self, key: Any) -> Any:
        if _lookups is not None:
            _lookups.note(key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"environ({self._all()!r})"

    def keys(self) -> Any:
        return self._all().keys()

    def items(self) -> Any:
        return self._all().items()

    def values(self) -> Any:
        return self._all().values()

    def copy(self) -> dict[Any, Any]:
        return self._all()

    def _all(self) -> dict[Any, Any]:
        if _lookups is not None:
            _lookups.note_iteration()
        return plain_environment()


class WatchedCopy(dict[str, str]):
    """dbt's own copy of the environment, with look-ups recorded."""

    def __getitem__(self, key: str) -> str:
        if _lookups is not None:
            _lookups.note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        if _lookups is not None:
            _lookups.note(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        if _lookups is not None:
            _lookups.note(key)
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        self._note_iteration()
        return super().__iter__()

    def keys(self) -> Any:
        self._note_iteration()
        return super().keys()

    def items(self) -> Any:
        self._note_iteration()
        return super().items()

    def values(self) -> Any:
        self._note_iteration()
        return super().values()

    def copy(self) -> dict[str, str]:
        self._note_iteration()
        return dict(super().items())

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        """Pickle as a plain dict: another process records nothing."""
        return dict, (dict(super().items()),)

    def _note_iteration(self) -> None:
        if _lookups is not None:
            _lookups.note_iteration()


class TemplateCopy(WatchedCopy):
    """The same, with the names that templates look up in one parse."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.lookups = Lookups()

    def __getitem__(self, key: str) -> str:
        self.lookups.note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.lookups.note(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.lookups.note(key)
        return super().get(key, default)

    def _note_iteration(self) -> None:
        self.lookups.note_iteration()
        super()._note_iteration()


def plain_environment() -> dict[str, str]:
    """All variables of the process. The call itself is not recorded."""
    environ: Any = os.environ
    decode_key, decode_value = environ.decodekey, environ.decodevalue
    return {decode_key(name): decode_value(value) for name, value in environ._data.items()}  # noqa: SLF001


def watch(lookups: Lookups) -> None:
    """Record look-ups in ``os.environ`` from now on."""
    global _lookups  # noqa: PLW0603 - there is one environment
    _lookups = lookups
    os.environ.__class__ = WatchedEnviron


def unwatch() -> None:
    """Stop recording, and give ``os.environ`` its own class back."""
    global _lookups  # noqa: PLW0603
    _lookups = None
    os.environ.__class__ = os._Environ  # noqa: SLF001


def is_watched() -> bool:
    return _lookups is not None
