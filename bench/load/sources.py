"""Where readers have a manifest from: a mapped file, JSON text, an SQLite database.

A source moves on to the newest generation when it is asked to, and answers as of that one. All
answer the same questions with the same ids; ``python -m bench.load`` tests that they do.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

# Written first and last into every generation: one that is torn has two different ones.
FIRST, LAST = "load_first", "load_last"

# kind and value: "tag", "materialized" or "ancestors" (of a model's name).
Question = tuple[str, str]


class Source(ABC):
    """One reader's. ``generation`` is that of the last call of :meth:`move_on`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generation = 0

    @abstractmethod
    def move_on(self) -> bool:
        """Go to the newest generation; whether it is another."""

    @abstractmethod
    def is_whole(self) -> bool:
        """Whether the first and the last thing of the generation belong together."""

    @abstractmethod
    def verify(self) -> None:
        """Check all that can be checked; raises."""

    @abstractmethod
    def read(self, unique_id: str) -> str:
        """How a model is materialized."""

    @abstractmethod
    def select(self, question: Question) -> list[str]:
        """The unique ids of models, sorted."""


class File(Source):
    """A file that is replaced as a whole, and opened again when it has been."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seen: tuple[int, int, int] | None = None
        self.manifest: Any = None

    def move_on(self) -> bool:
        status = os.stat(self.path)  # noqa: PTH116 - the quicker one
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
        """The manifest at the path, a mapping."""

    def is_whole(self) -> bool:
        return bool(self.manifest[FIRST] == self.manifest[LAST])

    def read(self, unique_id: str) -> str:
        return str(self.manifest["nodes"][unique_id]["config"]["materialized"])


class MappedFile(File):
    def open(self) -> Any:
        import flatmanifest  # noqa: PLC0415 - the others are to be without it

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
        """It has been parsed."""

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
    """Every question is a transaction of its own."""

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
        import sqlite3  # noqa: PLC0415 - as above

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
