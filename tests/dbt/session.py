"""Runs a list of steps in a dbt project, and records everything that dbt leaves after each step.

``python -m tests.dbt.session PROJECT STEPS.json RECORDS.json`` runs the steps in one process, in
the project's directory. With a program as a fourth argument, each step runs that program in a new
process. Times, ids, the directory and other differences between any two runs of dbt are removed, so
that the records of two sessions can be compared.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

CHANGING = {
    *["generated_at", "invocation_id", "_invocation_id", "invocation_started_at", "run_started_at"],
    *["invocation_command", "created_at", "execution_time", "started_at", "completed_at"],
    *["elapsed_time", "timing", "thread_id", "modification_time", "snapshotted_at"],
    *["max_loaded_at", "max_loaded_at_time_ago_in_s"],
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TEXT = [
    (re.compile(r"\x1b\[\d*m"), ""),
    (re.compile(r"\d\d:\d\d:\d\d(\.\d+)?"), "TIME"),
    (UUID, "UUID"),
    (re.compile(r"\d{14,}"), "NUMBER"),
    (re.compile(r"dbt-v2-\w+"), "dbt-v2"),  # a temporary directory
    (re.compile(r"\d+\.\d+(e-\d+)?\s?s(econds)?\b"), "DURATION"),
    (re.compile(r"0x[0-9a-f]+"), "ADDRESS"),
    (re.compile(r"(created_at|modification_time)=[0-9.]+"), r"\1"),
    (re.compile(r"\d{4}-\d\d-\d\dT?[^\"\s]*"), "DATE"),
    (re.compile(r"after \d+\.\d+ seconds"), "after DURATION"),
    (re.compile(r'"(pid|elapsed)": [\d.e-]+'), r'"\1": N'),  # in lines of JSON
    # dbt cuts the name at ten characters: "Thread-1 (worker)" to "Thread-1 (", and "Thread-10".
    (re.compile(r"Thread-\d+ ?\(?"), "Thread-N"),
    (re.compile(r"Command `cli "), "Command `dbt "),  # dbtRunner calls it so
    (re.compile(r'"command": "cli '), '"command": "dbt '),
]
# The last: a thread gets any connection of its pool.
UNSTABLE_LINES = (
    *("Resource report", "running dbt with arguments", "PP exception info"),
    *("Set downloads directory", "onnection"),
)


def text_of(text: str) -> str:
    text = text.replace(str(Path.cwd()), "ROOT")
    for pattern, word in TEXT:
        text = pattern.sub(word, text)
    return text


def value_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            str(key): "CHANGING" if key in CHANGING else value_of(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [value_of(inner) for inner in value]
    return stable_text(value) if isinstance(value, str) else value


@functools.cache  # the next step has most of a manifest's texts again
def stable_text(text: str) -> str:
    without_ids = UUID.sub("UUID", text.replace(os.getcwd(), "ROOT"))  # noqa: PTH109 - often
    return re.sub(r"\d{14,}", "NUMBER", without_ids)


def artifact_of(path: Path) -> Any:
    from dbt.parser.manifest import extended_mashumuro_decoder

    if path.suffix == ".json":
        plain = json.loads(path.read_text())
        if path.name == "perf_info.json":
            return sorted(plain)
        if path.name == "run_results.json":  # threads write results in any order
            plain["results"].sort(key=lambda result: result["unique_id"])
        return value_of(plain)
    if path.suffix == ".gpickle":
        graph = pickle.loads(path.read_bytes())
        return value_of([list(graph.nodes(data=True)), list(graph.edges(data=True))])
    if path.suffix == ".msgpack":
        parsed = extended_mashumuro_decoder(path.read_bytes())
        for file in parsed.get("files", {}).values():
            if isinstance(file.get("env_vars"), list):
                # One name per look-up. dbt renders one of 5,000 statically parsed models again to
                # compare (ModelParser.render_update), and then lists each name once more.
                file["env_vars"] = list(dict.fromkeys(file["env_vars"]))
        return value_of(parsed)
    return value_of(path.read_text(errors="replace"))


class Artifacts:
    """The files in target after each step; files with the same bytes are read once."""

    def __init__(self) -> None:
        self.last: dict[Path, tuple[bytes, str]] = {}

    def now(self) -> dict[str, str]:
        """Return every file as JSON text, which keeps the order of keys."""
        found = {}
        for path in sorted(Path("target").rglob("*")):
            if path.is_file() and "flatmanifest" not in path.parts and ".duckdb" not in path.name:
                content = path.read_bytes()
                if path not in self.last or self.last[path][0] != content:
                    text = json.dumps(artifact_of(path), default=str)
                    self.last[path] = (content, text)
                found[str(path)] = self.last[path][1]
        return found


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def append(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


def replace(path: str | Path, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text, (path, old)
    Path(path).write_text(text.replace(old, new, 1))


def rewrite(path: str, old: str, new: str) -> None:
    """Replace a text by a text of the same length, and restore the file's times."""
    assert len(old) == len(new)
    times = Path(path).stat()
    replace(path, old, new)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def set_in_json(path: str, keys: list[str], value: Any) -> None:
    """Set a value in a JSON file; None removes it."""
    whole = json.loads(Path(path).read_text())
    inner = whole
    for key in keys[:-1]:
        inner = inner[key]
    inner.pop(keys[-1], None)
    if value is not None:
        inner[keys[-1]] = value
    Path(path).write_text(json.dumps(whole))


def link(target: str, path: str) -> None:
    Path(path).symlink_to(target)


def remove_if_there(path: str) -> None:
    Path(path).unlink(missing_ok=True)


def damage(pattern: str, how: str) -> None:
    """Change a byte in the middle of some files, or cut off their ends."""
    for path in Path().glob(pattern):
        whole = path.read_bytes()
        middle = len(whole) // 2
        rest = whole[middle + 1 :] if how == "byte" else b""
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + rest)


EDITS: dict[str, Callable[..., object]] = {
    "write": write,
    "append": append,
    "replace": replace,
    "rewrite": rewrite,
    "set_in_json": set_in_json,
    "link": link,
    "damage": damage,
    "rename": os.rename,
    "remove": os.remove,
    "touch": os.utime,
    "copy": shutil.copytree,
    "copy_file": shutil.copy,
    "remove_if_there": remove_if_there,
    "remove_tree": shutil.rmtree,
    "mkdir": os.makedirs,
    "setenv": os.environ.__setitem__,
    "unsetenv": os.environ.__delitem__,
}


def killed_at_once(kind: Any) -> Callable[..., Any]:
    def workers(*arguments: Any) -> Any:
        started = kind(*arguments)
        for process in started.running.values():
            os.kill(process, signal.SIGKILL)
        return started

    return workers


class Session:
    def __init__(self) -> None:
        self.logged = 0
        self.artifacts = Artifacts()
        self.parsed_by_workers = 0
        self.put_together = 0  # schema files that were parsed in parts
        if os.environ.get("FLATMANIFEST") != "0" and "TEST_LEAST_WEIGHT" in os.environ:
            self._let_workers_parse(int(os.environ["TEST_LEAST_WEIGHT"]))

    def _let_workers_parse(self, least_weight: int) -> None:
        """Let workers parse small projects too, and count the files that they parse."""
        importlib.import_module("dbt_flatmanifest")
        parse_project: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")

        def apply(*arguments: Any) -> None:
            self.parsed_by_workers += 1
            original(*arguments)

        def joined(*arguments: Any) -> Any:
            outcome = join(*arguments)
            self.put_together += outcome is not None
            return outcome

        original, join = parse_project.apply, parse_project.joined
        parse_project.LEAST_WEIGHT = parse_project.LEAST_FILES = least_weight
        parse_project.apply, parse_project.joined = apply, joined
        if "TEST_KILL_WORKERS" in os.environ:
            parse_project.Workers = killed_at_once(parse_project.Workers)

    def run(self, arguments: list[str]) -> dict[str, Any]:
        from dbt.cli.main import dbtRunner

        out = io.StringIO()
        self.parsed_by_workers = self.put_together = 0
        start = time.perf_counter()
        before = dict(os.environ)
        with contextlib.redirect_stdout(out):
            result = self.in_its_thread(lambda: dbtRunner().invoke(arguments))
        for name in os.environ.keys() - before.keys():  # dbt 1.12 loads variables from .env
            del os.environ[name]
        return {
            "parsed_by_workers": self.parsed_by_workers,
            "put_together": self.put_together,
            "seconds": time.perf_counter() - start,
            "success": result.success,
            "exception": text_of(repr(result.exception)),
            "stdout": text_of(out.getvalue()).splitlines(),
            "log": self.log(),
            "artifacts": self.artifacts.now(),
        }

    def in_its_thread(self, call: Callable[[], Any]) -> Any:
        """Make a call in this thread, or in a new thread while this one waits."""
        if "TEST_THREADED" not in os.environ:
            return call()
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(call).result()

    def log(self) -> list[str]:
        """Return the lines that were added to the log, sorted, because threads write them."""
        path = Path("logs/dbt.log")
        text = path.read_text(errors="replace") if path.exists() else ""
        if len(text) < self.logged:  # the log was removed
            self.logged = 0
        added, self.logged = text[self.logged :], len(text)
        return sorted(
            text_of(line)
            for line in added.splitlines()
            if not any(unstable in line for unstable in UNSTABLE_LINES)
        )


class ProgramSession(Session):
    """A session in which each step runs a program: ``PROGRAM dbt …``."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self.program = program

    def run(self, arguments: list[str]) -> dict[str, Any]:
        start = time.perf_counter()
        done = subprocess.run(
            [self.program, "dbt", *arguments],
            env={**os.environ, "FLATMANIFEST_EXPLAIN": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        return {
            "seconds": time.perf_counter() - start,
            "success": done.returncode == 0,
            "exit": done.returncode,
            "stdout": text_of(done.stdout).splitlines(),
            "stderr": done.stderr.splitlines(),
            "log": self.log(),
            "artifacts": self.artifacts.now(),
        }


def main() -> None:
    project, steps, records = map(Path, sys.argv[1:4])
    os.chdir(project)
    session = ProgramSession(sys.argv[4]) if len(sys.argv) > 4 else Session()
    found = []
    for step in json.loads(steps.read_text()):
        if step[0] == "dbt":
            found.append(session.run(step[1:]))
        else:
            EDITS[step[0]](*step[1:])
            found.append({})
            time.sleep(0.01)  # edits must not fall into one tick of the kernel's clock
    records.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
