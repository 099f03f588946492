"""dbt's locks without names: one that is killed leaves nothing behind, and nothing is said of it.

dbt takes its locks from multiprocessing's way to start processes anew ("spawn"), whose locks have
names in the system, and a process that removes these when dbt's is gone: it warns of "leaked
semaphore objects" wherever dbt was killed, as sqlfluff kills its workers. dbt starts no process
that would have to find a lock by its name.
"""

from __future__ import annotations

from multiprocessing import context, get_context
from typing import TYPE_CHECKING

from flatmanifest.dbt.seams import is_on

if TYPE_CHECKING:
    from multiprocessing.synchronize import Lock, RLock


class UnnamedLocks(context.SpawnContext):
    """Processes are started anew, as dbt has it; locks are those of forked processes."""

    def Lock(self) -> Lock:  # noqa: N802
        return get_context("fork").Lock()

    def RLock(self) -> RLock:  # noqa: N802
        return get_context("fork").RLock()


def use_unnamed() -> None:
    """Give dbt such locks; of those that it has taken, and of their kinds, it keeps the names."""
    if not is_on():
        return
    import dbt.mp_context  # noqa: PLC0415 - dbt may not be there

    dbt.mp_context._MP_CONTEXT = UnnamedLocks()  # noqa: SLF001
