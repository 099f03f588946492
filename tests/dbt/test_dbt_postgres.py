"""dbt with the plugin, compared with dbt alone, on PostgreSQL: the test starts two servers."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.test_dbt_parity import LS, PARSE, THREAD, Step, check
from tests.projects import generate

if TYPE_CHECKING:
    from collections.abc import Iterator

# Both sides connect to the same host name; PGHOSTADDR gives each its server.
PROFILES = """
chain:
  target: dev
  outputs:
    dev: &database
      type: postgres
      host: localhost
      port: {port}
      user: postgres
      password: ""
      dbname: postgres
      schema: dev
      threads: 1
    prod:
      <<: *database
      schema: prod
"""
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def directory_for(user: str | None) -> Path:
    """Make a directory in build/; if the user may not enter build/, a temporary one."""
    build = Path(__file__).parents[2] / "build"
    may_look = user is None or all(path.stat().st_mode & 0o001 for path in (build, *build.parents))
    return Path(tempfile.mkdtemp(prefix="postgres", dir=build if may_look else None))


def end_with_parent() -> None:
    """Have the kernel kill the server as soon as the tests end for any reason."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGQUIT, 0, 0, 0)


@contextlib.contextmanager
def server(address: str, port: int) -> Iterator[dict[str, str]]:
    """Run a server, and give the variables by which libpq finds it."""
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    directory = directory_for(user)
    if user is not None:
        shutil.chown(directory, user, user)
    programs, data, output = PROGRAMS[-1], directory / "data", directory / "output"
    given = ["--username", "postgres", "--auth", "trust", "--no-sync"]
    settings = [
        f"listen_addresses={address}",
        f"port={port}",
        "unix_socket_directories=",
        "fsync=off",
    ]
    with output.open("a") as log:
        as_user: dict[str, Any] = {
            "user": user,
            "group": user,
            "cwd": directory,
            "stdout": log,
            "stderr": log,
        }
        command: list[Any] = [programs / "initdb", "--pgdata", data, *given]
        done = subprocess.run(command, check=False, **as_user)
        assert done.returncode == 0, output.read_text()
        command = [programs / "postgres", "-D", data]
        for setting in settings:
            command += ["-c", setting]
        running = subprocess.Popen(
            command,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - there is one thread
            **as_user,
        )
    try:
        wait_for(running, [programs / "pg_isready", "-q", "-h", address, "-p", str(port)], output)
        yield {"PGHOSTADDR": address}
    finally:
        running.send_signal(signal.SIGQUIT)
        running.wait()
        shutil.rmtree(directory)


def wait_for(running: subprocess.Popen[bytes], question: list[Any], output: Path) -> None:
    for _ in range(600):
        if subprocess.run(question, check=False).returncode == 0:
            return
        assert running.poll() is None, output.read_text()
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL does not answer: {output.read_text()}")


@pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL here")
def test_commands_and_edits(tmp_path: Path) -> None:
    model = "models/marts/000/marts_0.sql"
    steps: list[Step] = [
        PARSE,
        LS,
        [*LS, "--output", "json"],
        ["dbt", "build", *THREAD],
        ["dbt", "run", *THREAD, "--select", "+marts_0"],
        ["dbt", "test", *THREAD],
        ["dbt", "compile", *THREAD],
        ["append", model, "\n-- edited"],
        ["dbt", "run", *THREAD],
        LS,
        ["dbt", "docs", "generate", *THREAD],
        ["dbt", "show", *THREAD, "--select", "marts_0"],
        [*LS, "--target", "prod"],
        [*LS, "--target", "prod"],
        ["dbt", "build", *THREAD, "--target", "prod"],
    ]
    port = free_port()

    def make(project: Path) -> None:
        generate("chain", project, 1)  # one chain has one order of execution
        base = project / "models" / "base" / "000" / "base_0.sql"
        numbers = "generate_series(0, 99) as numbers(range)"
        base.write_text(base.read_text().replace("range(100)", numbers))
        (project / "profiles.yml").write_text(PROFILES.format(port=port))

    with server("127.0.0.1", port) as one, server("127.0.0.2", port) as other:
        records = check(tmp_path, steps, make=make, variables=(one, other), is_remembered=False)
    for step, record in zip(steps, records, strict=True):
        assert record.get("success", True), (step, "\n".join(record["stdout"]))
