"""Everything that the documents refer to exists. Links to other hosts are not tried."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import flatmanifest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "CHANGELOG.md",
    ROOT / "bench" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
MADE_BY_THE_SITE = {ROOT / "docs" / "command-line.md"}  # setup/site_pages.py


@cache
def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as forges and mkdocs make them."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(document.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if re.match(r"[a-z]+:", link) or target in MADE_BY_THE_SITE:
            continue
        is_there = target.exists() and ROOT in target.parents
        if not is_there or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_reference_has_every_name() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^        - (\w+)$", text, re.MULTILINE)) == {
        name for name in flatmanifest.__all__ if name != "__version__"
    }


def test_the_tests_that_hold_the_promises_are_there() -> None:
    text = (ROOT / "docs" / "durability.md").read_text(encoding="utf-8")
    promises = text.partition("## Promises")[2].partition("\n## ")[0]
    there = set()
    for path in (ROOT / "tests").rglob("*_test.cc"):
        pairs = re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", path.read_text(), re.MULTILINE)
        for suite, name in pairs:
            there |= {f"{path.name}::{suite}.{name}", f"{path.name}::{suite}"}
            there |= {f"{suite}.{name}", suite, name}
    for path in (ROOT / "tests" / "python").glob("test_*.py"):
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE):
            there |= {path.name, f"{path.name}::{name}", name}
    named = [
        name
        for name in re.findall(r"`([^`\n]+)`", promises)
        if re.fullmatch(r"(\w+_test\.cc::|test_)[\w.:]+|[A-Z]\w*[a-z]\w*(\.\w+)?", name)
        and not name.endswith("Error")
    ]
    assert len(named) > 30
    assert [name for name in named if name not in there] == []


def test_every_document_is_in_the_sites_navigation_and_in_the_readme() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for document in (ROOT / "docs").rglob("*.md"):
        name = document.relative_to(ROOT / "docs").as_posix()
        assert re.search(rf"- (?:.*: )?{name}$", navigation, re.MULTILINE), name
        if name not in {"index.md", "api.md"}:
            assert f"(docs/{name}" in readme


def test_every_environment_variable_is_documented() -> None:
    """Names that are a whole string in code count; names of macros and of CMake do not."""
    text = (ROOT / "docs" / "environment.md").read_text(encoding="utf-8")
    named = re.compile(r"\"(FLATMANIFEST(?:_[A-Z]+)*)\"")
    read = {
        name
        for room in ("native", "bindings", "python", "tests", "bench", "setup")
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".h", ".cc", ".py"}
        for name in named.findall(path.read_text(encoding="utf-8"))
    }
    made_up = {"FLATMANIFEST_OF_A_TEST"}
    assert set(re.findall(r"`(FLATMANIFEST\w*)`", text)) == read - made_up


def test_the_site_asks_for_nothing_from_elsewhere() -> None:
    site = ROOT / "build" / "site"
    if not site.exists():
        pytest.skip("make docs builds the site")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loads = re.findall(
            r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"']?(https?:[^\"' >]+)", text
        )
        loads += re.findall(r"<link[^>]*rel=\"?stylesheet[^>]*href=[\"']?(https?:[^\"' >]+)", text)
        assert loads == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?https?:", sheet.read_text(encoding="utf-8")), sheet
