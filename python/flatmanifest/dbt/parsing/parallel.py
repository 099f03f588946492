"""The seams of parsing (ManifestLoader.parse_project, the parsers' parse_file).

dbt's loop over parsers and files stays as it is. When it comes to a file that a worker has parsed,
what that did is done again; when it comes to another, dbt parses it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from dbt.contracts.files import SchemaSourceFile
from dbt.parser.base import SQLParser
from dbt.parser.docs import DocumentationParser
from dbt.parser.manifest import ManifestLoader
from dbt.parser.schemas import SchemaParser
from dbt.parser.search import FileBlock
from dbt.parser.snapshots import SnapshotParser

from flatmanifest.dbt import objects
from flatmanifest.dbt.parsing import extracting
from flatmanifest.dbt.parsing import workers as processes
from flatmanifest.dbt.parsing.parts import Divider, Part, divisible, joined, parts_of
from flatmanifest.dbt.parsing.progress import PROGRESS
from flatmanifest.dbt.parsing.recording import Recorder
from flatmanifest.dbt.parsing.replaying import apply, is_applicable
from flatmanifest.dbt.parsing.workers import Workers
from flatmanifest.dbt.seams import attempt, report, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from dbt.config import RuntimeConfig

    from flatmanifest.dbt.parsing.recording import Outcome

SWITCH = "parallel"
LEAST_WEIGHT = 50  # of files that two processes parse sooner than one
TASKS_PER_WORKER = 16  # so that all end at about the same time
HEAVIEST_TASK = 32
PARSERS = {
    *("ModelParser", "SnapshotParser", "AnalysisParser", "SingularTestParser", "SeedParser"),
    *("DocumentationParser", "SchemaParser"),
}
# Of a schema file: what dbt makes resources of, or patches one resource with, and nothing else.
SECTIONS = {"version", "models", "seeds", "snapshots", "sources", "exposures", "groups", "anchors"}
# Of what they list: what moves or changes others.
FAR_REACHING = {"versions", "overrides", "relation"}
# Those that call dbt's static parser.
EXTRACTING = {"ModelParser"}


class Task(NamedTuple):
    """Files, or parts of them, that one worker parses together."""

    parser: type
    parts: list[Part]


class Round:
    """The files of one call of parse_project, while workers parse them."""

    def __init__(
        self,
        loader: ManifestLoader,
        project: RuntimeConfig,
        tasks: list[Task],
        *,
        may_extract: bool,
    ) -> None:
        self.loader = loader
        self.project = project
        self.tasks = tasks
        self.may_extract = may_extract
        self.places: dict[tuple[str, str], list[tuple[int, Part]]] = {}
        for number, task in enumerate(tasks):
            for part in task.parts:
                places = self.places.setdefault((task.parser.__name__, part.file_id), [])
                places.append((number, part))
        self.outcomes: dict[int, dict[str, Outcome | None]] = {}
        self.workers: Workers | None = None

    def outcome_of(self, parser: str, file: Any) -> Outcome | None:
        """What workers have found, as soon as they have; None where dbt has to parse the file."""
        places = self.places.get((parser, file.file_id), [])
        if any(not self._has(number) for number, _ in places):
            return None
        found = [self.outcomes[number].pop(part.key) for number, part in places]
        if places and places[0][1].end:
            return joined(file, found)
        return found[0] if found else None

    def _has(self, number: int) -> bool:
        """Whether a task is done, or has become so."""
        if number not in self.outcomes and self.workers is not None:
            try:
                segment = self.workers.result(number)
                found: Any = objects.load(segment).restore("outcomes")
            except (processes.WorkerDiedError, OSError, ValueError) as error:
                report(error)
                self.workers.stop()
                self.workers = None
                return False
            self.outcomes[number] = found
        return number in self.outcomes

    def prepare(self) -> Callable[[int, Path], None]:
        """In a worker: get ready to perform tasks."""
        ROUND.set(None)
        PROGRESS.set(None)
        recorder = Recorder(self.loader.manifest, self.loader.root_project)
        divider = Divider(recorder)
        if not self.may_extract:
            extracting.replace(recorder.leave)
        parsers: dict[type, Any] = {}

        def perform(number: int, segment: Path) -> None:
            kind, parts = self.tasks[number]
            if kind not in parsers:
                parsers[kind] = kind(self.project, self.loader.manifest, self.loader.root_project)
            outcomes = {
                part.key: self._recorded(recorder, divider, parsers[kind], part) for part in parts
            }
            try:
                publish(segment, outcomes)
            except (TypeError, ValueError):  # one of them cannot be stored
                publish(segment, {name: storable(segment, each) for name, each in outcomes.items()})

        return perform

    def _recorded(
        self, recorder: Recorder, divider: Divider, parser: Any, part: Part
    ) -> Outcome | None:
        block = FileBlock(self.loader.manifest.files[part.file_id])
        if not isinstance(parser, SchemaParser):
            return recorder.record(block.file, lambda: parser.parse_file(block))
        sections = yaml_of(self.loader, block.file)
        if not part.end:
            return recorder.record(block.file, lambda: parser.parse_file(block, sections))
        return divider.record(
            part, block.file, sections, lambda some: parser.parse_file(block, some)
        )


ROUND: ContextVar[Round | None] = ContextVar("ROUND", default=None)


def publish(segment: Path, outcomes: dict[str, Any]) -> None:
    objects.publish(segment, {"outcomes": outcomes}, is_lasting=False)


def storable(segment: Path, outcome: Outcome | None) -> Outcome | None:
    try:
        publish(segment, {"": outcome})
    except (TypeError, ValueError):
        return None
    return outcome


@seam(ManifestLoader, "parse_project", SWITCH)
def parse_project(
    original: Callable[..., None],
    loader: ManifestLoader,
    project: RuntimeConfig,
    parser_files: dict[str, list[str]],
    parser_types: list[type],
) -> None:
    count = (attempt(processes.wanted) or 1) if processes.can_fork() else 1
    may_extract = not extracting.has_worked()
    kinds = [kind for kind in parser_types if is_for_workers(kind, may_extract=may_extract)]
    tasks = attempt(tasks_of, loader, parser_files, kinds, count) if count > 1 else None
    if not tasks:
        original(loader, project, parser_files, parser_types)
        return
    round_ = Round(loader, project, tasks, may_extract=may_extract)
    round_.workers = attempt(Workers, min(count, len(tasks)), len(tasks), round_.prepare)
    token = ROUND.set(round_)
    try:
        original(loader, project, parser_files, parser_types)
    finally:
        ROUND.reset(token)
        if round_.workers is not None:
            round_.workers.stop()


def is_for_workers(kind: type, *, may_extract: bool) -> bool:
    name = kind.__name__
    return name in PARSERS and (may_extract or name not in EXTRACTING)


def tasks_of(
    loader: ManifestLoader,
    parser_files: dict[str, list[str]],
    kinds: list[type],
    count: int,
) -> list[Task]:
    """What there is for workers to do, in dbt's order; nothing if it is not worth their while."""
    weights = {
        (kind, file_id): weight
        for kind in kinds
        for file_id in parser_files.get(kind.__name__, ())
        if (weight := weights_of(loader, kind, file_id))
    }
    total = sum(map(sum, weights.values()))
    if total <= LEAST_WEIGHT:
        return []
    heaviest = min(HEAVIEST_TASK, total / (count * TASKS_PER_WORKER))
    return list(batches(loader, weights, heaviest))[: processes.MAX_TASKS]


def batches(
    loader: ManifestLoader, weights: dict[tuple[type, str], list[int]], heaviest: float
) -> Iterator[Task]:
    task, left = Task(object, []), 0.0
    for (kind, file_id), listed in weights.items():
        parts: Iterable[tuple[Part, int]] = [(Part(file_id), sum(listed))]
        if sum(listed) > heaviest and is_divisible(loader, file_id):
            parts = parts_of(file_id, listed[1:], heaviest)
        for part, weight in parts:
            if task.parser is not kind or weight > left:
                task, left = Task(kind, []), max(heaviest, weight)
                yield task
            task.parts.append(part)
            left -= weight


def is_divisible(loader: ManifestLoader, file_id: str) -> bool:
    file: Any = loader.manifest.files[file_id]
    is_yaml = isinstance(file, SchemaSourceFile) and not loader.partially_parsing
    return is_yaml and divisible(file.dict_from_yaml) is not None


def weights_of(loader: ManifestLoader, kind: type, file_id: str) -> list[int]:
    """About how many resources a file is worth, and each of what it lists.

    Nothing if a worker is not to parse it.
    """
    if not issubclass(kind, SchemaParser):
        return [1]
    sections = yaml_of(loader, loader.manifest.files[file_id])
    if not isinstance(sections, dict) or not sections.keys() <= SECTIONS:
        return []
    listed = [
        each for section in sections.values() if isinstance(section, list) for each in section
    ]
    if any(isinstance(each, dict) and not FAR_REACHING.isdisjoint(each) for each in listed):
        return []
    return [1, *map(weight_of_entry, listed)]


def weight_of_entry(entry: Any) -> int:
    """Itself, and its tests."""
    if not isinstance(entry, dict):
        return 1
    columns = entry.get("columns")
    tested = [entry, *(columns if isinstance(columns, list) else ())]
    lists = [
        each.get(name)
        for each in tested
        if isinstance(each, dict)
        for name in ("data_tests", "tests")
    ]
    return 1 + sum(len(tests) for tests in lists if isinstance(tests, list))


def yaml_of(loader: ManifestLoader, file: Any) -> Any:
    """As ManifestLoader.parse_project chooses."""
    return file.pp_dict if loader.partially_parsing else file.dict_from_yaml


@seam(SQLParser, "parse_file")
@seam(SnapshotParser, "parse_file")
@seam(DocumentationParser, "parse_file")
@seam(SchemaParser, "parse_file")
def parse_file(
    original: Callable[..., None], parser: Any, block: FileBlock, *more: Any, **named: Any
) -> None:
    round_ = ROUND.get()
    if round_ is not None and parser.manifest is round_.loader.manifest:
        outcome = round_.outcome_of(type(parser).__name__, block.file)
        if outcome is not None and is_applicable(parser.manifest, outcome):
            apply(parser.manifest, block.file, outcome)
            return
    original(parser, block, *more, **named)
