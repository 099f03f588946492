"""The report of a profiled command, and its form as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flatmanifest.profile.functions import Function

FORMAT = "flatmanifest-profile-1"


class ReportError(Exception):
    """A file is no report. The message names the file."""


@dataclass
class Call:
    """A function of dbt's within a phase. ``seconds`` includes all that its calls called."""

    name: str
    calls: int
    seconds: float


@dataclass
class PhaseRow:
    """A phase that took place. ``growth`` and ``peak`` are bytes, with ``--memory`` only."""

    name: str
    seconds: float
    calls: int
    functions: list[Call] = field(default_factory=list)
    growth: int | None = None
    peak: int | None = None


@dataclass
class Serialized:
    """The sum of all serializations of one kind by one caller."""

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
    error: str | None = None  # the error with which the command ended, if it had one
    phases: list[PhaseRow] = field(default_factory=list)
    serialized: list[Serialized] = field(default_factory=list)
    double: list[str] = field(default_factory=list)  # a sentence for each double serialization
    functions: dict[str, list[Function]] = field(default_factory=dict)
    wrapper_calls: int = 0
    wrapper_seconds: float = 0.0
    peak: int | None = None
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The report as JSON, for programs and for ``--against``."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1)

    @staticmethod
    def from_json(text: str, source: str) -> Report:
        """Read :meth:`to_json`. Raises ReportError, with the source, for any other text."""
        try:
            return _report(json.loads(text))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ReportError(
                f"{source} is no report of `flatmanifest profile --json` ({FORMAT}): write it again"
            ) from None

    @staticmethod
    def read(path: Path) -> Report:
        """Read a report from a file. Raises ReportError."""
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
