"""The process that workers are forked from, where dbt's process cannot be copied.

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
    """Answer requests until nobody can make one. ``descriptor``: of the socket."""
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
    """While nobody waits for it. What fails here does so again when it is asked for something."""
    with contextlib.suppress(Exception):
        use_unnamed()  # before dbt.contracts.graph.manifest is there, which keeps what it finds

        import dbt.cli.main  # noqa: F401, PLC0415
        from dbt.adapters.factory import FACTORY  # noqa: PLC0415

        switch_on()
        FACTORY.load_plugin(adapter)


def begin(request: bytes, descriptors: list[int]) -> list[int] | str:
    """Start workers; their process ids, or why there are none."""
    invocation: Invocation
    job: Job
    try:
        directory, told = pickle.loads(request)  # noqa: S301 - from the process that started this
        invocation, job = pickle.loads(told)  # noqa: S301
        invocation.install(job.root_project)
        queue, *pipes = descriptors
        return Copies(job.prepare).start(queue, pipes, directory)
    except NoWorkersError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the other process goes on alone
        return f"{type(error).__name__}: {error}"
