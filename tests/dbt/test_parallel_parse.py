"""Parsing by several processes, compared with dbt's own parsing."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.session import UNSTABLE_LINES
from tests.dbt.template import PYTHON
from tests.dbt.test_cold_parse import (
    make_many,
    without_frames,
)
from tests.dbt.test_dbt_parity import Step, compare, run_both
from tests.projects.parsed import PRIVATE
from tests.running import run_program

THREADED = {"TEST_THREADED": "1"}
WORKERS = {"FLATMANIFEST_PARSE_WORKERS": "2", "TEST_LEAST_WEIGHT": "0"}
# The log goes to the screen, where its lines keep their order.
PARSE = ["dbt", "parse", "--no-partial-parse", "--log-level", "debug"]
AGAIN = ["dbt", "parse", "--log-level", "debug"]


def beside_dbt(
    directory: Path,
    steps: list[Step],
    counted: str = "parsed_by_workers",
    both: dict[str, str] | None = None,
) -> list[int]:
    """Compare the steps; return a count of each, by default the files that workers parsed."""
    variables = (both or {}, {**(both or {}), **WORKERS})
    records = run_both(directory, steps, make=make_many, variables=variables)
    for step, pair in zip(steps, records, strict=True):
        if step[0] == "dbt":
            compare_in_order(step, *pair)
    return [
        ours[counted] for step, (_, ours) in zip(steps, records, strict=True) if step[0] == "dbt"
    ]


def compare_in_order(step: Step, *pair: dict[str, Any]) -> None:
    for record in pair:
        said = without_frames(record["stdout"])
        record["stdout"] = [
            line for line in said if not any(unstable in line for unstable in UNSTABLE_LINES)
        ]
        record["log"] = []  # the log is on the screen
    compare(step, *pair)


def test_everything_is_parsed_as_by_dbt(tmp_path: Path) -> None:
    taken = beside_dbt(tmp_path, [PARSE, PARSE, AGAIN, ["dbt", "ls"]])
    assert taken[0] > 40
    # dbt has used the static parser in this process, which has threads since: workers are forked
    # from another process.
    assert taken == [taken[0], taken[0], 0, 0]


SCHEMA_NAME = """
{% macro generate_schema_name(custom, node) %}
{{ env_var('PREFIX') }}_{{ env_var('NOT_THERE', 'x') }}_{{ custom or target.schema }}
{% endmacro %}
"""
READING_YAML = """
models:
  - name: reads
    description: "{{ env_var('PREFIX') }}"
    config: {alias: "{{ env_var('PREFIX') }}_reads"}
    columns:
      - name: id
        data_tests:
          - accepted_values: {arguments: {values: ["{{ env_var('PREFIX') }}"]}}
"""
ENVIRONMENT: list[Step] = [
    ["setenv", "PREFIX", "one"],
    ["write", "macros/names.sql", SCHEMA_NAME],
    ["write", "models/many/reads.sql", "select '{{ env_var('PREFIX') }}' as id"],
    ["write", "models/many/reads.yml", READING_YAML],
]


STARTED = "{{ config(tags=['at a time: ' ~ (run_started_at is not none)]) }} select 1 as id"


def test_a_worker_knows_when_dbt_started(tmp_path: Path) -> None:
    started: Step = ["write", "models/many/started.sql", STARTED]
    assert beside_dbt(tmp_path, [started, PARSE])[0] > 40


def test_variables_that_files_and_macros_read(tmp_path: Path) -> None:
    steps = [*ENVIRONMENT, PARSE, ["setenv", "PREFIX", "two"], AGAIN, AGAIN, ["dbt", "ls"]]
    assert beside_dbt(tmp_path, steps)[0] > 40


SAYING = [
    "{{ log('said by a model', info=true) }} select 1 as id",
    "{{ print('printed') }} select 1 as id",
    "{{ exceptions.warn('warned of') }} select 1 as id",
    "{{ config(no_such_key=5, meta={'a': 1}) }} select 1 as id",
    "{{ config(pre_hook=\"{{ log('from a hook', info=true) }}\") }} select 1 as id",
    "{% set x = adapter.get_columns_in_relation(this) %} select {{ x | length }} as id",
    "{% set x = run_query('select 1') %} select 1 as id",
    "{% set x = modules.itertools.count %} select 1 as id",
    "{% do adapter.create_schema(this) %} select 1 as id",
]
OLD_YAML = """
models:
  - name: many_1_again
    tests: [{unique: {column_name: id}}]
    no_such: property
  - name: nobody
    description: Of no model
seeds:
  - name: said_0
    description: Of a model
"""


def test_what_is_said_is_said_in_its_order(tmp_path: Path) -> None:
    models: list[Step] = [
        ["write", f"models/many/said_{n}.sql", text] for n, text in enumerate(SAYING)
    ]
    more: list[Step] = [
        [
            "write",
            "models/many/many_1_again.sql",
            "select * from {{ ref('many_1') }}",
        ],
        ["write", "models/many/old.yml", OLD_YAML],
    ]
    loud = [*PARSE, "--show-all-deprecations"]
    taken = beside_dbt(tmp_path, [*models, *more, PARSE, loud, [*PARSE, "--warn-error"]])
    assert taken[0] > 40


def divided_yaml(*more: str, count: int = 24) -> str:
    """Return properties of many models, some of which make dbt warn about models and tests."""
    lines = ["models:"]
    for number in range(count):
        lines += [
            f"  - name: divided_{number}",
            f"    description: \"{{{{ doc('of_{number % 3}') }}}}\"",
            f"    meta: {{number: {number}}}" if number % 4 else f"    no_such_{number}: property",
            "    columns:",
            "      - name: id",
            "        data_tests:",
            "          - unique",
            f"          - accepted_values: {{values: [{number}], config: {{severity: warn}}}}",
        ]
        if number % 5 == 0:
            lines += [f"  - name: nobody_{number}", "    description: Of no model"]
    return "\n".join([*lines, *more, ""])


DIVIDED: list[Step] = [
    *(
        ["write", f"models/divided/divided_{number}.sql", f"select {number} as id"]
        for number in range(24)
    ),
    [
        "write",
        "docs/of.md",
        "".join(f"{{% docs of_{n} %}}{n}{{% enddocs %}}" for n in range(3)),
    ],
    ["write", "models/divided/_divided.yml", divided_yaml()],
]
LOUD = [*PARSE, "--show-all-deprecations"]
PARTS = "put_together"  # the number of schema files that were parsed in parts
OF_MAKE_MANY = 3  # the number of make_many's schema files that are divided, too


def test_a_schema_file_in_parts(tmp_path: Path) -> None:
    """Several workers share the models of the file; the result must serve a partial parse."""
    edits: list[Step] = [
        ["write", "models/divided/_divided.yml", divided_yaml(count=23)],
        AGAIN,
        ["write", "models/divided/divided_3.sql", "select 33 as id"],
        AGAIN,
        ["remove", "models/divided/_divided.yml"],
        AGAIN,
    ]
    taken = beside_dbt(tmp_path, [*DIVIDED, LOUD, *edits], PARTS)
    assert taken == [OF_MAKE_MANY + 1, 0, 0, 0]


def test_in_a_thread_of_a_program_too(tmp_path: Path) -> None:
    """A process with threads cannot be forked (test_forkserver.py)."""
    changes: list[Step] = [
        ["append", f"models/many/many_{number}.sql", "\n-- changed"] for number in range(30)
    ]
    steps = [*ENVIRONMENT, *DIVIDED, LOUD, *changes, AGAIN, ["dbt", "ls"]]
    taken = beside_dbt(tmp_path, steps, both=THREADED)
    assert taken[0] > 70
    assert taken[1] >= 30
    assert taken[2] == 0


TWICE = "  - name: divided_1\n    description: Again"
READING = "  - name: divided_23\n    config: {alias: \"{{ env_var('PREFIX') }}\"}"
UNSOUND = "  - name: divided_23\n    columns: {id: 5}"


@pytest.mark.parametrize("more", [TWICE, READING, UNSOUND])
def test_parts_that_describe_the_same_resource_are_left_to_dbt(tmp_path: Path, more: str) -> None:
    text = divided_yaml(more, count=23)
    variable: Step = ["setenv", "PREFIX", "one"]
    steps = [*DIVIDED[:-1], variable, ["write", "models/divided/_divided.yml", text], LOUD]
    assert beside_dbt(tmp_path, steps, PARTS) == [OF_MAKE_MANY]


def test_how_a_file_is_divided() -> None:
    from flatmanifest.dbt.workers.schema_parts import Part, divisible, parts_of, sum_of

    divided = [(part.begin, part.end, weight) for part, weight in parts_of("f", [2, 2, 9, 1, 1], 4)]
    assert divided == [(0, 2, 4), (2, 3, 9), (3, 5, 2)]
    assert list(parts_of("f", [1], 0.5)) == [(Part("f", 0, 1), 1)]
    assert divisible({"version": 2, "models": [{}]}) == "models"
    wholes: list[dict[str, Any]] = [
        {},
        {"models": []},
        {"models": {}},
        {"models": [{}], "seeds": [{}]},
        {"sources": [{}]},
    ]
    for whole in wholes:
        assert divisible(whole) is None
    assert sum_of([{"a": [1], "b": None}, {"c": {"d": [2]}, "a": [3]}]) == {
        "a": [1, 3],
        "b": None,
        "c": {"d": [2]},
    }
    with pytest.raises(ValueError, match="5"):
        sum_of([{"a": 5}, {"a": 6}])


def test_workers_that_die_leave_it_to_dbt(tmp_path: Path) -> None:
    variables = {**WORKERS, "TEST_KILL_WORKERS": "1"}
    [(vanilla, ours)] = run_both(tmp_path, [PARSE], make=make_many, variables=({}, variables))
    warned = [line for line in ours["stdout"] if "leaves this to dbt" in line]
    assert len(warned) == 1
    assert "WorkerDiedError: a worker ended by SIGKILL" in warned[0]
    assert ours["parsed_by_workers"] == 0
    assert ours["artifacts"] == vanilla["artifacts"]


def test_an_invalid_number_of_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from flatmanifest.dbt.workers import pool

    for text in ("0", "-1", "many", "1.5"):
        monkeypatch.setenv(pool.VARIABLE, text)
        with pytest.raises(ValueError, match=f"{pool.VARIABLE} is '{text}'"):
            pool.wanted()
    monkeypatch.setenv(pool.VARIABLE, "3")
    assert pool.wanted() == 3
    monkeypatch.delenv(pool.VARIABLE)
    assert pool.wanted() == len(os.sched_getaffinity(0))


def writing_its_number() -> Callable[[int, Path], None]:
    def perform(number: int, segment: Path) -> None:
        segment.write_text(f"{number} by {os.getpid()}")

    return perform


def test_every_task_is_done_once_and_nothing_stays() -> None:
    from flatmanifest.dbt.workers.pool import Copies, Workers

    pool = Workers(3, 500, Copies(writing_its_number))
    processes = {*pool.running.values()}
    found = [pool.result(number).read_text().split(" by ") for number in range(500)]
    assert [int(number) for number, _ in found] == list(range(500))
    assert {int(process) for _, process in found} <= processes
    assert os.getpid() not in processes
    pool.stop()
    assert not pool.directory.exists()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def failing() -> Callable[[int, Path], None]:
    raise OSError


def waiting() -> Callable[[int, Path], None]:
    lock = threading.Lock()
    lock.acquire()

    def perform(_number: int, _segment: Path) -> None:
        lock.acquire()

    return perform


@pytest.mark.parametrize(
    ("prepare", "message"), [(failing, "with status 1"), (waiting, "have used no processor time")]
)
def test_workers_that_never_finish(
    prepare: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flatmanifest.dbt.workers import pool

    monkeypatch.setattr(pool, "SECONDS_IDLE", 0.3)
    workers = pool.Workers(2, 4, pool.Copies(prepare))
    try:
        with pytest.raises(pool.WorkerDiedError, match=message):
            workers.result(0)
    finally:  # processes that stay would keep the session's template open
        workers.stop()
    assert not workers.directory.exists()


def test_a_process_with_other_threads_is_not_copied() -> None:
    from flatmanifest.dbt.workers.pool import can_fork, has_native_threads

    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert not can_fork()
        assert has_native_threads()
    finally:
        end.set()
        thread.join()


def test_the_static_parser_is_known_to_have_started_threads() -> None:
    """Threads may be the static parser's after dbt has called it, or if they precede the plugin."""
    program = """
import threading
{}
from flatmanifest.dbt.switch import switch_on
switch_on()
from flatmanifest.dbt.workers import static_parser
from dbt.parser import models
print(static_parser.has_worked())
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(static_parser.has_worked())
models.py_extract_from_source("select 1")
print(static_parser.has_worked())
"""
    late = "threading.Thread(target=threading.Event().wait, daemon=True).start()"
    for before, expected in (("", "False False True"), (late, "True True True")):
        done = subprocess.run(
            [sys.executable, "-c", program.format(before)],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        assert done.stdout.split() == expected.split()


def test_how_far_a_parse_is_is_said_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dbt_common.events.event_manager_client import get_event_manager

    from flatmanifest.dbt.progress import line

    loggers = [*get_event_manager().loggers]
    quick = line.Progress(10)
    quick.advance()
    quick.end()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(line, "SECONDS_BEFORE", 0.0)
    slow = line.Progress(2000)
    slow.started -= 4
    slow.advance()
    said = capsys.readouterr()
    assert said.out == ""
    assert "Parsing: 1 of 2,000 files, 0 a second" in said.err
    assert not get_event_manager().loggers[0].filter(None)
    slow.end()
    assert capsys.readouterr().err == "\r\r"  # click writes no escape sequences without a terminal
    assert get_event_manager().loggers == loggers


SEARCHING = """
import pathlib, sys
import dbt_flatmanifest
from flatmanifest.dbt.workers import parse_project, pool

parse_project.LEAST_WEIGHT = parse_project.LEAST_FILES = 0
stop = pool.Workers.stop
found = []

def searched(self):
    found.extend(path.read_bytes() for path in self.directory.glob("*.fman"))
    stop(self)

pool.Workers.stop = searched
from dbt.cli.main import dbtRunner
assert dbtRunner().invoke(["parse", "--quiet"]).success
assert any(b"HIDDEN" in segment for segment in found)
assert not any(b"q7Zx-value" in segment for segment in found)
"""


WITH_A_THREAD = """
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


@pytest.mark.parametrize("before", ["", WITH_A_THREAD])
def test_values_of_variables_are_in_no_segment(tmp_path: Path, before: str) -> None:
    make_many(tmp_path / "project")
    model = tmp_path / "project" / "models" / "many" / "reads.sql"
    model.write_text("{% if env_var('HIDDEN') %}select 1 as id{% endif %}")
    variables = {**PRIVATE, **WORKERS, "FLATMANIFEST": "1", "HIDDEN": "q7Zx-value"}
    profiles = {"DBT_PROFILES_DIR": str(tmp_path / "project")}
    program = [PYTHON, "-c", before + SEARCHING]
    run_program(program, tmp_path / "project", {**variables, **profiles})


def test_progress_ignores_a_terminal_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt_common.events.event_manager_client import get_event_manager

    from flatmanifest.dbt.progress import line

    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.EIO, "gone")

    monkeypatch.setattr(line, "SECONDS_BEFORE", 0.0)
    monkeypatch.setattr(sys, "stderr", Gone())
    shown = line.Progress(10)
    shown.started -= 1
    shown.advance()
    assert not get_event_manager().loggers[0].filter(None)
    shown.end()
    assert not any(isinstance(each, line.Clearing) for each in get_event_manager().loggers)
