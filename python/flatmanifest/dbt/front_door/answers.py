"""Recording the answers to ``--help`` and ``--version`` (native/front/answer.h)."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest._native import answer_path
from flatmanifest.dbt.dependencies import DependencyRecorder, NotRecordedError
from flatmanifest.dbt.dependencies.record import ALONE, READ, taken
from flatmanifest.dbt.dependencies.recording import packages, unchanged_code
from flatmanifest.dbt.seams import is_on

if TYPE_CHECKING:
    from collections.abc import Iterator

# Variables that may decide the width of the text, because click asks the terminal for it.
SIZES = {"COLUMNS", "TERM"}
DAY = 24 * 60 * 60
# Options that are kept for a day only: dbt asks the package index for its latest release.
VERSIONS = {"--version", "-V", "-v"}


class Copied:
    """A stream that keeps a copy of the text that is written to it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.texts: list[str] = []

    def write(self, text: str) -> Any:
        written = self.stream.write(text)  # first: it refuses bytes, which click tries to write
        self.texts.append(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def kept(arguments: list[str], recorder: DependencyRecorder) -> Iterator[None]:
    """Publish the text that the block prints, if it is an answer and dbt has succeeded.

    An answer is about dbt itself. It depends on the installed packages, and on the environment
    variables that dbt has looked up. If the answer cannot be published, nothing is reported.
    """
    path = answer_path(arguments, os.path.dirname(sys.executable)) if is_on() else None  # noqa: PTH120
    if path is None:
        yield
        return
    from dbt_common.events.event_manager_client import get_event_manager  # noqa: PLC0415

    from flatmanifest.dbt.events import heard_by  # noqa: PLC0415

    copied: Any = Copied(sys.stdout)
    sys.stdout = copied
    events: list[Any] = []
    hear = events.append
    try:
        with heard_by(hear):
            yield
    except SystemExit as exit_of_dbt:
        # Every command registers a callback when it begins. If there is one, --help or --version
        # was the value of an option.
        is_question = not get_event_manager().callbacks
        # Events contain the time of day, so an answer with events is not kept: beside its version,
        # dbt 1.10 warns of its age, and dbt 1.12 announces another dbt.
        if not exit_of_dbt.code and is_question and not events:
            with contextlib.suppress(OSError, ValueError, TypeError, NotRecordedError):
                publish(Path(path), arguments, recorder, "".join(copied.texts))
        raise
    finally:
        sys.stdout = copied.stream


def publish(path: Path, arguments: list[str], recorder: DependencyRecorder, text: str) -> None:
    from flatmanifest.dbt.cache import objects  # noqa: PLC0415

    until = int(time.time()) + DAY if VERSIONS.intersection(arguments) else 0
    names = None if recorder.lookups.is_all else recorder.lookups.named() | SIZES
    code = sorted(unchanged_code(recorder.accesses.own))
    dependencies = taken({ALONE: packages(), READ: code}, names, recorder.environment)
    objects.publish(path, {"dependencies": dependencies.fields(), "until": until, "text": text})
