"""Stored JSON schemas, sources of behaviour flags, and the garbage collector during a command."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from dbt.adapters.factory import FACTORY

    from flatmanifest.dbt.cold import json_schemas

    FACTORY.load_plugin("duckdb")
    monkeypatch.setattr(json_schemas, "_current", [])
    return json_schemas.use(tmp_path, "duckdb")


def of_dbt(kind: Any) -> dict[str, Any]:
    """Return the schema as dbt makes it, without stored schemas."""
    from dbt_common.dataclass_schema import dbtClassMixin

    function = dbtClassMixin.json_schema.__func__
    schema: dict[str, Any] = getattr(function, "__wrapped__", function)(kind)
    return schema


def known() -> list[type]:
    from dbt.artifacts.resources.v1.model import ModelConfig
    from dbt.contracts.graph.nodes import GenericTestNode, ModelNode
    from dbt.contracts.graph.unparsed import UnparsedModelUpdate

    return [ModelConfig, ModelNode, GenericTestNode, UnparsedModelUpdate]


def test_kept_schemas_are_dbts(kept: Any, tmp_path: Path) -> None:
    from flatmanifest.dbt.cold import json_schemas

    expected = {kind: json.dumps(of_dbt(kind)) for kind in known()}
    assert {
        kind: json.dumps(json_schemas.known_schema(of_dbt, kind)) for kind in known()
    } == expected
    kept.keep()
    again = json_schemas.KnownSchemas(tmp_path, "duckdb")
    found = {kind: again.find(f"{kind.__module__}:{kind.__qualname__}") for kind in known()}
    assert {kind: json.dumps(schema) for kind, schema in found.items()} == expected
    assert not again.has_more


def test_schemas_of_other_versions_are_made_anew(
    kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flatmanifest.dbt.cold import json_schemas

    json_schemas.known_schema(of_dbt, known()[0])
    kept.keep()
    path = f"{known()[0].__module__}:{known()[0].__qualname__}"
    assert json_schemas.KnownSchemas(tmp_path, "duckdb").find(path) is not None
    monkeypatch.setattr(json_schemas, "__version__", "another")
    assert json_schemas.KnownSchemas(tmp_path, "duckdb").find(path) is None


def test_nothing_is_kept_of_packages_that_may_change(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flatmanifest.dbt.cold import json_schemas

    monkeypatch.setattr(json_schemas, "is_editable", lambda _: True)
    assert json_schemas.known_schema(of_dbt, known()[0]) == of_dbt(known()[0])
    kept.keep()
    assert not kept.path.exists()


def test_editable_packages_are_known(tmp_path: Path) -> None:
    from flatmanifest.dbt.cold.json_schemas import is_editable

    package = tmp_path / "some-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Name: some\nVersion: 1\n")
    found = metadata.Distribution.at(package)
    assert not is_editable(found)
    (package / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    assert is_editable(found)
    (package / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {}}')
    assert not is_editable(found)


def test_classes_of_others_are_left_alone(kept: Any) -> None:
    from dbt_common.dataclass_schema import dbtClassMixin

    from flatmanifest.dbt.cold import json_schemas

    class Local(dbtClassMixin):  # type: ignore[misc]
        pass

    assert json_schemas.known_schema(of_dbt, Local) is None
    assert not kept.has_more


def test_a_flag_is_of_the_module_that_makes_it(tmp_path: Path) -> None:
    script = """
import sys
if sys.argv[1] == "ours":
    import dbt_flatmanifest
from dbt_common.behavior_flags import Behavior
namespace = {"__name__": "nameless", "Behavior": Behavior}
exec("def make(flags): return Behavior(flags, {})", namespace)
flags = [{"name": "some", "default": False, "docs_url": "there"}]
for behavior in (Behavior(flags, {}), namespace["make"](flags)):
    print(behavior.some._behavior_change_event.flag_source)
"""
    (tmp_path / "script.py").write_text(script)
    for program in (["-c", script], [str(tmp_path / "script.py")]):
        printed = [
            subprocess.run(
                [sys.executable, *program, which],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for which in ("dbts", "ours")
        ]
        assert len(printed[0].split()) == 2
        assert printed[0] == printed[1]


def test_objects_are_exempted_until_the_command_ends() -> None:
    import click

    from flatmanifest.dbt.cold.gc_pauses import leave_alone_what_is_there, paused

    before = gc.get_freeze_count()  # CPython 3.12 has exempted some objects by itself
    leave_alone_what_is_there()
    assert gc.get_freeze_count() == before  # without a command, nothing would end the exemption

    @click.command()
    def command() -> None:
        leave_alone_what_is_there()
        assert gc.get_freeze_count() > before + 1000
        with paused():
            assert not gc.isenabled()
        assert gc.isenabled()

    command.main([], standalone_mode=False)
    assert gc.get_freeze_count() == 0


def test_what_python_itself_exempts_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    from flatmanifest.dbt.cold.gc_pauses import leave_alone_what_is_there

    called: list[str] = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: 375)  # CPython 3.12.1, at its start
    monkeypatch.setattr(gc, "freeze", lambda: called.append("freeze"))
    monkeypatch.setattr(gc, "unfreeze", lambda: called.append("unfreeze"))
    with click.Context(click.Command("some")):
        leave_alone_what_is_there()
    assert called == ["freeze", "unfreeze"]


def test_a_program_that_exempts_objects_keeps_them_so() -> None:
    import click

    from flatmanifest.dbt.cold.gc_pauses import leave_alone_what_is_there

    gc.freeze()
    try:
        with click.Context(click.Command("some")):
            leave_alone_what_is_there()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
