"""The seams of parsing (ManifestLoader.parse_project, the parsers' parse_file).

dbt's loop over parsers and files stays. When the loop reaches a file that a worker has parsed, the
worker's record is replayed. All other files are parsed by dbt.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dbt.contracts.files import SchemaSourceFile
from dbt.parser.manifest import ManifestLoader
from dbt.parser.schemas import SchemaParser
from dbt_common.events.base_types import EventLevel

from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.events import fire_note
from flatmanifest.dbt.seams import Level, attempt, report, seam
from flatmanifest.dbt.workers import pool as processes
from flatmanifest.dbt.workers import static_parser
from flatmanifest.dbt.workers.forkserver import IS_POSSIBLE, MAX_WORKERS, Forked, Forkserver
from flatmanifest.dbt.workers.invocation import current
from flatmanifest.dbt.workers.job import Job, Task, yaml_of
from flatmanifest.dbt.workers.pool import Copies, Workers
from flatmanifest.dbt.workers.replay_file import apply, is_applicable
from flatmanifest.dbt.workers.schema_parts import Part, divisible, joined, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dbt.config import RuntimeConfig
    from dbt.parser.search import FileBlock

    from flatmanifest.dbt.workers.record_file import Outcome

SWITCH = "parallel"
LEAST_WEIGHT = 50  # of the files: with more, two processes are faster than one
LEAST_FILES = 12_000  # files times workers: the same limit for workers of a forkserver
TASKS_PER_WORKER = 16  # so that all end at about the same time
HEAVIEST_TASK = 32
PARSERS = {
    *("ModelParser", "SnapshotParser", "AnalysisParser", "SingularTestParser", "SeedParser"),
    *("DocumentationParser", "SchemaParser"),
}
# The classes from which these parsers inherit parse_file.
WHERE_FILES_ARE_PARSED = (
    "dbt.parser.base:SQLParser",
    "dbt.parser.snapshots:SnapshotParser",
    "dbt.parser.docs:DocumentationParser",
    "dbt.parser.schemas:SchemaParser",
)
# The sections of a schema file whose entries each make or patch one resource.
SECTIONS = {"version", "models", "seeds", "snapshots", "sources", "exposures", "groups", "anchors"}
# The keys of an entry that make it move or change other resources.
FAR_REACHING = {"versions", "overrides", "relation"}
# The parsers that call dbt's static parser.
EXTRACTING = {"ModelParser"}


class Round:
    """One call of parse_project while workers parse its files, and the outcomes so far."""

    def __init__(self, job: Job) -> None:
        self.manifest = job.manifest
        self.places: dict[tuple[str, str], list[tuple[int, Part]]] = {}
        for number, task in enumerate(job.tasks):
            for part in task.parts:
                places = self.places.setdefault((task.parser.__name__, part.file_id), [])
                places.append((number, part))
        self.outcomes: dict[int, dict[str, Outcome | None]] = {}
        self.workers: Workers | None = None

    def outcome_of(self, parser: str, file: Any) -> Outcome | None:
        """Wait for the outcome of a file; None if dbt has to parse the file."""
        places = self.places.get((parser, file.file_id), [])
        if any(not self._has(number) for number, _ in places):
            return None
        found = [self.outcomes[number].pop(part.key) for number, part in places]
        if places and places[0][1].end:
            return joined(file, found)
        return found[0] if found else None

    def _has(self, number: int) -> bool:
        """Wait for a task, and return whether its outcomes are there.

        After a failure of a worker, all workers are stopped and the error is reported.
        """
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


ROUND: ContextVar[Round | None] = ContextVar("ROUND", default=None)
FORKSERVER: ContextVar[Forkserver | None] = ContextVar("FORKSERVER", default=None)


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load_and_parse_macros",
    "a forkserver starts where this process cannot be copied",
    switch=SWITCH,
    level=Level.WORKERS,
)
def load_and_parse_macros(
    original: Callable[..., None], loader: ManifestLoader, project_parser_files: dict[str, Any]
) -> None:
    """Start the forkserver early, so that it imports dbt while dbt loads the macros."""
    if FORKSERVER.get() is None and is_server_needed(project_parser_files):
        FORKSERVER.set(attempt(server_for, loader.root_project.credentials.type))
    original(loader, project_parser_files)


def server_for(adapter: str) -> Forkserver | None:
    try:
        return Forkserver(adapter)
    except processes.NoWorkersError as error:
        explain(error)
        return None


def workers_wanted() -> int:
    return attempt(processes.wanted) or 1


def is_server_needed(project_parser_files: dict[str, Any]) -> bool:
    """Whether a forkserver is needed for some of the files, and there are enough files for it."""
    if processes.can_fork() and not static_parser.has_worked():
        return False
    workers = workers_wanted()
    files = sum(
        len(files)
        for parsers in project_parser_files.values()
        for parser, files in parsers.items()
        if parser in PARSERS
    )
    return IS_POSSIBLE and workers > 1 and files * workers >= LEAST_FILES


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "load",
    "workers end, however loading ends",
    level=Level.WORKERS,
)
def load(original: Callable[..., Any], loader: ManifestLoader) -> Any:
    """End the forkserver, also if loading raises."""
    try:
        return original(loader)
    finally:
        close_server()


def close_server() -> None:
    server = FORKSERVER.get()
    if server is not None:
        FORKSERVER.set(None)
        server.close()


@seam(
    "dbt.parser.manifest:ManifestLoader",
    "parse_project",
    "workers parse",
    switch=SWITCH,
    level=Level.WORKERS,
)
def parse_project(
    original: Callable[..., None],
    loader: ManifestLoader,
    project: RuntimeConfig,
    parser_files: dict[str, list[str]],
    parser_types: list[type],
) -> None:
    server = FORKSERVER.get()
    may_fork = server is not None or processes.can_fork()
    count = workers_wanted() if may_fork else 1
    may_extract = server is not None or not static_parser.has_worked()
    kinds = [kind for kind in parser_types if is_for_workers(kind, may_extract=may_extract)]
    tasks = attempt(tasks_of, loader, parser_files, kinds, count) if count > 1 else None
    if not tasks:
        original(loader, project, parser_files, parser_types)
        return
    is_partial = loader.partially_parsing
    job = Job(loader.manifest, loader.root_project, project, tasks, is_partial)
    round_ = Round(job)
    round_.workers = attempt(workers_at, job, min(count, len(tasks)), server)
    token = ROUND.set(round_)
    try:
        original(loader, project, parser_files, parser_types)
    finally:
        ROUND.reset(token)
        if round_.workers is not None:
            round_.workers.stop()


def workers_at(job: Job, count: int, server: Forkserver | None) -> Workers | None:
    """Start ``count`` workers for the job; None if there can be none. Raises OSError."""
    try:
        if server is None:
            return Workers(count, len(job.tasks), Copies(job.prepare))
        count = min(count, MAX_WORKERS)
        return Workers(count, len(job.tasks), Forked(server, current(job.root_project), job))
    except processes.NoWorkersError as error:
        explain(error)
        close_server()
        return None


def explain(error: Exception) -> None:
    message = f"flatmanifest: dbt parses in one process ({error})"
    fire_note(message, EventLevel.DEBUG)


def is_for_workers(kind: type, *, may_extract: bool) -> bool:
    name = kind.__name__
    return name in PARSERS and (may_extract or name not in EXTRACTING)


def tasks_of(
    loader: ManifestLoader,
    parser_files: dict[str, list[str]],
    kinds: list[type],
    count: int,
) -> list[Task]:
    """The tasks for the workers, in dbt's order; empty if one process is faster."""
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
    """The estimated number of resources in a file: for the file itself, then for each entry.

    Empty if a worker must not parse the file.
    """
    if not issubclass(kind, SchemaParser):
        return [1]
    sections = yaml_of(loader.manifest.files[file_id], is_partial=loader.partially_parsing)
    if not isinstance(sections, dict) or not sections.keys() <= SECTIONS:
        return []
    listed = [
        each for section in sections.values() if isinstance(section, list) for each in section
    ]
    if any(isinstance(each, dict) and not FAR_REACHING.isdisjoint(each) for each in listed):
        return []
    return [1, *map(weight_of_entry, listed)]


def weight_of_entry(entry: Any) -> int:
    """The number of resources of an entry: itself, and its tests."""
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


def parse_file(
    original: Callable[..., None], parser: Any, block: FileBlock, *more: Any, **named: Any
) -> None:
    round_ = ROUND.get()
    if round_ is not None and parser.manifest is round_.manifest:
        outcome = round_.outcome_of(type(parser).__name__, block.file)
        if outcome is not None and is_applicable(parser.manifest, outcome):
            apply(parser.manifest, block.file, outcome)
            return
    original(parser, block, *more, **named)


for each in WHERE_FILES_ARE_PARSED:
    seam(each, "parse_file", "what a worker has parsed is done again", level=Level.WORKERS)(
        parse_file
    )
