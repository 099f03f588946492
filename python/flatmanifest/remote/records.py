"""The names of portable files, and the records that list them.

Nothing that a remote says is believed: a record is opened as data without classes, and every name
and size in it is checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from flatmanifest._native import FormatError, entry_key, open_objects, verify_packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SUFFIX = ".portable.fman"
MOST_RECORD_BYTES = 64_000_000
MOST_PACKED_BYTES = 2 << 30
MOST_ARTIFACTS = 32
# The most that zstd makes of contents that it cannot compress (ZSTD_COMPRESSBOUND).
PACKING_RATIO, PACKING_BYTES = 128, 1 << 16
ENTRY = "entry"

KEY = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}")
STEM = re.compile(r"(?:[0-9a-f]{24}|[0-9a-f]{32})-[0-9a-f]{32}")
ENTRY_STEM = re.compile(r"[0-9a-f]{24}-[0-9a-f]{32}")
ARTIFACT = re.compile(r"[a-z][a-z0-9_]{0,40}\.[a-z]{1,10}")
DIGEST = re.compile(r"[0-9a-f]{32}")
PACKED = re.compile(r"[0-9a-f]{24}-[0-9a-f]{32}\.[0-9a-f]{32}\.zst")


class RefusedError(Exception):
    """A file is not what its name or its record says. The message has the reason."""


@dataclass(frozen=True)
class Packed:
    """A packed file of an entry: ``name`` is ENTRY or an artifact's.

    ``size`` and ``digest`` are those of the unpacked contents.
    """

    stem: str
    name: str
    size: int
    digest: str

    @property
    def local_name(self) -> str:
        """The name in a cache directory."""
        return f"{self.stem}.{self.name}.zst"

    @property
    def remote_name(self) -> str:
        """The name at a remote."""
        return f"{self.stem}.{self.digest}.zst"

    @property
    def most_bytes(self) -> int:
        """The largest packed size that contents of this size can have."""
        return min(MOST_PACKED_BYTES, self.size + self.size // PACKING_RATIO + PACKING_BYTES)

    def verify(self, path: Path) -> None:
        """Raise RefusedError unless the file unpacks to these contents. Raises OSError."""
        try:
            verify_packed(path, self.size, self.digest)
        except FormatError as error:
            raise RefusedError(str(error)) from error


@dataclass(frozen=True)
class Record:
    """A record: of an entry with its packed files, or of a transcript, which names its entry."""

    stem: str
    packed: tuple[Packed, ...] = ()
    entry: str = ""

    @property
    def name(self) -> str:
        return self.stem + SUFFIX

    @property
    def is_transcript(self) -> bool:
        return bool(self.entry)

    def adds_to(self, other: Record) -> bool:
        """Whether this is the record of the same entry with more artifacts."""
        return set(self.packed) > set(other.packed)


def entry_key_of(parts: Iterable[str], flags: Mapping[str, str], state: str, code: str = "") -> str:
    """The key of portable entries: the parts of a local key with marks, dbt's flags and state.

    ``code``: the digest of Python code that no version tells of; empty if there is none.
    """
    shown = [f"{name}={value}" for name, value in sorted(flags.items())]
    return entry_key([*parts, *shown, state, *([code] if code else [])])


def key_of(stem: str) -> str:
    return stem.partition("-")[0]


def stem_of(name: str) -> str | None:
    """The stem of a record's file name; None for any other name."""
    stem = name.removesuffix(SUFFIX)
    return stem if stem != name and STEM.fullmatch(stem) else None


def is_entry(stem: str) -> bool:
    return ENTRY_STEM.fullmatch(stem) is not None


def is_portable_name(name: str) -> bool:
    """Whether a remote may have a file with this name."""
    return stem_of(name) is not None or PACKED.fullmatch(name) is not None


def read(path: Path, stem: str) -> Record:
    """Read a record. Raises RefusedError for one that is damaged or was made up, and OSError."""
    try:
        return _record_of(_fields(path), stem)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise RefusedError(str(error) or repr(error)) from error


def _fields(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_RECORD_BYTES:
        raise RefusedError(f"it has more than {MOST_RECORD_BYTES} bytes")
    stored = open_objects(path, _refuse)
    return {name: stored.restore(name) for name in stored.names()}


def _refuse(name: str) -> NoReturn:
    raise TypeError(f"it has an object of {name}")


def _record_of(fields: dict[str, Any], stem: str) -> Record:
    if fields["dependencies"]["content"] != stem.partition("-")[2]:
        raise RefusedError("it belongs to other contents")
    if not is_entry(stem):
        entry = fields["entry"]
        if not isinstance(entry, str) or not ENTRY_STEM.fullmatch(entry):
            raise RefusedError("it names no entry")
        return Record(stem, entry=entry)
    code = fields.get("code", "")
    if entry_key_of(fields["key"], fields["flags"], fields["state"], code) != key_of(stem):
        raise RefusedError("it belongs to another key")
    return Record(stem, packed=tuple(_packed(fields, stem)))


def _packed(fields: dict[str, Any], stem: str) -> Iterator[Packed]:
    artifacts = fields["artifacts"]
    if len(artifacts) > MOST_ARTIFACTS:
        raise RefusedError(f"it has more than {MOST_ARTIFACTS} artifacts")
    yield _checked(stem, ENTRY, fields["entry"])
    names = [artifact["name"] for artifact in artifacts]
    if len(set(names)) < len(names):
        raise RefusedError("it has an artifact twice")
    for name, artifact in zip(names, artifacts, strict=True):
        if not isinstance(name, str) or not ARTIFACT.fullmatch(name):
            raise RefusedError(f"an artifact has the name {name!r}")
        yield _checked(stem, name, artifact)


def _checked(stem: str, name: str, facts: dict[str, Any]) -> Packed:
    size, digest = facts["size"], facts["digest"]
    if type(size) is not int or not 0 <= size <= MOST_PACKED_BYTES:
        raise RefusedError(f"{name} would have {size!r} bytes")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise RefusedError(f"{name} has no digest")
    return Packed(stem, name, size, digest)
