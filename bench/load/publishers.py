"""Who replaces what readers read, a generation each time."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Protocol

import flatmanifest
from bench.load.sources import FIRST, LAST


class Publisher(ABC):
    """One of a kind of source."""

    NAME: str  # of what readers open

    def __init__(self, directory: Path) -> None:
        self.path = directory / self.NAME

    @abstractmethod
    def publish(self, generation: int) -> None:
        """Make this generation what readers find."""


class PublisherOf(Protocol):
    """A class of publishers."""

    NAME: str

    def __call__(self, manifest: dict[str, Any], directory: Path) -> Publisher: ...


class JsonPublisher(Publisher):
    """The manifest as dbt writes it, but whole at once: dbt's own is written in place."""

    NAME = "manifest.json"

    def __init__(self, manifest: dict[str, Any], directory: Path) -> None:
        super().__init__(directory)
        text = json.dumps(manifest)
        self.middle = text[1:-1].encode()

    def publish(self, generation: int) -> None:
        staged = self.path.with_suffix(".staged")
        with staged.open("wb") as file:
            file.write(b'{"%s": "%d", ' % (FIRST.encode(), generation))
            file.write(self.middle)
            file.write(b', "%s": "%d"}' % (LAST.encode(), generation))
        staged.replace(self.path)


class MappedPublisher(Publisher):
    """The same, converted; that is flushed to the disk."""

    NAME = "manifest.fman"

    def __init__(self, manifest: dict[str, Any], directory: Path) -> None:
        super().__init__(directory)
        self.source = JsonPublisher(manifest, directory)

    def publish(self, generation: int) -> None:
        self.source.publish(generation)
        flatmanifest.convert(self.source.path, self.path)


class DatabasePublisher(Publisher):
    """What the questions need, replaced in one transaction; readers go on meanwhile (WAL)."""

    NAME = "manifest.sqlite"

    def __init__(self, manifest: dict[str, Any], directory: Path) -> None:
        super().__init__(directory)
        resources = {**manifest["nodes"], **manifest["sources"]}
        self.nodes = [
            (
                id_,
                node["name"],
                node["resource_type"],
                node["config"].get("materialized"),
                node.get("description"),
                node.get("raw_code"),
            )
            for id_, node in resources.items()
        ]
        self.tags = [(id_, tag) for id_, node in resources.items() for tag in node["tags"]]
        self.edges = [
            (parent, child)
            for child, parents in manifest["parent_map"].items()
            for parent in parents
        ]
        self.connection = sqlite3.connect(self.path, timeout=60)
        self.connection.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER);"
            "CREATE TABLE node (id TEXT PRIMARY KEY, name TEXT, resource_type TEXT,"
            " materialized TEXT, description TEXT, raw_code TEXT);"
            "CREATE TABLE tag (id TEXT, tag TEXT);"
            "CREATE TABLE edge (parent TEXT, child TEXT);"
            "CREATE INDEX node_name ON node (name);"
            "CREATE INDEX node_materialized ON node (materialized);"
            "CREATE INDEX tag_tag ON tag (tag);"
            "CREATE INDEX edge_child ON edge (child);"
        )

    def publish(self, generation: int) -> None:
        with self.connection as transaction:
            transaction.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (FIRST, generation))
            for table in ("node", "tag", "edge"):
                transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - of these three
            transaction.executemany("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?)", self.nodes)
            transaction.executemany("INSERT INTO tag VALUES (?, ?)", self.tags)
            transaction.executemany("INSERT INTO edge VALUES (?, ?)", self.edges)
            transaction.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (LAST, generation))


PUBLISHERS: dict[str, PublisherOf] = {
    "flatmanifest": MappedPublisher,
    "json.load": JsonPublisher,
    "SQLite": DatabasePublisher,
}
