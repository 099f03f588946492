"""The report of a failed test with random choices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAILING = """
from tests.randomness import seeded

def test_that_fails():
    assert seeded(7).random() > 1

def test_without_choices():
    assert False
"""


def test_a_failure_names_its_seed_and_how_to_have_it_again(tmp_path: Path) -> None:
    file = tmp_path / "test_random.py"
    file.write_text(FAILING)
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "pyproject.toml", str(file)],
        cwd=ROOT,
        env={**os.environ, "FLATMANIFEST_OF_A_TEST": "a b"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 failed" in done.stdout
    [said] = [line for line in done.stdout.splitlines() if line.startswith("The seed is")]
    assert said.startswith("The seed is 7. To repeat: ")
    assert "FLATMANIFEST_OF_A_TEST='a b'" in said
    assert said.endswith("test_random.py::test_that_fails")
