"""Random command lines mean to the front door what they mean to dbt (click).

The front door looks a transcript up by all options that it does not evaluate. So two command lines
may have one transcript only if dbt has the same values for these options. The options that it does
evaluate are compared by its answers, with those to a plain spelling of dbt's values.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flatmanifest._native import transcript_path
from tests.dbt.session import text_of
from tests.dbt.warm import dbt, is_told
from tests.projects import generate
from tests.randomness import seeded

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

LINES = 3_000
ANSWERED = 40
SEED = 20_000
FLAGS = (
    "cache-selected-only", "debug", "defer", "fail-fast", "favor-state", "log-cache-events",
    "partial-parse", "populate-cache", "print", "quiet", "send-anonymous-usage-stats",
    "show-all-deprecations", "single-threaded", "static-parser", "use-colors", "use-colors-file",
    "use-fast-test-edges", "version-check", "write-json", "warn-error", "no-such-flag",
)  # fmt: skip
VALUES = {
    "defer-state": ["state"],
    "log-file-max-bytes": ["0", "5000", "many"],
    "log-format": ["json", "text", "debug", "default"],
    "log-format-file": ["json", "debug"],
    "log-level": ["debug", "warn", "none", "loud"],
    "log-level-file": ["info", "none"],
    "log-path": ["logs", "other"],
    "maximum-seed-size-mib": ["1", "2"],
    "printer-width": ["80", "100", "wide"],
    "profile": ["small_everything"],
    "profiles-dir": ["."],
    "project-dir": ["."],
    "state": ["state"],
    "target": ["dev"],
    "target-path": ["target", "other"],
    "vars": ["{a: 1}", "a: 1", "", "{"],
    "warn-error-options": ["{error: []}", "error: all"],
    "threads": ["1", "2", "x"],
}
SHORT = {"debug": "-d", "fail-fast": "-x", "quiet": "-q", "target": "-t"}
# The options of `ls` that the front door evaluates itself.
LISTS = {
    "select": ["stg_orders", "tag:staging", "+customers", "a b", "no_such_model", "1+orders,tag:x"],
    "models": ["stg_orders", "customers+"],
    "exclude": ["stg_orders", "resource_type:test", "tag:staging"],
    "resource-type": ["model", "test", "model test", "all", "default", "nonsense"],
    "resource-types": ["seed", "source"],
    "exclude-resource-type": ["test", "unit_test", "model seed"],
    "output-keys": ["name", "name tags", "unique_id"],
}
WORDS = {
    "selector": ["nightly", "none_such"],
    "output": ["json", "name", "path", "selector", "nonsense"],
    "indirect-selection": ["eager", "cautious", "buildable", "empty", "nonsense"],
}
LIST_SHORT = {"select": "-s", "models": "-m"}
STRAY = ("--", "-", "", "stg_orders", "ls", "--select", "-s", "--output=", "--vars", "-qd", "-dq")
EVALUATED = {
    *("SELECT", "MODELS", "EXCLUDE", "RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES", "OUTPUT_KEYS"),
    *("SELECTOR", "OUTPUT", "INDIRECT_SELECTION"),
}
# Flags in which dbt notes the command line itself.
UNCOMPARED = {"INVOCATION_COMMAND", "WHICH"}


def a_flag(choose: random.Random) -> list[str]:
    name = choose.choice(FLAGS)
    if name in SHORT and choose.random() < 0.3:
        return [SHORT[name]]
    return [f"--{'no-' if choose.random() < 0.4 else ''}{name}"]


def with_value(choose: random.Random, name: str, values: list[str], short: str | None) -> list[str]:
    form = choose.random()
    value = choose.choice(values)
    if short is not None and form < 0.3:
        return [short + value] if form < 0.15 else [short, value]
    return [f"--{name}={value}"] if form < 0.6 else [f"--{name}", value]


def of_a_list(choose: random.Random) -> list[str]:
    if choose.random() < 0.3:
        name = choose.choice([*WORDS])
        return with_value(choose, name, WORDS[name], None)
    name = choose.choice([*LISTS])
    words = with_value(choose, name, LISTS[name], LIST_SHORT.get(name))
    while choose.random() < 0.3:
        words.append(choose.choice(LISTS[name]))
    return words


def a_setting(choose: random.Random) -> list[str]:
    if choose.random() < 0.5:
        return a_flag(choose)
    name = choose.choice([*VALUES])
    return with_value(choose, name, VALUES[name], SHORT.get(name))


def a_line(choose: random.Random) -> list[str]:
    """A command line, of which most are right."""
    before = [word for _ in range(choose.choice([0, 0, 1, 2])) for word in a_setting(choose)]
    command = choose.choice(["ls", "ls", "list", "parse"])
    after: list[str] = []
    for _ in range(choose.choice([0, 1, 2, 3])):
        lists = command != "parse" or choose.random() < 0.05
        after += (of_a_list if lists and choose.random() < 0.5 else a_setting)(choose)
    line = [*before, command, *after]
    if choose.random() < 0.1:
        line.insert(choose.randrange(len(line) + 1), choose.choice(STRAY))
    return line


def values_of_dbt(line: list[str]) -> dict[str, Any] | None:
    """Return the values of dbt's flags; None if dbt refuses the command line."""
    from dbt.cli.flags import Flags
    from dbt.cli.main import cli

    group: Any = cli
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            context = group.make_context("dbt", list(line))
            name, command, rest = group.resolve_command(
                context, [*getattr(context, "_protected_args", []), *context.args]
            )
            flags = Flags(command.make_context(name, rest, parent=context))
    except (Exception, SystemExit):
        return None
    values = vars(flags).items()
    return {key: value for key, value in values if key.isupper() and key not in UNCOMPARED}


@pytest.fixture(autouse=True)
def _environment_of_before() -> Iterator[None]:
    """Take back the variables DBT_ENGINE_… that dbt's flags set in this process."""
    before = {**os.environ}
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    generate("small_everything", directory, None)
    (directory / "state").mkdir()
    monkeypatch.chdir(directory)
    for name in [*os.environ]:
        if name.startswith("DBT_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "argv", ["dbt"])
    return directory


@pytest.mark.usefixtures("project")
def test_one_transcript_is_for_one_meaning() -> None:
    choose = seeded(SEED)
    programs = str(Path(sys.executable).parent)
    meanings: dict[str, tuple[list[str], dict[str, Any]]] = {}
    known = refused = shared = 0
    for _ in range(LINES):
        line = a_line(choose)
        path = transcript_path(line, programs)
        if path is None:
            continue
        values = values_of_dbt(line)
        if values is None:
            # Wrong values, such as --log-level loud, are dbt's to refuse: nothing is recorded.
            refused += 1
            continue
        known += 1
        unevaluated = {key: repr(each) for key, each in values.items() if key not in EVALUATED}
        first, expected = meanings.setdefault(path, (line, unevaluated))
        shared += first is not line
        assert unevaluated == expected, (first, line)
    assert known > LINES // 4
    assert shared > LINES // 20
    assert refused > 0


def listing(choose: random.Random) -> list[str]:
    """A command line of `ls` with options that the front door evaluates, but for --models.

    Where dbt deprecates --models depends on its spelling.
    """
    line = ["ls"]
    while len(line) < 2 or choose.random() < 0.6:
        line += of_a_list(choose)
    is_plain = not any(word.startswith(("-m", "--models")) for word in line)
    return line if is_plain else listing(choose)


def plain_spelling(values: dict[str, Any]) -> list[str]:
    """Each value that dbt has read, behind an option of its own."""
    line = ["ls"]
    for option, key in {
        "select": "SELECT",
        "exclude": "EXCLUDE",
        "resource-type": "RESOURCE_TYPES",
        "exclude-resource-type": "EXCLUDE_RESOURCE_TYPES",
        "output-keys": "OUTPUT_KEYS",
    }.items():
        for value in values[key] or ():
            line += [f"--{option}", value]
    for option, key in {
        "selector": "SELECTOR",
        "output": "OUTPUT",
        "indirect-selection": "INDIRECT_SELECTION",
    }.items():
        if values[key] is not None:
            line += [f"--{option}", values[key]]
    return line


def test_options_of_ls_are_read_as_dbt_reads_them(
    kept_warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = seeded(SEED + 1)
    monkeypatch.chdir(kept_warm)
    monkeypatch.setattr(sys, "argv", ["dbt"])
    answered = 0
    while answered < ANSWERED:
        line = listing(choose)
        values = values_of_dbt(line)
        if values is None:
            continue
        typed = dbt(kept_warm, *line)
        if not is_told(typed):  # a value that dbt refuses
            continue
        plain = dbt(kept_warm, *plain_spelling(values))
        assert is_told(plain), (line, plain_spelling(values))
        assert lines_of(typed.stdout) == lines_of(plain.stdout), (line, plain_spelling(values))
        answered += 1


def lines_of(text: str) -> list[str]:
    return [*map(text_of, text.splitlines())]
