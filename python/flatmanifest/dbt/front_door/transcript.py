"""Recording what dbt prints, so that the front door prints the same next time: docs/front.md.

Only a command that the front door can repeat exactly is recorded. In all other cases dbt runs the
command the next time, too. ``FLATMANIFEST_EXPLAIN=1`` prints the reason.
"""

from __future__ import annotations

import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest._native import is_fresh, transcript_path
from flatmanifest.dbt.dependencies import DependencyRecorder, NotRecordedError
from flatmanifest.dbt.front_door.blanks import (
    INVOCATION_ID,
    SUBJECT,
    is_json,
    line_of,
    metadata_template,
    perf_info_template,
    record_of,
    require,
)
from flatmanifest.dbt.front_door.earlier_run import state_directories
from flatmanifest.dbt.front_door.option_values import (
    LISTS,
    WORDS,
    default,
    value_without,
    was_given,
)
from flatmanifest.dbt.front_door.plugin_hooks import has_hooks, require_recordable
from flatmanifest.dbt.front_door.warm_events import Event, LoadBounds, warm_messages
from flatmanifest.dbt.seams import Level, Stage, attempt, is_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dbt.parser.manifest import ManifestLoader

    from flatmanifest.dbt.warm.loading import Load

# Events of dbt's usage statistics. The front door sends no statistics.
NOT_REPEATED = {"SendingEvent", "SendEventFailure", "FlushEventsFailure", "DisableTracking"}
EXPLAIN = "FLATMANIFEST_EXPLAIN"
LOADER = "dbt.parser.manifest:ManifestLoader"
BOUNDS = "the recorder notes where among the events it begins and ends"


class TranscriptRecorder:
    """Records the output of one command, from its first event to its last.

    ``dependencies`` records the accesses of the command, from before dbt is imported. A reason not
    to record ends up in ``problem``; no error is raised into dbt. ``not_recorded``: why nothing was
    published, after :meth:`finish`.
    """

    def __init__(self, arguments: list[str], dependencies: DependencyRecorder) -> None:
        programs = os.path.dirname(sys.executable)  # noqa: PTH120 - links as they are
        self.path = transcript_path(arguments, programs) if is_on() else None
        self.arguments = arguments
        self.dependencies = dependencies
        self.events: list[Event] = []
        self.loggers: list[Any] = []
        # The options on the command line, each with the value that it would have without it.
        self.values_without: dict[str, Any] = {}
        self.project_flags: Any = None
        self.problem = ""
        self.not_recorded = ""
        self.bounds = LoadBounds()
        self.listing: int | None = None  # an index in ``events``
        # The artifacts that --state names, as dbt has read them (dbt.contracts.state).
        self.previous_state: Any = None
        self.is_listing = False
        self.load: Load | None = None

    def start(self) -> None:
        """Let the seams of this module call this recorder. Call it once the seams are in."""
        global _current  # noqa: PLW0603 - one command in a process
        if self.path is None:
            return
        from flatmanifest.dbt.warm import artifacts  # noqa: PLC0415 - seconds of imports
        from flatmanifest.dbt.warm.list_task import SILENT  # noqa: PLC0415

        artifacts.remembers_parsed = True
        SILENT.add(self.hear)
        _current = self

    def listen(self) -> None:
        import click  # noqa: PLC0415 - dbt's
        from dbt_common.events.event_manager_client import get_event_manager  # noqa: PLC0415

        manager = get_event_manager()
        manager.callbacks.append(self.hear)
        self.loggers = list(manager.loggers)
        context = click.get_current_context()
        given = [name for name in (*LISTS, *WORDS) if was_given(context, name)]
        self.values_without = {
            name: value_without(context, name, self.project_flags) for name in given
        }

    def hear(self, message: Any) -> None:
        if self.is_listing or self.problem or message.info.name in NOT_REPEATED:
            return
        try:
            self.events.append(self.event_of(message))
        except Exception as error:  # noqa: BLE001 - dbt must go on
            self.problem = str(error) if isinstance(error, NotRecordedError) else repr(error)

    def finish(self) -> None:
        """Publish the transcript. Call it when dbt has succeeded. Raises nothing."""
        if self.path is None:
            return
        from flatmanifest.dbt.cache import objects  # noqa: PLC0415

        try:
            transcript = self.transcript()
            objects.publish(Path(self.path), transcript)
            self.export(transcript)
        except Exception as error:  # noqa: BLE001 - the command has succeeded
            reason = error if isinstance(error, NotRecordedError) else repr(error)
            self.not_recorded = str(reason)
            explain(f"not recorded: {reason}")
            # The next command can be recorded, and needs the entry of this parse.
            attempt(self.export_entry)

    def export(self, transcript: dict[str, Any]) -> None:
        """Write the transcript, and its entry, as portable files, if they hold in other places.

        Raises FormatError, OSError.
        """
        from flatmanifest.dbt.cache import portable, shared  # noqa: PLC0415

        entry_stem = self.export_entry()
        if entry_stem is None:
            return
        load: Any = self.load
        try:
            stem = portable.export_transcript(
                transcript,
                entry_stem,
                load.path.parent,
                self.arguments,
                self.dependencies.environment,
            )
            shared.note_exported(load.path.parent, stem)
        except portable.NotPortableError as error:
            explain(f"holds only in this directory: {error}")

    def export_entry(self) -> str | None:
        """Write the entry of the command as portable files.

        Returns the beginning of their names; None if the entry holds only here.
        """
        from flatmanifest.dbt.cache import portable, shared  # noqa: PLC0415
        from flatmanifest.dbt.warm.parse_inputs import environment_of_parse  # noqa: PLC0415

        load: Any = self.load
        entry = None if load is None else load.entry
        if entry is None:
            return None
        try:
            stem = portable.exported(entry, load.place, environment_of_parse())
            shared.note_exported(load.path.parent, stem)
        except (portable.NotPortableError, portable.FormatError) as error:
            explain(f"holds only in this directory: {error}")
            return None
        return stem

    def forget(self) -> None:
        """Drop the references to dbt's objects: some warn if they still exist when Python ends."""
        global _current  # noqa: PLW0603
        _current = None
        self.load = None
        self.loggers = []

    def transcript(self) -> dict[str, Any]:
        from dbt_common.exceptions.base import env_secrets  # noqa: PLC0415

        require(not self.problem, self.problem)
        self.dependencies.require_sources()  # first: its reason remains at the next command
        load = self.load
        if load is None or self.bounds.loads != 1:
            raise NotRecordedError(f"the command has loaded {self.bounds.loads} manifests, not one")
        entry: Any = load.entry
        require(
            entry is not None and entry.dependencies is not None,
            "the manifest has no entry in the cache",
        )
        require(
            Path(str(self.path)).parent == load.path.parent,
            "dbt and the front door use different cache directories",
        )
        self.check_circumstances()
        before, after = self.warm_events(load)
        outputs, written = self.files(load)
        dependencies = self.dependencies_of(load, [output["path"] for output in outputs])
        manifest = load.loader.manifest
        project = load.loader.root_project
        said = {
            "until_ns": until(manifest),
            "entry": str(load.path),
            "generation": entry.generation,
            "sinks": list(self.sinks(before, after)),
            "outputs": outputs,
            "written": [{"path": path, "text": text} for path, text in written.items()],
            "defaults": {
                name: self.values_without[name] if name in self.values_without else default(name)
                for name in (*LISTS, *WORDS)
            },
            "selectors": project.manifest_selectors,
            "has_default_selector": project.get_default_selector_name() is not None,
            "warns": warns(),
            "state": state_directories(self.previous_state, load),
        }
        # dbt takes secrets out of each line; the text that is recorded here is from before that.
        # dbt 1.12 reads secrets from a .env file, too, which the front door does not.
        given = {*self.dependencies.environment.values()}
        for secret in env_secrets():
            require(secret in given, "a secret comes from a .env file")
            require(not has_text(said, secret), "the text has the value of a secret")
        return {"dependencies": dependencies, **said}

    def check_circumstances(self) -> None:
        from dbt.flags import get_flags  # noqa: PLC0415

        from flatmanifest.dbt.warm.list_task import is_known  # noqa: PLC0415

        flags = get_flags()
        require_recordable()
        require(
            not getattr(flags, "UPLOAD_TO_ARTIFACTS_INGEST_API", False), "artifacts are uploaded"
        )
        require(not getattr(flags, "USE_V2_PARSER", False), "--use-v2-parser is set")
        require(all(map(is_known, self.loggers)), "a logger is not one of dbt's")
        require(is_utf8(sys.stdout), "the encoding of the output is not UTF-8")
        require(not any(event.level == "error" for event in self.events), "dbt fired an error")

    def warm_events(self, load: Load) -> tuple[list[Event], list[Event]]:
        """The events that dbt will fire at a warm start, before the list and after it.

        A command that lists nothing is like one with an empty list after loading.
        """
        split = (self.bounds.end or 0) if self.listing is None else self.listing
        if load.loader.skip_parsing and load.is_fresh:
            return self.events[:split], self.events[split:]
        # dbt has parsed.
        require(not has_hooks(), "plugins took part in the parse; the next command can be recorded")
        return self.bounds.warm(self.events, split, map(self.event_of, warm_messages()))

    def event_of(self, message: Any) -> Event:
        lines = [line_of(logger, message) for logger in self.loggers]
        return Event(message.info.name, message.info.level, lines)

    def sinks(self, before: list[Event], after: list[Event]) -> Iterator[dict[str, Any]]:
        possible = self.selection_events()
        for place, logger in enumerate(self.loggers):
            handler = logger._python_logger.handlers[0]  # noqa: SLF001
            is_file = isinstance(handler, RotatingFileHandler)
            require(is_file or handler.stream is sys.stdout, "a logger does not print to stdout")
            records = {name: record_of(logger, each) for name, each in possible.items()}
            require(records["line"] is not None, "a logger does not print listed lines")
            yield {
                **records,
                "path": handler.baseFilename if is_file else "",
                "max_bytes": handler.maxBytes if is_file else 0,
                "before": printed(before, place),
                "after": printed(after, place),
                "is_json": is_json(logger),
            }

    def selection_events(self) -> dict[str, Any]:
        """The events that dbt fires about a selection, by the names of a sink's fields."""
        from dbt.events.types import (  # noqa: PLC0415
            DefaultSelector,
            NoNodesForSelectionCriteria,
            NoNodesSelected,
        )
        from dbt_common.events.base_types import msg_from_base_event  # noqa: PLC0415

        from flatmanifest.dbt.warm.list_task import print_message  # noqa: PLC0415

        load: Any = self.load
        events = {
            "default_selector": DefaultSelector(
                name=load.loader.root_project.get_default_selector_name() or ""
            ),
            "unmatched": NoNodesForSelectionCriteria(spec_raw=SUBJECT),
            "nothing": NoNodesSelected(),
        }
        messages = {name: msg_from_base_event(event) for name, event in events.items()}
        return {"line": print_message(SUBJECT), **messages}

    def files(self, load: Load) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The artifacts that dbt left in the target directory, and their beginnings.

        Returns the artifacts that show the manifest, and the texts of files to write.
        """
        from dbt.flags import get_flags  # noqa: PLC0415

        from flatmanifest.dbt.warm.artifacts import (  # noqa: PLC0415
            warm_metadata_text,
            written_here,
        )

        entry: Any = load.entry
        # As ``written_here`` has them: without "..", and with links as they are.
        target = Path(os.path.abspath(load.loader.root_project.project_target_path))  # noqa: PTH100
        manifest = load.loader.manifest
        beginning = metadata_template(warm_metadata_text(entry, manifest))
        beginnings = {str(target / "manifest.json"): beginning}
        paths = [os.path.abspath(load.file_of_dbt), *written_here]  # noqa: PTH100
        summary = target / "graph_summary.json"
        if self.listing is not None:
            text = f'{{"_invocation_id": "{INVOCATION_ID}"'
            entry.keep_artifact(str(summary), metadata_end=len(text) + 35, summary_of="ls")
            paths.append(str(summary))
            beginnings[str(summary)] = text
        outputs = []
        for path in dict.fromkeys(paths):
            known = entry.artifact(path)
            require(known is not None, f"{path} is not known to show this manifest")
            facts = {
                name: value
                for name, value in known.items()
                if name not in {"snapshot", "metadata_end"}
            }
            require(not facts.get("stale"), f"{path} shows some resources of an earlier manifest")
            beginning = beginnings.get(path, "")
            outputs.append({"path": path, "beginning": beginning, "facts": facts})
        is_written = not get_flags().WRITE_JSON or beginnings.keys() <= {*paths}
        require(is_written, "dbt has not written manifest.json")
        written = {}
        if self.listing is None:
            path = str(target / "perf_info.json")
            written[path] = perf_info_template(Path(path).read_text())
        return outputs, written

    def dependencies_of(self, load: Load, outputs: list[str]) -> dict[str, Any]:
        """The dependencies of the command and of the manifest that it has loaded."""
        from flatmanifest.dbt.cold.json_schemas import packages_of  # noqa: PLC0415

        entry: Any = load.entry
        adapter = load.loader.root_project.credentials.type
        require(packages_of(adapter) is not None, "a package of dbt's is missing")
        parsed = entry.dependencies
        recorded = self.dependencies.dependencies(
            parsed.files["read"],
            outputs,
            str(load.path.parent),
            {*load.loader.manifest.env_vars},
        )
        # A file that changed during the command would look as if it had been parsed.
        require(is_fresh(parsed.files, parsed.snapshot), "files have changed while dbt was running")
        return recorded.fields()


def printed(events: list[Event], place: int) -> list[str]:
    """The lines that one logger has printed for these events."""
    texts = (event.lines[place] for event in events)
    return [f"{text}\n" for text in texts if text is not None]


def has_text(value: Any, text: str) -> bool:
    """Whether a text is part of a string in plain values."""
    if isinstance(value, dict):
        return any(has_text(each, text) for each in value.values())
    if isinstance(value, (list, tuple)):
        return any(has_text(each, text) for each in value)
    return isinstance(value, str) and text in value


def warns() -> bool:
    """Whether dbt prints a warning about a selection, and goes on.

    Otherwise dbt fails, or silences the warning (dbt_common.events.event_manager, fire_event).
    """
    from dbt.events.types import NoNodesForSelectionCriteria, NoNodesSelected  # noqa: PLC0415
    from dbt_common.events.event_manager_client import get_event_manager  # noqa: PLC0415

    manager: Any = get_event_manager()
    options = manager.warn_error_options
    events: list[Any] = [NoNodesForSelectionCriteria(spec_raw=""), NoNodesSelected()]
    return not manager.warn_error and not any(
        options.errors(event) or options.silenced(event) for event in events
    )


def explain(what: str) -> None:
    """Tell a user who asks why dbt runs."""
    if os.environ.get(EXPLAIN, "0") not in {"", "0"}:
        sys.stderr.write(f"flatmanifest: {what}\n")


# The recorder of this process, if the process records.
_current: TranscriptRecorder | None = None


@seam(
    "dbt.cli.requires",
    "setup_event_logger",
    "the recorder listens",
    level=Level.RECORDER,
    stage=Stage.COMMAND,
)
def setup_event_logger(original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    original(*args, **kwargs)
    if _current is not None:
        attempt(_current.listen)


@seam(
    "dbt.cli.flags",
    "read_project_flags",
    "the recorder notes the flags that dbt_project.yml sets",
    level=Level.RECORDER,
    stage=Stage.COMMAND,
)
def read_project_flags(original: Callable[..., Any], *args: str) -> Any:
    flags = original(*args)
    if _current is not None:
        _current.project_flags = flags
    return flags


@seam(LOADER, "read_manifest_for_partial_parse", BOUNDS, level=Level.RECORDER, stage=Stage.COMMAND)
def read_manifest_for_partial_parse(original: Callable[..., Any], loader: ManifestLoader) -> Any:
    if _current is not None:
        _current.bounds.note_begin(_current.events)
    return original(loader)


@seam(
    LOADER,
    "safe_update_project_parser_files_partially",
    BOUNDS,
    level=Level.RECORDER,
    stage=Stage.COMMAND,
)
def choose_files(original: Callable[..., Any], loader: ManifestLoader, files: Any) -> Any:
    if _current is not None:
        _current.bounds.note_read(_current.events)
    return original(loader, files)


@seam(LOADER, "check_for_model_deprecations", BOUNDS, level=Level.RECORDER, stage=Stage.COMMAND)
def check_for_model_deprecations(original: Callable[..., Any], loader: ManifestLoader) -> None:
    if _current is not None:
        _current.bounds.note_checks(_current.events)
    original(loader)


@seam(LOADER, "load", BOUNDS, level=Level.RECORDER, stage=Stage.COMMAND)
def load_manifest(original: Callable[..., Any], loader: ManifestLoader) -> Any:
    manifest = original(loader)
    if _current is not None:
        _current.bounds.note_end(_current.events)
        _current.load = getattr(loader, "flatmanifest_load", None)
    return manifest


@seam("dbt.task.list:ListTask", "output_results", BOUNDS, level=Level.RECORDER, stage=Stage.COMMAND)
def output_results(original: Callable[..., Any], task: Any, *args: Any) -> Any:
    recorder = _current
    if recorder is None:
        return original(task, *args)
    recorder.previous_state = task.previous_state
    recorder.listing = len(recorder.events)
    recorder.is_listing = True
    try:
        return original(task, *args)
    finally:
        recorder.is_listing = False


def is_utf8(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"


def until(manifest: Any) -> int:
    """The next deprecation date of a model, in nanoseconds of Unix time; 0 if there is none.

    From that moment on, dbt prints other warnings.
    """
    from datetime import datetime, timezone  # noqa: PLC0415

    entry = manifest.flatmanifest_entry
    dates = {date for date in entry.column("nodes", "deprecation_date") if date is not None}
    now = datetime.now(timezone.utc)
    to_come = []
    for date in dates:
        require(isinstance(date, datetime), "a deprecation_date is not a date with a time")
        moment = date if date.tzinfo else date.astimezone()
        if moment > now:
            to_come.append(int(moment.timestamp() * 1e9))
    return min(to_come, default=0)
