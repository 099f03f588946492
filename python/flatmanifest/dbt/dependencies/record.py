"""Dependencies, as cache files hold them: docs/cache-files.md."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flatmanifest._native import changed_dependency, environment_digest, take_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Snapshot = Sequence[Any]

# How a path is depended on (native/freshness/directory_scan.h, FileUse).
READ, LISTED, PROBED, ALONE = "read", "listed", "probed", "alone"


@dataclass
class Dependencies:
    """What one parse or one command depended on, and how it was.

    ``files``: paths by use. ``variables``: the names of environment variables, None for all.
    ``environment``: a salted digest of their values. ``values``: values without a source that
    templates have used, each with the place where; whoever depends on one is never repeated.
    """

    files: dict[str, list[str]]
    snapshot: Snapshot
    variables: list[str] | None = field(default_factory=list)
    salt: str = ""
    environment: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """What a cache file has of it."""
        return {**vars(self), "snapshot": list(self.snapshot)}

    def changed(self, environment: Mapping[str, str] | None = None) -> str | None:
        """What is not as it was, in words; None if everything is.

        ``environment``: that of the command before dbt reads a .env file.
        """
        current = os.environ if environment is None else environment
        return changed_dependency(self.fields(), encoded(current))

    def is_environment(self, environment: Mapping[str, str]) -> bool:
        """Whether the variables that are depended on have these values."""
        now = environment_digest(encoded(environment), self.variables, self.salt)
        return now == self.environment


def taken(
    files: dict[str, list[str]],
    variables: Iterable[str] | None,
    environment: Mapping[str, str],
    snapshot: Snapshot | None = None,
) -> Dependencies:
    """Dependencies as they are now, or with a snapshot of how the files were."""
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
    """Variables as the system has them, in any encoding."""
    return {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}


def restored(fields: Mapping[str, Any]) -> Dependencies:
    """Dependencies that a cache file holds."""
    return Dependencies(**fields)
