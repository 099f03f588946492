"""The job of the workers: its tasks, and how a worker performs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dbt.contracts.graph.manifest import Manifest
from dbt.parser.schemas import SchemaParser
from dbt.parser.search import FileBlock

from flatmanifest.dbt.cache import objects
from flatmanifest.dbt.cold import node_configs
from flatmanifest.dbt.progress.line import PROGRESS
from flatmanifest.dbt.workers import static_parser
from flatmanifest.dbt.workers.record_file import Recorder
from flatmanifest.dbt.workers.schema_parts import Divider, Part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dbt.config import RuntimeConfig

    from flatmanifest.dbt.workers.record_file import Outcome


class Task(NamedTuple):
    """Files, or parts of files, that one worker parses together with one parser."""

    parser: type
    parts: list[Part]


class Job(NamedTuple):
    """The tasks of one call of ManifestLoader.parse_project, and the arguments of its parsers."""

    manifest: Manifest
    root_project: RuntimeConfig
    project: RuntimeConfig
    tasks: list[Task]
    is_partial: bool
    """Whether dbt parses only changed files (ManifestLoader.partially_parsing)."""

    def prepare(self) -> Callable[[int, Path], None]:
        """Prepare this worker, and return its function for a task: (number, segment's path)."""
        PROGRESS.set(None)
        node_configs.keep()
        recorder = Recorder(self.manifest, self.root_project)
        divider = Divider(recorder)
        if static_parser.has_worked():
            static_parser.replace(recorder.leave)
        parsers: dict[type, Any] = {}

        def perform(number: int, segment: Path) -> None:
            kind, parts = self.tasks[number]
            if kind not in parsers:
                parsers[kind] = kind(self.project, self.manifest, self.root_project)
            outcomes = {
                part.key: self._recorded(recorder, divider, parsers[kind], part) for part in parts
            }
            try:
                publish(segment, outcomes)
            except (TypeError, ValueError):  # one of the outcomes cannot be stored
                publish(segment, {name: storable(segment, each) for name, each in outcomes.items()})

        return perform

    def _recorded(
        self, recorder: Recorder, divider: Divider, parser: Any, part: Part
    ) -> Outcome | None:
        block = FileBlock(self.manifest.files[part.file_id])
        if not isinstance(parser, SchemaParser):
            return recorder.record(block.file, lambda: parser.parse_file(block))
        sections = yaml_of(block.file, is_partial=self.is_partial)
        if not part.end:
            return recorder.record(block.file, lambda: parser.parse_file(block, sections))
        return divider.record(
            part, block.file, sections, lambda some: parser.parse_file(block, some)
        )


def yaml_of(file: Any, *, is_partial: bool) -> Any:
    """The content of a schema file that ManifestLoader.parse_project parses."""
    return file.pp_dict if is_partial else file.dict_from_yaml


def publish(segment: Path, outcomes: dict[str, Any]) -> None:
    objects.publish(segment, {"outcomes": outcomes}, is_lasting=False)


def storable(segment: Path, outcome: Outcome | None) -> Outcome | None:
    try:
        publish(segment, {"": outcome})
    except (TypeError, ValueError):
        return None
    return outcome
