"""``flatmanifest dbt`` after failures, and commands that it must leave to dbt."""

from __future__ import annotations

import importlib.util
import json
import mmap
import os
import re
import shutil
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.template import PROGRAM
from tests.dbt.test_hostile_cache import TOLD, reason
from tests.dbt.warm import LINE, MOST_RUNS, SELECTED, dbt, is_told, warm_up
from tests.projects import generate
from tests.projects.parsed import PRIVATE


def test_help_is_told_again(tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path), "FLATMANIFEST_CACHE_DIR": ""}
    for arguments in (["--help"], ["ls", "--help"]):
        first = dbt(tmp_path, *arguments, **variables)
        second = dbt(tmp_path, *arguments, **variables)
        vanilla = dbt(tmp_path, *arguments, **{**variables, "FLATMANIFEST": "0"})
        assert [is_told(first), is_told(second)] == [False, True], second.stderr
        assert "dbt runs: this text has not been recorded yet" in first.stderr
        assert first.stdout == second.stdout == vanilla.stdout
        assert first.returncode == second.returncode == vanilla.returncode == 0
        narrow = dbt(tmp_path, *arguments, **{**variables, "COLUMNS": "60"})
        assert not is_told(narrow)
        assert narrow.stdout != first.stdout


def without_times(text: str) -> str:
    return re.sub(r"\d\d:\d\d:\d\d", "TIME", text)


def test_the_version_is_told_again_for_a_day(tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path), "FLATMANIFEST_CACHE_DIR": ""}
    first = dbt(tmp_path, "--version", **variables)
    second = dbt(tmp_path, "--version", **variables)
    # Some releases also print the time: 1.12 announces a new dbt, 1.10 warns of its age.
    has_time = importlib.util.find_spec("dbt.v2_announcement") is not None
    has_time |= "WARNING" in first.stdout
    assert [is_told(first), is_told(second)] == [False, not has_time]
    assert without_times(first.stdout) == without_times(second.stdout)
    assert "installed" in first.stdout


def test_an_option_value_that_looks_like_an_option_is_left_to_dbt(kept_warm: Path) -> None:
    # MultiOption takes the next word as its value, even if the word looks like an option.
    for _ in range(2):
        done = dbt(kept_warm, "ls", "--select", "-v")
        assert not is_told(done)


def test_without_python_beside_it(kept_warm: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "flatmanifest"
    alone.parent.mkdir()
    shutil.copy2(PROGRAM, alone)
    done = dbt(kept_warm, *SELECTED, program=alone)
    assert done.returncode == 1
    assert "there is no Python beside" in done.stderr
    assert "install flatmanifest with pip where dbt is" in done.stderr


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    cache = project / "dbt_project.yml" / "cache"
    for _ in range(2):
        done = dbt(project, *SELECTED, FLATMANIFEST_CACHE_DIR=str(cache))
        assert done.returncode == 0
        assert not is_told(done)
        assert done.stdout.splitlines()[-1] == LINE
        assert done.stdout.count("flatmanifest failed and leaves this to dbt") == 1


def damage(path: Path, how: str) -> None:
    whole = path.read_bytes()
    middle = len(whole) // 2
    if how == "remove":
        path.unlink()
        return
    if path.suffix in {".zst", ".txt"} and "another" in how:
        how = "flip"
    # In the header, the length is eight bytes after the checksum, and the version 24 after that.
    version = whole.find(len(whole).to_bytes(8, "little")) + 24
    assert path.suffix in {".zst", ".txt"} or whole[version] == 1
    damaged = {
        "cut": whole[:middle],
        "flip": whole[:middle] + bytes([whole[middle] ^ 0x55]) + whole[middle + 1 :],
        "empty": b"",
        "another version": whole[:version] + b"\2" + whole[version + 1 :],
        "another architecture": whole[3::-1] + whole[7:3:-1] + whole[8:],
    }
    path.write_bytes(damaged[how])


HOWS = ["cut", "flip", "empty", "remove", "another version", "another architecture"]


def test_damage(warm: Path) -> None:
    cache, kept = warm / "target" / "flatmanifest", warm.with_name("kept")
    shutil.copytree(cache, kept)

    def restore() -> None:
        shutil.rmtree(cache)
        shutil.copytree(kept, cache)

    for pattern in ("*.transcript.fman", "*.artifacts.fman", "*"):
        for how in HOWS:
            restore()
            for path in cache.glob(pattern):
                damage(path, how)
            # A transcript that is gone is made again of the portable one.
            is_healed = how == "remove" and pattern == "*.transcript.fman"
            assert ("dbt runs" in reason(warm)) == (not is_healed), (how, pattern)
    restore()
    assert is_told(dbt(warm, *SELECTED))  # the damage was the only reason
    for path in cache.iterdir():
        damage(path, "another architecture")
    done = dbt(warm, *SELECTED)
    assert not is_told(done)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == LINE
    assert done.stdout.count("flatmanifest failed and leaves this to dbt") == 1
    assert "little-endian" in done.stdout
    restore()


def test_an_invalid_project(warm: Path) -> None:
    (warm / "dbt_project.yml").write_text("name: [")
    done = dbt(warm, *SELECTED)
    vanilla = dbt(warm, *SELECTED, FLATMANIFEST="0")
    assert not is_told(done)
    assert done.returncode == vanilla.returncode == 2
    assert "Syntax error near line" in done.stdout


def test_a_project_that_was_copied_or_moved(warm: Path) -> None:
    shutil.copytree(warm, warm.with_name("copied"))
    assert is_told(dbt(warm, *SELECTED))
    for place in (warm.with_name("copied"), warm.rename(warm.with_name("moved"))):
        done = dbt(place, *SELECTED)
        assert not is_told(done)
        assert done.stdout.splitlines()[-1] == LINE
        assert str(place / "target") in (place / "logs" / "dbt.log").read_text()


def test_a_changed_variable_of_a_setting_is_noticed(warm: Path) -> None:
    assert is_told(dbt(warm, *SELECTED, SOMETHING_ELSE="1"))
    assert not is_told(dbt(warm, *SELECTED, DBT_USE_COLORS="0"))
    assert not is_told(dbt(warm, *SELECTED, SMALL_EVERYTHING_TARGET="prod"))


def test_a_package_that_comes(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    project = tmp_path / "project"
    generate("small_everything", project, None)
    told = [is_told(dbt(project, *SELECTED, PYTHONPATH=str(packages))) for _ in range(3)]
    assert (told[0], told[2]) == (False, True)  # the second records if the parse has warned
    (packages / "another-1.0.dist-info").mkdir()
    assert reason(project, PYTHONPATH=str(packages)) != TOLD


def test_a_profile_that_is_edited(warm: Path) -> None:
    profiles = warm / "profiles.yml"
    profiles.write_text(profiles.read_text().replace("threads: 2", "threads: 3"))
    done = dbt(warm, *SELECTED)
    assert f"dbt runs: {profiles} has changed" in done.stderr


def test_a_clock_that_was_set_back(warm: Path) -> None:
    path = warm / "models" / "staging" / "stg_orders.sql"
    text = path.read_text()
    path.write_text(text + "-- more")
    os.utime(path, (0, 0))
    assert not is_told(dbt(warm, *SELECTED))
    assert path.read_text() != text
    assert is_told(dbt(warm, *SELECTED)) or is_told(dbt(warm, *SELECTED))


LIMIT = 12_000
# The beginning of a record in dbt.log: the time, or a line that separates commands.
RECORD = re.compile(r"^(?=\n\n=|\d\d:\d\d:\d\d\.\d{6} )", re.MULTILINE)


def logs_of(project: Path) -> list[str]:
    """Return the rotated logs and dbt.log, oldest first."""
    paths = sorted((project / "logs").iterdir(), key=lambda path: path.name, reverse=True)
    return [path.read_text() for path in paths]


def test_a_write_through_a_mapping_is_seen_by_the_files_times(warm: Path) -> None:
    """The kernel changes a file's times when a page becomes dirty, and not at later writes."""
    path = warm / "models" / "staging" / "stg_orders.sql"
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END)
        file.write(b"-- a\n")
        file.flush()
        with mmap.mmap(file.fileno(), 0) as mapped:
            mapped[-2:-1] = b"b"
            time.sleep(2.5)  # a file that has just changed would be compared by content
            warm_up(warm)
            before = path.stat().st_mtime_ns
            mapped[-2:-1] = b"c"
            assert path.read_bytes().endswith(b"-- c\n")
            done = dbt(warm, *SELECTED)
            assert is_told(done) == (path.stat().st_mtime_ns == before), done.stderr
    os.utime(path)
    assert not is_told(dbt(warm, *SELECTED))


def test_a_log_that_is_full(tmp_path: Path) -> None:
    """The log is rotated where Python's handler would rotate it, and no line is lost."""
    names = {}
    for switch in ("0", "1"):
        project = tmp_path / switch
        generate("small_everything", project, None)
        for turn in range(9):
            if turn == 3:  # dbt answers the first commands, and logs more
                shutil.rmtree(project / "logs")
            done = dbt(project, "ls", "--log-file-max-bytes", str(LIMIT), FLATMANIFEST=switch)
            assert done.returncode == 0
            assert turn < 3 or is_told(done) is (switch == "1"), done.stderr
        logs = logs_of(project)
        assert 2 < len(logs) < 6
        assert all(len(log.encode()) < LIMIT for log in logs)
        for before, after in pairwise(logs):
            first = next(filter(None, RECORD.split(after)))
            assert len(before.encode()) + len(first) >= LIMIT
        text = "".join(logs)
        assert len(re.findall(r"^=+ ", text, re.MULTILINE)) == 6
        assert text.count(f" {LINE}\n") == 6
        assert len(re.findall("Command `.*` succeeded", text)) == 6
        names[switch] = sorted(path.name for path in (project / "logs").iterdir())
    assert names["0"] == names["1"]


def test_a_log_that_cannot_be_begun_again(warm: Path) -> None:
    """If a log cannot be rotated, the command is left to dbt, which reports that and lists."""
    arguments = ["ls", "--log-file-max-bytes", str(LIMIT)]
    for _ in range(2):
        dbt(warm, *arguments)
    assert is_told(dbt(warm, *arguments))
    log = warm / "logs" / "dbt.log"
    log.write_text("x" * (LIMIT - 1))
    for number in range(1, 6):
        (warm / "logs" / f"dbt.log.{number}").unlink(missing_ok=True)
    (warm / "logs" / "dbt.log.1").mkdir()
    (warm / "logs" / "dbt.log.1" / "file").touch()
    done = dbt(warm, *arguments)
    assert not is_told(done)
    assert done.returncode == 0
    assert LINE in done.stdout


def test_logs_are_made_again(warm: Path) -> None:
    shutil.rmtree(warm / "logs")
    assert is_told(dbt(warm, *SELECTED))
    assert LINE in (warm / "logs" / "dbt.log").read_text()
    shutil.rmtree(warm / "logs")
    (warm / "logs").write_text("in the way")
    done = dbt(warm, *SELECTED)
    vanilla = dbt(warm, *SELECTED, FLATMANIFEST="0")
    assert not is_told(done)
    assert done.returncode == vanilla.returncode != 0


def test_secrets_stay_out(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    planted = "planted-secret-value"
    variables = {"DBT_ENV_SECRET_TOKEN": planted, "ASKED": "planted-other-value"}
    (project / "models" / "asks.sql").write_text("select '{{ env_var('ASKED') }}' as a")
    for _ in range(3):
        done = dbt(project, *SELECTED, **variables)
        assert done.returncode == 0
    assert is_told(done)
    for path in (project / "target" / "flatmanifest").iterdir():
        content = path.read_bytes()
        assert planted.encode() not in content
        assert b"planted-other-value" not in content


@pytest.mark.parametrize(
    ("secret", "log_format", "is_native"),
    [
        ("stg_orders", "text", False),  # listed
        ("stg_orders", "json", False),
        ("Running with dbt", "text", False),
        ("1", "text", False),  # in a time, or in the resource report
        ("p4ssword-nowhere-printed", "json", True),
        (" ", "text", True),  # dbt takes no white space for a secret
    ],
)
def test_secrets_in_the_output_are_left_to_dbt(
    warm: Path, secret: str, log_format: str, *, is_native: bool
) -> None:
    command = ["--log-format", log_format, *SELECTED]
    for _ in range(MOST_RUNS):
        done = dbt(warm, *command, DBT_ENV_SECRET_TOKEN=secret)
    assert is_told(done) == is_native, done.stderr
    alone = dbt(warm, *command, DBT_ENV_SECRET_TOKEN=secret, FLATMANIFEST="0")
    assert (secret in done.stdout) == (secret in alone.stdout)
    if len(secret) > 1:  # a digit may be anywhere
        assert done.stdout.count("*****") == alone.stdout.count("*****")


def test_the_history_of_a_cache(warm: Path) -> None:
    def status() -> dict[str, Any]:
        command: list[Any] = [PROGRAM, "cache", "status", "--json"]
        done = subprocess.run(command, cwd=warm, capture_output=True, text=True, check=True)
        answers: dict[str, Any] = json.loads(done.stdout)["answers"]
        return answers

    before = status()
    assert before["dbt"] >= len(before["runs"]) >= 1
    assert is_told(dbt(warm, *SELECTED))
    assert is_told(dbt(warm, "ls"))
    assert status() == {**before, "native": before["native"] + 2}
    variables = "{token: planted-in-vars}"
    assert not is_told(dbt(warm, "compile", "-s", "stg_orders", "--vars", variables))
    (warm / "profiles.yml").write_text("nobody:\n  outputs: {}\n")
    assert dbt(warm, *SELECTED).returncode != 0
    now = status()
    assert (now["native"], now["dbt"]) == (before["native"] + 2, before["dbt"] + 2)
    failed, compiled = now["runs"][:2]
    assert (failed["command"], compiled["command"]) == ("ls", "compile")
    assert "profiles.yml has changed" in failed["because"]
    assert compiled["because"] == "the front door does not know this command line"
    assert now["runs"][2:] == before["runs"]
    history = warm / "target" / "flatmanifest" / "history.txt"
    assert "planted-in-vars" not in history.read_text()
    text = subprocess.run(
        [PROGRAM, "cache", "status"], cwd=warm, capture_output=True, text=True, check=True
    ).stdout
    assert f"answered natively: {now['native']:,}, run by dbt: {now['dbt']:,}" in text
    history.write_bytes(b"\0" * 100)
    assert status() == {"native": 0, "dbt": 0, "runs": []}
    history.chmod(0o666)
    done = subprocess.run([PROGRAM, "cache", "status"], cwd=warm, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"history.txt" in done.stderr


def test_the_switch(warm: Path) -> None:
    done = dbt(warm, *SELECTED, FLATMANIFEST="0")
    assert "dbt runs: FLATMANIFEST=0" in done.stderr
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == LINE


def test_a_reader_who_closes_the_pipe_causes_no_error(kept_warm: Path) -> None:
    script = f"{PROGRAM} dbt ls --select stg_orders --resource-type model | head -n 1"
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=kept_warm,
        env={**os.environ, **PRIVATE, "FLATMANIFEST": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Running with dbt" in done.stdout
    assert done.stderr == ""
