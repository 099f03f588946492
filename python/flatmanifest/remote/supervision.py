"""Runs the worker, and ends it if the remote hangs.

A process can be ended wherever it waits; a thread cannot. The process of dbt, too, imports nothing
of fsspec this way, and opens no connection.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.remote import landing

if TYPE_CHECKING:
    from collections.abc import Mapping

URL_VARIABLE = "FLATMANIFEST_CACHE_URL"
PUSH_VARIABLE = "FLATMANIFEST_CACHE_PUSH"
SECONDS_TO_TIDY_UP = 0.2
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Patience:
    """How long a remote may take.

    It gets ``seconds``, and one more for each ``rate`` bytes that it transfers, up to ``most``
    altogether. ``notice``: after so many seconds without a byte, the user is told.
    """

    seconds: float
    rate: float
    most: float
    notice: float


# dbt goes on without a remote that answers late.
OF_DBT = Patience(seconds=2, rate=1e6, most=30, notice=inf)
OF_USER = Patience(seconds=60, rate=1e4, most=inf, notice=5)


@dataclass
class Outcome:
    """The result of a request: ``counts`` (transfer.Counts), or why there are none."""

    counts: dict[str, int] = field(default_factory=dict)
    failure: str = ""


class Clock:
    """The time that is left to a worker."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.begin = time.monotonic()
        self.deadline = self.begin + patience.seconds

    def hear(self, count: int) -> None:
        """Note that so many bytes have been transferred."""
        latest = min(time.monotonic() + self.patience.seconds, self.begin + self.patience.most)
        self.deadline = max(self.deadline, min(latest, self.deadline + count / self.patience.rate))

    def left(self) -> float:
        return self.deadline - time.monotonic()


def url_of_environment() -> str:
    """The remote that the user has named; empty if there is none."""
    return os.environ.get(URL_VARIABLE, "")


def is_push_wanted() -> bool:
    return os.environ.get(PUSH_VARIABLE, "0") not in {"", "0"}


def performed(
    request: Mapping[str, Any],
    patience: Patience,
    environment: Mapping[bytes, bytes] | None = None,
) -> Outcome:
    """Have a worker carry out a request, and tell the user what it says.

    ``environment``: the worker's variables; None: those of this process. Raises nothing but
    KeyboardInterrupt.
    """
    url = request["url"]
    try:
        outcome = _supervised({**request, "seconds": patience.seconds}, patience, environment)
    except (OSError, ValueError) as error:
        outcome = Outcome(failure=str(error))
    return Outcome(outcome.counts, _short(outcome.failure.replace(url, shown(url))))


def tell(url: str, text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"flatmanifest: {shown(url)}: {_short(text.replace(url, shown(url)))}\n")


def shown(url: str) -> str:
    """The URL without a password."""
    return re.sub(r"://[^/@]*@", "://", url).partition("?")[0]


def _supervised(
    request: Mapping[str, Any], patience: Patience, environment: Mapping[bytes, bytes] | None
) -> Outcome:
    worker = subprocess.Popen(  # noqa: S603 - this Python
        [sys.executable, "-m", f"{__package__}.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the last line of its answer says why it has failed
        env=environment,
        bufsize=0,
    )
    try:
        return _heard(worker, request, Clock(patience))
    finally:
        _end(worker)
        # A worker that is ended in the middle of a transfer may leave files.
        landing.remove_left_behind(Path(request["directory"]))


def _heard(worker: subprocess.Popen[bytes], request: Mapping[str, Any], clock: Clock) -> Outcome:
    """Send a request, and read the answer until it is complete or the time is up."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps(dict(request)).encode())
    worker.stdin.close()
    rest = b""
    told = False
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        while (left := clock.left()) > 0:
            if not selector.select(min(left, clock.patience.notice)):
                if not told and clock.left() > 0:
                    tell(request["url"], f"no answer yet; waiting for {clock.left():.0f} s more")
                    told = True
                continue
            read = os.read(worker.stdout.fileno(), 1 << 16)
            if not read:
                return Outcome(failure="the process that transfers files has died")
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                outcome = _understood(json.loads(line), request["url"], clock)
                if outcome is not None:
                    return outcome
    return Outcome(failure=f"no answer for {clock.patience.seconds:.0f} s, or too slow a one")


def _understood(answer: dict[str, Any], url: str, clock: Clock) -> Outcome | None:
    """Act on one line of the answer; return the outcome if it is the last one."""
    if "bytes" in answer:
        clock.hear(answer["bytes"])
    elif "say" in answer:
        tell(url, answer["say"])
    elif "failed" in answer:
        return Outcome(failure=answer["failed"])
    elif "done" in answer:
        return Outcome(answer["done"])
    return None


def _end(worker: subprocess.Popen[bytes]) -> None:
    """End the worker; it removes its temporary files if it still can."""
    if worker.stdout is not None:
        worker.stdout.close()
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(SECONDS_TO_TIDY_UP)
        except subprocess.TimeoutExpired:
            worker.kill()
            # A process that waits for a network file system may not even end then.
            with suppress(subprocess.TimeoutExpired):
                worker.wait(SECONDS_TO_TIDY_UP)


def _short(text: str) -> str:
    return " ".join(text.split())[:MOST_CHARACTERS]
