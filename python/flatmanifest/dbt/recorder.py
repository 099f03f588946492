"""Listening to dbt, for the front door to say the same next time: docs/front.md.

Only ``flatmanifest dbt`` records, and only what is certain: whatever is not known here leaves the
command to dbt the next time too.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import time
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest._native import transcript_path
from flatmanifest.dbt.seams import attempt, is_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flatmanifest.dbt.loading import Load

# native/front/blanks.h
TIME, PRECISE_TIME, INVOCATION_ID, COMMAND, INDIRECT, ELAPSED = map(chr, range(1, 7))
WALL_CLOCK = chr(0x07)
USER_TIME, KERNEL_TIME, MEMORY, BLOCKS_IN, BLOCKS_OUT, GENERATED_AT = map(chr, range(0x0E, 0x14))
BLANKS = re.compile("[\x01-\x07\x0e-\x13]")

CLOCK = r"\d\d:\d\d:\d\d"
BEGINNING = re.compile(rf"(?P<color>\x1b\[0m)?{CLOCK}  ")
PRECISE_BEGINNING = re.compile(
    rf"(?P<header>\n\n=+ {CLOCK}\.\d{{6}} \| \S+ =+\n)?(?P<color>\x1b\[0m)?{CLOCK}\.\d{{6}} \["
)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
REPORT = {
    "command_wall_clock_time": WALL_CLOCK,
    "process_user_time": USER_TIME,
    "process_kernel_time": KERNEL_TIME,
    "process_mem_max_rss": MEMORY,
    "process_in_blocks": BLOCKS_IN,
    "process_out_blocks": BLOCKS_OUT,
}
# Of dbt's usage statistics, of which the front door sends none.
NOT_SAID = {"SendingEvent", "SendEventFailure", "FlushEventsFailure", "DisableTracking"}
EXPLAIN = "FLATMANIFEST_EXPLAIN"
GRANULARITY_NS = 20_000_000  # of the clock that files are stamped with
# The options that the front door evaluates (native/front/command_line.h).
LISTS = ("select", "models", "exclude", "resource_types", "exclude_resource_types", "output_keys")
WORDS = ("selector", "output", "indirect_selection")
# Of perf_info.json when nothing has been parsed; the projects' numbers are then 0.
PERF_INFO = (
    *("path_count", "parsed_path_count", "static_analysis_path_count"),
    *("static_analysis_parsed_path_count", "is_partial_parse_enabled"),
    *("is_static_analysis_enabled", "read_files_elapsed", "load_all_elapsed", "projects"),
)


class NotRecordedError(Exception):
    """The next such command is dbt's too. Says why."""


@dataclass
class Event:
    """What one event made the loggers print, by logger, with blanks."""

    name: str
    level: str
    lines: list[str | None]


class Recorder:
    def __init__(self, arguments: list[str]) -> None:
        self.path = transcript_path(arguments) if is_on() else None
        self.environment = dict(os.environ)
        self.started_ns = time.time_ns()
        self.events: list[Event] = []
        self.loggers: list[Any] = []
        self.said: list[str] = []
        self.problem = ""
        # Places among the events.
        self.load_begin: int | None = None
        self.load_end: int | None = None
        self.listing: int | None = None
        self.is_listing = False
        self.load: Load | None = None
        self.loads = 0

    def start(self) -> None:
        """Put the seams in, when dbt has been imported."""
        if self.path is None:
            return
        from dbt.cli import requires  # noqa: PLC0415 - seconds of imports
        from dbt.parser.manifest import ManifestLoader  # noqa: PLC0415
        from dbt.task.list import ListTask  # noqa: PLC0415

        from flatmanifest.dbt.listing import SILENT  # noqa: PLC0415
        from flatmanifest.dbt.seams import seam  # noqa: PLC0415

        SILENT.add(self.hear)

        @seam(requires, "setup_event_logger")
        def setup_event_logger(original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
            original(*args, **kwargs)
            attempt(self.listen)

        @seam(ManifestLoader, "read_manifest_for_partial_parse")
        def read(original: Callable[..., Any], loader: ManifestLoader) -> Any:
            self.load_begin = len(self.events)
            self.loads += 1
            return original(loader)

        @seam(ManifestLoader, "load")
        def load(original: Callable[..., Any], loader: ManifestLoader) -> Any:
            manifest = original(loader)
            self.load_end = len(self.events)
            self.load = getattr(loader, "flatmanifest_load", None)
            return manifest

        @seam(ListTask, "output_results")
        def output_results(original: Callable[..., Any], *args: Any) -> Any:
            self.listing = len(self.events)
            self.is_listing = True
            try:
                return original(*args)
            finally:
                self.is_listing = False

    def listen(self) -> None:
        import click  # noqa: PLC0415 - dbt's
        from dbt_common.events.event_manager_client import get_event_manager  # noqa: PLC0415

        manager = get_event_manager()
        manager.callbacks.append(self.hear)
        self.loggers = list(manager.loggers)
        context = click.get_current_context()
        self.said = [name for name in (*LISTS, *WORDS) if was_said(context, name)]

    def hear(self, message: Any) -> None:
        if self.is_listing or self.problem or message.info.name in NOT_SAID:
            return
        try:
            self.events.append(self.event_of(message))
        except Exception as error:  # noqa: BLE001 - dbt must go on
            self.problem = str(error) if isinstance(error, NotRecordedError) else repr(error)

    def finish(self) -> None:
        """When dbt has succeeded: publish what it has said and done."""
        if self.path is None:
            return
        from flatmanifest.dbt import objects  # noqa: PLC0415

        try:
            transcript = self.transcript()
            objects.publish(Path(self.path), transcript)
        except Exception as error:  # noqa: BLE001 - the command has succeeded
            if os.environ.get(EXPLAIN):
                reason = error if isinstance(error, NotRecordedError) else repr(error)
                print(f"flatmanifest: not recorded: {reason}", file=sys.stderr)

    def forget(self) -> None:
        """Let go of dbt's objects, some of which complain of being there when Python ends."""
        self.load = None
        self.loggers = []

    def transcript(self) -> dict[str, Any]:
        require(not self.problem, self.problem)
        load = self.load
        require(load is not None and self.loads == 1, "no manifest was loaded, or several")
        assert load is not None  # noqa: S101 - for mypy
        entry = load.entry
        require(entry is not None and entry.snapshot is not None, "there is no entry")
        require(Path(str(self.path)).parent == load.path.parent, "the cache is not where it seems")
        self.check_circumstances()
        warm = self.warm_events(load)
        outputs, written = self.files(load)
        facts = self.freshness(load)
        manifest = load.loader.manifest
        return {
            **facts,
            "until_ns": until(manifest),
            "entry": str(load.path),
            "generation": entry.generation,
            "sinks": list(self.sinks(warm)),
            "outputs": outputs,
            "written": written,
            "defaults": {name: default(name) for name in (*LISTS, *WORDS) if name not in self.said},
            "unknown_defaults": self.said,
            "has_default_selector": any(
                each.get("default") for each in manifest.selectors.values()
            ),
        }

    def check_circumstances(self) -> None:
        from dbt.flags import get_flags  # noqa: PLC0415
        from dbt import plugins  # noqa: PLC0415

        from flatmanifest.dbt.listing import is_known  # noqa: PLC0415

        flags = get_flags()
        manager: Any = plugins.PLUGIN_MANAGER
        require(manager is not None and not any(manager.hooks.values()), "a plugin is at work")
        require(
            not getattr(flags, "UPLOAD_TO_ARTIFACTS_INGEST_API", False), "artifacts are uploaded"
        )
        require(not getattr(flags, "USE_V2_PARSER", False), "another parser is at work")
        require(all(map(is_known, self.loggers)), "a logger is not dbt's own for text")
        require(is_utf8(sys.stdout), "the output is not UTF-8")
        secret = any(name.startswith("DBT_ENV_SECRET_") for name in self.environment)
        require(not secret, "there are secrets to be taken out of what is printed")
        require(not any(event.level == "error" for event in self.events), "there was an error")

    def warm_events(self, load: Load) -> list[Event]:
        """What a warm start will make dbt say."""
        if load.loader.skip_parsing and load.is_fresh:
            return self.events
        # A parse has been. What it says besides, it may say for a reason that is still there.
        require(not any(event.level == "warn" for event in self.events), "a parse has warned")
        return [
            *self.events[: self.load_begin],
            *(self.event_of(message) for message in warm_messages()),
            *self.events[self.load_end :],
        ]

    def event_of(self, message: Any) -> Event:
        lines = [line_of(logger, message) for logger in self.loggers]
        return Event(message.info.name, message.info.level, lines)

    def sinks(self, events: list[Event]) -> Iterator[dict[str, Any]]:
        from flatmanifest.dbt.listing import print_message  # noqa: PLC0415

        # Counted from the end, because the beginning may be another. Without a list, it is as if
        # there was an empty one after loading.
        split = self.load_end if self.listing is None else self.listing
        after = len(self.events) - (split or 0)
        for place, logger in enumerate(self.loggers):
            handler = logger._python_logger.handlers[0]  # noqa: SLF001
            is_file = isinstance(handler, RotatingFileHandler)
            require(is_file or handler.stream is sys.stdout, "the output is redirected")
            texts = [event.lines[place] for event in events]
            lines = ["" if text is None else f"{text}\n" for text in texts]
            middle = len(lines) - after
            beginning = line_of(logger, print_message())
            require(beginning is not None, "lines are not printed")
            yield {
                "path": handler.baseFilename if is_file else "",
                "max_bytes": handler.maxBytes if is_file else 0,
                "before": "".join(lines[:middle]),
                "after": "".join(lines[middle:]),
                "line_beginning": beginning,
            }

    def files(self, load: Load) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """What dbt left in the target directory, and how it begins."""
        from dbt.flags import get_flags  # noqa: PLC0415

        from flatmanifest.dbt.artifacts import metadata_text, written_here  # noqa: PLC0415

        entry: Any = load.entry
        target = Path(load.loader.root_project.project_target_path).absolute()
        manifest = load.loader.manifest
        beginnings = {str(target / "manifest.json"): metadata_template(metadata_text(manifest))}
        paths = [str(load.file_of_dbt.absolute()), *written_here]
        summary = target / "graph_summary.json"
        if self.listing is not None:
            text = f'{{"_invocation_id": "{INVOCATION_ID}"'
            entry.keep_artifact(str(summary), metadata_end=len(text) + 35, summary_of="ls")
            paths.append(str(summary))
            beginnings[str(summary)] = text
        outputs = []
        for path in dict.fromkeys(paths):
            known = entry.artifact(path)
            require(known is not None, f"{path} does not show the manifest")
            facts = {
                name: value
                for name, value in known.items()
                if name not in {"snapshot", "metadata_end"}
            }
            require(not facts.get("stale"), f"{path} is stale")
            beginning = beginnings.get(path, "")
            outputs.append({"path": path, "beginning": beginning, "facts": facts})
        is_written = not get_flags().WRITE_JSON or beginnings.keys() <= {*paths}
        require(is_written, "an artifact was not written")
        written = {}
        if self.listing is None:
            path = str(target / "perf_info.json")
            written[path] = perf_info_template(Path(path).read_text())
        return outputs, written

    def freshness(self, load: Load) -> dict[str, Any]:
        """What must be as it is: files and environment."""
        from flatmanifest._native import (  # noqa: PLC0415
            environment_digest,
            is_fresh,
            take_snapshot,
        )
        from flatmanifest.dbt.schemas import versions_of  # noqa: PLC0415

        entry: Any = load.entry
        adapter = load.loader.root_project.credentials.type
        require(versions_of(adapter) is not None, "a package of dbt's is editable")
        settings = settings_files(load)
        programs = [sys.executable, *map(as_root, sys.path)]
        for path in (*settings, *programs):
            require(changed_ns(path) < self.started_ns - GRANULARITY_NS, f"{path} has just changed")
        roots = sorted({*load.roots, *settings, *programs})
        snapshot = take_snapshot(roots)
        # What has been changed meanwhile would be taken for what was parsed.
        require(is_fresh(entry.roots, entry.snapshot), "files have changed meanwhile")
        names = variables_in(settings)
        if names is not None:
            names = sorted({*names, *load.loader.manifest.env_vars})
        salt = secrets.token_hex(16)
        return {
            "roots": roots,
            "snapshot": list(snapshot),
            "salt": salt,
            "variables": names,
            "environment": environment_digest(self.environment, names, salt),
        }


def require(condition: object, reason: str) -> None:
    if not condition:
        raise NotRecordedError(reason)


def was_said(context: Any, name: str) -> bool:
    """Whether an option was on the command line, before the command's name or after it."""
    from click.core import ParameterSource  # noqa: PLC0415

    each = context
    while each is not None:
        if each.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            return True
        each = each.parent
    return False


def default(name: str) -> Any:
    from dbt.flags import get_flags  # noqa: PLC0415

    value = getattr(get_flags(), name.upper(), None)
    if name in WORDS:
        return None if value is None else str(value)
    return [str(each) for each in value] if value else None


def is_utf8(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"


def line_of(logger: Any, message: Any) -> str | None:
    """What a logger prints for an event, with blanks; None if it prints nothing."""
    import logging  # noqa: PLC0415

    from dbt_common.events.logger import _is_print_event  # noqa: PLC0415

    names = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING}
    level = logging.ERROR if _is_print_event(message) else names.get(message.info.level)
    if not logger.filter(message) or logger._python_logger is None:  # noqa: SLF001
        return None
    if not logger._python_logger.isEnabledFor(level or logging.ERROR):  # noqa: SLF001
        return None
    text = logger.create_line(message)
    said = message.info.msg
    require(text.endswith(said) and not BLANKS.search(text), "an event is not understood")
    beginning = text[: len(text) - len(said)]
    return beginning_template(beginning) + said_template(message, said)


def beginning_template(text: str) -> str:
    if not text:
        return ""
    if BEGINNING.fullmatch(text):
        return re.sub(CLOCK, TIME, text)
    require(PRECISE_BEGINNING.match(text), "a line begins otherwise")
    return ID.sub(INVOCATION_ID, re.sub(rf"{CLOCK}\.\d{{6}}", PRECISE_TIME, text))


def said_template(message: Any, text: str) -> str:
    from dbt_common.invocation import get_invocation_id  # noqa: PLC0415

    name = message.info.name
    if name == "MainReportArgs":
        text = arguments_template(message.data.args, text)
    elif name == "CommandCompleted":
        ending = rf"at {CLOCK}\.\d+ after \d+\.\d\d seconds"
        require(re.search(ending, text), "the end is not understood")
        text = re.sub(ending, f"at {PRECISE_TIME} after {ELAPSED} seconds", text)
    elif name == "ResourceReport":
        for field, blank in REPORT.items():
            text, count = re.subn(rf'("{field}": "?)[\d.e+-]+', rf"\g<1>{blank}", text)
            require(count == 1, "the report is not understood")
    text = text.replace(get_invocation_id(), INVOCATION_ID)
    require(not ID.search(text) and not ADDRESS.search(text), f"{name} says what changes")
    return text


def arguments_template(arguments: Any, text: str) -> str:
    for name, blank in (("invocation_command", COMMAND), ("indirect_selection", INDIRECT)):
        if name not in arguments:
            continue
        piece = f"'{name}': {arguments[name]!r}"
        require(text.count(piece) == 1, "the arguments are not understood")
        text = text.replace(piece, f"'{name}': {blank}")
    return text


def warm_messages() -> Iterator[Any]:
    """What dbt says when it has found that nothing has changed."""
    from dbt.events.types import PartialParsingEnabled, PartialParsingSkipParsing  # noqa: PLC0415
    from dbt.version import __version__  # noqa: PLC0415
    from dbt_common.events.base_types import EventLevel, msg_from_base_event  # noqa: PLC0415
    from dbt_common.events.types import Note  # noqa: PLC0415

    require(not os.environ.get("DBT_PP_TEST"), "dbt is being tested")
    yield msg_from_base_event(PartialParsingEnabled(deleted=0, added=0, changed=0))
    if not __version__.startswith("1.10."):
        note = Note(msg="Nothing changed, skipping partial parsing.")
        yield msg_from_base_event(note, level=EventLevel.DEBUG)
    yield msg_from_base_event(PartialParsingSkipParsing())


def metadata_template(text: bytes) -> str:
    decoded = text.decode()
    found = re.search(r'"generated_at": "([^"]*)", "invocation_id": "([^"]*)"', decoded)
    require(found and not BLANKS.search(decoded), "the metadata is not understood")
    assert found is not None  # noqa: S101 - for mypy
    blanks = f'"generated_at": "{GENERATED_AT}", "invocation_id": "{INVOCATION_ID}"'
    return decoded[: found.start()] + blanks + decoded[found.end() :]


def perf_info_template(text: str) -> str:
    """perf_info.json of a command that parses nothing (dbt.parser.manifest, ManifestLoaderInfo)."""
    found = json.loads(text)
    require(found.keys() >= {*PERF_INFO}, "perf_info.json is not understood")
    info = {name: found[name] for name in PERF_INFO}
    for name in PERF_INFO:
        if name.endswith("parsed_path_count") or name == "static_analysis_path_count":
            info[name] = 0
        elif name.endswith("_elapsed"):
            info[name] = "@elapsed@"
    nothing = {"elapsed": 0, "parsers": [], "parsed_path_count": 0}
    info["projects"] = [
        {"project_name": project["project_name"], **nothing} for project in found["projects"]
    ]
    return json.dumps(info, indent=4).replace('"@elapsed@"', WALL_CLOCK)


def settings_files(load: Load) -> list[str]:
    """The files that dbt reads before it loads a manifest, there or not."""
    from dbt.flags import get_flags  # noqa: PLC0415

    root = load.loader.root_project.project_root
    names = ("packages.yml", "dependencies.yml", "package-lock.yml", "selectors.yml")
    current = Path.cwd()
    files = [os.path.join(root, name) for name in (*names, "catalogs.yml")]  # noqa: PTH118
    for project in load.loader.all_projects.values():
        files.append(os.path.join(project.project_root, "dbt_project.yml"))  # noqa: PTH118
    files += [str(directory / ".env") for directory in (current, *current.parents)]
    for directory in (current, *current.parents):  # where the project would be found before
        files.append(str(directory / "dbt_project.yml"))
        if str(directory) == str(root):
            break
    profiles = (get_flags().PROFILES_DIR, root, current, Path.home() / ".dbt")
    files += [str(Path(directory) / "profiles.yml") for directory in profiles]
    files.append(as_root(load.loader.root_project.packages_install_path, root))
    return files


def as_root(path: str, parent: str = "") -> str:
    """A directory, alone (native/freshness/snapshot.h)."""
    return os.path.join(parent, path, ".") if path else path  # noqa: PTH118


def changed_ns(path: str) -> int:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0
    return max(status.st_mtime_ns, status.st_ctime_ns)


def variables_in(files: list[str]) -> list[str] | None:
    """The environment variables that YAML files ask for; None if that is not told by their text."""
    names = set()
    for file in files:
        try:
            text = Path(file).read_text() if os.path.isfile(file) else ""  # noqa: PTH113
        except (OSError, ValueError):
            return None
        found = re.findall(r"""env_var\s*\(\s*(?:'([^'\\]*)'|"([^"\\]*)")""", text)
        if len(found) != text.count("env_var"):
            return None
        names.update(single or double for single, double in found)
    return sorted(names)


def until(manifest: Any) -> int:
    """When dbt will have something else to say of deprecated models; 0: never."""
    from datetime import datetime, timezone  # noqa: PLC0415

    entry = manifest.flatmanifest_entry
    dates = {date for date in entry.column("nodes", "deprecation_date") if date is not None}
    now = datetime.now(timezone.utc)
    to_come = []
    for date in dates:
        require(isinstance(date, datetime), "a date of deprecation is none")
        moment = date if date.tzinfo else date.astimezone()
        if moment > now:
            to_come.append(int(moment.timestamp() * 1e9))
    return min(to_come, default=0)
