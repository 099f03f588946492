"""The seams of ``dbt ls``: its lines are made from columns, and printed at once.

dbt fires an event for each line, which takes half a millisecond, mostly for a message that only
dbt's own loggers get. If another callback listens, or if a logger is unknown, dbt prints.
"""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt import plugins
from dbt.flags import get_flags
from dbt.task.list import ListTask
from dbt.tracking import track_behavior_change_warn
from dbt_common.events.base_types import msg_from_base_event
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import env_scrubber
from dbt_common.events.logger import NoScrubber, _JsonLogger, _TextLogger
from dbt_common.events.types import PrintEvent
from dbt_common.exceptions.base import env_secrets, scrub_secrets

from flatmanifest._native import artifact_lines
from flatmanifest.dbt.cache.entry import entry_of, unchanged
from flatmanifest.dbt.seams import attempt, seam
from flatmanifest.dbt.warm.selector import select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


# Callbacks that ignore the events that are printed here.
SILENT = {track_behavior_change_warn}


@seam("dbt.task.list:ListTask", "generate_selectors", "lines from columns of the entry")
def generate_selectors(original: Callable[..., Any], task: ListTask) -> Iterator[str]:
    return lines_or_dbts(original, task, "selector")


@seam("dbt.task.list:ListTask", "generate_names", "lines from columns of the entry")
def generate_names(original: Callable[..., Any], task: ListTask) -> Iterator[str]:
    return lines_or_dbts(original, task, "name")


@seam("dbt.task.list:ListTask", "generate_paths", "lines from columns of the entry")
def generate_paths(original: Callable[..., Any], task: ListTask) -> Iterator[str]:
    return lines_or_dbts(original, task, "path")


@seam(
    "dbt.task.list:ListTask",
    "generate_json",
    "JSON cut out of the manifest.json that shows the same nodes",
)
def generate_json(original: Callable[..., Any], task: ListTask) -> Iterator[str]:
    """Each line is cut out of the manifest.json that dbt has just written."""
    ids = selected_by(task)
    lines = attempt(lines_of_artifact, task, ids) if ids else None
    yield from original(task) if lines is None else lines


def lines_of_artifact(task: ListTask, ids: list[str]) -> list[str] | None:
    entry = None if task.manifest is None else unchanged(task.manifest)
    path = Path(task.config.project_target_path) / "manifest.json"
    known = None if entry is None else entry.artifact(str(path))
    if known is None or known.get("stale") or has_resources_of_others():
        return None
    return artifact_lines(path, ids, list(task.args.output_keys or ()))


def lines_or_dbts(original: Callable[..., Any], task: ListTask, output: str) -> Iterator[str]:
    ids = selected_by(task)
    entry = None if task.manifest is None else entry_of(task.manifest)
    lines = attempt(entry.view().list_lines, ids, output) if ids and entry is not None else None
    yield from original(task) if lines is None else lines


def selected_by(task: ListTask) -> list[str] | None:
    """The ids that dbt would list, in dbt's order; None if the native selector cannot say."""
    if not attempt(is_known_selection, task):
        return None
    # Outside `attempt`, because dbt reports errors of these two.
    selector, spec = task.get_node_selector(), task.get_selection_spec()
    return attempt(select, selector, spec)


def is_known_selection(task: ListTask) -> bool:
    if task.manifest is None or entry_of(task.manifest) is None:
        return False
    # With a default selector, get_selection_spec fires an event, which must not be fired twice.
    is_plain = task.selection_arg or task.exclusion_arg or task.args.selector
    return bool(is_plain) or not task.config.get_default_selector_name()


def has_resources_of_others() -> bool:
    """Whether dbt may list parents for models that the models' dependencies do not have."""
    manager: Any = plugins.PLUGIN_MANAGER
    is_v2 = getattr(get_flags(), "USE_V2_PARSER", False)
    return manager is None or any(manager.hooks.values()) or bool(is_v2)


@seam("dbt.task.list:ListTask", "output_results", "all lines at once, instead of an event for each")
def output_results(original: Callable[..., Any], task: ListTask, results: Iterable[str]) -> Any:
    loggers = attempt(known_loggers)
    if loggers is None:
        return original(task, results)
    lines: list[str] = []
    try:
        # If listing fails, the lines before the failure are printed, as dbt does.
        lines.extend(results)
    finally:
        task.node_results.extend(lines)
        if lines:
            print_lines(loggers, lines)
    return task.node_results


def known_loggers() -> list[Any] | None:
    """The loggers of dbt's that print; None if one of them, or a callback, is unknown."""
    manager = get_event_manager()
    if type(manager) is not EventManager or os.environ.get("DBT_TEST_BINARY_SERIALIZATION"):
        return None
    if any(callback not in SILENT for callback in manager.callbacks):
        return None
    message = print_message()
    loggers = [logger for logger in manager.loggers if logger.filter(message)]
    # A line of JSON has a time of its own.
    is_text = all(type(logger) is _TextLogger for logger in loggers)
    return loggers if is_text and all(map(is_known, loggers)) else None


def is_known(logger: Any) -> bool:
    if type(logger) not in {_TextLogger, _JsonLogger}:
        return False
    if logger.scrubber not in {env_scrubber, NoScrubber}:
        return False
    log = logger._python_logger  # noqa: SLF001 - it writes the lines
    if log is None or not log.isEnabledFor(logging.ERROR) or log.filters or log.propagate:
        return False
    return all(
        type(handler) in {logging.StreamHandler, RotatingFileHandler}
        and not handler.filters
        and handler.level <= logging.ERROR
        and handler.formatter._fmt == "%(message)s"  # noqa: SLF001
        for handler in log.handlers
    )


def print_message(line: str = "") -> Any:
    """The event that dbt fires for a listed line."""
    return msg_from_base_event(PrintEvent(msg=line))


def print_lines(loggers: list[Any], lines: list[str]) -> None:
    """Print the lines as if dbt had fired an event for each (dbt_common.events.logger)."""
    secrets = env_secrets()
    message = print_message()
    for logger in loggers:
        beginning = logger.create_line(message)  # time, level and thread, if the logger has them
        scrubbed = lines
        if secrets and logger.scrubber is env_scrubber:
            scrubbed = [scrub_secrets(line, secrets) for line in lines]
        for handler in logger._python_logger.handlers:  # noqa: SLF001
            write(handler, [beginning + line for line in scrubbed], logger)


def write(handler: logging.StreamHandler[Any], lines: list[str], logger: Any) -> None:
    end = handler.terminator
    text = end.join(lines) + end
    if isinstance(handler, RotatingFileHandler) and may_roll_over(handler, text):
        for line in lines:
            handler.handle(record_of(line, logger))
        return
    handler.acquire()
    try:
        if handler.stream is None and isinstance(handler, logging.FileHandler):
            handler.stream = handler._open()  # noqa: SLF001
        handler.stream.write(text)
        handler.flush()
    except Exception:  # noqa: BLE001 - as StreamHandler.emit does
        handler.handleError(record_of(text, logger))
    finally:
        handler.release()


def may_roll_over(handler: RotatingFileHandler, text: str) -> bool:
    if handler.maxBytes <= 0:
        return False
    try:
        size = os.path.getsize(handler.baseFilename)  # noqa: PTH202
    except OSError:
        return True
    return size + len(text.encode(errors="replace")) >= handler.maxBytes


def record_of(line: str, logger: Any) -> logging.LogRecord:
    return logging.LogRecord(logger.name, logging.ERROR, "", 0, line, None, None)
