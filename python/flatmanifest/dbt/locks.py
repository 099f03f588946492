"""The seam of dbt's locks: locks without names, so that a killed dbt leaves none behind.

dbt takes its locks from multiprocessing's "spawn" context (dbt.mp_context). These locks have names
in the system. A process of multiprocessing's removes the names when dbt is gone, and warns of
"leaked semaphore objects" if dbt was killed, as sqlfluff kills its workers. dbt starts no process
that would have to find a lock by its name, so that locks without names are enough.
"""

from __future__ import annotations

from contextlib import suppress
from multiprocessing import context, get_context
from typing import TYPE_CHECKING

from flatmanifest.dbt.releases import installed_release
from flatmanifest.dbt.seams import REGISTRY, Kind, MissingTargetError, Stage, install, is_on, seam

if TYPE_CHECKING:
    from multiprocessing.synchronize import Lock, RLock


class UnnamedLocks(context.SpawnContext):
    """A context that starts processes by "spawn", as dbt's does, but makes locks as "fork" does."""

    def Lock(self) -> Lock:  # noqa: N802
        return get_context("fork").Lock()

    def RLock(self) -> RLock:  # noqa: N802
        return get_context("fork").RLock()


@seam(
    "dbt.mp_context",
    "_MP_CONTEXT",
    "locks without names in the system",
    kind=Kind.ATTRIBUTE,
    stage=Stage.EARLY,
)
def unnamed_locks(original: context.SpawnContext) -> UnnamedLocks:  # noqa: ARG001
    return UnnamedLocks()


def use_unnamed() -> None:
    """Have dbt make locks without names from now on. Locks that exist keep their names.

    A module of dbt that has taken the old context keeps that too. If dbt has no such context,
    nothing happens: ``switch.switch_on`` reports it.
    """
    release = installed_release()
    if is_on() and release is not None:
        with suppress(MissingTargetError):
            install(each for each in REGISTRY if each.is_for(release, Stage.EARLY))
