"""Threads with small stacks read deep values, or raise RecursionError."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

DEPTH = 1022
PROGRAM = """
import sys, threading
import flatmanifest

json_path, kib = sys.argv[1], int(sys.argv[2])
manifest = flatmanifest.open(json_path)
plain, kept = [], []
threading.stack_size(64 << 20)

def large():
    plain.append(manifest.to_dict())

thread = threading.Thread(target=large)
thread.start()
thread.join()
CALLS = {
    "to_dict": lambda: kept.append(manifest.to_dict()),
    "to_json": lambda: manifest.to_json() and None,
    "equals": lambda: (manifest == plain[0]) and None,
    "views": lambda: (manifest == flatmanifest.open(json_path)) and None,
    "convert": lambda: flatmanifest.convert(json_path, json_path + ".fman") and None,
    "verify": manifest.verify,
}
outcomes = {}

def small():
    for name, call in CALLS.items():
        try:
            call()
            outcomes[name] = "done"
        except RecursionError as error:
            outcomes[name] = "RecursionError" if "stack" in str(error).lower() else repr(error)

threading.stack_size(kib << 10)
thread = threading.Thread(target=small)
thread.start()
thread.join()
print(*outcomes.values(), flush=True)
import os
os._exit(0)  # freeing such deep values would need more stack
"""


@pytest.mark.parametrize("kib", [64, 96, 128, 192, 256, 1024, 8192])
def test_deep_values(tmp_path: Path, kib: int) -> None:
    path = tmp_path / "deep.json"
    half = DEPTH // 2 - 1
    path.write_text('{"nodes": {}, "deep": ' + '{"a": [' * half + "1" + "]}" * half + "}")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(kib)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes = done.stdout.split()
    assert len(outcomes) == 6
    assert set(outcomes) <= {"done", "RecursionError"}, outcomes
    if kib >= 1024:
        assert set(outcomes) == {"done"}
