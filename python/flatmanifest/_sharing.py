"""Pickling a manifest for other processes, and watching a path for new generations."""

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

TYPE_CHECKING = False  # importing typing or pathlib would cost each reader a megabyte
if TYPE_CHECKING:
    from os import PathLike
    from types import TracebackType
    from typing import Any


def reduce_manifest(manifest: Manifest) -> tuple[Callable[..., Manifest], tuple[Any, ...]]:
    """Pickle a manifest as a reference (path, generation, checksum), without its content.

    A manifest that is in memory only pickles as its bytes.
    """
    reference = manifest._reference()  # noqa: SLF001 - the other half of the native views
    if reference is None:
        return from_bytes, (bytes(memoryview(manifest)), manifest.path)
    return from_reference, reference


# Functions written in Python, because pickle takes pybind11's functions for methods of an object
# that cannot be pickled.
def from_reference(path: str, generation: int, checksum: int, copy: bool) -> Manifest:  # noqa: FBT001
    """Open the manifest that another process has open. Raises GenerationError if it is gone."""
    return open_generation(path, generation, checksum, copy=copy)


def from_bytes(content: bytes, name: str) -> Manifest:
    """Open a manifest that was converted into memory because no file could be written."""
    return open_bytes(content, name)


class Watch(Iterator[Manifest]):
    """An iterator over the generations of a manifest, as they are published. See :func:`watch`."""

    def __init__(self, path: str | PathLike[str], interval: float, *, copy: bool) -> None:
        if not interval > 0:
            raise ValueError(f"interval must be a positive number of seconds, not {interval!r}")
        self._path = fspath(path)
        self._interval = interval
        self._copy = copy
        self._current: Manifest | None = None
        # The stat of a file that could not be read: another process may be writing it.
        self._unreadable: tuple[int, ...] | None = None
        self._closed = threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Manifest:
        # If several threads iterate, each generation goes to one of them.
        with self._turn:
            while not self._closed.is_set():
                found = self._look()
                if found is not None:
                    return found
                self._closed.wait(self._interval)
        raise StopIteration

    def close(self) -> None:
        """End the iteration, also for a thread that waits in it. Open manifests stay open.

        Waits for the thread of ``callback`` to end. May be called again, and from any thread.
        """
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
        """Open the file at the path if it exists, can be read, and was not given out yet."""
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
    """Follow the manifest at a path: the current one, then each generation that replaces it.

        for m in flatmanifest.watch("target/manifest.fman"):
            ...

    ``path`` and ``copy`` are those of :func:`flatmanifest.open`. The path need not exist yet. A
    file that is removed and made again counts as a new one. Each manifest is a view of its own, and
    a later generation does not change it.

    The file is looked at every ``interval`` seconds, by one ``stat`` call, which works on every
    file system and across containers. If several generations appear within one interval, only the
    last is given. Waiting releases the GIL, and Ctrl-C ends it.

    With ``callback``, a thread calls it with each manifest. An exception of the callback goes to
    ``threading.excepthook`` and ends the watch. ``close()`` or leaving a ``with`` block ends the
    :class:`Watch`.

    A file that cannot be read gets one more interval, because another process may be writing it. If
    the file is unchanged then, the iterator raises FormatError or ConvertError; the next call of
    ``next`` goes on. Raises ValueError if ``interval`` is not positive.
    """
    watching = Watch(path, interval, copy=copy)
    if callback is not None:
        watching._call(callback)  # noqa: SLF001
    return watching
