"""The `flatmanifest` executable: its output, its files and its exit status."""

from __future__ import annotations

import gzip
import json
import os
import pty
import resource
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import CUSTOMERS, ORDERS, RAW_CODE, identical, sample

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def run(executable: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run the executable in tmp_path, without a terminal."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [executable, *arguments], cwd=tmp_path, input=stdin, capture_output=True, check=False
        )

    return call


def test_convert_writes_beside_the_input(run: Any, json_path: Path) -> None:
    done = run("convert", "manifest.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"manifest.fman: ")
    assert b"generation 1" in done.stdout
    with flatmanifest.open(json_path.with_suffix(".fman")) as manifest:
        assert manifest == sample()


@pytest.mark.parametrize("gone", [False, True])
def test_a_summary_that_cannot_be_printed(executable: Path, json_path: Path, gone: bool) -> None:  # noqa: FBT001
    """The file is published even if printing fails afterwards."""
    read, write = os.pipe()
    os.close(read)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [executable, "convert", json_path],
            stdout=write if gone else full,
            stderr=subprocess.PIPE,
            check=False,
        )
    os.close(write)
    assert done.returncode == 0, done.stderr
    assert b"manifest.fman was written, but cannot write standard output: " in done.stderr
    with flatmanifest.open(json_path.with_suffix(".fman")) as manifest:
        assert manifest == sample()


def test_a_file_size_limit(executable: Path, json_path: Path) -> None:
    """`ulimit -f` stops a conversion: there is a message, and no file is left."""
    done = subprocess.run(
        [executable, "convert", json_path],
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)),
    )
    assert done.returncode == 1
    assert done.stderr.endswith(b"manifest.fman: File too large\n"), done.stderr
    assert [path.name for path in json_path.parent.iterdir()] == [json_path.name]


def test_convert_does_not_replace_its_input(run: Any, json_path: Path) -> None:
    before = json_path.read_bytes()
    done = run("convert", "manifest.json", "-o", "./manifest.json")
    assert done.returncode == 1
    assert b"the output would replace the input" in done.stderr
    assert json_path.read_bytes() == before


def test_convert_counts_generations(run: Any, json_path: Path) -> None:
    for generation in (1, 2, 3):
        assert run("convert", json_path, "--quiet").stdout == b""
        with flatmanifest.open(json_path.with_suffix(".fman")) as manifest:
            assert manifest.generation == generation


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_convert_reads_standard_input(
    run: Any, json_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    done = run("convert", "-", "-o", "out.fman", stdin=pack(json_path.read_bytes()))
    assert done.returncode == 0, done.stderr
    with flatmanifest.open(json_path.parent / "out.fman") as manifest:
        assert manifest == sample()


@pytest.mark.parametrize("arguments", [["-"], ["-", "-o", "-"], ["manifest.json", "-o", "-"]])
def test_convert_writes_standard_output(run: Any, json_path: Path, arguments: list[str]) -> None:
    done = run("convert", *arguments, stdin=json_path.read_bytes())
    assert done.returncode == 0, done.stderr
    (json_path.parent / "piped.fman").write_bytes(done.stdout)
    with flatmanifest.open(json_path.parent / "piped.fman") as manifest:
        manifest.verify()
        assert manifest == sample()


@pytest.mark.parametrize(
    ("text", "offset", "why"),
    [
        (b"", 0, b"empty"),
        (b"  \n", 0, b"empty"),
        (b"hello", 0, b"not"),
        (b'{"nodes": {}', 12, b"truncated"),
        (b'{"nodes": {"a": "\xff"}}', 17, b"UTF-8"),
        (b'{"nodes": {"a": -NaN}}', 16, b"NaN has no sign"),
        (b'{"nodes": {"a": "\\ud80"}}', 17, b"escape"),
        (b'{"nodes": {}} x', 14, b"after the end"),
        (b'{"sources": {}}', 0, b"nodes"),
        (b'{"nodes": []}', 0, b"nodes"),
        (b"[]", 0, b"not a dbt manifest"),
    ],
)
def test_convert_says_what_is_wrong_and_where(
    run: Any, tmp_path: Path, text: bytes, offset: int, why: bytes
) -> None:
    (tmp_path / "bad.json").write_bytes(text)
    done = run("convert", "bad.json")
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"flatmanifest: bad.json: byte %d: " % offset), done.stderr
    assert why in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


def test_failed_convert_keeps_the_previous_file(run: Any, fman_path: Path) -> None:
    before = fman_path.read_bytes()
    fman_path.with_suffix(".json").write_bytes(b'{"nodes": {')
    assert run("convert", "manifest.json").returncode == 1
    assert fman_path.read_bytes() == before


@pytest.mark.parametrize("output", ["missing/out.fman", "."])
def test_convert_to_an_impossible_place_fails(run: Any, json_path: Path, output: str) -> None:
    done = run("convert", json_path, "-o", output)
    assert done.returncode == 1
    assert b"cannot write " + output.encode() in done.stderr
    assert [path.name for path in json_path.parent.iterdir()] == ["manifest.json"]


def test_export_gives_the_same_file_back(run: Any, json_path: Path, fman_path: Path) -> None:
    assert run("export", fman_path).stdout == json_path.read_bytes()
    assert run("export", fman_path, "-o", "again.json").returncode == 0
    assert (json_path.parent / "again.json").read_bytes() == json_path.read_bytes()


def test_export_to_a_full_disk_fails(executable: Path, fman_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [executable, "export", fman_path], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr


def test_info_counts(run: Any, json_path: Path, fman_path: Path) -> None:
    info = json.loads(run("info", "manifest.fman", "--json").stdout)
    assert info["file"] == "manifest.fman"
    assert info["kind"] == "artifact"
    assert info["generation"] == 1
    assert info["bytes"] == fman_path.stat().st_size
    assert info["json_bytes"] == json_path.stat().st_size
    assert info["metadata"]["dbt_schema_version"] == "v12"
    assert info["metadata"]["adapter_type"] is None
    assert info["resources"] == {
        "doc": 1, "exposure": 1, "group": 1, "macro": 1, "model": 2, "source": 1
    }  # fmt: skip
    assert info["graph"] == {"nodes": 4, "edges": 3}
    assert sum(section["bytes"] for section in info["sections"].values()) < info["bytes"]


def test_info_is_readable(run: Any, fman_path: Path) -> None:
    text = run("info", fman_path).stdout.decode()
    assert text.splitlines()[0] == str(fman_path)
    assert "format 1, generation 1" in text
    assert "4 nodes, 3 edges" in text


def test_verify_tells_intact_from_damaged(run: Any, fman_path: Path) -> None:
    done = run("verify", "manifest.fman")
    assert done.returncode == 0
    assert b"manifest.fman: intact" in done.stdout
    assert json.loads(run("verify", "manifest.fman", "--json").stdout) == {
        "file": "manifest.fman",
        "intact": True,
        "error": None,
    }
    damaged = bytearray(fman_path.read_bytes())
    damaged[-1] ^= 1
    fman_path.write_bytes(damaged)
    done = run("verify", "manifest.fman")
    assert done.returncode == 1
    assert b"manifest.fman: checksum mismatch" in done.stderr
    verdict = run("verify", "manifest.fman", "--json")
    assert verdict.returncode == 1
    assert json.loads(verdict.stdout)["intact"] is False
    assert "checksum" in json.loads(verdict.stdout)["error"]


def test_verify_refuses_json(run: Any, json_path: Path) -> None:
    done = run("verify", json_path)
    assert done.returncode == 1
    assert b"convert it first" in done.stderr


@pytest.mark.parametrize("file", ["manifest.fman", "manifest.json"])
@pytest.mark.parametrize("name", [ORDERS, "customers"])
def test_show_as_json(run: Any, fman_path: Path, file: str, name: str) -> None:
    assert fman_path.exists()
    done = run("show", file, name, "--json")
    assert done.returncode == 0, done.stderr
    unique_id = ORDERS if name == ORDERS else CUSTOMERS
    assert identical(json.loads(done.stdout), sample()["nodes"][unique_id])


def test_show_prefers_nodes_to_what_shares_their_name(run: Any, fman_path: Path) -> None:
    shown = run("show", fman_path, "orders", "--field", "unique_id")
    assert shown.stdout == f"{ORDERS}\n".encode()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("config.materialized", "table\n"),
        ("config.meta.a.b", "dotted\n"),
        ("depends_on.nodes.0", f"{CUSTOMERS}\n"),
        ("version", "2\n"),
        ("latest", "true\n"),
        ("relation_name", "null\n"),
        ("description", "\n"),
        ("raw_code", RAW_CODE + "\n"),
        ("tags", "- nightly\n- finance\n"),
        ("depends_on", f"nodes:\n  - {CUSTOMERS}\n  - source.shop.raw.orders\nmacros: []\n"),
    ],
)
def test_show_a_field(run: Any, fman_path: Path, field: str, text: str) -> None:
    assert run("show", fman_path, ORDERS, "--field", field).stdout.decode() == text


def test_show_indents_long_text(run: Any, fman_path: Path) -> None:
    lines = run("show", fman_path, ORDERS).stdout.decode().splitlines()
    at = lines.index("raw_code: |")
    assert lines[at + 1 : at + 3] == ["  " + line for line in RAW_CODE.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model.shop.nothing"], "no resource has the unique_id or name 'model.shop.nothing'"),
        ([ORDERS, "--field", "config.nothing"], "there is no field 'config.nothing'"),
    ],
)
def test_show_what_is_not_there(
    run: Any, fman_path: Path, arguments: list[str], message: str
) -> None:
    done = run("show", fman_path, *arguments)
    assert done.returncode == 1
    assert done.stdout == b""
    assert message in done.stderr.decode()


def test_show_lists_the_choices(run: Any, tmp_path: Path, plain: dict[str, Any]) -> None:
    twin = "model.other.orders"
    plain["nodes"][twin] = {**plain["nodes"][ORDERS], "unique_id": twin}
    (tmp_path / "manifest.json").write_text(json.dumps(plain))
    done = run("show", "manifest.json", "orders")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[1:] == [f"  {twin}", f"  {ORDERS}"]


@pytest.mark.parametrize("command", ["export", "info", "verify", "show"])
def test_a_missing_file_is_named(run: Any, command: str) -> None:
    done = run(command, "nowhere.fman", *(["x"] if command == "show" else []))
    assert done.returncode == 1
    assert b"cannot open nowhere.fman: No such file or directory" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["bogus"], ["convert"], ["show", "a"], ["info", "a", "--bogus"]]
)
def test_wrong_usage_exits_with_2(run: Any, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr


def test_help_and_version(run: Any) -> None:
    assert run("--version").stdout.decode() == f"flatmanifest {flatmanifest.__version__}\n"
    assert b"convert" in run("--help").stdout
    for command in ("convert", "diff", "export", "info", "verify", "show"):
        done = run(command, "--help")
        assert done.returncode == 0
        assert b"flatmanifest " + command.encode() + b" [OPTIONS]" in done.stdout


def read_terminal(descriptor: int) -> bytes:
    """Read some of a terminal's output; b'' at the end."""
    try:
        return os.read(descriptor, 65536)
    except OSError:  # on Linux, the other side is closed
        return b""


def test_progress_is_for_terminals(run: Any, executable: Path, tmp_path: Path) -> None:
    large = {"nodes": {}, "padding": [["x" * 100 + str(number)] for number in range(200_000)]}
    (tmp_path / "large.json").write_text(json.dumps(large))
    done = run("convert", "large.json")
    assert done.returncode == 0
    assert done.stderr == b""

    ours, theirs = pty.openpty()
    command: list[str | Path] = [executable, "convert", "--quiet", "large.json"]
    assert subprocess.run(command, cwd=tmp_path, stderr=theirs, check=False).returncode == 0
    os.close(theirs)
    shown = b"".join(iter(lambda: read_terminal(ours), b""))
    os.close(ours)
    assert shown.startswith(b"\r\x1b[Kconverting large.json [")
    assert b"%" in shown
    assert shown.endswith(b"\r\x1b[K")
