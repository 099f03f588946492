"""Measurements, written as they come: one JSON document a line."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT = "flatmanifest-engines-1"


class ResultsError(Exception):
    """A file that holds no results; the message names the file."""


@dataclass
class Result:
    """One engine in one contest. If there are no seconds, ``why`` gives the reason."""

    project: str
    models: int
    command: str
    engine: str
    reference: str  # the engine whose answers count as right
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)  # seconds, user and system
    why: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.project, self.command, self.engine)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def busy(self) -> float:
        """Return the median processor time, which other programs lengthen less than wall time."""
        return statistics.median(self.processor)


@dataclass
class Results:
    """All results of a run, and the facts about the machine."""

    path: Path
    facts: dict[str, str] = field(default_factory=dict)
    found: dict[tuple[str, str, str], Result] = field(default_factory=dict)

    def begin(self, facts: dict[str, str]) -> None:
        """Start a new file that begins with the facts."""
        self.facts = facts
        self.path.write_text(json.dumps({"format": FORMAT, "facts": facts}) + "\n")

    def add(self, result: Result) -> None:
        """Keep a result; it is in the file before the next command runs."""
        self.found[result.key] = result
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def get(self, project: str, command: str, engine: str) -> Result | None:
        return self.found.get((project, command, engine))

    def names(self, attribute: str) -> list[str]:
        """Return the projects, commands or engines in the order of their first results."""
        return list(dict.fromkeys(getattr(result, attribute) for result in self.found.values()))

    def __iter__(self) -> Iterator[Result]:
        return iter(self.found.values())

    @staticmethod
    def read(path: Path) -> Results:
        """Read the file of a finished or interrupted run. Raises ResultsError."""
        try:
            first, *rest = path.read_text(encoding="utf-8").splitlines()
            head = json.loads(first)
            results = Results(path, {FORMAT: head["facts"]}[head["format"]])
            for line in rest:
                result = Result(**json.loads(line))
                results.found[result.key] = result
        except OSError as error:
            raise ResultsError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError) as error:
            raise ResultsError(f"{path} has no results of bench.comparison: {error}") from None
        return results
