"""Stacks that py-spy takes of a command from outside, native frames included.

https://github.com/benfred/py-spy. It is started as the command's parent, for a process may look
into its children where it may not look into others.
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

Stacks = Counter[tuple[str, ...]]  # how often each stack was met, outermost frame first


class UnavailableError(Exception):
    """There is no py-spy, or it may not look; the message says what to do."""


def executable() -> str:
    """The path of py-spy; raises UnavailableError."""
    beside = Path(sys.executable).with_name(NAME)
    found = str(beside) if beside.exists() else shutil.which(NAME)
    if found is None:
        raise UnavailableError("no stacks: py-spy is not installed: pip install py-spy")
    return found


def check(*, native: bool) -> None:
    """Raise UnavailableError unless stacks can be taken: tried on a process that does nothing."""
    with tempfile.TemporaryDirectory() as directory:
        # It lasts until py-spy ends it: of one that has ended, it would say that it is missing.
        trial = [sys.executable, "-c", "import time; time.sleep(60)"]
        command = recording(Path(directory) / "stacks", trial, native=native, seconds=1)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    raise UnavailableError(f"no stacks: py-spy failed: {reason_of(done.stderr)}")


def reason_of(said: str) -> str:
    """The line that counts among py-spy's, which end with a backtrace of its own."""
    lines = [line.strip() for line in said.splitlines()]
    refused = next((line for line in lines if REFUSED.search(line)), None)
    if refused is not None:
        return f"{refused} (a container needs --cap-add=SYS_PTRACE, macOS needs sudo)"
    return next((line for line in lines if line.startswith("Error")), "it does not say why")


def recording(
    target: Path, command: Sequence[str], *, native: bool, seconds: int | None = None
) -> list[str]:
    """The command line that runs a command, to its end or for a time, and writes its stacks."""
    options = ["--format", "raw", "--rate", str(RATE), "--output", str(target)]
    if seconds is not None:
        options += ["--duration", str(seconds)]
    if native:
        options.append("--native")
    return [executable(), "record", *options, "--", *command]


def read(path: Path) -> Stacks:
    """What py-spy wrote (``frame;frame;frame count`` by line), of the command alone.

    The measuring process prepares itself before the command and works out the report after it;
    those samples do not count.
    """
    stacks: Stacks = Counter()
    for line in path.read_text().splitlines():
        frames, _, count = line.rpartition(" ")
        stack = of_the_command(frames.split(";"))
        if stack and count.isdigit():
            stacks[stack] += int(count)
    return stacks


def of_the_command(stack: Sequence[str]) -> tuple[str, ...]:
    """What of a stack belongs to the command, in any thread; nothing if it was not running."""
    starts = [at for at, frame in enumerate(stack) if frame.startswith(COMMAND)]
    if not starts and any(OWN in frame for frame in stack):
        return ()
    inner = stack[starts[0] + 1 :] if starts else stack
    return tuple(frame for frame in inner if OWN not in frame)


def speedscope(stacks: Stacks, name: str) -> str:
    """The stacks as https://www.speedscope.app reads them, in seconds."""
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
