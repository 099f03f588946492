"""A small run of ``python -m bench.comparison`` with the real dbt."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib (setup/requirements-dev.txt)")

from bench.comparison.__main__ import main
from bench.comparison.charts import shown
from bench.comparison.engines import Engine
from bench.comparison.execution import Executor
from bench.comparison.plan import COMMANDS, chain, contests
from bench.comparison.report import MarkError, read_figures, write_into
from bench.comparison.results import Result, Results, ResultsError
from tests.dbt.template import PYTHON
from tests.running import run_program

ROOT = Path(__file__).parents[2]
ALONE = "dbt 1.11"


def compare(out: Path, *given: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [PYTHON, "-m", "bench.comparison", "--out", str(out), *given]
    return run_program(command, ROOT, status=status)


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def engines() -> list[str]:
    done = compare(Path("unused"), "--list")
    return done.stdout.splitlines()


def test_a_small_comparison(tmp_path: Path) -> None:
    out = tmp_path / "out"
    mine = engines()[:3]
    assert [re.sub(r"[\d.]+", "N", name) for name in mine] == [
        "dbt N",
        "plugin, N",
        "front door, N",
    ]
    broken = program(tmp_path / "broken", "echo no luck; exit 3")
    lying = program(tmp_path / "lying", "echo chain.something_else")
    others = ["--engine", f"broken={broken}", "--engine", f"lying={lying}"]
    size = ["--projects", "--sizes", "20", "--rounds", "1", "--work", str(tmp_path / "work")]
    compare(out, *size, "--commands", "ls", *others, "--engines", *mine)
    results = Results.read(out / "results.jsonl")
    assert {(r.command, r.engine) for r in results} == {
        ("ls", name) for name in (*mine, "broken", "lying")
    }
    for result in results:
        if result.engine == "broken":
            assert result.why == "failed: ls: exit status 3: no luck"
        elif result.engine == "lying":
            assert result.why == f"wrong: its ls is not that of {mine[0]}"
        else:
            assert result.why == ""
            assert 0 < min(result.seconds) <= result.median
            assert len(result.processor) == len(result.seconds)
    alone, front = (results.get("20 models", "ls", name) for name in (mine[0], mine[2]))
    assert alone is not None
    assert front is not None
    assert alone.median > 10 * front.median
    check_reports(out, results)
    # --resume measures nothing again, and adds new contests.
    before = (out / "results.jsonl").read_text()
    compare(out, *size, "--commands", "parse, cold", "ls", "--resume", "--engines", mine[1])
    after = (out / "results.jsonl").read_text()
    assert after.startswith(before)
    [added] = after[len(before) :].splitlines()
    assert (json.loads(added)["command"], json.loads(added)["engine"]) == (
        "parse, cold",
        mine[1],
    )


def check_reports(out: Path, results: Results) -> None:
    text, page = (out / "report.md").read_text(), (out / "report.html").read_text()
    for result in results:
        if result.seconds:
            assert shown(result.median) in text
            assert shown(result.median) in page
        else:
            assert result.why in text
    assert "<svg" in page
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", text):
        assert (out / unquote(picture)).read_text().startswith("<svg")
    assert not re.search(r"(?:src|href)=\"https?:", page.replace("xlink:href", ""))
    assert json.loads((out / "results.json").read_text())["facts"] == results.facts


def some_results(path: Path) -> Results:
    results = Results(path)
    results.begin({"machine": "one"})
    for models in (100, 1000):
        for engine, factor in ((ALONE, 1.0), ("plugin, 1.11", 0.25)):
            seconds = [models * factor / 100, models * factor / 90]
            results.add(Result(f"{models:,} models", models, "ls", engine, ALONE, seconds, seconds))
    for command, cold in (("parse, cold, one worker", 15.0), ("parse, cold", 16.0)):
        for engine, seconds in ((ALONE, [30.0]), ("plugin, 1.11", [cold])):
            results.add(Result("03_2000_chain", 2000, command, engine, ALONE, seconds, seconds))
    for engine, seconds in (("dbt 1.10", [50.0]), ("plugin, 1.10", [5.0])):
        results.add(Result("03_2000_chain", 2000, "ls", engine, "dbt 1.10", seconds, seconds))
    results.add(Result("100 models", 100, "run", ALONE, ALONE, why="not run: too long"))
    return results


def test_a_document_gets_the_tables(tmp_path: Path) -> None:
    results = some_results(tmp_path / "results.jsonl")
    figures = tmp_path / "figures.json"
    figure = {"row": 1, "name": "open", "value": 2.0, "bound": 1.0, "least": False, "unit": "µs"}
    figures.write_text(
        json.dumps(
            {"figures": [{**figure, "met": False}], "contests": {"c": {"a": [1.0, 2.0, 3.0]}}}
        )
    )
    document = tmp_path / "performance.md"
    document.write_text((ROOT / "docs" / "performance.md").read_text())
    given = ["--from", str(results.path), "--figures", str(figures), "--docs", str(document)]
    compare(tmp_path / "out", *given)
    text = document.read_text()
    assert "| 1 | open | 2 µs | ≤ 1 µs | **not met** |" in text
    cold = "cold `dbt parse` with the plugin"
    chain, of_processor = "03_2000_chain", "(processor time 2x)"
    assert f"| 15 | {cold}, one worker, {chain} | 2x {of_processor} | ≥ 1.5x | met |" in text
    assert f"{cold}, a worker a core, {chain} | 1.88x (" in text
    assert ") | ≥ 2x | **not met** |" in text
    assert f"| 15 | {cold}, one worker, 01_2000_simple | not measured | ≥ 1.5x |  |" in text
    assert "| 13 | warm `dbt ls` with the plugin, whole process, chain2000 | 10x (" in text
    assert "| 9 |  | not measured |  |  |" in text
    assert "| ls | 50 s, processor 50 s | 5 s, processor 5 s, 10x |" in text  # its own release
    assert "| ls | 1.06 s (1 s to 1.11 s), processor 1.06 s | 264 ms (250 ms to 278 ms), " in text
    assert "- 100 models, run, dbt 1.11: not run: too long" in text
    assert (tmp_path / "growth.svg").read_text().startswith("<svg")
    write_into(document, results, read_figures(figures))
    assert document.read_text() == text
    document.write_text("# nothing")
    with pytest.raises(MarkError, match="has no place for machine"):
        write_into(document, results, None)


def test_a_deadline_ends_a_run(tmp_path: Path) -> None:
    said: list[str] = []
    results = Results(tmp_path / "results.jsonl")
    wanted = contests([chain(8)], [COMMANDS["ls"]], [Engine("dbt", ("dbt",), "0", "dbt", "dbt")])
    Executor(tmp_path, results, 1, 1.0, 1.0, said.append, deadline=0.0).run(wanted)
    assert said == ["the time is up; --resume goes on"]
    assert not results.found


def test_results_survive_an_interruption(tmp_path: Path) -> None:
    results = some_results(tmp_path / "results.jsonl")
    again = Results.read(results.path)
    assert again.found == results.found
    assert again.facts == {"machine": "one"}
    for text in ("", "{}", '{"format": "another", "facts": {}}'):
        results.path.write_text(text)
        with pytest.raises(ResultsError, match="has no results"):
            Results.read(results.path)
    with pytest.raises(ResultsError, match="cannot read"):
        Results.read(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--projects", "jaffle"], "there is no project 'jaffle'; there are: 02_500_chain"),
        (["--commands", "seed"], "there is no command 'seed'; there are: parse, cold"),
        (["--engines", "fusion"], "there is no engine 'fusion'; there are: dbt"),
        (["--engine", "fusion"], "expected NAME=PATH"),
        (["--engine", "fusion=no-such-dbt"], "there is no program no-such-dbt"),
    ],
)
def test_what_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: list[str], said: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.comparison", "--out", str(tmp_path), *given])
    with pytest.raises(SystemExit, match=re.escape(said)):
        main()
    assert not (tmp_path / "results.jsonl").exists()


def test_engines_at_the_same_time_from_no_database(tmp_path: Path) -> None:
    alone, plugin = engines()[:2]
    size = ["--projects", "--sizes", "20", "--rounds", "2", "--work", str(tmp_path / "work")]
    wanted = ["--commands", "run", "--budget", "600", "--engines", alone, plugin]
    compare(tmp_path / "out", *size, *wanted, "--at-once")
    found = {result.engine: result for result in Results.read(tmp_path / "out" / "results.jsonl")}
    for name in (alone, plugin):
        assert len(found[name].seconds) == 2
        assert not found[name].why
    logs = [*(tmp_path / "work").rglob("dbt.log")]
    assert len(logs) == 2
    for log in logs:
        text = log.read_text()
        assert text.count("PASS=20") == 2
        assert not re.search(r"rename to \S*__dbt_backup", text)  # nothing was there


def test_cores_are_given_on_linux_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_setaffinity")
    given = ["bench.comparison", "--out", str(tmp_path), "--at-once"]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit, match="--at-once: only Linux gives each engine a core"):
        main()


def test_how_times_are_shown() -> None:
    assert [shown(seconds) for seconds in (0.00512, 0.25, 1.5, 41.84, 999.4, 2320.3)] == [
        *("5.12 ms", "250 ms", "1.5 s", "41.8 s", "999 s", "2,320 s"),
    ]
