"""The events of a command that starts warm, made from those of the same command that parsed."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.front_door.blanks import require
from flatmanifest.dbt.releases import SINCE_1_11, installed_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUMMARY = "DeprecationsSummary"


@dataclass
class Event:
    """One event, with the text that each logger printed for it, with blanks."""

    name: str
    level: str
    lines: list[str | None]


@dataclass
class LoadBounds:
    """The places among the events of a command at which dbt loaded its manifest.

    dbt looks for a saved manifest first (``begin``). Then ``ManifestLoader.load`` reads all files,
    decides which to parse (``read``), parses, and checks the manifest (``checks``) until its
    ``end``. A warm start only leaves out what is between ``read`` and ``checks``.
    """

    begin: int | None = None
    read: int | None = None
    checks: int | None = None
    end: int | None = None
    loads: int = 0
    # How often dbt had met each deprecation at ``read``, and has met it while it parsed.
    met_before: Counter[str] = field(default_factory=Counter)
    met_by_parse: Counter[str] = field(default_factory=Counter)

    def note_begin(self, events: list[Event]) -> None:
        self.begin = len(events)
        self.loads += 1

    def note_read(self, events: list[Event]) -> None:
        self.read = len(events)
        self.met_before = deprecations()

    def note_checks(self, events: list[Event]) -> None:
        self.checks = len(events)
        self.met_by_parse = deprecations() - self.met_before

    def note_end(self, events: list[Event]) -> None:
        self.end = len(events)

    def warm(
        self, events: list[Event], split: int, messages: Iterable[Event]
    ) -> tuple[list[Event], list[Event]]:
        """The events of the same command at a warm start, before ``split`` and after.

        ``messages``: what dbt says instead of parsing. ``split`` is not before ``end``. Raises
        NotRecordedError if dbt has mixed the deprecations of a parse with others, or has warned
        while it read files: a warm start warns then, too, but says other things in between.
        """
        places = (self.begin, self.read, self.checks, self.end)
        require(None not in places, "dbt has loaded the manifest in another order")
        while_reading = events[self.begin : self.read]
        require(
            all(event.level != "warn" for event in while_reading),
            "dbt warned while it read files; the next command can be recorded",
        )
        ending = events[split:]
        if self.met_by_parse:
            # dbt says each deprecation once, and sums all of them up when the command ends.
            others = deprecations() - self.met_by_parse
            require(
                not others,
                "dbt has met deprecations while it parsed, and others; the next command can be "
                "recorded",
            )
            ending = [event for event in ending if event.name != SUMMARY]
        checks = [event for event in events[self.checks : self.end] if event.level == "warn"]
        return [*events[: self.begin], *messages, *checks, *events[self.end : split]], ending


def deprecations() -> Counter[str]:
    """How often this command has met each deprecation (dbt.deprecations)."""
    from dbt.deprecations import active_deprecations  # noqa: PLC0415 - dbt is loaded by then

    return Counter(active_deprecations)


def warm_messages() -> Iterator[Any]:
    """The events that dbt fires when it finds that nothing has changed."""
    from dbt.events.types import PartialParsingEnabled, PartialParsingSkipParsing  # noqa: PLC0415
    from dbt_common.events.base_types import EventLevel, msg_from_base_event  # noqa: PLC0415
    from dbt_common.events.types import Note  # noqa: PLC0415

    require(not os.environ.get("DBT_PP_TEST"), "DBT_PP_TEST is set")
    yield msg_from_base_event(PartialParsingEnabled(deleted=0, added=0, changed=0))
    if installed_release() in SINCE_1_11:
        note = Note(msg="Nothing changed, skipping partial parsing.")
        yield msg_from_base_event(note, level=EventLevel.DEBUG)
    yield msg_from_base_event(PartialParsingSkipParsing())
