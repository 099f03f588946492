"""dbt's locks without names: one that is killed leaves nothing behind, and nothing is said of it.

dbt takes its locks from multiprocessing's way to start processes anew ("spawn"), whose locks have
names in the system, and a process that removes these when dbt's is gone: it warns of "leaked
semaphore objects" wherever dbt was killed, as sqlfluff kills its workers. dbt starts no process
that would have to find a lock by its name.
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
    """Processes are started anew, as dbt has it; locks are those of forked processes."""

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
    """Give dbt such locks; of those that it has taken, and of their kinds, it keeps the names.

    Says nothing where that cannot be: whoever puts the other seams in will.
    """
    release = installed_release()
    if is_on() and release is not None:
        with suppress(MissingTargetError):
            install(each for each in REGISTRY if each.is_for(release, Stage.EARLY))
