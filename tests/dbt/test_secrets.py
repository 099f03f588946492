"""No file of flatmanifest contains a secret or a variable's value: tests search for planted ones.

dbt's own files are not searched: dbt refuses secrets in models, and hides them in its log.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.meanings import RELEASE
from tests.dbt.template import PROGRAM
from tests.projects import generate
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator

VARS = {"--vars": "Plant3d-V4r"}
LS = ["ls", "--select", "stg_orders"]

# Each value occurs nowhere else. dbt recognises a secret by the prefix DBT_ENV_SECRET_ of its name.
SECRETS = {
    "DBT_ENV_SECRET_PASSWORD": "Plant3d-Pa55word-of-the-profile",
    "DBT_ENV_SECRET_KEY": "Plant3d-K3y-of-the-profile",
    "DBT_ENV_SECRET_PACKAGE": "Plant3d-T0ken-of-the-packages",
    "DBT_ENV_SECRET_UNUSED": "Plant3d-S3cret-nobody-asks-for",
}
VALUES = {
    "PLANTED_IN_SQL": "Plant3d-V4lue-in-sql",
    "PLANTED_IN_YAML": "Plant3d-V4lue-in-yaml",
    "PLANTED_IN_PROFILE": "Plant3d-V4lue-in-profile",
    "PLANTED_IN_NOTHING": "Plant3d-V4lue-in-nothing",
    "DBT_PLANTED": "Plant3d-V4lue-of-dbts",
}

PROFILE = """
small_everything:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: small_everything.duckdb
      threads: 2
      settings:
        custom_user_agent: "{{ env_var('PLANTED_IN_PROFILE') }}"
        s3_secret_access_key: "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"
      secrets:
        - type: s3
          key_id: a
          secret: "{{ env_var('DBT_ENV_SECRET_KEY') }}"
"""


def encodings(text: str) -> Iterator[bytes]:
    """Yield a text as UTF-8, UTF-16, UTF-32, hexadecimal, reversed, and base64 at any offset."""
    plain = text.encode()
    yield plain
    for wide in ("utf-16-le", "utf-16-be", "utf-32-le"):
        yield text.encode(wide)
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield plain[::-1]
    for before in range(3):
        # The first and last characters depend on the neighbouring bytes.
        packed = base64.b64encode(b"\0" * before + plain)[4:-4]
        yield packed
        yield packed.translate(bytes.maketrans(b"+/", b"-_"))


def found_in(directory: Path, planted: dict[str, str]) -> list[str]:
    found = []
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        where = content + str(path).encode()
        found += [
            f"{name} in {path}"
            for name, text in planted.items()
            if any(encoded in where for encoded in encodings(text))
        ]
    return found


def dbt(
    project: Path, *arguments: str, program: Any = PROGRAM, **variables: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "dbt", *arguments],
        cwd=project,
        env={
            **os.environ,
            **PRIVATE,
            "FLATMANIFEST": "1",
            "FLATMANIFEST_EXPLAIN": "1",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def with_plants(directory: Path) -> Path:
    """Make a project that reads all planted variables but the unused ones, where dbt allows it."""
    project = directory / "project"
    generate("small_everything", project, None)
    (project / "profiles.yml").write_text(PROFILE)
    (project / "models" / "asks.sql").write_text(
        "select '{{ env_var('PLANTED_IN_SQL') }}' as a, '{{ var('planted', '') | length }}' as b"
    )
    (project / "models" / "asks.yml").write_text(
        "models:\n  - name: asks\n    config:\n"
        "      enabled: \"{{ env_var('PLANTED_IN_YAML') | length > 0 }}\"\n"
    )
    package = project / "shared"
    (package / "macros").mkdir(parents=True)
    (package / "dbt_project.yml").write_text("name: shared\nversion: '1.0'\n")
    (project / "packages.yml").write_text(
        "packages:\n  - local: \"shared{{ env_var('DBT_ENV_SECRET_PACKAGE')[:0] }}\"\n"
    )
    return project


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a project after commands with all planted values, and the user's cache directory."""
    directory = tmp_path_factory.mktemp("secrets")
    project, user_cache = with_plants(directory), directory / "cache"
    variables = {**SECRETS, **VALUES, "XDG_CACHE_HOME": str(user_cache)}
    assert dbt(project, "deps", **variables).returncode == 0
    for _ in range(3):  # dbt 1.12 warns while it parses, so that the second run is recorded
        done = dbt(project, *LS, "--vars", f"{{planted: {VARS['--vars']}}}", **variables)
        assert done.returncode == 0, done.stdout
    assert "dbt runs" not in done.stderr
    without = {name: text for name, text in variables.items() if name not in SECRETS}
    for arguments in (["--help"], ["ls", "--help"], ["--version"]):
        for given in (variables, without):
            assert dbt(project, *arguments, **given).returncode == 0
    return project, user_cache


def test_there_is_something_to_look_through(used: tuple[Path, Path]) -> None:
    project, user_cache = used
    names = {path.name.partition(".")[2] for path in (project / "target/flatmanifest").iterdir()}
    assert {"fman", "state.fman", "artifacts.fman"} <= names
    assert {path.name.partition(".")[2] for path in (user_cache / "flatmanifest").iterdir()} == {
        "answer.fman"
    }


def test_no_secret_is_in_a_file_of_ours(used: tuple[Path, Path]) -> None:
    project, user_cache = used
    assert found_in(project / "target" / "flatmanifest", SECRETS) == []
    assert found_in(user_cache, SECRETS) == []


def test_no_value_of_a_variable_is_in_a_file_of_ours(used: tuple[Path, Path]) -> None:
    project, user_cache = used
    cache = project / "target" / "flatmanifest"
    assert found_in(cache, VALUES) == []
    assert found_in(user_cache, {**VALUES, **VARS}) == []
    # dbt logs its command line, and a transcript has what dbt logs.
    transcripts = {*cache.glob("*.transcript.fman"), *cache.glob("*.portable.fman")}
    with_vars = {Path(place.partition(" in ")[2]) for place in found_in(cache, VARS)}
    assert with_vars <= transcripts


def test_dbt_refuses_secrets_elsewhere(used: tuple[Path, Path]) -> None:
    """Secrets in a model and in vars: nothing of a command that fails is kept."""
    project, _ = used
    asks = project / "models" / "asks.sql"
    before = asks.read_text()
    asks.write_text("select '{{ env_var('DBT_ENV_SECRET_UNUSED') }}' as a")
    done = dbt(project, *LS, **SECRETS, **VALUES)
    asks.write_text(before)
    assert done.returncode != 0
    assert "Secret env vars are allowed only in" in done.stdout
    assert found_in(project / "target" / "flatmanifest", SECRETS) == []


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_secret_in_the_command_line_is_not_recorded(
    used: tuple[Path, Path], log_format: str
) -> None:
    """Dbt logs its command line without the secret, and a transcript would have it."""
    project, _ = used
    variables = {**SECRETS, **VALUES}
    given = f"{{planted: {SECRETS['DBT_ENV_SECRET_UNUSED']}}}"
    log = ["--log-format", log_format, "--log-format-file", log_format, "--log-level", "debug"]
    for _ in range(2):
        done = dbt(project, *log, *LS, "--vars", given, **variables)
        assert done.returncode == 0, done.stdout
        assert "*****" in done.stdout
        assert "dbt runs" in done.stderr
    assert "not recorded" in done.stderr
    assert found_in(project / "target" / "flatmanifest", SECRETS) == []


@pytest.mark.one_story
@pytest.mark.skipif(RELEASE < (1, 12), reason="dbt 1.12 was the first to read a .env file")
def test_a_secret_of_an_env_file_is_taken_out(tmp_path: Path) -> None:
    """The front door does not read .env, and would print the value. dbt reads it as it starts."""
    project = tmp_path / "project"
    generate("small_everything", project, None)
    (project / ".env").write_text("DBT_ENV_SECRET_OF_A_FILE=staging.stg_orders\n")
    program = Path(sys.executable).with_name("flatmanifest")
    for _ in range(3):
        done = dbt(project, *LS, program=program)
        assert done.returncode == 0, done.stdout
        assert "dbt runs" in done.stderr
        assert "staging.stg_orders" not in done.stdout
    assert "not recorded: a secret comes from a .env file" in done.stderr


def test_what_is_recorded_of_a_warm_command(tmp_path: Path) -> None:
    """Without secrets there is a transcript, with one digest of the values of all variables."""
    project = with_plants(tmp_path)
    (project / "profiles.yml").write_text(
        PROFILE.replace("DBT_ENV_SECRET_PASSWORD", "DBT_PLANTED").partition("      secrets")[0]
    )
    (project / "packages.yml").unlink()
    for _ in range(3):
        done = dbt(project, *LS, **VALUES)
        assert done.returncode == 0, done.stdout
    assert "dbt runs" not in done.stderr, done.stderr
    cache = project / "target" / "flatmanifest"
    assert [*cache.glob("*.transcript.fman")]
    assert found_in(cache, VALUES) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    secret = {"a": "Plant3d-Pa55word"}
    for number, encoded in enumerate(encodings(secret["a"])):
        path = tmp_path / f"{number}"
        path.write_bytes(b"\xff" * number + encoded + b"\xff")
        assert found_in(tmp_path, secret) == [f"a in {path}"]
        path.unlink()
