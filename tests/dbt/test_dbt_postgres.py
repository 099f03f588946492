"""dbt with the plugin beside dbt without it on PostgreSQL: a server for each, made for the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dbt.test_dbt_parity import LS, PARSE, THREAD, Step, check
from tests.projects import generate

if TYPE_CHECKING:
    from collections.abc import Iterator

# Both connect to one host by name: PGHOSTADDR says where it is.
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


@contextlib.contextmanager
def server(address: str, port: int) -> Iterator[dict[str, str]]:
    """The variables by which libpq finds a server, while it runs."""
    directory = Path(tempfile.mkdtemp(prefix="postgres"))
    # It does not run as root.
    user = "postgres" if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(directory, user, user)
    programs, data = PROGRAMS[-1], directory / "data"

    def run(program: str, *arguments: str | Path) -> None:
        # The server that stays must not hold the test's pipes open.
        with (directory / "output").open("a") as output:
            command = [programs / program, "--pgdata", data, *arguments]
            done = subprocess.run(
                command,
                check=False,
                stdout=output,
                stderr=output,
                cwd=directory,
                user=user,
                group=user,
            )
        assert done.returncode == 0, (directory / "output").read_text()

    run("initdb", "--username", "postgres", "--auth", "trust", "--no-sync")
    listening = f"-c listen_addresses={address} -c port={port} -c unix_socket_directories="
    options = f"{listening} -c fsync=off"
    run("pg_ctl", "--wait", "--log", directory / "log", "--options", options, "start")
    try:
        yield {"PGHOSTADDR": address}
    finally:
        run("pg_ctl", "--wait", "--mode", "immediate", "stop")
        shutil.rmtree(directory)


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
        generate("chain", project, 1)  # one, so that there is one order to run it in
        base = project / "models" / "base" / "000" / "base_0.sql"
        numbers = "generate_series(0, 99) as numbers(range)"
        base.write_text(base.read_text().replace("range(100)", numbers))
        (project / "profiles.yml").write_text(PROFILES.format(port=port))

    with server("127.0.0.1", port) as one, server("127.0.0.2", port) as other:
        records = check(tmp_path, steps, make=make, variables=(one, other), is_remembered=False)
    for step, record in zip(steps, records, strict=True):
        assert record.get("success", True), (step, "\n".join(record["stdout"]))
