"""The template from which other tests copy dbt: a copy behaves like a new process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.template import PYTHON, ROOT, Template, TemplateDiedError
from tests.projects.parsed import PRIVATE
from tests.running import wait_for_the_end_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TELL = """
import json, os, random, sys
told = {
    "arguments": sys.argv, "directory": os.getcwd(), "environment": dict(os.environ),
    "input": sys.stdin.read(), "random": random.random(), "executable": sys.executable,
    "hash": hash("a text"), "has_dbt": "dbt.cli.main" in sys.modules,
    "has_plugin": "flatmanifest.dbt.warm.loading" in sys.modules, "umask": os.umask(0),
}
print(json.dumps(told))
print("said", file=sys.stderr)
sys.exit(7)
"""


def run(
    code: str, *arguments: str, python: Path = PYTHON, **given: Any
) -> subprocess.CompletedProcess[str]:
    given = {"env": {**os.environ, **PRIVATE}, "input": "", **given}
    return subprocess.run(
        [python, "-c", code, *arguments], capture_output=True, text=True, check=False, **given
    )


def test_a_copy_has_what_its_caller_gives_it(tmp_path: Path) -> None:
    for switch in ("0", "1"):
        environment = {"ONLY": "this", "STRANGE": "\udcff\n", "FLATMANIFEST": switch}
        done = run(TELL, "one", "two words", cwd=tmp_path, env=environment, input="given")
        told = json.loads(done.stdout)
        # Variables that the shell sets, and that Python sets if there is no locale.
        added = {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
        assert {k: v for k, v in told["environment"].items() if k not in added} == environment
        assert told["arguments"] == ["-c", "one", "two words"]
        assert told["directory"] == str(tmp_path)
        assert told["input"] == "given"
        assert told["executable"] == str(PYTHON)
        assert told["has_dbt"]
        assert told["has_plugin"] is (switch == "1")
        assert (done.returncode, done.stderr) == (7, "said\n")


def test_copies_differ_by_chance_but_not_in_hashes() -> None:
    one, other = (json.loads(run(TELL).stdout) for _ in range(2))
    assert one["random"] != other["random"]
    assert one["hash"] == other["hash"]


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("import os; os.abort()", -signal.SIGABRT, ""),
        ("import os; os._exit(3)", 3, ""),
        ("raise SystemExit('why')", 1, "why\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("import atexit, sys; atexit.register(sys.stderr.write, 'last')", 0, "last"),
    ],
)
def test_a_copy_ends_as_a_process_does(code: str, status: int, said: str) -> None:
    done = run(code)
    assert done.returncode == status
    assert done.stderr.endswith(said)
    assert run("print('another')").stdout == "another\n"


SLEEP = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


def started(python: Path = PYTHON) -> tuple[subprocess.Popen[str], int]:
    """Start a copy that sleeps; return its client and the copy's process id."""
    environment = {**os.environ, **PRIVATE}
    client = subprocess.Popen(
        [python, "-c", SLEEP],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert client.stdout is not None
    return client, int(client.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_copy_ends_with_its_client(number: signal.Signals) -> None:
    client, copy = started()
    client.send_signal(number)
    assert client.wait(30) in {-number, 128 + number}
    wait_for_the_end_of(copy)
    client.communicate()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Template]:
    """Return a separate template, which the test may kill."""
    template = Template(tmp_path / "template")
    template.ensure()
    yield template
    template.stop()


def test_a_template_that_dies_is_named_and_another_comes(own: Template) -> None:
    client, copy = started(own.python)
    assert own.process is not None
    own.process.kill()
    _, said = client.communicate(timeout=30)
    assert client.returncode == 70
    assert f"dbt's template ended before process {copy} did" in said
    wait_for_the_end_of(copy)
    own.process.wait()
    with pytest.raises(TemplateDiedError, match="ended with status -9; there is another one"):
        own.ensure()
    assert run("print('again')", python=own.python).stdout == "again\n"


INTERRUPTED = """
import subprocess, sys
from pathlib import Path
from tests.dbt.template import Template
template = Template(Path(sys.argv[1]))
template.ensure()
copy = subprocess.Popen([template.python, "-c", sys.argv[2]], stdout=subprocess.PIPE, text=True)
print(template.process.pid, copy.stdout.readline(), flush=True)
copy.wait()
"""


def test_nothing_is_left_of_an_interrupted_run(tmp_path: Path) -> None:
    """If the process that started the template is killed, the template and its copies end."""
    tests = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path / "template"), SLEEP],
        cwd=ROOT,
        env={**os.environ, **PRIVATE, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert tests.stdout is not None
    processes = [int(each) for each in tests.stdout.readline().split()]
    tests.kill()
    tests.wait()
    for process in processes:
        wait_for_the_end_of(process)
