"""The pages that the site has besides docs/: files that docs/ links to, and the commands' help.

A hook of mkdocs (mkdocs.yml). docs/ is written to be read in a checkout, too, so that links lead to
files of the repository; on the site each of those is a page of its own, under ``source/``.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
SOURCE = "source"
LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)]*)?\))")
ROLE = re.compile(r":(?:class|exc|func|meth|mod):(?=<code>)")
LANGUAGES = {".h": "cpp", ".cc": "cpp", ".py": "python", ".pyi": "python", ".sh": "sh", ".fbs": "c"}
COMMANDS = "command-line.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file in docs/ is."""
    pages = {COMMANDS: commands()}
    wanted = [page.src_uri for page in files.documentation_pages()]
    texts = {uri: (ROOT / "docs" / uri).read_text(encoding="utf-8") for uri in wanted}
    while texts:
        uri, text = texts.popitem()
        for found in LINK.finditer(text):
            target = repository_path(uri, found[2])
            page = page_of(target)
            if page.startswith(f"{SOURCE}/") and page not in pages and (ROOT / target).is_file():
                pages[page] = source_page(target)
                texts[page] = pages[page] if target.endswith(".md") else ""
    for page, content in pages.items():
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links that leave docs/ lead to the pages of what they name."""

    def relinked(found: re.Match[str]) -> str:
        here = page.file.src_uri
        target = page_of(repository_path(here, found[2]))
        path = posixpath.relpath(target, posixpath.dirname(here) or ".")
        return f"{found[1]}{path}{found[3]}"

    return LINK.sub(relinked, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings name things with Sphinx's roles, which mkdocstrings shows as they are."""
    return ROLE.sub("", html)


def repository_path(page: str, link: str) -> str:
    """The file that a link on a page means, from the root of the repository."""
    if page.startswith(f"{SOURCE}/"):
        directory = posixpath.dirname(page.removeprefix(f"{SOURCE}/"))
    else:
        directory = posixpath.join("docs", posixpath.dirname(page))
    return posixpath.normpath(posixpath.join(directory, link))


def page_of(target: str) -> str:
    """Where the site shows a file of the repository."""
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return f"{SOURCE}/{target}" if target.endswith(".md") else f"{SOURCE}/{target}.md"


def source_page(target: str) -> str:
    """A page with a file in it; Markdown is a page already."""
    text = (ROOT / target).read_text(encoding="utf-8")
    if target.endswith(".md"):
        return text
    language = LANGUAGES.get(Path(target).suffix, "text")
    return (
        f"---\nsearch:\n  exclude: true\n---\n# {target}\n\n````{language}\n{text.rstrip()}\n````\n"
    )


def commands() -> str:
    """The help of the program and of each of its commands."""
    program = Path(sys.executable).with_name("flatmanifest")
    if not program.exists():
        raise PluginError(f"there is no {program.name} beside {sys.executable}: make build first")
    whole = help_of(program)
    names = re.findall(
        r"^  ([a-z]+)(?:, \w+)* {2,}", whole.partition("Subcommands:")[2], re.MULTILINE
    )
    if not names:
        raise PluginError("flatmanifest --help names no commands")
    parts = ["# The command line", block(whole)]
    for name in names:
        if name == "dbt":
            parts += ["## dbt", "All of dbt's commands and options: [the front door](front.md)."]
        else:
            parts += [f"## {name}", block(help_of(program, name))]
    return "\n\n".join(parts) + "\n"


def help_of(program: Path, *command: str) -> str:
    """What ``--help`` prints."""
    done = subprocess.run(
        [program, *command, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )
    if done.returncode != 0:
        raise PluginError(f"flatmanifest {' '.join(command)} --help failed: {done.stderr}")
    return done.stdout


def block(text: str) -> str:
    """Text as it is."""
    return f"```text\n{text.strip()}\n```"
