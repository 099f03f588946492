"""docs/cache-files.md documents every key of every file in the cache."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.dbt.warm import SELECTED, dbt
from tests.projects import generate

DOCUMENT = Path(__file__).parents[2] / "docs" / "cache-files.md"
# The section of the document for each kind of file.
KINDS = ("state", "artifacts", "transcript", "schemas", "answer")
# Nested objects whose keys are documented, too, by their key.
INNER = ("dependencies", "files", "words", "defaults")
LISTED = ("sinks", "outputs")


def documented(kind: str) -> str:
    text = DOCUMENT.read_text()
    name = {
        "schemas": "schemas.fman",
        "transcript": "ID.transcript.fman",
        "answer": "ID.answer.fman",
    }
    title = f"## `{name.get(kind, f'KEY.{kind}.fman')}`"
    section = text.partition(title)[2].partition("\n## ")[0]
    assert section, title
    return section


def documented_with_dependencies(kind: str) -> str:
    shared = DOCUMENT.read_text().partition("## Dependencies")[2].partition("\n## ")[0]
    return documented(kind) + (shared if kind in {"state", "transcript", "answer"} else "")


def keys_of(content: dict[str, Any], kind: str) -> set[str]:
    keys = set(content)
    for name in INNER:
        inner = content.get(name)
        if isinstance(inner, dict):
            # The keys of artifacts are paths; the documented keys are one level deeper.
            each = list(inner.values()) if kind == "artifacts" else [inner]
            keys |= {key for value in each for key in value}
            if name == "dependencies":
                keys |= set(inner["files"])
    for name in LISTED:
        keys |= {key for value in content.get(name, ()) for key in value}
    return keys


def test_every_key_is_documented(tmp_path: Path) -> None:
    from flatmanifest.dbt.cache import entry

    project = tmp_path / "project"
    generate("small_everything", project, None)
    variables = {"XDG_CACHE_HOME": str(tmp_path / "user")}
    for arguments in (SELECTED, SELECTED, ["parse"], ["ls", "--help"]):
        assert dbt(project, *arguments, **variables).returncode == 0
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    places = (project / "target" / "flatmanifest", tmp_path / "user" / "flatmanifest")
    for path in (path for place in places for path in place.iterdir()):
        kind = "schemas" if path.name == "schemas.fman" else path.name.split(".")[1]
        if kind in found:
            content = entry.read(path)
            assert content is not None, path
            found[kind] |= keys_of(content, kind)
    for kind, keys in found.items():
        section = documented_with_dependencies(kind)
        assert keys, f"there is no {kind}"
        missing = {key for key in keys if f"`{key}`" not in section}
        assert not missing, f"docs/cache-files.md does not have {missing} of {kind}"
    # The other way round, for the two kinds with the most keys.
    for kind in ("state", "transcript"):
        first = [re.match(r"\| `(\w+)`", row) for row in documented(kind).splitlines()]
        names = {match[1] for match in first if match}
        assert names <= found[kind] | {"parser"}, names - found[kind]
