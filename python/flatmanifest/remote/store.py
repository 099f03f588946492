"""A remote: a directory, bucket or prefix that an fsspec URL names.

Only names that ``records`` knows are read and written. A file at the remote is whole or missing: an
object store puts it at once, and on a file system it gets its name when it is complete.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.remote.records import KEY, RefusedError, is_portable_name, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PRIVATE_FILE = 0o600
CHUNK_BYTES = 1 << 20
# Parts of an upload: small, so that each shows that the remote still answers.
PART_BYTES = 8 << 20
S3 = {"s3", "s3a"}
GOOGLE = {"gs", "gcs"}
AZURE = {"az", "abfs", "abfss"}
# Stores in which a put is atomic, and which have no directories.
OBJECT_STORES = S3 | GOOGLE | AZURE


@dataclass(frozen=True)
class Listed:
    """A file at a remote. ``modified``: Unix time, 0 if the remote does not tell."""

    name: str
    size: int
    modified: float


class Store:
    """A remote. Its methods raise whatever fsspec raises; use it from any number of threads.

    ``arrived`` is called with the number of bytes that have been transferred since its last call.
    """

    def __init__(
        self, url: str, seconds: float, arrived: Callable[[int], None], *, may_be_missing: bool
    ) -> None:
        """Make the file system of a URL.

        ``seconds``: how long one answer may take. ``may_be_missing``: a missing directory is like
        an empty one, because a push will make it. Raises ImportError without fsspec, or without the
        package for this kind of URL.
        """
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an optional dependency

        self.protocol = url.partition("://")[0] if "://" in url else "file"
        self.arrived = arrived
        self.may_be_missing = may_be_missing
        options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
        if self.protocol in S3:
            options["config_kwargs"] = s3_timeouts(seconds)
        self.files, root = url_to_fs(url, **options)
        self.root = root.rstrip("/")
        self.has_directories = self.protocol not in OBJECT_STORES
        if self.protocol in S3 and seconds < PATIENT_SECONDS:
            self.files.retries = 1
        self.unfinished: set[str] = set()
        self.made: set[str] = set()

    def listed(self, key: str) -> dict[str, Listed]:
        """The files of a key, by name. Raises FileNotFoundError if the remote is missing."""
        path = f"{self.root}/{key}"
        try:
            if self.has_directories:
                return _sane(self.files.ls(path, detail=True))
            # Unlike ls, find does not list the parent of a key that has no files.
            return _sane(self.files.find(path, detail=True).values())
        except FileNotFoundError:
            self._require_root()
            return {}

    def everything(self) -> dict[str, Listed]:
        """The files of all keys. Raises FileNotFoundError if the remote is missing."""
        if not self.has_directories:
            return _sane(self.files.find(self.root, detail=True).values())
        try:
            found = self.files.ls(self.root, detail=True)
        except FileNotFoundError:
            self._require_root()
            return {}
        names = [str(info["name"]).rstrip("/").rpartition("/")[2] for info in found]
        keys = [name for name in names if KEY.fullmatch(name)]
        return {name: file for key in keys for name, file in self.listed(key).items()}

    def get(self, name: str, path: Path, most_bytes: int) -> None:
        """Copy a file of the remote to a new local one.

        Raises RefusedError for more than ``most_bytes``, FileNotFoundError if there is none.
        """
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        if self.files.async_impl:
            bounded = _bounded_callback(most_bytes, self.arrived)
            self.files.get_file(self._path(name), str(path), callback=bounded)
            return
        total = 0
        with self.files.open(self._path(name), "rb") as source, path.open("wb") as copy:
            while chunk := source.read(CHUNK_BYTES):
                total += len(chunk)
                _require_size(total, most_bytes)
                copy.write(chunk)
                self.arrived(len(chunk))

    def put(self, path: Path, name: str) -> None:
        """Copy a local file to the remote, as a whole."""
        if not self.has_directories:
            parts = {"chunksize": PART_BYTES} if self.protocol in S3 | GOOGLE else {}
            callback = _bounded_callback(path.stat().st_size, self.arrived)
            self.files.put_file(str(path), self._path(name), callback=callback, **parts)
            return
        directory = f"{self.root}/{key_of(name)}"
        if directory not in self.made:
            self.files.makedirs(directory, exist_ok=True)
            self.made.add(directory)
        temporary = f"{directory}/.{secrets.token_hex(8)}.tmp"
        self.unfinished.add(temporary)
        with path.open("rb") as source, self.files.open(temporary, "wb") as copy:
            while chunk := source.read(CHUNK_BYTES):
                copy.write(chunk)
                self.arrived(len(chunk))
        self.files.mv(temporary, self._path(name))
        self.unfinished.discard(temporary)

    def remove_unfinished(self) -> None:
        """Remove the temporary files of puts that have not ended."""
        for temporary in list(self.unfinished):
            with suppress(Exception):
                self.files.rm_file(temporary)

    def _path(self, name: str) -> str:
        return f"{self.root}/{key_of(name)}/{name}"

    def _require_root(self) -> None:
        if self.may_be_missing or not self.has_directories:
            return
        if not self.files.isdir(self.root):
            raise FileNotFoundError("there is no such directory")


PATIENT_SECONDS = 10.0


def _sane(found: Iterable[dict[str, Any]]) -> dict[str, Listed]:
    """The portable files in the right directory among those that a remote lists, by name."""
    listed = {}
    for info in found:
        *_, directory, name = ["", *str(info["name"]).split("/")]
        is_file = info.get("type") == "file" and not info.get("islink")
        if is_file and is_portable_name(name) and directory == key_of(name):
            listed[name] = Listed(name, int(info.get("size") or 0), modified_of(info))
    return listed


def s3_timeouts(seconds: float) -> dict[str, Any]:
    """The settings of botocore for a remote whose answers may take so long."""
    is_patient = seconds >= PATIENT_SECONDS
    return {
        "connect_timeout": min(seconds, PATIENT_SECONDS),
        "read_timeout": seconds,
        "retries": {"max_attempts": 2 if is_patient else 0},
    }


def modified_of(info: dict[str, Any]) -> float:
    """The time of modification, under the name that the kind of remote has for it."""
    for name in ("mtime", "LastModified", "last_modified", "updated"):
        found: Any = info.get(name)
        if isinstance(found, (int, float)):
            return float(found)
        if hasattr(found, "timestamp"):
            return float(found.timestamp())
    return 0.0


def _require_size(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise RefusedError(f"it has more than {most_bytes} bytes")


def _bounded_callback(most_bytes: int, arrived: Callable[[int], None]) -> Any:
    from fsspec.callbacks import Callback  # noqa: PLC0415

    class Bounded(Callback):  # type: ignore[misc, unused-ignore] # fsspec has no types
        """Ends a transfer that becomes too large."""

        def set_size(self, size: int) -> None:
            super().set_size(size)
            if size is not None:
                _require_size(int(size), most_bytes)

        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            _require_size(self.value, most_bytes)
            arrived(inc)

    return Bounded()
