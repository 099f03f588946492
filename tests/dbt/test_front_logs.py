"""Logs of JSON, and what dbt says of a selection: the front door prints the same.

dbt alone runs in the same directory before, so that every path is the same.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.meanings import RELEASE
from tests.dbt.session import text_of
from tests.dbt.test_one_run import recorded
from tests.dbt.warm import dbt, is_told
from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.warm import Done

# Each changes from command to command, and has a form that must stay.
FORMS = {
    "ts": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z"),
    "completed_at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z"),
    "invocation_id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "process_in_blocks": re.compile(r"\d+"),
    "process_mem_max_rss": re.compile(r"\d+"),
    "process_out_blocks": re.compile(r"\d+"),
}
NUMBERS = {
    "pid": int,
    **dict.fromkeys(("elapsed", "command_wall_clock_time"), float),
    **dict.fromkeys(("process_user_time", "process_kernel_time"), float),
}
ODD = '{a: "x\\"é"}'


def stable(value: Any, key: str = "") -> Any:
    """Return a value without what changes, after a look at its form."""
    if key in NUMBERS:
        assert isinstance(value, NUMBERS[key]), (key, value)
        return key
    if key in FORMS:
        assert FORMS[key].fullmatch(value), (key, value)
        return key
    if isinstance(value, dict):
        return {name: stable(each, name) for name, each in value.items()}
    if isinstance(value, str) and "running dbt with arguments" in value:
        return sorted(re.findall(r"'[^']*': '(?:[^'\\]|\\.)*'", value))  # they have no order
    if isinstance(value, str) and value.startswith("Resource report: "):
        return stable(json.loads(value.partition(": ")[2]))
    return text_of(value) if isinstance(value, str) else value


def events_of(text: str) -> list[Any]:
    lines = text.splitlines()
    events = [json.loads(line) for line in lines]
    # dbt writes the keys in order, and characters beyond ASCII escaped.
    for event, line in zip(events, lines, strict=True):
        written = json.dumps(event, sort_keys=True)
        if event["info"]["name"] not in {"ResourceReport", "CommandCompleted"}:
            assert written == line
    return [stable(event) for event in events]


def in_words(done: Done, _project: Path) -> list[Any]:
    return [re.sub(r"\d\d:\d\d:\d\d", "TIME", line) for line in done.stdout.splitlines()]


def both(project: Path, *arguments: str) -> tuple[Done, Done, list[Any]]:
    """Run dbt alone, then dbt until the front door answers. Return the first and the last."""
    log = project / "logs" / "dbt.log"
    for _ in range(2):  # the second starts warm
        log.unlink(missing_ok=True)
        alone = dbt(project, *arguments, FLATMANIFEST="0")
    logged = log.read_text()
    recorded(project, *arguments)
    log.unlink()
    native = dbt(project, *arguments)
    assert is_told(native), native.stderr
    return alone, native, [logged, log.read_text()]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("front-logs") / "project"
    generate("small_everything", project, None)
    return project


@pytest.mark.parametrize(
    "arguments",
    [
        ["--log-format", "json", "--log-level", "debug", "ls", "-s", "+customers", "no_such_model"],
        ["--log-format", "json", "--debug", "ls", "--vars", ODD, "--output", "json"],
        ["--log-format", "json", "parse"],
    ],
)
def test_lines_of_json(project: Path, arguments: list[str]) -> None:
    alone, native, logs = both(project, *arguments)
    assert events_of(alone.stdout) == events_of(native.stdout)
    assert events_of(logs[0]) == events_of(logs[1])
    assert alone.returncode == native.returncode == 0


def test_json_in_the_file_alone(project: Path) -> None:
    alone, native, logs = both(project, "--log-format-file", "json", "ls", "-s", "no_such_model")
    assert in_words(alone, project) == in_words(native, project)
    assert events_of(logs[0]) == events_of(logs[1])


@pytest.mark.parametrize(
    "selection",
    [["-s", "no_such_model"], ["-s", "tag:no,fqn:such", "stg_orders"], ["-s", "a", "b", "--quiet"]],
)
def test_selections_that_match_nothing(project: Path, selection: list[str]) -> None:
    alone, native, _ = both(project, "ls", *selection)
    assert in_words(alone, project) == in_words(native, project)
    assert alone.returncode == native.returncode == 0


def test_one_transcript_serves_selections_with_and_without_warnings(project: Path) -> None:
    recorded(project, "ls")
    for selection in (["-s", "no_such_model"], ["-s", "stg_orders"], []):
        assert is_told(dbt(project, "ls", *selection))


@pytest.mark.parametrize(
    ("option", "status"),
    [
        pytest.param(
            ["--warn-error"],
            2,
            marks=pytest.mark.skipif(RELEASE >= (1, 12), reason="dbt 1.12 warns of the project"),
        ),
        (["--warn-error-options", "{error: [NoNodesForSelectionCriteria]}"], 2),
        (["--warn-error-options", "{silence: [NoNodesForSelectionCriteria]}"], 0),
    ],
)
def test_warnings_that_are_errors_or_silenced(
    project: Path, option: list[str], status: int
) -> None:
    """Such a selection is left to dbt each time; the front door serves one without a warning."""
    recorded(project, *option, "ls", "-s", "stg_orders")
    assert is_told(dbt(project, *option, "ls", "-s", "stg_orders"))
    done = dbt(project, *option, "ls", "-s", "no_such_model")
    assert not is_told(done)
    assert done.returncode == status, done.stdout


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_arguments_that_are_not_text_are_left_to_dbt(project: Path, log_format: str) -> None:
    """Python decodes such bytes to characters that no file has, and dbt answers as ever."""
    option = ["--log-format", log_format]
    recorded(project, *option, "ls")
    for argument in (b"tag:\xff", b"tag:\xed\xa0\x80"):
        found = []
        for side in ("0", "1"):
            done = dbt(project, *option, "ls", "-s", os.fsdecode(argument), FLATMANIFEST=side)
            found.append((done.returncode, len(done.stdout.splitlines())))
        assert found[0] == found[1]
        assert not is_told(done)
        assert "Traceback" not in done.stderr


def test_a_default_selector(project: Path) -> None:
    selectors = project / "selectors.yml"
    before = selectors.read_text()
    selectors.write_text(before.replace("default: false", "default: true", 1))
    try:
        for arguments in (["ls"], ["ls", "--resource-type", "seed"]):
            alone, native, _ = both(project, *arguments)
            assert any("efault selector" in line for line in in_words(native, project))
            assert in_words(alone, project) == in_words(native, project)
        assert is_told(dbt(project, "ls", "-s", "stg_orders"))
        assert is_told(dbt(project, "ls", "--selector", "sources_and_children"))
    finally:
        selectors.write_text(before)
