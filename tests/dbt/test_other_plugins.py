"""Other plugins of dbt beside this one: what the front door answers, and what it leaves to dbt.

Whole processes, because the template of the other tests has looked for plugins already.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.session import text_of
from tests.dbt.sides import ROOT
from tests.dbt.test_front_logs import in_words
from tests.dbt.warm import dbt, is_told

if TYPE_CHECKING:
    from tests.dbt.warm import Done

LOOM = ROOT / "build" / "dbt-loom"
PROGRAM = Path(sys.executable).with_name("flatmanifest")
PROFILE = "p: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}"
HOOKS = {
    "nothing": """
    @dbt_hook
    def get_nodes(self):
        return PluginNodes()

    @dbt_hook
    def get_manifest_artifacts(self, manifest):
        return {}
""",
    "nodes": """
    @dbt_hook
    def get_nodes(self):
        nodes = PluginNodes()
        nodes.add_model(ModelNodeArgs("theirs", "other", identifier="t", schema="s"))
        return nodes
""",
    "artifacts": """
    @dbt_hook
    def get_manifest_artifacts(self, manifest):
        return {"target/theirs.json": Theirs()}
""",
}
PLUGIN = """
from dbt.contracts.graph.node_args import ModelNodeArgs
from dbt.plugins.manager import dbt_hook, dbtPlugin
from dbt.plugins.manifest import PluginNodes


class Theirs:
    def write(self, path):
        open(path, "w").write("{}")


class Plugin(dbtPlugin):
HOOKS

plugins = [Plugin]
"""


def make_project(directory: Path, name: str, models: dict[str, str]) -> Path:
    project = directory / name
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(f"name: {name}\nversion: '1.0'\nprofile: p\n")
    (project / "profiles.yml").write_text(PROFILE)
    for model, text in models.items():
        (project / "models" / model).write_text(text)
    return project


def run(project: Path, plugins: Path, **variables: str) -> Done:
    return dbt(project, "ls", program=PROGRAM, PYTHONPATH=str(plugins), **variables)


def without_times(path: Path) -> Any:
    """Return a manifest.json without what differs from run to run."""
    whole = json.loads(path.read_text())
    del whole["metadata"]
    for node in whole["nodes"].values():
        node.pop("created_at", None)
        if node["original_file_path"] == "":  # another project's
            del node["checksum"]  # of the time of the load, among others
    return whole


def log_of(project: Path) -> list[str]:
    return [text_of(line) for line in (project / "logs" / "dbt.log").read_text().splitlines()]


@pytest.mark.one_story
def test_dbt_loom(tmp_path: Path) -> None:
    """Models of another project: native, with that project's manifest.json as a dependency."""
    up = make_project(tmp_path, "up", {"pub.sql": "select 1 as a"})
    public = "models:\n  - {name: pub, config: {access: public}}\n"
    (up / "models" / "pub.yml").write_text(public)
    down = make_project(tmp_path, "down", {"mine.sql": "select * from {{ ref('up', 'pub') }}"})
    upstream = "{name: up, type: file, config: {path: ../up/target/manifest.json}}"
    (down / "dbt_loom.config.yml").write_text(f"manifests: [{upstream}]\nenable_telemetry: false\n")
    parsed = dbt(up, "parse", FLATMANIFEST="0")
    assert parsed.returncode == 0, parsed.stdout

    parsed = run(down, LOOM)
    assert parsed.returncode == 0
    assert "plugins took part in the parse" in parsed.stderr
    assert "not recorded" not in run(down, LOOM).stderr
    (down / "logs" / "dbt.log").unlink()
    native = run(down, LOOM)
    assert is_told(native), native.stderr
    logged = log_of(down)
    shown = without_times(down / "target" / "manifest.json")
    (down / "logs" / "dbt.log").unlink()
    alone = run(down, LOOM, FLATMANIFEST="0")
    assert in_words(native, down) == in_words(alone, down)
    assert native.stdout.splitlines()[-2:] == ["down.mine", "up.pub"]
    assert len(logged) == len(log_of(down))
    assert shown == without_times(down / "target" / "manifest.json")

    shutil.copy(up / "models" / "pub.sql", up / "models" / "more.sql")
    (up / "models" / "pub.yml").write_text(public + "  - {name: more, config: {access: public}}\n")
    assert dbt(up, "parse", FLATMANIFEST="0").returncode == 0
    changed = run(down, LOOM)
    assert not is_told(changed)
    again = run(down, LOOM)
    assert is_told(again), again.stderr
    assert again.stdout.splitlines()[-3:] == ["down.mine", "up.more", "up.pub"]
    assert in_words(changed, down)[-3:] == in_words(again, down)[-3:]


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        ("nothing", ""),
        ("nodes", "a plugin of dbt adds nodes: dbt_theirs"),
        ("artifacts", "a plugin of dbt writes artifacts: dbt_theirs"),
    ],
)
def test_hooks_of_a_plugin_that_nobody_knows(tmp_path: Path, hook: str, reason: str) -> None:
    project = make_project(tmp_path, "shop", {"a.sql": "select 1 as a"})
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "dbt_theirs.py").write_text(PLUGIN.replace("HOOKS", HOOKS[hook]))
    first = run(project, plugins)
    assert first.returncode == 0, first.stdout
    if reason:
        assert f"not recorded: {reason}" in first.stderr
    else:  # the parse had hooks; the next command is recorded
        assert "not recorded" not in run(project, plugins).stderr
        assert is_told(run(project, plugins))
    assert (project / "target" / "theirs.json").exists() == (hook == "artifacts")
