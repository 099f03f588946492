"""Publishers: each publish puts one new generation in place for the readers."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Protocol

import flatmanifest
from bench.load.sources import FIRST, LAST


class Publisher(ABC):
    """Publishes generations of a manifest for one kind of source."""

    NAME: str  # the name of the file that readers open

    def __init__(self, directory: Path) -> None:
        self.path = directory / self.NAME

    @abstractmethod
    def publish(self, generation: int) -> None:
        """Put this generation in place; returns when readers find it."""


class PublisherOf(Protocol):
    """The type of a publisher class."""

    NAME: str

    def __call__(self, manifest: dict[str, Any], directory: Path) -> Publisher: ...


class JsonPublisher(Publisher):
    """Writes the manifest's JSON as dbt does, but replaces it whole: dbt writes in place."""

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
    """Writes the JSON, converts it, and flushes the converted file to the disk."""

    NAME = "manifest.fman"

    def __init__(self, manifest: dict[str, Any], directory: Path) -> None:
        super().__init__(directory)
        self.source = JsonPublisher(manifest, directory)

    def publish(self, generation: int) -> None:
        self.source.publish(generation)
        flatmanifest.convert(self.source.path, self.path)


class DatabasePublisher(Publisher):
    """Replaces the rows that the questions need in one transaction; readers continue (WAL)."""

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
                transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are constants
            transaction.executemany("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?)", self.nodes)
            transaction.executemany("INSERT INTO tag VALUES (?, ?)", self.tags)
            transaction.executemany("INSERT INTO edge VALUES (?, ?)", self.edges)
            transaction.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", (LAST, generation))


PUBLISHERS: dict[str, PublisherOf] = {
    "flatmanifest": MappedPublisher,
    "json.load": JsonPublisher,
    "SQLite": DatabasePublisher,
}
