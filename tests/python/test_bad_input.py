"""Input that is not a manifest is refused with place and reason, and nothing is written."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import names, sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_DEPTH = 1024


def nested(depth: int) -> bytes:
    """Return a manifest of that depth; the outermost object is the first level."""
    return b'{"nodes": {}, "deep": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


BAD = [
    (b"", 0, "empty"),
    (b" \r\n\t", 0, "empty"),
    (b"x", 0, "not"),
    (b"select 1", 0, "not"),
    (b"nodes: {}", 0, "not"),
    (b"\0\0\0\0", 0, "not"),
    (b"[]", 0, "not a dbt manifest"),
    (b'"text"', 0, "not a dbt manifest"),
    (b"5", 0, "not a dbt manifest"),
    (b"null", 0, "not a dbt manifest"),
    (b"{}", 0, "nodes"),
    (b'{"nodes": null}', 0, "nodes"),
    (b'{"nodes": []}', 0, "nodes"),
    (b'{"nodes": {}, "nodes": 1}', 0, "nodes"),
    (b'{"nodes": {}', 12, "truncated"),
    (b'{"nodes": {"a": [1, 2', 21, "truncated"),
    (b'{"nodes": {"a": "text', 16, "never ends"),
    (b'{"nodes": {}}}', 13, "after the end"),
    (b'{"nodes": {}}{"nodes": {}}', 13, "after the end"),
    (b'{"nodes": {}, "a": \xff}', 19, "UTF-8"),
    (b'{"nodes": {}, "a": "\xed\xa0\x80"}', 20, "UTF-8"),
    (b'{"nodes": {}, "a": "\xc3"}', 20, "UTF-8"),
    (b'{"nodes": {}, "a": "\xc0\x80"}', 20, "UTF-8"),
    (b'{"nodes": {}, "a": 01}', 19, "number"),
    (b'{"nodes": {}, "a": -NaN}', 19, "NaN has no sign"),
    (b'{"nodes": {}, "a": ' + b"9" * 4301 + b"}", 19, "more than 4300 digits"),
    (b'\xef\xbb\xbf{"nodes": {}, "a": tru}', 22, "not"),
    ('{"nodes": {}}'.encode("utf-16"), 0, "UTF-16"),
    ('{"nodes": {}}'.encode("utf-16-be"), 0, "UTF-16"),
    ('{"nodes": {}}'.encode("utf-32"), 0, "UTF-32"),
    ('{"nodes": {}}'.encode("utf-32-le"), 0, "UTF-32"),
    (b'{"nodes": {}, "a": +1}', 19, "not"),
    (b'{"nodes": {}, "a": tru}', 19, "not"),
    (b'{"nodes": {}, "a": "\x01"}', 20, "control character"),
    (b'{"nodes": {}, "a": "\n"}', 20, "control character"),
    (b'{"nodes": {}, "a": "\\x41"}', 20, "escape"),
    (nested(MAX_DEPTH + 1), 22 + MAX_DEPTH - 1, "nested more than 1024 deep"),
    (nested(100_000), 22 + MAX_DEPTH - 1, "nested more than 1024 deep"),
]


@pytest.mark.parametrize(("text", "offset", "why"), BAD)
@pytest.mark.parametrize("call", [flatmanifest.convert, flatmanifest.open])
def test_bad_input(
    tmp_path: Path, call: Callable[[Path], Any], text: bytes, offset: int, why: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text)
    with pytest.raises(flatmanifest.ConvertError) as caught:
        call(path)
    assert isinstance(caught.value, ValueError)
    message = str(caught.value)
    assert message.startswith(f"{path}: byte {offset}: "), message
    assert why in message
    assert names(tmp_path) == ["bad.json"]


@pytest.mark.parametrize(
    "text",
    [b'{"nodes": {} "a": 1}', b'{"nodes": {}, "a"}', b'{"nodes": {},}', b"{nodes: {}}",
     b'{"nodes": {}, "a": [1,]}', b'{"nodes": {}, "a": [}', b"{'nodes': {}}"],
)  # fmt: skip
def test_bad_punctuation_is_placed(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text)
    with pytest.raises(flatmanifest.ConvertError) as caught:
        flatmanifest.convert(path)
    place = re.search(r": byte (\d+): ", str(caught.value))
    assert place is not None
    with pytest.raises(json.JSONDecodeError) as pythons:
        json.loads(text)
    assert abs(int(place[1]) - pythons.value.pos) <= 2
    assert names(tmp_path) == ["bad.json"]


def test_the_deepest_nesting_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(nested(MAX_DEPTH))
    with flatmanifest.open(path) as manifest:
        manifest.verify()
        assert manifest.to_json().encode() == nested(MAX_DEPTH)
        value = manifest.to_dict()["deep"]
        for _ in range(MAX_DEPTH - 2):
            (value,) = value
        assert value == []


def test_more_than_4_gib_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate((4 << 30) + 1)  # a hole, which uses no disk space
    with pytest.raises(flatmanifest.ConvertError, match=r"byte 4294967296: over 4 GiB"):
        flatmanifest.convert(path)
    assert names(tmp_path) == ["huge.json"]


def test_bad_input_leaves_the_previous_output(fman_path: Path) -> None:
    before = fman_path.read_bytes()
    for text, _, _ in BAD:
        fman_path.with_suffix(".json").write_bytes(text)
        with pytest.raises(flatmanifest.ConvertError):
            flatmanifest.convert(fman_path.with_suffix(".json"))
    assert fman_path.read_bytes() == before
    assert names(fman_path.parent) == ["manifest.fman", "manifest.json"]


def test_a_path_with_a_null_byte(json_path: Path) -> None:
    cut = f"{json_path}\0.json"
    for refused in (
        lambda: flatmanifest.open(cut),
        lambda: flatmanifest.convert(cut),
        lambda: flatmanifest.convert(json_path, cut),
    ):
        with pytest.raises(ValueError, match="embedded null byte"):
            refused()
    assert names(json_path.parent) == [json_path.name]


@pytest.mark.parametrize("size", [0, 10, 11, 100, -9, -1])
def test_truncated_gzip(tmp_path: Path, size: int) -> None:
    packed = gzip.compress(json.dumps(sample()).encode())
    path = tmp_path / "cut.json.gz"
    path.write_bytes(packed[:size])
    with pytest.raises(flatmanifest.ConvertError, match=r"cut\.json\.gz: byte \d+: ") as caught:
        flatmanifest.convert(path)
    assert ("truncated" if size else "empty") in str(caught.value)
    assert names(tmp_path) == ["cut.json.gz"]


def test_damaged_gzip(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(json.dumps(sample()).encode()))
    path = tmp_path / "damaged.json.gz"
    for at in (3, len(packed) // 2, len(packed) - 6):
        damaged = bytearray(packed)
        damaged[at] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(flatmanifest.ConvertError, match=r": byte \d+: "):
            flatmanifest.convert(path)
    path.write_bytes(packed + b"trailing garbage")
    with pytest.raises(flatmanifest.ConvertError, match=r": byte \d+: damaged gzip"):
        flatmanifest.convert(path)
    assert names(tmp_path) == ["damaged.json.gz"]
