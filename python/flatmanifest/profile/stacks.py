"""Stacks that py-spy (https://github.com/benfred/py-spy) takes of a command from outside.

They include native frames. py-spy is started as the parent of the command, because the system may
allow a process to inspect its children but no other process.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

NAME = "py-spy"
RATE = 100  # samples a second
REFUSED = re.compile("denied|not permitted", re.IGNORECASE)
OWN = "(flatmanifest/profile/"
COMMAND = f"_run {OWN}measurement.py"
SCHEMA = "https://www.speedscope.app/file-format-schema.json"

Stacks = Counter[tuple[str, ...]]  # samples of each stack, outermost frame first


class UnavailableError(Exception):
    """py-spy is missing, or may not inspect the process. The message says what to do."""


def executable() -> str:
    """The path of py-spy. Raises UnavailableError if it is not installed."""
    beside = Path(sys.executable).with_name(NAME)
    found = str(beside) if beside.exists() else shutil.which(NAME)
    if found is None:
        raise UnavailableError("no stacks: py-spy is not installed: pip install py-spy")
    return found


def check(*, native: bool) -> None:
    """Raise UnavailableError unless py-spy can take stacks of a process that only sleeps."""
    with tempfile.TemporaryDirectory() as directory:
        # The process lasts until py-spy ends it: py-spy fails if the process has ended before.
        trial = [sys.executable, "-c", "import time; time.sleep(60)"]
        command = recording(Path(directory) / "stacks", trial, native=native, seconds=1)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    raise UnavailableError(f"no stacks: py-spy failed: {reason_of(done.stderr)}")


def reason_of(output: str) -> str:
    """The line of py-spy's output that says why it failed; the rest is a backtrace."""
    lines = [line.strip() for line in output.splitlines()]
    refused = next((line for line in lines if REFUSED.search(line)), None)
    if refused is not None:
        return f"{refused} (a container needs --cap-add=SYS_PTRACE, macOS needs sudo)"
    return next((line for line in lines if line.startswith("Error")), "it does not say why")


def recording(
    target: Path, command: Sequence[str], *, native: bool, seconds: int | None = None
) -> list[str]:
    """The command line of py-spy that runs a command and writes its stacks into ``target``.

    ``seconds``: stop after that time, instead of at the end of the command.
    """
    options = ["--format", "raw", "--rate", str(RATE), "--output", str(target)]
    if seconds is not None:
        options += ["--duration", str(seconds)]
    if native:
        options.append("--native")
    return [executable(), "record", *options, "--", *command]


def read(path: Path) -> Stacks:
    """Read the stacks of the command from py-spy's file (a line is ``frame;frame;frame count``).

    Samples from before the command, and from the making of the report after it, are left out.
    """
    stacks: Stacks = Counter()
    for line in path.read_text().splitlines():
        frames, _, count = line.rpartition(" ")
        stack = of_the_command(frames.split(";"))
        if stack and count.isdigit():
            stacks[stack] += int(count)
    return stacks


def of_the_command(stack: Sequence[str]) -> tuple[str, ...]:
    """The frames of a stack that belong to the command, in any thread.

    Empty if the command was not running.
    """
    starts = [at for at, frame in enumerate(stack) if frame.startswith(COMMAND)]
    if not starts and any(OWN in frame for frame in stack):
        return ()
    inner = stack[starts[0] + 1 :] if starts else stack
    return tuple(frame for frame in inner if OWN not in frame)


def speedscope(stacks: Stacks, name: str) -> str:
    """The stacks as JSON for https://www.speedscope.app, with weights in seconds."""
    frames: dict[str, int] = {}
    samples = [[frames.setdefault(frame, len(frames)) for frame in stack] for stack in stacks]
    weights = [count / RATE for count in stacks.values()]
    profile = {
        "type": "sampled",
        "name": name,
        "unit": "seconds",
        "startValue": 0,
        "endValue": sum(weights),
        "samples": samples,
        "weights": weights,
    }
    document = {
        "$schema": SCHEMA,
        "name": name,
        "exporter": "flatmanifest profile",
        "shared": {"frames": [{"name": frame} for frame in frames]},
        "profiles": [profile],
    }
    return json.dumps(document)
