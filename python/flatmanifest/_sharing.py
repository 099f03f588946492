"""How a manifest travels to other processes, and is followed from generation to generation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from os import fspath, stat

from flatmanifest._native import (
    ConvertError,
    FormatError,
    Manifest,
    open,  # noqa: A004 - flatmanifest.open
    open_bytes,
    open_generation,
)

TYPE_CHECKING = False  # typing's, whose import would cost each reader a megabyte, as pathlib's
if TYPE_CHECKING:
    from os import PathLike
    from types import TracebackType
    from typing import Any


def reduce_manifest(manifest: Manifest) -> tuple[Callable[..., Manifest], tuple[Any, ...]]:
    """What a manifest pickles as: where it is and which one, not what is in it."""
    reference = manifest._reference()  # noqa: SLF001 - the other half of the native views
    if reference is None:
        return from_bytes, (bytes(memoryview(manifest)), manifest.path)
    return from_reference, reference


# Functions of Python: pickle takes those of pybind11 for methods of what cannot be pickled.
def from_reference(path: str, generation: int, checksum: int, copy: bool) -> Manifest:  # noqa: FBT001
    """Open what another process has open. Raises GenerationError if it is gone."""
    return open_generation(path, generation, checksum, copy=copy)


def from_bytes(content: bytes, name: str) -> Manifest:
    """Take what was converted into memory, because no file could be written."""
    return open_bytes(content, name)


class Watch(Iterator[Manifest]):
    """The generations of a manifest, as they are published. See :func:`watch`."""

    def __init__(self, path: str | PathLike[str], interval: float, *, copy: bool) -> None:
        if not interval > 0:
            raise ValueError(f"interval must be a positive number of seconds, not {interval!r}")
        self._path = fspath(path)
        self._interval = interval
        self._copy = copy
        self._current: Manifest | None = None
        # What could not be read, by stat: it may be about to be written.
        self._unreadable: tuple[int, ...] | None = None
        self._closed = threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Manifest:
        # Several threads may iterate: each generation goes to one of them.
        with self._turn:
            while not self._closed.is_set():
                found = self._look()
                if found is not None:
                    return found
                self._closed.wait(self._interval)
        raise StopIteration

    def close(self) -> None:
        """End the iteration, also of a thread that waits in it. Manifests stay as they are."""
        self._closed.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def __enter__(self) -> Watch:  # noqa: PYI034 - typing.Self is newer than Python 3.10
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _look(self) -> Manifest | None:
        """Open what is at the path, if it is there, can be read, and was not given out yet."""
        try:
            found = self._open()
        except FileNotFoundError:
            return None
        except (FormatError, ConvertError):
            seen = self._stat()
            if seen is None or seen != self._unreadable:
                self._unreadable = seen
                return None
            self._unreadable = None
            raise
        self._unreadable = None
        if found is not None:
            self._current = found
        return found

    def _open(self) -> Manifest | None:
        if self._current is None:
            return open(self._path, copy=self._copy)
        return self._current._newer()  # noqa: SLF001

    def _stat(self) -> tuple[int, ...] | None:
        with suppress(OSError):
            status = stat(self._path)  # noqa: PTH116
            return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        return None

    def _call(self, callback: Callable[[Manifest], object]) -> None:
        def run() -> None:
            try:
                for manifest in self:
                    callback(manifest)
            finally:
                self._closed.set()

        self._thread = threading.Thread(target=run, name="flatmanifest.watch", daemon=True)
        self._thread.start()


def watch(
    path: str | PathLike[str],
    callback: Callable[[Manifest], object] | None = None,
    *,
    interval: float = 0.1,
    copy: bool = False,
) -> Watch:
    """Follow the manifest at a path: what is there now, then each generation that replaces it.

        for m in flatmanifest.watch("target/manifest.fman"):
            ...

    ``path`` is what :func:`flatmanifest.open` takes, and so is ``copy``. It need not exist yet; a
    file that is removed and made again is a new one. Each manifest is a view of its own, which
    stays what it is. Of several generations within ``interval`` seconds, only the last is given:
    the file is looked at that often, by one ``stat`` call, which works on every file system and
    across containers. Waiting holds no lock of Python's, and Ctrl-C ends it.

    With ``callback``, a thread calls it with each manifest; what it raises ends the watch, by way
    of ``threading.excepthook``. The :class:`Watch` ends by ``close()``, or by ``with``.

    A file that cannot be read is given one more interval, as it may be being written; if it is
    still the same then, the iterator raises FormatError or ConvertError, and goes on if asked to.
    """
    watching = Watch(path, interval, copy=copy)
    if callback is not None:
        watching._call(callback)  # noqa: SLF001
    return watching
