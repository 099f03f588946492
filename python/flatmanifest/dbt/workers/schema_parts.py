"""Dividing a schema file into parts for several workers.

Each entry of ``models`` or ``seeds`` is about one node. dbt therefore parses a file of such entries
like several files with some of the entries each, except for the order: it parses the properties of
all nodes first, and then the tests of all (SchemaParser.parse_file).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from dbt.parser.schemas import PatchParser

from flatmanifest.dbt.workers.record_file import ADDS, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flatmanifest.dbt.workers.record_file import Outcome, Recorder

Sections = dict[str, Any]

DIVISIBLE = ("models", "seeds")
YAML = "dfy"  # the field of a file that holds its sections; parsing changes it, too


class Part(NamedTuple):
    """Entries [begin, end) of a file's only section of entries; ``end`` is 0 for a whole file."""

    file_id: str
    begin: int = 0
    end: int = 0

    @property
    def key(self) -> str:
        return f"{self.file_id}:{self.begin}"


def divisible(sections: Sections) -> str | None:
    """The section by which a file can be divided; None if it has other sections."""
    listing = [name for name in sections if name != "version"]
    if len(listing) != 1 or listing[0] not in DIVISIBLE or not entries_of(sections, listing[0]):
        return None
    return listing[0]


def entries_of(sections: Sections, name: str) -> list[Any]:
    entries = sections[name]
    return entries if isinstance(entries, list) else []


def parts_of(file_id: str, weights: list[int], heaviest: float) -> Iterator[tuple[Part, int]]:
    """Divide a file by the weights of its entries. Gives each part with its weight.

    A part weighs at most ``heaviest``, unless a single entry weighs more.
    """
    begin, weight = 0, 0
    for number, each in enumerate(weights):
        if weight and weight + each > heaviest:
            yield Part(file_id, begin, number), weight
            begin, weight = number, 0
        weight += each
    yield Part(file_id, begin, len(weights)), weight


class Divider:
    """Parses parts of files in a worker, each as if it were the first part of its file."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.untouched: dict[str, dict[str, Any]] = {}
        self.patches = 0  # the number of calls before the calls of tests
        original = PatchParser.parse

        def parse(parser: Any) -> Any:
            result = original(parser)
            self.patches = len(recorder.calls)
            return result

        PatchParser.parse = parse

    def record(
        self, part: Part, file: Any, sections: Sections, parse: Callable[[Sections], None]
    ) -> Outcome | None:
        name = divisible(sections)
        if name is None:
            return None
        if part.file_id not in self.untouched:
            state = state_of(file)
            del state[YAML]
            self.untouched[part.file_id] = copy.deepcopy(state)
        for field, value in copy.deepcopy(self.untouched[part.file_id]).items():
            setattr(file, field, value)
        entries = sections[name][part.begin : part.end]
        outcome = self.recorder.record(file, lambda: parse({**sections, name: entries}))
        if outcome is not None:
            outcome["patches"] = self.patches
            outcome["file"][YAML] = entries
        return outcome


def joined(file: Any, outcomes: list[Outcome | None]) -> Outcome | None:
    """The outcome of a whole file from those of its parts; None if dbt has to parse the file."""
    parts = [outcome for outcome in outcomes if outcome is not None]
    name = divisible(file.dict_from_yaml)
    if name is None or len(parts) != len(outcomes) or not are_apart(parts):
        return None
    entries = [part["file"].pop(YAML) for part in parts]
    try:
        state = sum_of([part["file"] for part in parts])
    except ValueError:
        return None
    state[YAML] = {**file.dict_from_yaml, name: [entry for each in entries for entry in each]}
    patches = [call for part in parts for call in part["calls"][: part["patches"]]]
    tests = [call for part in parts for call in part["calls"][part["patches"] :]]
    return {
        "calls": patches + tests,
        "patched": {key: node for part in parts for key, node in part["patched"].items()},
        "file": state,
        "env_vars": [],
        "env_vars_of_macros": {},
        "values": {name: place for part in parts for name, place in part["values"].items()},
        "path_count": sum(part["path_count"] for part in parts),
        "parsed_path_count": sum(part["parsed_path_count"] for part in parts),
    }


def are_apart(parts: list[Outcome]) -> bool:
    """Whether the parts change different resources, and none has read environment variables."""
    if any(part["env_vars"] or part["env_vars_of_macros"] for part in parts):
        return False
    patched = [key for part in parts for key in part["patched"]]
    added = [call[1].unique_id for part in parts for call in part["calls"] if call[0] in ADDS]
    return len({*patched}) == len(patched) and len({*added}) == len(added)


def sum_of(values: list[Any]) -> Any:
    """The value of a field of the whole file: the parts' values, joined in their order.

    Raises ValueError for values that cannot be joined.
    """
    first = values[0]
    if all(isinstance(value, dict) for value in values):
        names = {name: None for value in values for name in value}
        return {name: sum_of([value[name] for value in values if name in value]) for name in names}
    if all(isinstance(value, list) for value in values):
        return [each for value in values for each in value]
    if any(value != first for value in values):
        raise ValueError(values)
    return first
