"""The inputs of dbt 1.12's other parser. It is a program whose reads cannot be recorded.

It may read all text of a project: files in the project's own directory, the directories that
dbt_project.yml names, the installed packages, and the places where profiles.yml may be.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.flags import get_flags

from flatmanifest.dbt.dependencies.record import READ
from flatmanifest.dbt.dependencies.values import CLOCK, MODULES, OF_DICT, RANDOM, UNSOURCED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbt.config.runtime import RuntimeConfig

# The endings of text files. A database beside dbt_project.yml, which any command may change, has
# none of these endings.
TEXTS = {
    *(".yml", ".yaml", ".sql", ".py", ".md", ".csv", ".json", ".toml", ".txt", ".cfg", ".ini"),
    *(".lock", ".env", ".jinja", ".j2"),
}
HIDDEN = (".env", ".dbtignore")
PROFILES = "profiles.yml"
# The parts of a text that Jinja evaluates. The expressions below find names of values without a
# source in them.
_EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
# The parser's flags come from its arguments and from the environment, which are dependencies. Only
# its target path is not: it is a temporary directory of dbt's (dbt.parser.v2.parse_with_v2).
_FLAGS = ("flags", "invocation_args_dict")
_NAMES = re.compile(rf"\b(?:{'|'.join(sorted((*(UNSOURCED - {*_FLAGS}), RANDOM)))})\b")
_MEMBER = r"\s*(?:\.\s*|\[\s*[\"'])"  # the text between an owner and the name of a member
_NEVER_A_FLAG = "|".join(("target_path", *OF_DICT))
_TARGET_PATH = re.compile(
    rf"\b({'|'.join(_FLAGS)})\b(?!{_MEMBER}(?!(?:{_NEVER_A_FLAG})\b)\w)", re.IGNORECASE
)
_MODULES = re.compile(rf"\b{MODULES}\b(?!{_MEMBER}(?:re|itertools|pytz)\b)")


def files_of(config: RuntimeConfig) -> dict[str, list[str]]:
    """The paths that a parse of a project by another program depends on, by use.

    The text files in the project's directory are listed one by one. If one is added or removed, the
    list differs. The directory as a whole is no dependency, because every command changes other
    files in it: logs, a database.
    """
    root = Path(config.project_root)
    names = {*HIDDEN, config.packages_install_path}
    for field in vars(config):
        if field.endswith("_paths") and field != "clean_targets":
            names.update(map(str, getattr(config, field) or ()))
    read = {os.path.join(root, name) for name in names}  # noqa: PTH118
    read |= {entry.path for entry in os.scandir(root) if is_text(entry)}
    places = (get_flags().PROFILES_DIR, root, Path.cwd(), Path.home() / ".dbt")
    read |= {os.path.join(place, PROFILES) for place in places}  # noqa: PTH118
    return {READ: sorted(read)}


def is_text(entry: os.DirEntry[str]) -> bool:
    return Path(entry.name).suffix.lower() in TEXTS and entry.is_file()


def unsourced_in(manifest: Any, files: dict[str, list[str]]) -> dict[str, str]:
    """The values without a source that a template may have used, each with a place.

    The function searches the rendered texts for their names: the YAML files, the code of all
    resources, and the macros that these call.
    """
    found: dict[str, str] = {}
    for place, text in rendered(manifest, files[READ]):
        for name in names_in(text):
            found.setdefault(name, place)
    return found


def names_in(text: str) -> Iterator[str]:
    for expression in _EXPRESSION.finditer(text):
        for name in _NAMES.finditer(expression.group()):
            yield name.group()
        for name in _TARGET_PATH.finditer(expression.group()):
            yield name.group(1)
        if _MODULES.search(expression.group()):
            yield f"{MODULES}.{CLOCK}"


def rendered(manifest: Any, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in yaml_files(paths):
        yield path, Path(path).read_text(errors="replace")
    macros: list[str] = []
    for resource in (*manifest.nodes.values(), *manifest.sources.values()):
        yield resource.unique_id, str(getattr(resource, "raw_code", "") or "")
        macros += getattr(getattr(resource, "depends_on", None), "macros", ())
    macros += (name for name in manifest.macros if ".generate_" in name)
    seen: set[str] = set()
    while macros:
        unique_id = macros.pop()
        macro = manifest.macros.get(unique_id)
        if macro is None or unique_id in seen:
            continue
        seen.add(unique_id)
        macros += macro.depends_on.macros
        yield unique_id, macro.macro_sql


def yaml_files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112
            for directory, _, names in os.walk(path, followlinks=True):
                yield from (
                    os.path.join(directory, name)  # noqa: PTH118
                    for name in names
                    if name.endswith((".yml", ".yaml"))
                )
        elif path.endswith((".yml", ".yaml")) and os.path.isfile(path):  # noqa: PTH113
            yield path
