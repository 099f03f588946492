"""The forkserver's process: workers are forked from it where dbt's own process cannot be copied.

``workers/forkserver.py`` starts it, and states the protocol.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
from typing import TYPE_CHECKING

from flatmanifest.dbt.locks import use_unnamed
from flatmanifest.dbt.switch import switch_on
from flatmanifest.dbt.workers.forkserver import pickled, receive, send
from flatmanifest.dbt.workers.pool import Copies, NoWorkersError

if TYPE_CHECKING:
    from flatmanifest.dbt.workers.invocation import Invocation
    from flatmanifest.dbt.workers.job import Job


def serve(descriptor: int, adapter: str) -> None:
    """Answer requests until the other end of the socket is closed. ``descriptor``: the socket's."""
    with socket.socket(fileno=descriptor) as connection:
        import_dbt(adapter)
        while True:
            request, descriptors = receive(connection)
            if not request:
                return
            answer = begin(request, descriptors)
            for each in descriptors:
                os.close(each)
            send(connection, pickled(answer))
            for process in answer if isinstance(answer, list) else ():
                os.waitpid(process, 0)


def import_dbt(adapter: str) -> None:
    """Import dbt before the first request. An import that fails here fails again in a request."""
    with contextlib.suppress(Exception):
        # First, because dbt.contracts.graph.manifest takes dbt's locks when it is imported.
        use_unnamed()

        import dbt.cli.main  # noqa: F401, PLC0415
        from dbt.adapters.factory import FACTORY  # noqa: PLC0415

        switch_on()
        FACTORY.load_plugin(adapter)


def begin(request: bytes, descriptors: list[int]) -> list[int] | str:
    """Start workers. Returns their process ids, or the reason why there are none."""
    invocation: Invocation
    job: Job
    try:
        directory, work = pickle.loads(request)  # noqa: S301 - from the process that started this
        invocation, job = pickle.loads(work)  # noqa: S301
        invocation.install(job.root_project)
        queue, *pipes = descriptors
        return Copies(job.prepare).start(queue, pipes, directory)
    except NoWorkersError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the other process then parses alone
        return f"{type(error).__name__}: {error}"
