"""What was measured, kept as it comes: a JSON document a line."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT = "flatmanifest-engines-1"


class ResultsError(Exception):
    """A file that holds no results; the message names it."""


@dataclass
class Result:
    """One engine in one contest. Without seconds, ``why`` says what happened instead."""

    project: str
    models: int
    command: str
    engine: str
    reference: str  # the engine that this one is compared with
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
        """The median of the processor's seconds, which what runs beside it lengthens less."""
        return statistics.median(self.processor)


@dataclass
class Results:
    """All of a run, and what is to be known about the machine."""

    path: Path
    facts: dict[str, str] = field(default_factory=dict)
    found: dict[tuple[str, str, str], Result] = field(default_factory=dict)

    def begin(self, facts: dict[str, str]) -> None:
        """Start the file anew."""
        self.facts = facts
        self.path.write_text(json.dumps({"format": FORMAT, "facts": facts}) + "\n")

    def add(self, result: Result) -> None:
        """Keep one, on the disk before the next command runs."""
        self.found[result.key] = result
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def get(self, project: str, command: str, engine: str) -> Result | None:
        return self.found.get((project, command, engine))

    def names(self, attribute: str) -> list[str]:
        """The projects, commands or engines there are, in the order in which they came."""
        return list(dict.fromkeys(getattr(result, attribute) for result in self.found.values()))

    def __iter__(self) -> Iterator[Result]:
        return iter(self.found.values())

    @staticmethod
    def read(path: Path) -> Results:
        """What a run has left, also one that did not come to its end. Raises ResultsError."""
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
