"""``flatmanifest dbt`` compared with dbt, through random edits and commands.

dbt alone and the executable run in two copies of a project. FLATMANIFEST_FRONT_DOOR_STEPS asks for
more steps than `make test` has time for, FLATMANIFEST_FRONT_DOOR_SEED for other stories.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.meanings import MEANINGS
from tests.dbt.session import UNSTABLE_LINES, text_of
from tests.dbt.sides import ROOT, Side
from tests.dbt.template import PROGRAM, PYTHON
from tests.dbt.test_dbt_parity import EVERY_COMMAND, compare
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Iterator

Step = list[Any]
STEPS = int(os.environ.get("FLATMANIFEST_FRONT_DOOR_STEPS", "30"))
FIRST_SEED = int(os.environ.get("FLATMANIFEST_FRONT_DOOR_SEED", "0"))
COMPLAINT = "flatmanifest failed and leaves this to dbt (FormatError"
TRACE, DAMAGED = "flatmanifest: Traceback (most recent call last)", "flatmanifest.FormatError: "
# Runs commands in new processes: a copy of the template cannot show everything.
REAL_PROGRAM = Path(sys.executable).with_name("flatmanifest")

COMMANDS: list[list[str]] = [
    ["ls"],
    ["ls", "--select", "+customers"],
    ["ls", "-q"],
    ["--quiet", "list", "-s", "tag:staging", "config.materialized:table"],
    ["ls", "--output", "name", "--resource-type", "model", "--exclude", "stg_orders"],
    ["ls", "--output", "path", "--resource-types", "model", "seed"],
    ["ls", "--output", "json", "--select", "stg_orders", "customers+"],
    ["ls", "--output", "json", "--output-keys", "name tags", "--select", "stg_orders"],
    ["ls", "--select", "customers", "--indirect-selection", "cautious"],
    ["ls", "--select", "no_such_model"],
    ["ls", "--select", "no_such_model", "stg_orders", "tag:no_such_tag", "--output", "json"],
    ["ls", "--log-format", "json", "--select", "+customers"],
    ["ls", "--log-format-file", "json", "--select", "no_such_model"],
    ["--log-format", "json", "--log-level", "debug", "parse"],
    ["ls", "--select", "bad_method:x"],
    ["ls", "--selector", "nightly", "--output", "name"],
    ["ls", "--output", "json", "--output-keys", "unique_id alias schema tags description config"],
    ["ls", "--selector", "no_such_selector"],
    ["ls", "--no-use-colors", "--select", "path:models/staging"],
    ["ls", "--log-level-file", "none", "--select", "stg_orders+1"],
    ["ls", "--debug", "--select", "stg_orders"],
    ["ls", "--profiles-dir", ".", "--target-path", "target", "--select", "@stg_orders"],
    ["ls", "--select", "state:modified+", "--state", "earlier"],
    ["ls", "--state", "earlier", "--exclude", "state:old", "--output", "json"],
    ["ls", "--state", "earlier", "--defer", "--select", "state:new", "stg_orders", "-q"],
    ["parse"],
    ["parse", "--quiet"],
    ["parse", "--no-write-json"],
    ["compile", "--threads", "1", "--select", "stg_orders"],
]


KEEP: Step = ["copy_file", "target/manifest.json", "earlier/manifest.json"]
CLOCK = "{{ '' if run_started_at else 'never' }}"
# The directory of a story's package, and the files that name it.
OF_PACKAGES = frozenset({"packages.yml", "dependencies.yml", "dbt_packages"})
# dbt fails with a traceback, which has frames of the plugin; test_meaning.py has this edit instead.
NOT_IN_STORIES = {"catalogs"}
# With these edits, every command of dbt fails at once.
FAILING = {
    *("a package that is not installed", "a broken dependencies.yml", "a profile that is wrong"),
    "dependencies",
}


def files_of(name: str) -> frozenset[str]:
    """Return the files, or their top directories, that the edit of a name changes."""
    paths = {path for step in MEANINGS[name][0] for path in step[1:3] if "\n" not in path}
    return frozenset(
        path.partition("/")[0] if path.startswith("dbt_packages/") else path for path in paths
    )


class Story:
    """Random steps, each of which is possible after the steps before it."""

    def __init__(self, seed: int) -> None:
        self.choice = seeded(seed)
        self.has_dates = seed % 2 == 1
        self.extra: dict[str, str] = {}
        self.count = 0
        self.has_link = False
        self.has_package = False
        self.toggled: set[str] = set()
        self.undoing: dict[str, list[Step]] = {}  # by the name of a change of meaning

    def steps(self, count: int) -> list[Step]:
        found: list[Step] = [["dbt", "ls"], ["dbt", "ls"], ["dbt", "ls"]]
        if not self.has_dates:  # with dates, dbt 1.12 answers to --state alone
            found.insert(0, ["replace", "models/marts/_marts.yml", "2024-03-01", "'2024-03-01'"])
            found.insert(0, ["replace", "models/staging/_staging.yml", "2024-02-03", "recently"])
        found += [["mkdir", "earlier"], KEEP]
        favourite = self.choice.sample(COMMANDS, 5)
        while len(found) < count:
            if self.choice.random() < 0.3:
                found += self.edit()
            # Repeated commands are the ones that the front door answers.
            pool = favourite if self.choice.random() < 0.7 else COMMANDS
            command = ["dbt", *self.choice.choice(pool)]
            found += [command] * self.choice.choice([1, 2, 2, 3])
        return found

    def edit(self) -> list[Step]:
        edits = [
            *[self.add, self.add, self.change, self.change, self.change_unseen, self.remove],
            *[self.rename, self.touch, self.describe, self.comment, self.link, self.toggle],
            *[self.toggle, self.damage, self.lose, self.set_variable, self.break_it],
            *[self.package, self.mean, self.mean, self.use_clock, self.keep],
        ]
        return list(self.choice.choice(edits)())

    def add(self) -> Iterator[Step]:
        self.count += 1
        path = f"models/marts/extra_{self.count}.sql"
        name = self.choice.choice(
            ["'FRONT_DOOR'", "'FRONT_' ~ 'DOOR'", "['FRONT', 'DOOR']|join('_')"]
        )
        self.extra[path] = f"select 1 as a, '{{{{ env_var({name}, 'none') }}}}' as b"
        yield ["write", path, self.extra[path]]

    def pick(self) -> str | None:
        return self.choice.choice(sorted(self.extra)) if self.extra else None

    def change(self) -> Iterator[Step]:
        if path := self.pick():
            self.extra[path] = f"select {self.choice.randint(1, 9)} as a"
            yield ["write", path, self.extra[path]]

    def change_unseen(self) -> Iterator[Step]:
        if path := self.pick():
            old = self.extra[path]
            new = old.replace("as a", "as " + self.choice.choice("bcde"))
            if new != old:
                self.extra[path] = new
                yield ["rewrite", path, old, new]

    def remove(self) -> Iterator[Step]:
        if path := self.pick():
            del self.extra[path]
            yield ["remove", path]

    def rename(self) -> Iterator[Step]:
        if path := self.pick():
            self.count += 1
            new = f"models/staging/extra_{self.count}.sql"
            self.extra[new] = self.extra.pop(path)
            yield ["rename", path, new]

    def touch(self) -> Iterator[Step]:
        yield ["touch", "models/staging/stg_orders.sql"]

    def describe(self) -> Iterator[Step]:
        yield ["append", "docs/descriptions.md", "\n<!-- another line -->\n"]

    def comment(self) -> Iterator[Step]:
        path = self.choice.choice(
            ["models/staging/_staging.yml", "seeds/_seeds.yml", "models/marts/_marts.yml"]
        )
        yield ["append", path, "\n# another line\n"]

    def link(self) -> Iterator[Step]:
        if not self.has_link:
            self.has_link = True
            yield ["mkdir", "elsewhere"]
            yield ["write", "elsewhere/linked.sql", "select 1 as linked"]
            yield ["link", "../elsewhere", "models/linked"]
        else:
            number = self.choice.randint(1, 9)
            yield ["write", "elsewhere/linked.sql", f"select {number} as linked"]

    def package(self) -> Iterator[Step]:
        number = self.choice.randint(1, 9)
        if not self.has_package:
            yield from self.meant_again(OF_PACKAGES)
            self.has_package = True
            yield ["write", "packages/extra/dbt_project.yml", "name: extra\nversion: 1.0.0\n"]
            yield ["write", "packages.yml", "packages:\n  - local: packages/extra\n"]
            yield ["dbt", "deps"]
        elif self.choice.random() < 0.5:
            text = f"name: extra\nversion: 1.{number}.0\n"
            yield ["write", "packages/extra/dbt_project.yml", text]
        yield ["write", "packages/extra/models/extra_model.sql", f"select {number} as one"]

    def mean(self) -> Iterator[Step]:
        """Change the meaning of a file, or undo such a change."""
        name = self.choice.choice([each for each in MEANINGS if each not in NOT_IN_STORIES])
        edits, undone = MEANINGS[name]
        if name in self.undoing:
            del self.undoing[name]
            yield from undone
            return
        files = files_of(name)
        if self.has_package and not files.isdisjoint(OF_PACKAGES):
            return
        yield from self.meant_again(files)
        self.undoing[name] = undone
        yield from edits
        if name in FAILING:
            yield ["dbt", "ls"]
            yield ["dbt", "parse"]
            yield from self.meant_again(files)

    def meant_again(self, files: frozenset[str]) -> Iterator[Step]:
        """Undo the changes of meaning of these files."""
        for name in [each for each in self.undoing if not files.isdisjoint(files_of(each))]:
            yield from self.undoing.pop(name)

    def toggle(self) -> Iterator[Step]:
        path, *words = self.choice.choice(
            [
                ["dbt_project.yml", "keep_days: 30", "keep_days: 31"],
                ["macros/money.sql", "macro ", "macro  "],
                ["models/staging/stg_customers.sql", "select", "SELECT"],
                ["analyses/best_customers.sql", "select", "SELECT"],
            ]
        )
        name = f"{path}: {words[0]}"
        if name in self.toggled:
            self.toggled.remove(name)
            words.reverse()
        else:
            self.toggled.add(name)
        yield ["replace", path, *words]

    def use_clock(self) -> Iterator[Step]:
        words = ["path: small_everything.duckdb", f'path: "{CLOCK}small_everything.duckdb"']
        yield ["replace", "profiles.yml", *words]
        yield ["dbt", "ls"]
        yield ["dbt", "ls"]
        yield ["replace", "profiles.yml", *reversed(words)]

    def damage(self) -> Iterator[Step]:
        pattern = self.choice.choice(["*.transcript.fman", "*.artifacts.fman", "*"])
        yield ["damage", f"target/flatmanifest/{pattern}", self.choice.choice(["byte", "end"])]

    def lose(self) -> Iterator[Step]:
        yield [
            "remove_if_there",
            self.choice.choice(
                [
                    *["target/manifest.json", "target/graph.gpickle", "target/graph_summary.json"],
                    *["target/partial_parse.msgpack", "target/perf_info.json", "logs/dbt.log"],
                    "target/semantic_manifest.json",
                ]
            ),
        ]

    def keep(self) -> Iterator[Step]:
        """Make the present manifest the earlier one, which --state names."""
        if not self.undoing:
            yield KEEP

    def set_variable(self) -> Iterator[Step]:
        name = self.choice.choice(["FRONT_DOOR", "SOMETHING_ELSE"])
        yield ["setenv", name, self.choice.choice(["a", "b", "c"])]

    def break_it(self) -> Iterator[Step]:
        self.count += 1
        path = f"models/marts/broken_{self.count}.sql"
        broken = self.choice.choice(["select {{ ref('nothing') }}", "{{ this is none }"])
        yield ["write", path, broken]
        yield ["dbt", "ls"]
        yield ["dbt", "parse"]
        yield ["remove", path]


def run_sides(directory: Path, steps: list[Step]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the records of dbt and of the executable."""
    sides = []
    switches: list[tuple[str, dict[str, str], Path | None]] = [
        ("dbt", {"FLATMANIFEST": "0"}, None),
        ("front", {}, PROGRAM),
    ]
    for name, switch, program in switches:
        project = directory / name / "project"
        generate("small_everything", project, None)
        sides.append(Side(project, steps, switch, program=program))
    return list(zip(*(side.records() for side in sides), strict=True))


def is_served(record: dict[str, Any]) -> bool:
    return not any("dbt runs" in line for line in record["stderr"])


def stable(lines: list[str]) -> list[str]:
    return [line for line in lines if not any(part in line for part in UNSTABLE_LINES)]


def complains(record: dict[str, Any]) -> bool:
    return any(COMPLAINT in line for line in (*record["log"], *record["stdout"]))


def without_trace(lines: list[str]) -> list[str]:
    """Remove the traceback of a damaged entry, which is logged at debug level."""
    # In a log of JSON the traceback is one line.
    lines = [line for line in lines if not (line.startswith("{") and TRACE in line)]
    begins = [number for number, line in enumerate(lines) if TRACE in line]
    if not begins:
        return lines
    end = next(at for at in range(begins[0], len(lines)) if lines[at].startswith(DAMAGED)) + 1
    return lines[: begins[0]] + lines[end + (lines[end : end + 1] == [""]) :]


def forgive(record: dict[str, Any], logged: list[str]) -> dict[str, Any]:
    """Remove the one line about a damaged entry; the log has the traceback."""
    record = {**record, "stdout": without_trace(record["stdout"])}
    stdout = [line for line in record["stdout"] if COMPLAINT not in line]
    assert len(record["stdout"]) - len(stdout) <= complains(record)
    return {**record, "stdout": stdout, "log": logged if complains(record) else record["log"]}


def check(
    step: Step, vanilla: dict[str, Any], ours: dict[str, Any], *, is_damaged: bool = False
) -> None:
    assert vanilla["success"] == (ours["exit"] == 0), (step, ours)
    if is_damaged:
        ours = forgive(ours, vanilla["log"])
    notes = [line for line in ours["stderr"] if not line.startswith("flatmanifest: ")]
    assert not notes, (step, notes)
    compare(
        step,
        *(
            {**record, "exception": None, "stdout": stable(record["stdout"])}
            for record in (vanilla, ours)
        ),
        skipped=frozenset({"target/perf_info.json"}),
    )


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(FIRST_SEED, marks=pytest.mark.one_story),
        *range(FIRST_SEED + 1, FIRST_SEED + 4),
    ],
)
def test_random_edits_and_commands(tmp_path: Path, seed: int) -> None:
    steps = Story(seed).steps(STEPS)
    served = 0
    is_damaged = False
    for number, (step, (vanilla, ours)) in enumerate(
        zip(steps, run_sides(tmp_path, steps), strict=True)
    ):
        if step[0] != "dbt":
            is_damaged = is_damaged or step[0] == "damage"
            continue
        try:
            check(step, vanilla, ours, is_damaged=is_damaged)
        except AssertionError as error:
            said = "\n".join(map(str, steps[max(number - 6, 0) : number + 1]))
            message = f"step {number}, served: {is_served(ours)}, after:\n{said}\n{error}"
            raise AssertionError(message) from error
        served += is_served(ours)
        # The damage is reported once, and the entry is made again.
        is_damaged = is_damaged and not complains(ours)
    assert served >= STEPS // 8, "nearly everything was left to dbt"
    shutil.rmtree(tmp_path)


def run(project: Path, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST_EXPLAIN": "1", **variables}
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def in_words(lines: list[str]) -> list[Any]:
    """Return lines without the differences of any two commands. dbt's arguments have no order."""
    found: list[Any] = []
    for told in lines:
        line = re.sub(r"/(dbt|front)/project", "/SIDE/project", told)
        if line.startswith("{") and ('"MainReportArgs"' in line or '"ResourceReport"' in line):
            continue
        if "running dbt with arguments {" in line:
            found.append(ast.literal_eval(line.partition("running dbt with arguments ")[2]))
        elif "Resource report: " in line:
            found.append(sorted(json.loads(line.partition("Resource report: ")[2])))
        else:
            text = re.sub(r'"pid": \d+|"ts": "[^"]*"', "", line)
            found.append(re.sub(r'"(elapsed|[a-z_]+_time)": [\d.e-]+', "", text_of(text)))
    return found


ALONE: list[list[str]] = [
    ["ls", "-m", "customers", "--indirect-selection", "cautious"],
    ["ls", "--log-format", "json", "--select", "stg_orders"],
    ["ls", "--debug", "--select", "stg_orders+", "--output", "name"],
    ["--no-use-colors-file", "ls", "--select", "tag:'marts'", "--exclude", "resource_type:test"],
    ["parse", "--threads", "3"],
    ["ls", "--indirect-selection", "nonsense"],
    ["ls", "--output", "json", "--output-keys", "unique_id", "config.materialized"],
    ["ls", "--log-path", "elsewhere", "--quiet"],
    ["ls", "--help"],
]


@pytest.mark.parametrize("is_new", [False, True], ids=["copies", "new processes"])
def test_processes_say_the_same(tmp_path: Path, is_new: bool) -> None:  # noqa: FBT001
    """Compare new processes, which differ from one process that runs several commands."""
    python = sys.executable if is_new else str(PYTHON)
    sides = {
        "dbt": [python, "-m", "tests.dbt.program"],
        "front": [str(REAL_PROGRAM if is_new else PROGRAM), "dbt"],
    }
    alone = ALONE[:1] if is_new and not EVERY_COMMAND else ALONE
    said: dict[str, list[Any]] = {side: [] for side in sides}
    for side, program in sides.items():
        project = tmp_path / side / "project"
        generate("small_everything", project, None)
        switch = {"FLATMANIFEST": "0" if side == "dbt" else "1", "PYTHONPATH": str(ROOT)}
        run(project, [*program, "parse"], **switch)
        for arguments in (each for each in alone for _ in range(2)):
            for directory in ("logs", "elsewhere"):
                shutil.rmtree(project / directory, ignore_errors=True)
            done = run(project, [*program, *arguments], **switch)
            logs = [log for log in ("logs", "elsewhere") if (project / log / "dbt.log").exists()]
            lines = [
                line
                for log in logs
                for line in (project / log / "dbt.log").read_text().splitlines()
            ]
            notes = [
                line for line in done.stderr.splitlines() if not line.startswith("flatmanifest: ")
            ]
            said[side].append(
                {
                    "arguments": arguments,
                    "exit": done.returncode,
                    "stdout": in_words(done.stdout.splitlines()),
                    "stderr": notes,
                    "logs": logs,
                    "log": in_words(lines),
                }
            )
    for vanilla, ours in zip(said["dbt"], said["front"], strict=True):
        for what in vanilla:
            if isinstance(vanilla[what], list):
                for one, other in zip(vanilla[what], ours[what], strict=False):
                    assert other == one, (vanilla["arguments"], what)
            assert ours[what] == vanilla[what], (vanilla["arguments"], what)


def test_targets_stay_warm_side_by_side(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    command = [str(PROGRAM), "dbt", "ls", "--output", "json", "--select", "stg_customers", "-t"]
    told: list[bool] = []
    for target in ("dev", "dev", "prod", "prod", "dev", "dev"):
        done = run(project, [*command, target], FLATMANIFEST="1")
        assert done.returncode == 0, done.stdout
        assert ("Unable to do partial parsing" in done.stdout) == (len(told) in {0, 2})
        told.append("dbt runs" not in done.stderr)
    # The run that parses records. After a command for another target, the artifacts of this one are
    # put back.
    assert told == [False, True, False, True, True, True]


def test_projects_that_share_a_target_path(tmp_path: Path) -> None:
    """Each stays warm, lists its own resources, and leaves its own artifacts."""
    profile = "p: {target: t, outputs: {t: {type: duckdb, path: 'p.duckdb'}}}"
    for name in ("one", "other"):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "dbt_project.yml").write_text(f"name: {name}\nprofile: p\n")
        (tmp_path / name / "profiles.yml").write_text(profile)
        (tmp_path / name / "models" / "model.sql").write_text("select 1 as id")
    command = [str(PROGRAM), "dbt", "ls", "--target-path", "../shared"]
    for number in range(3):
        for name in ("one", "other"):
            done = run(tmp_path / name, command, FLATMANIFEST="1")
            assert done.returncode == 0, done.stdout
            assert ("dbt runs" in done.stderr) == (number == 0), done.stderr
            assert "not recorded" not in done.stderr
            assert done.stdout.splitlines()[-1] == f"{name}.model"
            manifest = json.loads((tmp_path / "shared" / "manifest.json").read_text())
            assert [*manifest["nodes"]] == [f"model.{name}.model"]


def test_nan_in_meta_stays_warm(tmp_path: Path) -> None:
    """NaN does not equal itself; a manifest that holds NaN must still count as unchanged."""
    project = tmp_path / "project"
    generate("small_everything", project, None)
    (project / "models" / "bounds.sql").write_text("select 1 as id")
    (project / "models" / "bounds.yml").write_text(
        "models: [{name: bounds, config: {meta: {upper: .inf, lower: -.inf, not: .nan}}}]"
    )
    keys = ["--output", "json", "--output-keys", "meta"]
    command = [str(PROGRAM), "dbt", "ls", *keys, "--select", "bounds"]
    for _ in range(3):
        done = run(project, command, FLATMANIFEST="1")
    assert "dbt runs" not in done.stderr
    expected = {"upper": float("inf"), "lower": float("-inf"), "not": float("nan")}
    meta = json.loads(done.stdout.splitlines()[-1])["meta"]
    assert repr({key: meta[key] for key in expected}) == repr(expected)
