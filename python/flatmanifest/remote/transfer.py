"""Sending and taking portable files: which ones, and in which order.

Packed files go first and the record last, so that whoever sees a record finds its files. What is
there already is not transferred again. Errors of the remote are raised as they are; a file that is
refused is left out, and ``say`` is called with the reason.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from flatmanifest._native import Roots, first_that_holds
from flatmanifest.remote.landing import is_wanted, known, land, prepare, temporary
from flatmanifest.remote.records import (
    MOST_RECORD_BYTES,
    SUFFIX,
    Packed,
    Record,
    RefusedError,
    is_entry,
    key_of,
    read,
    stem_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from flatmanifest.remote.store import Listed, Store

AT_ONCE = 8
# The latest records of a key that are fetched: each is a request, and dbt waits. More of a cache's
# own are compared (native/front/portable_cache.cc).
MOST_CANDIDATES = 16
DISCARDED = "discarded"


@dataclass
class Counts:
    """The outcome of a transfer: new records, records that were there, and refused ones."""

    entries: int = 0
    transcripts: int = 0
    there: int = 0
    refused: int = 0


class Transfer:
    """The common part of sending and taking. One transfer at a time; threads share it."""

    own: Path  # a directory for files that are not complete
    pool: ThreadPoolExecutor

    def __init__(self, store: Store, directory: Path, say: Callable[[str], None]) -> None:
        self.store = store
        self.directory = directory
        self.say = say
        self.counts = Counts()
        self.lock = Lock()

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Have the cache directory, a temporary one in it, and threads."""
        prepare(self.directory)
        with temporary(self.directory) as self.own:
            self.pool = ThreadPoolExecutor(AT_ONCE)
            try:
                yield
            finally:
                # After an error, threads may wait for the remote.
                self.pool.shutdown(wait=False, cancel_futures=True)

    def count(self, record: Record, *, is_new: bool) -> None:
        with self.lock:
            if not is_new:
                self.counts.there += 1
            elif record.is_transcript:
                self.counts.transcripts += 1
            else:
                self.counts.entries += 1

    def refuse(self, stem: str, how: str, error: RefusedError) -> None:
        with self.lock:
            self.counts.refused += 1
        self.say(f"{stem}{SUFFIX} is {how}: {error}")


class Push(Transfer):
    """Sends the records of a cache directory, each with its packed files."""

    sent: frozenset[str] = frozenset()  # the stems of entries that the remote has

    def run(self, stems: Iterable[str] | None) -> Counts:
        """Send these records; None: all. Raises OSError, FormatError, and what fsspec raises."""
        if not self.directory.is_dir():
            return self.counts
        with self.begun():
            chosen = sorted(stems_in(self.directory) if stems is None else set(stems))
            entries = [stem for stem in chosen if is_entry(stem)]
            self.sent = frozenset(stem for stem in entries if self._push(stem))
            list(self.pool.map(self._push, (stem for stem in chosen if not is_entry(stem))))
        return self.counts

    def _push(self, stem: str) -> bool:
        """Send a record, unless the remote has it; return whether it has it now."""
        try:
            path = self._kept(stem + SUFFIX)
            record = read(path, stem)
            if record.is_transcript and not self._has(record.entry):
                return False
            there = self.store.listed(key_of(stem))
            is_new = is_wanted(record, self._remote_record(stem, there))
            if is_new:
                self._send(record, there)
            self.count(record, is_new=is_new)
        except RefusedError as error:
            self.refuse(stem, "not sent", error)
            return False
        except FileNotFoundError as error:
            if not _is_below(error, self.directory):
                raise
            return False  # removed meanwhile: the cache was trimmed
        return True

    def _has(self, entry: str) -> bool:
        return entry in self.sent or entry + SUFFIX in self.store.listed(key_of(entry))

    def _remote_record(self, stem: str, there: dict[str, Listed]) -> Record | None:
        """The record at the remote; None if there is none, or if it is of no use."""
        if stem + SUFFIX not in there:
            return None
        path = self.own / f"remote-{stem}{SUFFIX}"
        try:
            self.store.get(stem + SUFFIX, path, MOST_RECORD_BYTES)
            record = read(path, stem)
        except (FileNotFoundError, RefusedError):
            return None
        finally:
            path.unlink(missing_ok=True)
        return record if all(each.remote_name in there for each in record.packed) else None

    def _send(self, record: Record, there: dict[str, Listed]) -> None:
        missing = []
        for each in record.packed:
            path = self._kept(each.local_name)
            each.verify(path)
            listed = there.get(each.remote_name)
            if listed is None or listed.size != path.stat().st_size:
                missing.append(each)
        list(self.pool.map(self._put, missing))
        self.store.put(self.own / record.name, record.name)

    def _put(self, packed: Packed) -> None:
        self.store.put(self.own / packed.local_name, packed.remote_name)

    def _kept(self, name: str) -> Path:
        """Another link to a file: the file stays as it is when a parse replaces it."""
        path = self.own / name
        os.link(self.directory / name, path)
        return path


class Pull(Transfer):
    """Takes records into a cache directory, each with its packed files."""

    # Whether the packed files of the cache are verified, too. An entry that holds here and is
    # there, but could not be imported, may have files of two parses.
    verify = True

    def all(self, most_bytes: int) -> Counts:
        """Take the latest records, up to a size of their packed files.

        Raises OSError, FormatError, and what fsspec raises.
        """
        self.verify = False
        with self.begun():
            files = self.store.everything()
            stems = newest(files.values())
            entries = self.pool.map(self._record, filter(is_entry, stems))
            for record in self._fitting(entries, files, most_bytes):
                self._take(record)
            list(self.pool.map(self._take_transcript, (s for s in stems if not is_entry(s))))
        return self.counts

    def entry(self, key: str, roots: Roots, environment: dict[bytes, bytes]) -> Counts:
        """Take the latest entry with a key that holds here. Raises as :meth:`all`."""
        with self.begun():
            record = self._first_that_holds(key, roots, environment, is_parse=True)
            if record is not None:
                self._take(record)
        return self.counts

    def command(self, key: str, roots: Roots, environment: dict[bytes, bytes]) -> Counts:
        """Take the latest transcript with a key that holds here, and its entry. Raises as all."""
        with self.begun():
            record = self._first_that_holds(key, roots, environment, is_parse=False)
            if record is not None:
                entry = self._record(record.entry)
                if entry is not None:
                    self._take(entry)
                self._land_beside_its_entry(record)
        return self.counts

    def _fitting(
        self, records: Iterable[Record | None], files: dict[str, Listed], most_bytes: int
    ) -> Iterator[Record]:
        """The first of these records whose packed files have at most so many bytes together."""
        left = most_bytes
        for record in records:
            if record is None:
                continue
            names = {each.remote_name for each in record.packed}
            left -= sum(files[name].size for name in names & files.keys())
            if left < 0:
                self.say(f"older entries are left out: all have more than {most_bytes} bytes")
                return
            yield record

    def _first_that_holds(
        self, key: str, roots: Roots, environment: dict[bytes, bytes], *, is_parse: bool
    ) -> Record | None:
        stems = newest(self.store.listed(key).values())[:MOST_CANDIDATES]
        found = [record for record in self.pool.map(self._record, stems) if record is not None]
        paths = {str(self.own / record.name): record for record in found}
        holding = first_that_holds(list(paths), roots, environment, is_parse)
        return None if holding is None else paths[holding]

    def _record(self, stem: str) -> Record | None:
        """Copy a record beside the cache and read it; None if it is refused or gone."""
        path = self.own / (stem + SUFFIX)
        try:
            self.store.get(stem + SUFFIX, path, MOST_RECORD_BYTES)
            return read(path, stem)
        except RefusedError as error:
            self.refuse(stem, DISCARDED, error)
        except FileNotFoundError:
            pass
        return None

    def _take(self, record: Record) -> None:
        if not is_wanted(record, known(self.directory, record.stem, verify=self.verify)):
            self.count(record, is_new=False)
            return
        try:
            list(self.pool.map(self._fetch, record.packed))
        except RefusedError as error:
            self.refuse(record.stem, DISCARDED, error)
        except FileNotFoundError as error:
            if _is_below(error, self.directory):
                raise
            self.refuse(record.stem, DISCARDED, RefusedError("one of its files is missing"))
        else:
            self._land(record)

    def _land(self, record: Record) -> None:
        is_new = land(record, self.own, self.directory, verify=self.verify)
        self.count(record, is_new=is_new)

    def _fetch(self, packed: Packed) -> None:
        path = self.own / packed.local_name
        self.store.get(packed.remote_name, path, packed.most_bytes)
        with self.lock:  # so that the contents of one file at a time are in memory
            packed.verify(path)
        self.store.arrived(path.stat().st_size)  # a verified file is progress, too

    def _take_transcript(self, stem: str) -> None:
        if known(self.directory, stem) is not None:
            with self.lock:
                self.counts.there += 1
            return
        record = self._record(stem)
        if record is not None:
            self._land_beside_its_entry(record)

    def _land_beside_its_entry(self, record: Record) -> None:
        if known(self.directory, record.entry) is not None:
            self._land(record)


def stems_in(directory: Path) -> list[str]:
    """The stems of the records in a cache directory."""
    found = (stem_of(path.name) for path in directory.iterdir())
    return [stem for stem in found if stem is not None]


def newest(files: Iterable[Listed]) -> list[str]:
    """The stems of the records among these files, the latest first."""
    latest = sorted(files, key=lambda file: (-file.modified, file.name))
    stems = (stem_of(file.name) for file in latest)
    return [stem for stem in stems if stem is not None]


def _is_below(error: FileNotFoundError, directory: Path) -> bool:
    """Whether a missing file is one of the cache, not of the remote."""
    return str(error.filename or "").startswith(f"{directory}{os.sep}")
