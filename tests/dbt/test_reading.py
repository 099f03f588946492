"""Reading files and YAML, compared with dbt."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from dbt.clients.checked_load import checked_load
from dbt.parser import read_files as dbt_read_files
from hypothesis import given
from hypothesis import strategies as st

from flatmanifest._native import read_files
from flatmanifest.dbt.cold import reading
from flatmanifest.dbt.v2_parser.pattern import is_equal
from tests.projects import generate

# YAML that is unusual, or that looks like something else.
ODD_YAML = [
    *(
        "",
        " \n",
        "# nothing\n",
        "---\n",
        "...\n",
        "--- a\n--- b\n",
        "null",
        "~",
        "a",
        "5",
        "[]",
        "{}",
    ),
    "a: &x {b: 1}\nc: *x\n",
    "a: &x [1]\nc: [*x, *x]\n",
    "a: &x x\nb: *x\n",
    "a: &x\n  b: *x\n",
    "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
    "<<: {a: 1}\na: 2\n",
    "'<<': {a: 1}\na: 2\n",
    "a: 1\na: 2\n",
    "a: {b: 1, b: 2}\n",
    "'<<': 1\n'<<': 2\n",
    "1: a\n1.0: b\ntrue: c\n",
    "1: a\n'1': b\nyes: c\n~: d\n2020-01-01: e\n.nan: f\n",
    "? [a]\n: b\n",
    "? {a: b}\n: c\n",
    "=: a\nb: =\n",
    "a: !!str 5\nb: !!int '5'\nc: !!float 5\nd: !!bool 'no'\ne: !!null ''\n",
    "a: !!set {x, y}\nb: !!omap [x: 1]\nc: !!binary aGk=\nd: !!pairs [x: 1]\n",
    "a: !mine 5\n",
    "a: !!python/object:os.system x\n",
    "a: !!map {b: c}\nd: !!seq [e]\n",
    "a: ! 5\n",
    "[yes, No, ON, off, y, n, True, FALSE, 'yes', \"no\"]",
    "[null, Null, NULL, ~, '', 'null', , ]",
    "[0, 012, 0x1F, 0b11, 1_000, 1:30, 1:30:30, -5, +5, 9223372036854775808, 08]",
    "[1.5, 1e3, 1.0e+3, .5, 5., -.inf, .NaN, 1:30.5, 1_0.5]",
    "[2020-01-01, 2020-1-1, 2020-01-01 10:00:00, 2020-01-01T10:00:00.5+02:00]",
    "[2020-13-01]",
    "[2020-01-01 25:00:00]",
    "a: \"\\u00e9\\n\\x41\"\nb: 'it''s'\n",
    "a: |\n  b\n  c\nd: >\n  e\n  f\ng: |-\n  h\n",
    "a: {{ b }}\n",
    "a: '{{ b }}'\nc: \"{{ d('e') }}\"\n",
    "a: b: c\n",
    "a: [\n",
    "\ta: b\n",
    "a: 'b\n",
    "%YAML 1.1\n---\na: b\n",
    "a: é\n😀: 'ü'\n",
    "\ufeffa: b\n",
    "a: \x07\n",
    "a:\n- b\n-\n  - c\n- - d\n  - e\n",
]


pytestmark = pytest.mark.usefixtures("_seams")


def outcome(call: Any, text: str) -> Any:
    """Return the loaded value with the warnings, or the error."""
    try:
        loaded, failures = call(text)
    except Exception as error:
        return type(error), str(error)
    return loaded, [vars(failure) for failure in failures]


def ours(text: str) -> Any:
    return reading.checked_load(checked_load, text)


def check(text: str) -> None:
    expected, found = outcome(checked_load, text), outcome(ours, text)
    assert is_equal(found, expected) or repr(found) == repr(expected)  # NaN is not equal to itself


@pytest.mark.parametrize("text", ODD_YAML)
def test_odd_yaml(text: str) -> None:
    check(text)


def test_yaml_of_projects(tmp_path: Path) -> None:
    for kind in ("small_everything", "chain", "simple"):
        generate(kind, tmp_path / kind)
    files = [*tmp_path.rglob("*.yml")]
    assert len(files) > 10
    for file in files:
        text = file.read_text()
        check(text)
        if "<<: *" in text:
            with pytest.raises(reading.NotPlainError):
                reading.plain(text)
        else:
            assert reading.plain(text) is not None


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.dates(),
    st.datetimes(),
    st.sampled_from(["yes", "no", "1:30", "0x1", "<<", "=", "~", "null", "2020-01-01", "*a", "&a"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, True, False]), st.sampled_from(["", '"', "'"]))
def test_any_yaml(value: Any, style: Any, quote: str) -> None:
    """Check dumped values, and the rest after a piece is cut off."""
    text = yaml.safe_dump(value, default_flow_style=style, default_style=quote, allow_unicode=True)
    check(text)
    check(text[: len(text) // 2])


@given(st.text(st.sampled_from("ab1: \n-[]{},'\"&*<#|>!~?=."), max_size=30))
def test_any_text(text: str) -> None:
    check(text)


CONTENTS = [
    b"",
    b" select 1 \n",
    b"a\r\nb\r\n",
    "\u00a0\u2003x\u3000".encode(),
    "\ufeffé😀".encode(),
    b"\x1c\x85a\x00b\x0c",
    b"\xff\xfe",
    b"ok \xe9",
    b"x" * (reading.MOST_BYTES + 1),
]


@pytest.mark.parametrize("strip", [True, False])
def test_texts_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, strip: bool) -> None:
    paths = [str(tmp_path / f"{number}.sql") for number in range(len(CONTENTS))]
    for path, contents in zip(paths, CONTENTS, strict=True):
        Path(path).write_bytes(contents)
    paths += [str(tmp_path / "missing.sql"), str(tmp_path)]
    ahead: dict[str, bytes | None] = {}
    monkeypatch.setattr(reading, "AHEAD", ContextVar("AHEAD", default=ahead))
    reading.read_ahead(ahead, paths)
    assert [path for path in paths if ahead[path] is None] == paths[-3:]
    for path in paths:
        expected = text_of(path, strip)
        for _ in range(2):  # the second time, the text has not been read ahead
            assert text_of(path, strip, reading.load_file_contents) == expected
        assert path not in ahead


def text_of(path: str, strip: Any, call: Any = None) -> Any:
    original = dbt_read_files.load_file_contents.__wrapped__
    try:
        return original(path, strip) if call is None else call(original, path, strip)
    except (OSError, UnicodeDecodeError) as error:
        return type(error), str(error)


def test_unused_texts_are_not_kept_after_reading_ahead(tmp_path: Path) -> None:
    """A text that was read ahead and not used is dropped: later, dbt reads the file again."""
    path = tmp_path / "models" / "a.sql"
    path.parent.mkdir()
    path.write_text("select 1")
    seen: list[Any] = []

    def get_source_files(*_: Any) -> None:
        found = dbt_read_files.filesystem_search(project, ["models"], ".sql", None)
        seen.append(dict(reading.AHEAD.get() or {}))
        assert [file.absolute_path for file in found] == [str(path)]

    project = SimpleNamespace(project_root=str(tmp_path))
    reading.get_source_files(get_source_files, project, ["models"], ".sql")
    assert seen == [{str(path): b"select 1"}]
    path.write_text("select 2")
    assert dbt_read_files.load_file_contents(str(path)) == "select 2"


def test_reading_ahead_gives_the_content_of_existing_files(tmp_path: Path) -> None:
    generate("chain", tmp_path / "chain")
    files = [*map(str, (tmp_path / "chain").rglob("*.sql"))]
    assert len(files) > 30
    assert read_files(files, 1 << 20) == [Path(path).read_bytes() for path in files]
    assert read_files(iter(()), 1) == []
    with pytest.raises(TypeError):
        read_files([5], 1)  # type: ignore[list-item]
