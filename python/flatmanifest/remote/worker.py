"""The process that talks to a remote: ``python -m flatmanifest.remote.worker``.

It reads a request, a JSON object, from its standard input. It answers on its standard output, with
a JSON object a line: ``{"bytes": n}`` when n bytes have been transferred, ``{"say": text}`` for the
user, and at last ``{"done": counts}`` or ``{"failed": reason}``. ``supervision`` is the other end.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from flatmanifest.remote.store import Store
    from flatmanifest.remote.transfer import Counts

# A hostile file may ask for much memory. The largest packed file and its contents fit.
MOST_MEMORY = 8 << 30
INSTALL = "pip install 'flatmanifest[remote]'"


class EndedError(Exception):
    """The supervisor has ended this process."""


class Answers:
    """The lines of the answer. Threads may share it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.descriptor = os.dup(1)
        os.dup2(2, 1)  # so that nothing else is printed among the answers

    def write(self, **fields: Any) -> None:
        line = json.dumps(fields).encode() + b"\n"
        with self.lock:
            os.write(self.descriptor, line)

    def arrived(self, count: int) -> None:
        self.write(bytes=count)

    def say(self, text: str) -> None:
        self.write(say=text)


def main() -> None:
    """Do what the request says; exit."""
    # Python puts the working directory first on its path: a project must not replace modules.
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109
        del sys.path[0]
    signal.signal(signal.SIGTERM, _end)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > MOST_MEMORY:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, most))
    request = json.load(sys.stdin)
    answers = Answers()
    stores: list[Store] = []
    try:
        answers.write(done=asdict(done(request, answers, stores)))
    except BaseException as error:  # noqa: BLE001 - the supervisor tells the user
        for store in stores:
            store.remove_unfinished()
        with suppress(OSError):
            answers.write(failed=reason_of(error))
    # Without waiting for threads, which may wait for the remote.
    os._exit(0)


def done(request: dict[str, Any], answers: Answers, stores: list[Store]) -> Counts:
    """Carry a request out. ``stores`` gets the remote, to be tidied up after an error."""
    from flatmanifest._native import parse_roots, portable_command  # noqa: PLC0415
    from flatmanifest.remote.store import Store  # noqa: PLC0415
    from flatmanifest.remote.transfer import Counts, Pull, Push  # noqa: PLC0415

    store = Store(
        request["url"],
        request["seconds"],
        answers.arrived,
        may_be_missing=request["may_be_missing"],
    )
    stores.append(store)
    directory = Path(request["directory"])
    if request["do"] == "push":
        return Push(store, directory, answers.say).run(request["stems"])
    pull = Pull(store, directory, answers.say)
    environment = dict(os.environb)
    if request["do"] == "pull":
        return pull.all(request["most_bytes"])
    if request["do"] == "pull_entry":
        roots = parse_roots(request["project"], request["target"], request["programs"])
        return pull.entry(request["key"], roots, environment)
    found = portable_command(request["arguments"], request["programs"])
    return Counts() if found is None else pull.command(*found, environment)


def reason_of(error: BaseException) -> str:
    """One line that says why a request has failed."""
    if isinstance(error, ModuleNotFoundError) and error.name == "fsspec":
        return f"fsspec is not installed: {INSTALL}"
    if isinstance(error, EndedError):
        return "ended"
    text = " ".join(str(error).split())
    return text if isinstance(error, OSError) and text else f"{type(error).__name__}: {text}"


def _end(*_: object) -> NoReturn:
    raise EndedError


if __name__ == "__main__":
    main()
