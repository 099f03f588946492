"""Portable files that no dbt has made: small, but whole, with everything that a remote checks."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flatmanifest._native import (
    entry_key,
    parse_roots,
    portable_command,
    portable_environment,
    portable_files,
    write_packed,
)
from flatmanifest.dbt.cache import objects

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAMS = str(Path(sys.executable).parent)
SALT = "0" * 32
LS = ["ls", "--select", "a"]


@dataclass
class Machine:
    """A project with one model, and its cache directory."""

    project: Path

    @property
    def cache(self) -> Path:
        return self.project / "target" / "flatmanifest"

    @property
    def roots(self) -> Any:
        return parse_roots(str(self.project), str(self.project / "target"), PROGRAMS)

    def names(self) -> set[str]:
        return set(os.listdir(self.cache)) if self.cache.exists() else set()

    def files(self) -> dict[str, bytes]:
        return {name: (self.cache / name).read_bytes() for name in sorted(self.names())}


def machine(directory: Path, sql: str = "select 1 as a") -> Machine:
    """Make a project without a cache."""
    (directory / "models").mkdir(parents=True)
    (directory / "dbt_project.yml").write_text("name: made_up\nprofile: made_up\n")
    (directory / "models" / "a.sql").write_text(sql)
    return Machine(directory)


def key_of(name: str = "made_up") -> str:
    return entry_key([name, "FLAG=True", "{}"])


def make_entry(
    on: Machine,
    parse: str = "first",
    *,
    artifacts: tuple[str, ...] = (),
    name: str = "made_up",
    changed: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """Leave the portable files of a parse; return their stem.

    ``parse``: differs between two parses of the same files, as ids and times do. ``name``: differs
    between two keys. ``changed``: fields of the record.
    """
    files, content = portable_files({"read": [str(on.project / "models")]}, on.roots)
    stem = f"{key_of(name)}-{content}"
    on.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = on.cache / stem
    packed = [
        {
            "name": each,
            "place": f"\x1aT/{each}",
            "form": "json",
            "holes": [],
            "facts": {},
            **write_packed(f"{path}.{each}.zst", f"{each} of the {parse} parse".encode()),
        }
        for each in artifacts
    ]
    record = {
        "key": [name],
        "dependencies": dependencies(on, files, content, is_parse=True),
        "state": "{}",
        "flags": {"FLAG": "True"},
        "passed": [],
        "words": {},
        "entry": write_packed(f"{path}.entry.zst", f"the entry of the {parse} parse".encode() * 99),
        "artifacts": packed,
    }
    objects.publish(Path(f"{path}.portable.fman"), {**record, **changed}, is_lasting=False)
    return stem


def make_transcript(on: Machine, entry: str, arguments: list[str]) -> str:
    """Leave a portable transcript beside an entry; return its stem. Call it in the project."""
    found = portable_command(arguments, PROGRAMS)
    assert found is not None
    key, roots = found
    files, content = portable_files({"read": [str(on.project / "models")]}, roots)
    record = {
        "dependencies": dependencies(on, files, content, is_parse=False),
        "entry": entry,
        "sinks": [],
    }
    stem = f"{key}-{content}"
    objects.publish(on.cache / f"{stem}.portable.fman", record, is_lasting=False)
    return stem


def dependencies(on: Machine, files: Any, content: str, *, is_parse: bool) -> dict[str, Any]:
    environment = dict(os.environb)
    return {
        "files": files,
        "content": content,
        "variables": [],
        "salt": SALT,
        "environment": portable_environment(environment, [], SALT, on.roots, is_parse),
    }
