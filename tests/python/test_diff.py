"""``flatmanifest.diff`` and ``flatmanifest diff``: lists, outputs, files and errors.

test_state_parity.py compares the lists with dbt.
"""

from __future__ import annotations

import copy
import gzip
import json
import pickle
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from flatmanifest.dbt.cache import objects
from tests.python.samples import write

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, REPORT = "model.shop.a", "model.shop.b", "exposure.shop.report"


def model(name: str, code: str, *parents: str, **more: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.shop.{name}",
        "resource_type": "model",
        "package_name": "shop",
        "name": name,
        "original_file_path": f"models/{name}.sql",
        "fqn": ["shop", name],
        "raw_code": code,
        "language": "sql",
        "config": {"enabled": True, "materialized": "table"},
        "unrendered_config": {},
        "depends_on": {"nodes": list(parents), "macros": []},
        "version": None,
        **more,
    }


def not_null(model_name: str, column: str) -> dict[str, Any]:
    """Return a generic test; its id has a digest of the model's name, as dbt's have."""
    return {
        "unique_id": f"test.shop.not_null_{model_name}_{column}.{len(model_name)}{column}",
        "resource_type": "test",
        "package_name": "shop",
        "name": f"not_null_{model_name}_{column}",
        "original_file_path": "models/schema.yml",
        "fqn": ["shop", f"not_null_{model_name}_{column}"],
        "raw_code": "{{ test_not_null(**_dbt_generic_test_kwargs) }}",
        "test_metadata": {
            "name": "not_null",
            "namespace": None,
            "kwargs": {
                "column_name": column,
                "model": f"{{{{ get_where_subquery(ref('{model_name}')) }}}}",
            },
        },
        "column_name": column,
        "attached_node": f"model.shop.{model_name}",
        "depends_on": {"nodes": [f"model.shop.{model_name}"], "macros": []},
        "config": {"enabled": True},
        "unrendered_config": {},
    }


def by_id(*resources: dict[str, Any]) -> dict[str, Any]:
    return {resource["unique_id"]: resource for resource in resources}


def shop() -> dict[str, Any]:
    exposure = {
        "unique_id": REPORT,
        "resource_type": "exposure",
        "package_name": "shop",
        "name": "report",
        "original_file_path": "models/exposures.yml",
        "fqn": ["shop", "report"],
        "type": "dashboard",
        "owner": {"name": "Ann", "email": "ann@example.com"},
        "url": "https://bi.example.com/1",
        "depends_on": {"nodes": [B], "macros": []},
    }
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.11.16",
            "project_name": "shop",
            "adapter_type": "postgres",
        },
        "nodes": by_id(model("a", "select 1"), model("b", "select 2", A), not_null("a", "id")),
        "sources": {},
        "exposures": by_id(exposure),
        "macros": {},
        "disabled": {},
    }


def contracted(**more: Any) -> dict[str, Any]:
    return {
        "contract": {"enforced": True, "checksum": "one"},
        "columns": {
            "id": {"name": "id", "data_type": "int"},
            "amount": {
                "name": "amount",
                "data_type": "int",
                "constraints": [{"type": "not_null"}],
            },
        },
        **more,
    }


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., flatmanifest.Diff]:
    def call(old: dict[str, Any], new: dict[str, Any], **options: Any) -> flatmanifest.Diff:
        return flatmanifest.diff(
            write(tmp_path / "old.json", old), write(tmp_path / "new.json", new), **options
        )

    return call


@pytest.fixture
def run(executable: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [executable, "diff", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["unique_id"] for entry in entries]


def test_nothing_differs(compare: Any) -> None:
    diff = compare(shop(), shop())
    assert diff.is_empty
    assert diff.text() == "no differences\n"
    assert diff.markdown() == "### dbt: no differences\n"
    lists = {key: diff[key] for key in diff if key not in {"old", "new", "macros"}}
    assert set(lists) == {
        *["broken_contracts", "added", "removed", "renamed", "modified"],
        *["exposures", "downstream", "warnings"],
    }
    assert all(entries == [] for entries in lists.values())
    assert diff["old"] == {
        "project_name": "shop",
        "dbt_version": "1.11.16",
        "generated_at": None,
    }


def test_added_removed_and_modified(compare: Any) -> None:
    new = shop()
    new["nodes"] = by_id(
        model("a", "select 10", unrendered_config={"materialized": "view"}),
        model("c", "select 3", A),
        not_null("a", "id"),
    )
    new["exposures"][REPORT]["depends_on"]["nodes"] = ["model.shop.c"]
    diff = compare(shop(), new)
    assert ids(diff["added"]) == ["model.shop.c"]
    assert ids(diff["removed"]) == [B]
    assert diff["removed"][0]["disabled"] is False
    assert {entry["unique_id"]: entry["reasons"] for entry in diff["modified"]} == {
        A: ["body", "configs"],
        REPORT: ["depends_on"],
    }
    assert ids(diff["downstream"]) == [not_null("a", "id")["unique_id"]]
    assert ids(diff["exposures"]) == [REPORT]
    assert diff["exposures"][0]["owner"] == {"name": "Ann", "email": "ann@example.com"}
    assert not diff.is_empty


def test_a_disabled_model_is_removed(compare: Any) -> None:
    new = shop()
    new["disabled"][B] = [new["nodes"].pop(B)]
    diff = compare(shop(), new)
    assert diff["removed"][0]["disabled"] is True
    assert "  model.shop.b (models/b.sql): disabled\n" in diff.text()


def test_changed_macros_are_a_reason_and_are_listed(compare: Any) -> None:
    old = shop()
    old["macros"] = {
        "macro.shop.cents": {"macro_sql": "1", "depends_on": {"macros": []}},
        "macro.shop.gone": {"macro_sql": "1", "depends_on": {"macros": []}},
    }
    old["nodes"][A]["depends_on"]["macros"] = ["macro.shop.cents"]
    new = copy.deepcopy(old)
    new["macros"]["macro.shop.cents"]["macro_sql"] = "2"
    new["macros"]["macro.shop.new"] = new["macros"].pop("macro.shop.gone")
    diff = compare(old, new)
    assert diff["macros"] == {
        "added": ["macro.shop.new"],
        "removed": ["macro.shop.gone"],
        "modified": ["macro.shop.cents"],
    }
    assert diff["modified"][0]["reasons"] == ["macros"]
    assert ids(diff["exposures"]) == [REPORT]


def test_broken_contracts_come_first(compare: Any) -> None:
    old, new = shop(), shop()
    old["nodes"][A] = model("a", "select 1", **contracted())
    new["nodes"][A] = model("a", "select 1", **contracted(version=1))
    new["nodes"][A]["contract"] = {"enforced": True, "checksum": "two"}
    new["nodes"][A]["columns"] = {"id": {"name": "id", "data_type": "text"}}
    old["nodes"][B] = model("b", "select 2", A, **contracted())
    del new["nodes"][B]
    diff = compare(old, new)
    first, second = diff["broken_contracts"]
    assert (first["unique_id"], first["dbt"]) == (A, "error")
    assert {change["kind"]: change["details"] for change in first["changes"]} == {
        "columns_removed": ["amount"],
        "column_types_changed": ["id (int -> text)"],
    }
    assert (second["unique_id"], second["dbt"]) == (B, "warning")
    assert second["changes"][0]["kind"] == "model_removed"
    assert diff.text().split("\n\n")[1] == (
        "contracts that break (2):\n"
        "  model.shop.a (models/a.sql), an error in dbt:\n"
        "    Columns were removed: \n"
        "        - amount\n"
        "    Columns with data_type changes: \n"
        "        - id (int -> text)\n"
        "  model.shop.b (models/b.sql), a warning in dbt:\n"
        "    Contracted model 'model.shop.b' was deleted or renamed."
    )
    assert diff.markdown().split("\n\n")[1] == "**Contracts that break (2)**"
    assert diff["modified"][0]["reasons"] == ["contract"]


def test_a_lost_constraint_breaks_a_contract(compare: Any) -> None:
    old, new = shop(), shop()
    old["nodes"][A] = model("a", "select 1", **contracted())
    new["nodes"][A] = model("a", "select 1", **contracted())
    new["nodes"][A]["contract"]["checksum"] = "two"
    del new["nodes"][A]["columns"]["amount"]["constraints"]
    changes = compare(old, new)["broken_contracts"][0]["changes"]
    assert [change["kind"] for change in changes] == ["column_constraints_removed"]


def test_a_custom_constraint_is_not_enforced(compare: Any) -> None:
    """Dbt fails with a KeyError."""
    old, new = shop(), shop()
    old["nodes"][A] = model("a", "select 1", **contracted())
    old["nodes"][A]["columns"]["amount"]["constraints"] = [{"type": "custom"}]
    new["nodes"][A] = model("a", "select 1", **contracted())
    new["nodes"][A]["contract"]["checksum"] = "two"
    diff = compare(old, new)
    assert diff["broken_contracts"] == []
    assert diff["modified"][0]["reasons"] == ["contract"]


def test_a_renamed_model_and_its_tests(compare: Any) -> None:
    new = shop()
    new["nodes"] = by_id(
        model("alpha", "select 1"),
        model("b", "select 2", "model.shop.alpha"),
        not_null("alpha", "id"),
    )
    diff = compare(shop(), new)
    assert diff["added"] == diff["removed"] == []
    assert {entry["old_unique_id"]: entry["unique_id"] for entry in diff["renamed"]} == {
        A: "model.shop.alpha",
        not_null("a", "id")["unique_id"]: not_null("alpha", "id")["unique_id"],
    }
    assert diff["renamed"][0]["reasons"] == ["fqn"]
    assert diff["renamed"][0]["old_original_file_path"] == "models/a.sql"
    assert ids(diff["downstream"]) == [REPORT, B]
    assert "  model.shop.a -> model.shop.alpha (models/alpha.sql): fqn\n" in diff.text()


@pytest.mark.parametrize(
    "added",
    [
        [model("c", "select 3")],  # another code
        [model("c", "select 1", package_name="other")],
        [model("c", "select 1", resource_type="analysis")],
        [model("c", "select 1", version=2)],
        [model("c", "select 1"), model("d", "select 1")],  # which of the two?
    ],
)
def test_a_doubtful_rename_is_none(compare: Any, added: list[dict[str, Any]]) -> None:
    new = shop()
    new["nodes"] = by_id(*added, model("b", "select 2"))
    diff = compare(shop(), new)
    assert diff["renamed"] == []
    assert ids(diff["added"]) == [resource["unique_id"] for resource in added]


def test_renames_of_resources_without_code(compare: Any) -> None:
    source = {
        "resource_type": "source",
        "package_name": "shop",
        "database": "db",
        "schema": "raw",
        "identifier": "orders",
    }
    seed = {
        "resource_type": "seed",
        "package_name": "shop",
        "checksum": {"name": "sha256", "checksum": "x"},
        "raw_code": "",
    }
    old, new = shop(), shop()
    old["sources"]["source.shop.raw.orders"] = {**source, "name": "orders", "description": "old"}
    new["sources"]["source.shop.lake.orders"] = {**source, "name": "orders", "source_name": "lake"}
    old["nodes"]["seed.shop.x"] = {**seed, "name": "x"}
    new["nodes"]["seed.shop.y"] = {**seed, "name": "y"}
    new["exposures"]["exposure.shop.other"] = {
        **new["exposures"].pop(REPORT),
        "unique_id": "exposure.shop.other",
        "name": "other",
    }
    old["nodes"]["seed.shop.large"] = {
        **seed,
        "name": "large",
        "checksum": {"name": "path", "checksum": "seeds/large.csv"},
    }
    new["nodes"]["seed.shop.larger"] = {**old["nodes"]["seed.shop.large"], "name": "larger"}
    diff = compare(old, new)
    assert {entry["old_unique_id"]: entry["unique_id"] for entry in diff["renamed"]} == {
        REPORT: "exposure.shop.other",
        "source.shop.raw.orders": "source.shop.lake.orders",
        "seed.shop.x": "seed.shop.y",
    }
    assert ids(diff["removed"]) == ["seed.shop.large"]


def test_parts_that_dbt_skips_of_a_generic_test(compare: Any) -> None:
    """state:modified looks at configs and fqn only, and so does the diff."""
    new = shop()
    test = new["nodes"][not_null("a", "id")["unique_id"]]
    test["raw_code"] += " "
    assert compare(shop(), new).is_empty
    test["unrendered_config"] = {"severity": "warn"}
    assert compare(shop(), new)["modified"][0]["reasons"] == ["configs", "body"]


def test_what_is_no_resource_is_left_out(compare: Any) -> None:
    new = shop()
    new["nodes"]["model.shop.nothing"] = None
    new["sources"][A] = {"resource_type": "source", "name": "a"}
    diff = compare(shop(), new)
    assert ids(diff["added"]) == []
    assert ids(diff["modified"]) == [A]
    assert ids(compare(new, shop())["removed"]) == []


def test_the_flag_for_unrendered_values(compare: Any) -> None:
    old = shop()
    old["sources"]["source.shop.raw.t"] = {
        "resource_type": "source",
        "name": "t",
        "identifier": "t",
        "schema": "dev",
        "unrendered_schema": "{{ target.schema }}",
    }
    new = copy.deepcopy(old)
    new["sources"]["source.shop.raw.t"]["schema"] = "prod"
    assert compare(old, new)["modified"][0]["reasons"] == ["relation"]
    assert compare(old, new, state_modified_compare_more_unrendered_values=True).is_empty


def test_a_seed_that_is_too_large_is_a_warning(compare: Any, run: Any, tmp_path: Path) -> None:
    old = shop()
    old["nodes"]["seed.shop.x"] = {
        "resource_type": "seed",
        "name": "x",
        "package_name": "shop",
        "checksum": {"name": "path", "checksum": "seeds/x.csv"},
    }
    diff = compare(old, old | {"extra": 1})
    assert len(diff["warnings"]) == 1
    assert "dbt cannot tell if it has changed" in diff["warnings"][0]
    assert run(tmp_path / "old.json", tmp_path / "new.json").stderr.startswith("warning: Found")
    assert run(tmp_path / "old.json", tmp_path / "new.json", "--quiet").stderr == ""


def test_markdown_is_cut_and_escaped(compare: Any) -> None:
    old, new = shop(), shop()
    odd = {"name": "<b>|*", "email": None}
    old["exposures"][REPORT]["owner"] = new["exposures"][REPORT]["owner"] = odd
    new["nodes"].update(by_id(*(model(f"m{n:03}", f"select {n}, 'x'", A) for n in range(150))))
    new["nodes"]["model.shop.`|`"] = model("`|`", "select 'y'")
    new["nodes"][A]["raw_code"] = "select 9"
    diff = compare(old, new)
    text = diff.markdown()
    assert "**Added (151)**" in text
    assert "| … and 51 more | | |" in text
    assert text.count("model.shop.m") == 99
    assert "`model.shop.'\\|'`" in text
    assert "&lt;b>\\|\\*" in text
    assert all(line.startswith(("|", "#", "*", "<")) for line in text.splitlines() if line)
    assert diff.text().count("model.shop.m") == 150
    assert diff._repr_markdown_() == text


def test_a_diff_is_a_plain_dict_to_others(compare: Any) -> None:
    new = shop()
    new["nodes"][A]["raw_code"] += " "
    diff = compare(shop(), new)
    assert isinstance(diff, dict)
    assert type(pickle.loads(pickle.dumps(diff))) is dict
    assert pickle.loads(pickle.dumps(diff)) == diff == json.loads(json.dumps(diff))
    assert type(copy.copy(diff)) is dict


def test_open_manifests_are_compared(tmp_path: Path) -> None:
    new = shop()
    new["nodes"][A]["raw_code"] += " "
    old = flatmanifest.open(write(tmp_path / "old.json", shop()))
    current = flatmanifest.open(write(tmp_path / "new.json", new))
    diff = flatmanifest.diff(old, current)
    old.close()
    current.close()
    assert ids(diff["modified"]) == [A]
    assert "model.shop.a" in diff.text()  # the diff holds both mappings
    with pytest.raises(ValueError, match=r"the manifest is closed: .*old\.json"):
        flatmanifest.diff(old, current)


def test_refreshing_compares_generations(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", shop())
    before = flatmanifest.open(path)
    new = shop()
    new["nodes"][A]["raw_code"] += " "
    write(path, new)
    assert ids(flatmanifest.diff(before, path)["modified"]) == [A]


def test_every_kind_of_input(run: Any, tmp_path: Path) -> None:
    new = shop()
    new["nodes"][A]["raw_code"] += " "
    old_project, project = tmp_path / "before", tmp_path / "after"
    for directory in (old_project, project / "target"):
        directory.mkdir(parents=True)
    write(old_project / "manifest.json", shop())
    write(project / "target" / "manifest.json", new)
    write(tmp_path / "old.json", shop())
    flatmanifest.convert(tmp_path / "old.json", tmp_path / "old.fman")
    with gzip.open(tmp_path / "packed.json.gz", "wt") as packed:
        json.dump(shop(), packed)
    expected = flatmanifest.diff(old_project, project).text()
    assert "model.shop.a (models/a.sql): body" in expected
    for old in ("before", "before/manifest.json", "old.json", "old.fman", "packed.json.gz"):
        for current in ("after", "after/target", "after/target/manifest.json"):
            done = run(old, current)
            assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_a_directory_prefers_the_json(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a" / "target").mkdir(parents=True)
    write(tmp_path / "a" / "target" / "manifest.json", {**shop(), "nodes": {}})
    write(tmp_path / "other.json", shop())
    flatmanifest.convert(tmp_path / "other.json", tmp_path / "a" / "manifest.fman")
    shutil.copy(tmp_path / "other.json", tmp_path / "copy.json")
    assert run("a", "copy.json").stdout == "no differences\n"  # the directory before its target
    with gzip.open(tmp_path / "a" / "manifest.json.gz", "wt") as packed:
        json.dump({**shop(), "exposures": {}}, packed)
    assert "added (1)" in run("a", "copy.json").stdout


def test_outputs_of_the_command(run: Any, compare: Any, tmp_path: Path) -> None:
    new = shop()
    new["nodes"][A]["raw_code"] += " "
    diff = compare(shop(), new)
    assert run("old.json", "new.json").stdout == diff.text()
    assert run("old.json", "new.json", "--output", "text").stdout == diff.text()
    assert run("old.json", "new.json", "--output", "Markdown").stdout == diff.markdown()
    assert json.loads(run("old.json", "new.json", "--output", "json").stdout) == diff
    done = run("old.json", "new.json", "--output", "json", "-o", "diff.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((tmp_path / "diff.json").read_text()) == diff
    done = run("old.json", "new.json", "-o", "nowhere/diff.json")
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_wrong_usage(run: Any, tmp_path: Path) -> None:
    write(tmp_path / "old.json", shop())
    for arguments, words in [
        (["old.json"], "NEW is required"),
        (["old.json", "new.json", "--output", "html"], "html not in {text,markdown,json}"),
    ]:
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr


def test_files_that_cannot_be_compared(run: Any, tmp_path: Path) -> None:
    write(tmp_path / "old.json", shop())
    write(tmp_path / "list.json", [1])
    write(tmp_path / "run_results.json", {"results": []})
    (tmp_path / "broken.json").write_text('{"nodes": {')
    (tmp_path / "noise.fman").write_bytes(b"noise" * 100)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link.json").symlink_to("old.json")
    objects.publish(tmp_path / "entry.fman", {"nodes": {}}, is_lasting=False)
    for other, words in {
        "missing.json": "cannot open missing.json: No such file or directory",
        "list.json": "list.json: byte 0: ",
        "run_results.json": "run_results.json: byte 0: not a dbt manifest: the document has no",
        "broken.json": "broken.json: byte 11: ",
        "noise.fman": "noise.fman: ",
        "empty": "cannot compare empty: the directory has no manifest.json, manifest.json.gz or "
        "manifest.fman, nor does its directory target; run dbt parse there, or name a file",
        "entry.fman": "entry.fman: it holds dbt's objects, not a manifest.json; name the",
        "old.json": "OLD (old.json) and NEW (old.json) are the same manifest; keep a copy",
        "link.json": "OLD (old.json) and NEW (link.json) are the same manifest",
        "./old.fman": "OLD (old.json) and NEW (./old.fman) are the same manifest",
    }.items():
        done = run("old.json", other)
        assert (done.returncode, done.stdout) == (1, ""), other
        assert words in done.stderr, other


def test_errors_in_python(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", shop())
    with pytest.raises(FileNotFoundError, match=r"missing\.json"):
        flatmanifest.diff(old, tmp_path / "missing.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="run dbt parse there"):
        flatmanifest.diff(tmp_path / "empty", old)
    with pytest.raises(flatmanifest.DiffError, match="are the same manifest"):
        flatmanifest.diff(old, old)
    with flatmanifest.open(old) as manifest, pytest.raises(flatmanifest.DiffError):
        flatmanifest.diff(manifest, manifest)
    write(tmp_path / "list.json", [1])
    with pytest.raises(flatmanifest.ConvertError, match=r"list\.json"):
        flatmanifest.diff(old, tmp_path / "list.json")
    with pytest.raises(TypeError):
        flatmanifest.diff(old, 1)  # type: ignore[arg-type]
    new = shop()
    new["nodes"][A]["depends_on"]["macros"] = ["macro.shop.nowhere"]
    new["macros"]["macro.shop.new"] = {"macro_sql": "1"}
    with pytest.raises(
        flatmanifest.DiffError,
        match=r"new\.\w+: model\.shop\.a depends on a macro that the manifest lacks "
        r"\('macro\.shop\.nowhere'\); parse the project again",
    ):
        flatmanifest.diff(old, write(tmp_path / "new.json", new))
    del new["nodes"][A]["depends_on"]["macros"]
    diff = flatmanifest.diff(old, write(tmp_path / "new.json", new))
    with pytest.raises(flatmanifest.DiffError, match="output is text, markdown or json, not html"):
        diff._native.render("html")  # noqa: SLF001
