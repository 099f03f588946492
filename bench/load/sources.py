"""The sources of a reader's manifest: a mapped file, JSON text, an SQLite database.

A source moves to the newest generation on request, and answers from that generation. All sources
answer the same questions with the same ids; ``python -m bench.load`` tests that.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

# Every generation begins and ends with its number: in a torn generation the two differ.
FIRST, LAST = "load_first", "load_last"

# Kind and value. The kinds: "tag", "materialized", "ancestors" (the value is a model's name).
Question = tuple[str, str]


class Source(ABC):
    """The source of one reader. ``generation`` is as of the last call of :meth:`move_on`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generation = 0

    @abstractmethod
    def move_on(self) -> bool:
        """Move to the newest generation; return whether the generation has changed."""

    @abstractmethod
    def is_whole(self) -> bool:
        """Return whether the first and the last number of the generation are equal."""

    @abstractmethod
    def verify(self) -> None:
        """Check everything that can be checked; raises if something is wrong."""

    @abstractmethod
    def read(self, unique_id: str) -> str:
        """Return the materialization of a model."""

    @abstractmethod
    def select(self, question: Question) -> list[str]:
        """Return the sorted unique_ids of the selected models."""


class File(Source):
    """A file that publishers replace as a whole; the source then opens it again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seen: tuple[int, int, int] | None = None
        self.manifest: Any = None

    def move_on(self) -> bool:
        status = os.stat(self.path)  # noqa: PTH116 - faster than Path.stat
        found = (status.st_ino, status.st_mtime_ns, status.st_size)
        if found == self.seen:
            return False
        self.manifest = None
        self.manifest = self.open()
        self.seen = found
        self.generation = int(self.manifest[FIRST])
        return True

    @abstractmethod
    def open(self) -> Any:
        """Open the manifest at the path, as a mapping."""

    def is_whole(self) -> bool:
        return bool(self.manifest[FIRST] == self.manifest[LAST])

    def read(self, unique_id: str) -> str:
        return str(self.manifest["nodes"][unique_id]["config"]["materialized"])


class MappedFile(File):
    def open(self) -> Any:
        import flatmanifest  # noqa: PLC0415 - other sources must not load flatmanifest

        return flatmanifest.open(self.path)

    def verify(self) -> None:
        self.manifest.verify()

    def select(self, question: Question) -> list[str]:
        kind, value = question
        before = {"tag": "tag:", "materialized": "config.materialized:", "ancestors": "+"}[kind]
        selected: list[str] = self.manifest.select(
            before + value, resource_type="model", indirect_selection="empty"
        )
        return selected


class JsonFile(File):
    def open(self) -> Any:
        with self.path.open("rb") as file:
            return json.load(file)

    def verify(self) -> None:
        """Do nothing: JSON that has been parsed is whole."""

    def select(self, question: Question) -> list[str]:
        kind, value = question
        nodes = self.manifest["nodes"]
        models = {id_: node for id_, node in nodes.items() if node["resource_type"] == "model"}
        if kind == "tag":
            return sorted(id_ for id_, node in models.items() if value in node["tags"])
        if kind == "materialized":
            return sorted(
                id_ for id_, node in models.items() if node["config"]["materialized"] == value
            )
        ids = [id_ for id_, node in models.items() if node["name"] == value]
        parents = self.manifest["parent_map"]
        found: set[str] = set()
        while ids:
            id_ = ids.pop()
            if id_ not in found:
                found.add(id_)
                ids.extend(parents.get(id_, ()))
        return sorted(found & models.keys())


class Database(Source):
    """A database; every question is a separate transaction."""

    SELECTIONS: ClassVar = {
        "tag": "SELECT DISTINCT id FROM tag JOIN node USING (id) "
        "WHERE tag = ? AND resource_type = 'model' ORDER BY id",
        "materialized": "SELECT id FROM node "
        "WHERE materialized = ? AND resource_type = 'model' ORDER BY id",
        "ancestors": "WITH RECURSIVE found (id) AS ("
        "SELECT id FROM node WHERE name = ? AND resource_type = 'model' "
        "UNION SELECT parent FROM edge JOIN found ON edge.child = found.id) "
        "SELECT id FROM found JOIN node USING (id) WHERE resource_type = 'model' ORDER BY id",
    }

    def __init__(self, path: Path) -> None:
        import sqlite3  # noqa: PLC0415 - other sources must not load sqlite3

        super().__init__(path)
        self.connection = sqlite3.connect(path, timeout=60)

    def move_on(self) -> bool:
        before = self.generation
        (self.generation,) = self._row("SELECT value FROM mark WHERE name = ?", FIRST)
        return self.generation != before

    def is_whole(self) -> bool:
        marks = self.connection.execute("SELECT value FROM mark").fetchall()
        return len(set(marks)) == 1

    def verify(self) -> None:
        self._row("SELECT count(*) FROM node")

    def read(self, unique_id: str) -> str:
        (found,) = self._row("SELECT materialized FROM node WHERE id = ?", unique_id)
        return str(found)

    def select(self, question: Question) -> list[str]:
        kind, value = question
        return [id_ for (id_,) in self.connection.execute(self.SELECTIONS[kind], (value,))]

    def _row(self, statement: str, *values: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self.connection.execute(statement, values).fetchone()
        return row


SOURCES: dict[str, type[Source]] = {
    "flatmanifest": MappedFile,
    "json.load": JsonFile,
    "SQLite": Database,
}
