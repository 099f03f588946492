"""Starting the resident dbt: its lock, what the user is told, and how long it waits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from flatmanifest.dbt.resident import lock, request, starting

if TYPE_CHECKING:
    from pathlib import Path


def test_the_user_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marker = tmp_path / "told"
    starting.tell_once(marker, {"FLATMANIFEST_RESIDENT": "1"})  # this user has asked for it
    assert capsys.readouterr().err == ""
    starting.tell_once(marker, {"FLATMANIFEST_RESIDENT_IDLE": "120"})
    said = capsys.readouterr().err
    assert "for 2.0 minutes (FLATMANIFEST_RESIDENT=0 turns this off)" in said
    assert said.count("\n") == 1
    starting.tell_once(marker, {})
    assert capsys.readouterr().err == ""


def test_the_variable_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(starting.SOCKET, "/run/socket")
    assert starting.taken_socket() == "/run/socket"
    assert starting.SOCKET not in os.environ
    assert starting.taken_socket() == ""


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("0.5", 0.5), ("-3", 0), ("long", 900), ("", 900)]
)
def test_idle_seconds(text: str, seconds: float) -> None:
    assert lock.idle_seconds({lock.IDLE: text}) == seconds
    assert lock.idle_seconds({}) == 900


def test_one_process_holds_the_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    assert not lock.is_held(path)
    program = f"""
from flatmanifest.dbt.resident import lock
assert lock.held({path!r}) is not None
print("held", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert lock.is_held(path)
        assert lock.held(path) is None
        other.kill()
    assert not lock.is_held(path)


def test_a_refusal_counts_for_a_while(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    assert not lock.has_refused(path)
    lock.note_refusal(path, "an import has started a thread")
    assert lock.has_refused(path)
    old = time.time() - lock.DEFAULT_IDLE - 1
    os.utime(f"{path}.refused", (old, old))
    assert not lock.has_refused(path)


def test_lists_of_a_request() -> None:
    found = request.lists_of(b"arguments\0002\0a\0\0kind\0001\0run\0")
    assert found == {"arguments": [b"a", b""], "kind": [b"run"]}


@pytest.mark.parametrize("payload", [b"a\0", b"a\0x\0b\0", b"a\0005\0b\0", b"a\000-1\0"])
def test_broken_requests(payload: bytes) -> None:
    with pytest.raises(request.BrokenRequestError):
        request.lists_of(payload)
