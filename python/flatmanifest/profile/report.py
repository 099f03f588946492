"""What a profiled command's report holds, and its form as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flatmanifest.profile.functions import Function

FORMAT = "flatmanifest-profile-1"


class ReportError(Exception):
    """A file that is no report; the message says which."""


@dataclass
class Call:
    """One of dbt's functions within a phase: what its calls took, all they called included."""

    name: str
    calls: int
    seconds: float


@dataclass
class PhaseRow:
    """A phase that took place. Memory in bytes, where it was asked for."""

    name: str
    seconds: float
    calls: int
    functions: list[Call] = field(default_factory=list)
    growth: int | None = None
    peak: int | None = None


@dataclass
class Serialized:
    """Serializations of one kind by one caller, together."""

    manifest: bool
    format: str
    is_written: bool
    times: int
    bytes: int
    seconds: float
    caller: str


@dataclass
class Report:
    """One run of one command."""

    command: list[str]
    started: str  # ISO 8601, UTC
    environment: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    exit_status: int = 0
    error: str | None = None  # what the command raised, if not an exit status alone
    phases: list[PhaseRow] = field(default_factory=list)
    serialized: list[Serialized] = field(default_factory=list)
    double: list[str] = field(default_factory=list)  # a sentence for each double serialization
    functions: dict[str, list[Function]] = field(default_factory=dict)
    wrapper_calls: int = 0
    wrapper_seconds: float = 0.0
    peak: int | None = None
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """For machines, and for ``--against``."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    @staticmethod
    def from_json(text: str, source: str) -> Report:
        """Raises ReportError, naming the source, for what is not a report of this version."""
        try:
            return _report(json.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ReportError(
                f"{source} is no report of `flatmanifest profile --json` ({FORMAT})"
            ) from None

    @staticmethod
    def read(path: Path) -> Report:
        """A file that ``to_json`` was written to. Raises ReportError."""
        try:
            return Report.from_json(path.read_text(), str(path))
        except OSError as error:
            raise ReportError(f"cannot read {path}: {error.strerror}") from None

    def phase(self, name: str) -> PhaseRow | None:
        """The phase of that name, if it took place."""
        return next((row for row in self.phases if row.name == name), None)


def _report(document: dict[str, Any]) -> Report:
    if document.pop("format") != FORMAT:
        raise ValueError(FORMAT)
    report = Report(**document)
    report.phases = [
        PhaseRow(**{**row, "functions": [Call(**call) for call in row["functions"]]})
        for row in document["phases"]
    ]
    report.serialized = [Serialized(**row) for row in document["serialized"]]
    report.functions = {
        order: [Function(**row) for row in rows] for order, rows in document["functions"].items()
    }
    return report
