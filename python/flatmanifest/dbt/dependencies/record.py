"""The record of dependencies that cache files hold: docs/cache-files.md."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flatmanifest._native import changed_dependency, environment_digest, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Snapshot = Sequence[Any]

# The uses of a path (native/freshness/directory_scan.h, FileUse).
READ, LISTED, PROBED, ALONE = "read", "listed", "probed", "alone"


@dataclass
class Dependencies:
    """The dependencies of one parse or one command, and their state.

    - ``files``: paths by use; ``snapshot``: the digest of their state
    - ``variables``: the names of environment variables; None for all
    - ``environment``: a digest of their values, salted with ``salt``
    - ``values``: the values without a source that templates have used, each with its place. A
      result that depends on such a value is never used again.
    """

    files: dict[str, list[str]]
    snapshot: Snapshot
    variables: list[str] | None = field(default_factory=list)
    salt: str = ""
    environment: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """The fields as a cache file stores them."""
        return {**vars(self), "snapshot": list(self.snapshot)}

    def changed(self, environment: Mapping[str, str] | None = None) -> str | None:
        """A description of the first dependency that has changed; None if none has.

        ``environment``: the variables of the command before dbt reads a .env file; the default is
        ``os.environ``. Raises OSError.
        """
        current = os.environ if environment is None else environment
        return changed_dependency(self.fields(), encoded(current))

    def is_environment(self, environment: Mapping[str, str]) -> bool:
        """Whether the variables in ``variables`` have the recorded values in ``environment``."""
        now = environment_digest(encoded(environment), self.variables, self.salt)
        return now == self.environment


def taken(
    files: dict[str, list[str]],
    variables: Iterable[str] | None,
    environment: Mapping[str, str],
    snapshot: Snapshot | None = None,
) -> Dependencies:
    """Dependencies with the current state, or with an earlier snapshot of the files.

    ``variables``: names of environment variables; None for all. Raises OSError.
    """
    names = None if variables is None else sorted(variables)
    salt = secrets.token_hex(16)
    return Dependencies(
        files=files,
        snapshot=take_snapshot(files) if snapshot is None else snapshot,
        variables=names,
        salt=salt,
        environment=environment_digest(encoded(environment), names, salt),
    )


def encoded(environment: Mapping[str, str]) -> dict[bytes, bytes]:
    """The variables as bytes, as the system keeps them."""
    return {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}


def restored(fields: Mapping[str, Any]) -> Dependencies:
    """Dependencies from the fields in a cache file."""
    return Dependencies(**fields)
