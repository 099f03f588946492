"""Portable files travel over a remote: whole, verified, by many at once, and without patience."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flatmanifest._native import write_packed
from flatmanifest.dbt.cache import objects
from flatmanifest.remote import landing, records, store, supervision
from flatmanifest.remote.supervision import OF_DBT, OF_USER, Outcome, Patience, performed
from tests.dbt.faulty_proxy import FaultyProxy
from tests.dbt.portables import (
    LS,
    PROGRAMS,
    Machine,
    key_of,
    machine,
    make_entry,
    make_transcript,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("s3fs")
moto_server = pytest.importorskip("moto.server")

EVERY = os.environ.get("FLATMANIFEST_EVERY_TRANSFER") == "1"
PROCESSES = 2000 if EVERY else 12
AT_ONCE = 48 if EVERY else 6
ARTIFACTS = ("manifest.json", "graph_summary.json")
# Two, and what ending a process takes on a busy machine.
SECONDS_OF_A_BAD_REMOTE = 2.5


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[str, int]]:
    """Run a server of S3 and return its address."""
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()
    server.stop()


def use_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def make_bucket(address: tuple[str, int], name: str) -> None:
    import http.client

    connection = http.client.HTTPConnection(*address)
    connection.request("PUT", f"/{name}")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.fixture
def bucket(
    s3: tuple[str, int], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """Return the URL of a place in a new bucket."""
    use_s3(monkeypatch, f"http://{s3[0]}:{s3[1]}")
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    make_bucket(s3, name)
    return f"s3://{name}/some/place"


@pytest.fixture(params=["file", "path", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty remote."""
    if request.param == "s3":
        found: str = request.getfixturevalue("bucket")
        return found
    return ("file://" if request.param == "file" else "") + str(tmp_path / "remote")


@pytest.fixture
def proxy(s3: tuple[str, int], bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a proxy between the bucket and its users."""
    assert bucket
    made = FaultyProxy(*s3)
    use_s3(monkeypatch, made.url)
    yield made
    made.stop()


def asked(what: str, on: Machine, url: str, patience: Patience, **more: object) -> Outcome:
    request = {"do": what, "url": url, "directory": str(on.cache), "may_be_missing": False}
    return performed({**request, **more}, patience)


def push(on: Machine, url: str, patience: Patience = OF_USER, stems: Any = None) -> Outcome:
    return asked("push", on, url, patience, stems=stems, may_be_missing=True)


def pull(on: Machine, url: str, patience: Patience = OF_USER) -> Outcome:
    return asked("pull", on, url, patience, most_bytes=1_000_000_000)


def pull_entry(on: Machine, url: str, patience: Patience = OF_DBT) -> Outcome:
    places = {"project": str(on.project), "target": str(on.project / "target")}
    return asked("pull_entry", on, url, patience, key=key_of(), programs=PROGRAMS, **places)


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    assert outcome.failure == ""
    found = outcome.counts
    return found["entries"], found["transcripts"], found["there"], found["refused"]


def tree(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file with its content and its time."""
    return {
        str(path.relative_to(directory)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_what_is_pushed_is_pulled(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = machine(tmp_path / "here"), machine(tmp_path / "there")
    monkeypatch.chdir(here.project)
    entry = make_entry(here, artifacts=ARTIFACTS)
    make_transcript(here, entry, LS)
    before = here.files()
    assert counts(push(here, url)) == (1, 1, 0, 0)
    assert here.files() == before
    assert counts(pull(there, url)) == (1, 1, 0, 0)
    assert there.files() == before
    assert {(there.cache / name).stat().st_mode & 0o777 for name in before} == {0o600}
    assert there.cache.stat().st_mode & 0o777 == 0o700
    assert counts(push(there, url)) == (0, 0, 2, 0)
    assert counts(pull(there, url)) == (0, 0, 2, 0)


def test_nothing_is_sent_or_taken_twice(tmp_path: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here, artifacts=ARTIFACTS)
    push(here, str(remote))
    pull(there, str(remote))
    sent, taken = tree(remote), tree(there.cache)
    assert all(records.is_portable_name(Path(name).name) for name in sent)
    push(here, str(remote))
    pull(there, str(remote))
    assert tree(remote) == sent
    assert tree(there.cache) == taken


def test_a_lost_packed_file_is_sent_again(tmp_path: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here, artifacts=ARTIFACTS)
    push(here, str(remote))
    lost, cut, *_ = sorted(remote.rglob("*.zst"))
    lost.unlink()
    assert counts(pull(there, str(remote))) == (0, 0, 0, 1)
    assert there.names() == set()
    cut.write_bytes(cut.read_bytes()[:-1])
    assert counts(push(here, str(remote))) == (1, 0, 0, 0)
    assert counts(pull(there, str(remote))) == (1, 0, 0, 0)


def test_artifacts_are_added_to_the_entry_that_is_there(tmp_path: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here)
    push(here, str(remote))
    pull(there, str(remote))
    make_entry(here, artifacts=ARTIFACTS)
    assert counts(push(here, str(remote))) == (1, 0, 0, 0)
    assert counts(pull(there, str(remote))) == (1, 0, 0, 0)
    assert there.files() == here.files()


def test_the_first_of_two_parses_stays(tmp_path: Path) -> None:
    """The second parse has other ids and times: its artifacts show another entry."""
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here, "first")
    make_entry(there, "second", artifacts=ARTIFACTS)
    push(here, str(remote))
    sent, kept = tree(remote), there.files()
    assert counts(push(there, str(remote))) == (0, 0, 1, 0)
    assert counts(pull(there, str(remote))) == (0, 0, 1, 0)
    assert tree(remote) == sent
    assert there.files() == kept


def test_files_of_two_parses_under_one_record_are_replaced(tmp_path: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here, artifacts=ARTIFACTS)
    push(here, str(remote))
    stem = make_entry(there, "second", artifacts=ARTIFACTS)
    write_packed(there.cache / f"{stem}.entry.zst", b"the entry of another parse")
    assert counts(pull_entry(there, str(remote))) == (1, 0, 0, 0)
    assert there.files() == here.files()


def test_two_projects_share_a_remote(tmp_path: Path, url: str) -> None:
    here, there = machine(tmp_path / "here"), machine(tmp_path / "there", "select 2 as b")
    make_entry(here, name="one")
    make_entry(there, name="other")
    assert counts(push(here, url)) == (1, 0, 0, 0)
    assert counts(push(there, url)) == (1, 0, 0, 0)
    third = machine(tmp_path / "third")
    assert counts(pull(third, url)) == (2, 0, 0, 0)
    assert third.files() == {**here.files(), **there.files()}


def test_only_the_entry_that_holds_here_is_taken(tmp_path: Path, url: str) -> None:
    """Two branches have the same key: the packed files of one of them are transferred."""
    branch = machine(tmp_path / "branch", "select 2 as b")
    main = machine(tmp_path / "main")
    wanted = make_entry(main, artifacts=ARTIFACTS)
    unwanted = make_entry(branch, artifacts=ARTIFACTS)
    assert wanted != unwanted
    push(main, url)
    push(branch, url)
    there = machine(tmp_path / "there")
    assert counts(pull_entry(there, url, OF_USER)) == (1, 0, 0, 0)
    assert there.files() == main.files()
    assert counts(pull_entry(there, url, OF_USER)) == (0, 0, 1, 0)
    elsewhere = machine(tmp_path / "elsewhere", "select 3 as c")
    assert counts(pull_entry(elsewhere, url, OF_USER)) == (0, 0, 0, 0)
    assert elsewhere.names() == set()


def test_a_commands_transcript_comes_with_its_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    monkeypatch.chdir(here.project)
    entry = make_entry(here, artifacts=ARTIFACTS)
    make_transcript(here, entry, LS)
    other = make_transcript(here, entry, ["parse"])
    assert counts(push(here, str(remote))) == (1, 2, 0, 0)
    monkeypatch.chdir(there.project)
    request = {
        "do": "pull_command",
        "url": str(remote),
        "directory": str(there.cache),
        "arguments": LS,
        "programs": PROGRAMS,
        "may_be_missing": False,
    }
    assert counts(performed(request, OF_DBT)) == (1, 1, 0, 0)
    assert there.names() == here.names() - {f"{other}.portable.fman"}
    assert counts(performed({**request, "arguments": ["ls", "--debug"]}, OF_DBT)) == (0, 0, 0, 0)


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def swapped(path: Path) -> None:
    other = max(path.parent.glob("*.zst"))
    assert other != path
    content, of_other = path.read_bytes(), other.read_bytes()
    path.write_bytes(of_other)
    other.write_bytes(content)


def grown(path: Path) -> None:
    """Make the file so large that it must not be read to its end."""
    with path.open("r+b") as file:
        file.truncate(100 << 30)


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("change", [damaged, cut_off, emptied, swapped, grown, linked])
def test_a_packed_file_that_is_not_what_its_record_says(
    tmp_path: Path, change: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here, artifacts=ARTIFACTS)
    push(here, str(remote))
    change(min(remote.rglob("*.zst")))
    outcome = pull_entry(there, str(remote))
    assert counts(outcome) == (0, 0, 0, 1)
    assert there.names() == set()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "portable.fman is discarded: " in lines[0]


@pytest.mark.parametrize("change", [damaged, cut_off, emptied, grown])
def test_a_damaged_record(
    tmp_path: Path, change: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here)
    push(here, str(remote))
    change(next(remote.rglob("*.portable.fman")))
    assert counts(pull_entry(there, str(remote))) == (0, 0, 0, 1)
    assert there.names() == set()
    assert len(capfd.readouterr().err.splitlines()) == 1
    assert counts(push(here, str(remote))) == (1, 0, 0, 0)  # it is replaced
    assert counts(pull_entry(there, str(remote))) == (1, 0, 0, 0)


FACTS = {"size": 5, "digest": "0" * 32}
MADE_UP: dict[str, dict[str, Any]] = {
    "a path as a name": {"artifacts": [{"name": "../x.json", **FACTS}]},
    "an absolute name": {"artifacts": [{"name": "/etc/x.json", **FACTS}]},
    "a name with a line feed": {"artifacts": [{"name": "x.json\n", **FACTS}]},
    "a hidden name": {"artifacts": [{"name": ".x.json", **FACTS}]},
    "the entry's name": {"artifacts": [{"name": "entry", **FACTS}]},
    "a number as a name": {"artifacts": [{"name": 5, **FACTS}]},
    "a name twice": {"artifacts": [{"name": "x.json", **FACTS}] * 2},
    "too many artifacts": {"artifacts": [{"name": f"x{i}.json", **FACTS} for i in range(99)]},
    "a huge entry": {"entry": {"size": 3 << 30, "digest": "0" * 32}},
    "a negative size": {"entry": {"size": -1, "digest": "0" * 32}},
    "a size that is no number": {"entry": {"size": True, "digest": "0" * 32}},
    "a path as a digest": {"entry": {"size": 5, "digest": "../" * 21 + "x"}},
    "no entry": {"entry": None},
    "artifacts that are no list": {"artifacts": 5},
    "flags that are no object": {"flags": ["FLAG"]},
    "another key": {"key": ["another"]},
    "other contents": {"dependencies": {"content": "0" * 32}},
    "dependencies that are no object": {"dependencies": "0"},
}


@pytest.mark.parametrize("what", MADE_UP)
def test_a_record_that_was_made_up(tmp_path: Path, what: str) -> None:
    here = machine(tmp_path / "here")
    stem = make_entry(here, changed=MADE_UP[what])
    with pytest.raises(records.RefusedError):
        records.read(here.cache / f"{stem}.portable.fman", stem)
    assert counts(push(here, str(tmp_path / "remote"))) == (0, 0, 0, 1)
    assert not (tmp_path / "remote").exists()


def test_a_record_with_an_object_of_a_class(tmp_path: Path) -> None:
    """No class is looked up for a record, not even one of dbt's."""
    import dataclasses

    @dataclasses.dataclass
    class Object:
        a: int

    Object.__module__ = "dbt.made_up"
    here = machine(tmp_path / "here")
    stem = make_entry(here)
    path = here.cache / f"{stem}.portable.fman"
    objects.publish(path, {"key": [Object(1)]}, is_lasting=False)
    with pytest.raises(records.RefusedError, match="it has an object of"):
        records.read(path, stem)


def test_a_transcript_that_leads_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(tmp_path / "here")
    monkeypatch.chdir(here.project)
    make_entry(here)
    stem = make_transcript(here, "../../other", LS)
    with pytest.raises(records.RefusedError, match="it names no entry"):
        records.read(here.cache / f"{stem}.portable.fman", stem)


STEM = "0" * 24 + "-" + "1" * 32
HOSTILE_NAMES = [
    *("../x", "/etc/passwd", "..", ".", "", "x", f"{STEM}.portable.fman\n", f"../{STEM}.portable"),
    *(f"{STEM}.portable.fman.exe", f"{STEM}.portable.fman/..", f"A{STEM[1:]}.portable.fman"),
    *(f"{STEM}.manifest.json.zst", f"{STEM}.{'0' * 31}.zst", f"{STEM}.{'0' * 32}.zst\n"),
    *(f"{STEM}x.portable.fman", f"{STEM}\n.portable.fman", f"{STEM}.portable.fman.portable.fman"),
    *(f"{STEM}.{'0' * 62}/a.zst", "\x00", f"{STEM}.portable.fman\x00", "é" * 24),
]


def test_hostile_names_are_no_names(tmp_path: Path) -> None:
    remote = store.Store(str(tmp_path), 1, lambda _: None, may_be_missing=True)

    class Files:
        """A remote that lists what it likes."""

        def __init__(self, names: list[str]) -> None:
            self.names = names

        def ls(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
            return [{"name": name, "size": 1, "type": "file"} for name in self.names]

        def isdir(self, _: str) -> bool:
            return True

    key = "0" * 24
    remote.files = Files([f"{key}/{name}" for name in HOSTILE_NAMES])
    assert remote.listed(key) == {}
    remote.files = Files([f"{'1' * 24}/{STEM}.portable.fman", f"{STEM}.portable.fman"])
    assert remote.listed(key) == {}
    remote.files = Files([f"bucket/{name}" for name in ("../../x", "/", "0" * 23, "0" * 24 + "\n")])
    assert remote.everything() == {}


def test_other_files_of_a_remote_are_left_alone(tmp_path: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    stem = make_entry(here)
    push(here, str(remote))
    key = remote / key_of()
    for name in ("x", "..x", "new\nline", f"{stem}.portable.fman.exe", f"{stem}.manifest.json.zst"):
        (key / name).write_text("x")
        (remote / name).write_text("x")
    (key / f"{STEM}.portable.fman").symlink_to("/dev/zero")
    os.mkfifo(key / f"{STEM[:-1]}2.portable.fman")
    (key / f"{STEM[:-1]}3.portable.fman").mkdir()
    (remote / ("0" * 24)).symlink_to("/etc")
    assert counts(pull(there, str(remote))) == (1, 0, 0, 0)
    assert there.files() == here.files()


def test_a_huge_remote_is_taken_in_part(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    remote = tmp_path / "remote"
    for number in range(3):
        branch = machine(tmp_path / str(number), f"select {number} as a")
        stem = make_entry(branch)
        push(branch, str(remote))
        record = remote / key_of() / f"{stem}.portable.fman"
        os.utime(record, (1_000_000_000 + number, 1_000_000_000 + number))
    there = machine(tmp_path / "there")
    size = max(path.stat().st_size for path in remote.rglob("*.zst"))
    request = {"do": "pull", "url": str(remote), "directory": str(there.cache)}
    done = performed({**request, "most_bytes": size, "may_be_missing": False}, OF_USER)
    assert counts(done) == (1, 0, 0, 0)
    assert f"{stem}.portable.fman" in there.names()  # the latest
    assert "older entries are left out" in capfd.readouterr().err


def test_a_directory_that_others_may_write_to(tmp_path: Path) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    make_entry(here)
    push(here, str(tmp_path / "remote"))
    there.cache.mkdir(parents=True)
    there.cache.chmod(0o777)
    assert "may write to it" in pull(there, str(tmp_path / "remote")).failure
    assert there.names() == set()


# Bad remotes

# What goes wrong, and the part of a URL where it does.
LISTING, RECORD, PACKED = "list-type", ".portable.fman", ".zst"
FAULTS = [
    *(("status 500", LISTING), ("status 500", PACKED), ("cut", LISTING), ("cut", RECORD)),
    *(("cut", PACKED), ("short", RECORD), ("short", PACKED)),
]
SLOW = [
    *(("hanging", LISTING), ("hanging", PACKED), ("dripping", RECORD), ("endless", RECORD)),
    ("endless", PACKED),
]


def test_a_server_that_fails(
    tmp_path: Path, bucket: str, proxy: FaultyProxy, capfd: pytest.CaptureFixture[str]
) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    make_entry(here, artifacts=ARTIFACTS)
    proxy.fault = "status 500"
    assert push(here, bucket, OF_DBT).failure
    proxy.fault = ""
    assert counts(push(here, bucket)) == (1, 0, 0, 0)
    for fault, part in FAULTS:
        proxy.fault, proxy.part = fault, part
        begin = time.monotonic()
        outcome = pull_entry(there, bucket)
        assert time.monotonic() - begin < SECONDS_OF_A_BAD_REMOTE, (fault, part)
        assert outcome.failure or outcome.counts["refused"] == 1, (fault, part)
        assert there.names() == set(), (fault, part)
    proxy.fault = ""
    assert counts(pull_entry(there, bucket, OF_USER)) == (1, 0, 0, 0)
    assert there.files() == here.files()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(("fault", "part"), SLOW)
def test_a_slow_server_is_given_up(
    tmp_path: Path, bucket: str, proxy: FaultyProxy, fault: str, part: str
) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    make_entry(here, artifacts=ARTIFACTS)
    push(here, bucket)
    proxy.fault, proxy.part = fault, part
    begin = time.monotonic()
    outcome = pull_entry(there, bucket)
    assert time.monotonic() - begin < SECONDS_OF_A_BAD_REMOTE
    assert outcome.failure or outcome.counts["refused"] == 1
    assert not {name for name in there.names() if not name.startswith(".transfer-")}


def test_an_absent_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = machine(tmp_path / "there")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        use_s3(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
        begin = time.monotonic()
        assert pull_entry(there, "s3://bucket/place").failure
        assert time.monotonic() - begin < SECONDS_OF_A_BAD_REMOTE
    with socket.socket() as silent:  # accepts no connection, and refuses none
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        use_s3(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        begin = time.monotonic()
        assert pull_entry(there, "s3://bucket/place").failure
        assert time.monotonic() - begin < SECONDS_OF_A_BAD_REMOTE
    begin = time.monotonic()
    assert pull_entry(there, str(tmp_path / "nothing")).failure == "there is no such directory"
    assert "not known" in pull_entry(there, "no-such-protocol://a/b").failure
    assert time.monotonic() - begin < SECONDS_OF_A_BAD_REMOTE
    assert not {name for name in there.names() if not name.startswith(".transfer-")}


def test_the_user_is_told_of_waiting(
    tmp_path: Path, bucket: str, proxy: FaultyProxy, capfd: pytest.CaptureFixture[str]
) -> None:
    proxy.fault = "hanging"
    patience = Patience(seconds=3, rate=1e4, most=3, notice=0.5)
    outcome = pull(machine(tmp_path / "there"), bucket, patience)
    assert outcome.failure.startswith("no answer for 3 s")
    assert "no answer yet; waiting for" in capfd.readouterr().err


def test_a_remote_earns_time_by_what_it_transfers() -> None:
    clock = supervision.Clock(Patience(seconds=2, rate=1e6, most=30, notice=1))
    clock.deadline -= 1.5
    clock.hear(1_000_000)
    assert 1.4 < clock.left() <= 1.5
    clock.hear(1_000_000_000)
    assert clock.left() <= 2
    clock.begin -= 29
    clock.deadline = clock.begin + 29
    clock.hear(1_000_000_000)
    assert clock.left() <= 1


def test_leftovers_of_killed_processes_are_removed(tmp_path: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here)
    push(here, str(remote))
    there.cache.mkdir(mode=0o700, parents=True)
    names = ("old", "left", "in_use", "begun")
    old, left, in_use, begun = (there.cache / f".transfer-{name}" for name in names)
    for path in (old, left, in_use, begun):
        path.mkdir()
    for path in (old, left, in_use):
        (path / "x").write_text("x")
    os.utime(old, (1, 1))
    with landing.locked(in_use):
        pull(there, str(remote))
    assert not old.exists()
    assert not left.exists()
    # Those of other processes stay: one has the lock, the other is about to take it.
    assert in_use.exists()
    assert begun.exists()


def test_a_password_is_not_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    there = machine(tmp_path / "there")
    url = "no-such-protocol://me:Plant3d@host/place?token=Plant3d"
    outcome = pull(there, url)
    supervision.tell(url, outcome.failure)
    assert "Plant3d" not in outcome.failure + capfd.readouterr().err


def test_without_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = machine(tmp_path / "there")
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "fsspec.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'fsspec'\", name='fsspec')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))
    outcome = pull(there, str(tmp_path))
    assert outcome.failure == ("fsspec is not installed: pip install 'flatmanifest[remote]'")


# The command line


def run(program: Path, on: Machine, *arguments: str, **variables: str) -> Any:
    return subprocess.run(
        [program, "cache", *arguments],
        cwd=on.project,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands(tmp_path: Path, executable: Path) -> None:
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    make_entry(here, artifacts=ARTIFACTS)
    url = f"file://{remote}"
    done = run(executable, here, "push", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"1 entry and 0 recorded commands sent to {url}\n"
    done = run(executable, there, "pull", FLATMANIFEST_CACHE_URL=url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"1 entry and 0 recorded commands taken from {url}\n"
    assert there.files() == here.files()
    done = run(executable, there, "push", "--project-dir", str(here.project), url)
    assert done.stdout == f"0 entries and 0 recorded commands sent to {url}; 1 there already\n"
    chosen = tmp_path / "chosen"
    done = run(executable, there, "pull", url, FLATMANIFEST_CACHE_DIR=str(chosen))
    assert done.returncode == 0
    assert set(os.listdir(chosen)) == here.names()


def test_the_commands_fail(tmp_path: Path, executable: Path) -> None:
    there = machine(tmp_path / "there")
    done = run(executable, there, "pull", FLATMANIFEST_CACHE_URL="")
    assert done.returncode == 2
    assert done.stderr == "flatmanifest: name a URL, or set FLATMANIFEST_CACHE_URL\n"
    done = run(executable, there, "pull", str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert done.stderr.endswith("/nothing: there is no such directory\n")
    (tmp_path / "elsewhere").mkdir()
    done = run(executable, Machine(tmp_path / "elsewhere"), "push", str(tmp_path))
    assert done.returncode == 1
    assert "there is no dbt_project.yml here or above" in done.stderr
    done = run(executable, there, "status")
    assert done.returncode == 0
    assert done.stdout.endswith(": empty\n")


# Many at once


@pytest.mark.parametrize("kind", ["file", "s3"])
def test_many_processes_push_and_pull_at_once(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """Writers have parsed the same files, each with its own result; readers take what there is."""
    url = request.getfixturevalue("bucket") if kind == "s3" else f"file://{tmp_path}/remote"
    writers = [machine(tmp_path / f"writer_{number}") for number in range(4)]
    for number, writer in enumerate(writers):
        make_entry(writer, f"{number}th", artifacts=ARTIFACTS if number % 2 else ())
        make_entry(writer, f"{number}th", name=f"of_{number}")
    count = PROCESSES if kind == "file" else min(PROCESSES, 8 * AT_ONCE)
    readers: list[Machine] = []
    running: list[subprocess.Popen[bytes]] = []
    requests: list[dict[str, Any]] = []
    for number in range(count):
        if number % 2:
            readers.append(machine(tmp_path / f"reader_{number}"))
            requests.append({"do": "pull", "directory": str(readers[-1].cache), "most_bytes": 1e9})
        else:
            directory = str(writers[number // 2 % len(writers)].cache)
            requests.append({"do": "push", "directory": directory, "stems": None})
    for each in requests:
        running.append(begun({**each, "url": url, "seconds": 60, "may_be_missing": True}))
        while len(running) >= AT_ONCE:
            require_success(running.pop(0))
    for process in running:
        require_success(process)
    last = machine(tmp_path / "last")
    assert counts(pull(last, url)) == (5, 0, 0, 0)
    for reader in [*readers, last]:
        require_whole(reader)


def begun(request: dict[str, Any]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "flatmanifest.remote.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(request).encode())
    process.stdin.close()
    process.stdin = None
    return process


def require_success(process: subprocess.Popen[bytes]) -> None:
    answer, _ = process.communicate(timeout=120)
    last = json.loads(answer.splitlines()[-1])
    assert "done" in last, answer
    assert last["done"]["refused"] == 0, answer


def require_whole(reader: Machine) -> None:
    """Require that every record has its files, each with the contents that the record says."""
    names = reader.names()
    stems = [stem for name in names if (stem := records.stem_of(name)) is not None]
    expected = set()
    for stem in stems:
        record = records.read(reader.cache / f"{stem}.portable.fman", stem)
        expected |= {record.name, *(each.local_name for each in record.packed)}
        for each in record.packed:
            each.verify(reader.cache / each.local_name)
    assert names == expected


def test_many_processes_pull_into_one_cache(tmp_path: Path) -> None:
    """Two remotes have different parses of the same files: one of them comes, not a mixture."""
    urls = []
    for number in range(2):
        writer = machine(tmp_path / f"writer_{number}")
        make_entry(writer, f"{number}th", artifacts=ARTIFACTS)
        urls.append(str(tmp_path / f"remote_{number}"))
        push(writer, urls[-1])
    for _ in range(20 if EVERY else 2):
        reader = machine(tmp_path / "reader")
        request = {"do": "pull", "directory": str(reader.cache), "most_bytes": 1e9}
        running = [
            begun({**request, "url": urls[number % 2], "seconds": 60, "may_be_missing": False})
            for number in range(AT_ONCE)
        ]
        for process in running:
            require_success(process)
        require_whole(reader)
        assert reader.names()
        shutil.rmtree(reader.project)


def test_a_packed_file_that_is_replaced_while_it_is_sent(tmp_path: Path) -> None:
    """A parse replaces the files of an earlier one: the remote gets those of one parse."""
    here, there, remote = machine(tmp_path / "a"), machine(tmp_path / "b"), tmp_path / "remote"
    stem = make_entry(here)
    write_packed(here.cache / f"{stem}.entry.zst", b"another parse, whose record is not there yet")
    assert counts(push(here, str(remote))) == (0, 0, 0, 1)
    make_entry(here, "second")
    assert counts(push(here, str(remote))) == (1, 0, 0, 0)
    assert counts(pull(there, str(remote))) == (1, 0, 0, 0)
