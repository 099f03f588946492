"""flatmanifest.convert: its inputs, its outputs, and the files after a failure."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import identical, names, sample, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

GIBIBYTE = 1 << 30


def assert_converted(path: Path) -> None:
    with flatmanifest.open(path) as manifest:
        manifest.verify()
        assert identical(manifest.to_dict(), sample())


# --- outputs ---


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("manifest.json", "manifest.fman"),
        ("manifest.json.gz", "manifest.fman"),
        ("manifest", "manifest.fman"),
        ("manifest.gz", "manifest.fman"),
        ("my.manifest.json", "my.manifest.fman"),
        ("manifest.txt", "manifest.txt.fman"),
        ("with space.json", "with space.fman"),
        ("é€😀.json", "é€😀.fman"),
        ("line\nbreak.json", "line\nbreak.fman"),
        ("-.json", "-.fman"),
    ],
)
def test_default_output_is_beside_the_input(tmp_path: Path, name: str, output: str) -> None:
    text = json.dumps(sample()).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    written = flatmanifest.convert(tmp_path / name)
    assert isinstance(written, Path)
    assert written == tmp_path / output
    assert names(tmp_path) == sorted({name, output})
    assert_converted(written)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xe9.json")
    try:
        path.write_text(json.dumps(sample()))
    except OSError:
        pytest.skip("this file system has no such names")
    written = flatmanifest.convert(path)
    assert os.fsencode(written.name) == b"\xff\xe9.fman"
    assert_converted(written)
    with flatmanifest.open(path) as manifest:
        assert manifest.path == str(path)
        assert repr(manifest).startswith(f"<flatmanifest.Manifest {str(path)!r}")
    with pytest.raises(ValueError, match="closed") as closed:
        len(manifest)
    assert str(path) in str(closed.value)
    path.write_text("{")
    with pytest.raises(flatmanifest.ConvertError) as refused:
        flatmanifest.convert(path)
    assert str(refused.value).startswith(f"{path}: byte 1: ")
    written.write_text("{")
    with pytest.raises(flatmanifest.FormatError) as damaged:
        flatmanifest.open(written)
    assert str(damaged.value).startswith(f"{written}: ")
    path.unlink()
    with pytest.raises(FileNotFoundError) as missing:
        flatmanifest.convert(path)
    assert missing.value.filename == str(path)


@pytest.mark.parametrize("kind", [str, Path, os.fsencode, os.DirEntry])
def test_kinds_of_path(json_path: Path, kind: Any) -> None:
    made = next(os.scandir(json_path.parent)) if kind is os.DirEntry else kind(json_path)
    assert flatmanifest.convert(made) == json_path.with_suffix(".fman")
    with flatmanifest.open(made) as manifest:
        assert manifest.path == str(json_path)
    path = json_path.with_name("x.fman")
    path.touch()
    entries = {entry.name: entry for entry in os.scandir(json_path.parent)}
    output = entries[path.name] if kind is os.DirEntry else kind(path)
    assert os.fsencode(flatmanifest.convert(made, output)) == os.fsencode(output)


@pytest.mark.parametrize("arguments", [(), (1,), (None,), ("a", 1), ("a", "b", "c")])
def test_wrong_arguments(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        flatmanifest.convert(*arguments)


def test_arguments_by_name(json_path: Path) -> None:
    output = json_path.with_name("named.fman")
    assert flatmanifest.convert(input=json_path, output=output) == output
    assert flatmanifest.convert(json_path, None) == json_path.with_suffix(".fman")
    assert flatmanifest.open(path=output) == sample()


def test_relative_paths(json_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(json_path.parent)
    assert flatmanifest.convert("manifest.json") == Path("manifest.fman")
    assert flatmanifest.convert("./manifest.json", "../elsewhere.fman") == Path("../elsewhere.fman")
    assert_converted(Path("../elsewhere.fman"))
    assert names(json_path.parent) == ["manifest.fman", "manifest.json"]


def test_through_symbolic_links(json_path: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "linked.json"
    link.symlink_to(json_path)
    assert flatmanifest.convert(link) == tmp_path / "links" / "linked.fman"
    assert_converted(link)


def test_each_conversion_is_a_generation(json_path: Path) -> None:
    for generation in range(1, 4):
        with flatmanifest.open(flatmanifest.convert(json_path)) as manifest:
            assert manifest.generation == generation


def test_what_is_no_manifest_is_replaced(json_path: Path) -> None:
    output = json_path.with_name("out.fman")
    output.write_bytes(b"something else")
    flatmanifest.convert(json_path, output)
    assert_converted(output)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o444])
def test_an_existing_file_keeps_its_mode(json_path: Path, mode: int) -> None:
    output = json_path.with_name("out.fman")
    output.touch()
    output.chmod(mode)
    flatmanifest.convert(json_path, output)
    assert output.stat().st_mode & 0o7777 == mode
    assert_converted(output)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_existing_file_keeps_its_owner(json_path: Path) -> None:
    output = json_path.with_name("out.fman")
    output.touch(mode=0o660)
    output.chmod(0o660)
    os.chown(output, 1234, 5678)
    flatmanifest.convert(json_path, output)
    status = output.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 5678, 0o660)


def test_an_output_that_is_a_link_is_followed(json_path: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "target.fman", tmp_path / "link.fman"
    link.symlink_to("kept/target.fman")
    for generation in (1, 2):  # at first, the link is dangling
        flatmanifest.convert(json_path, link)
        assert link.is_symlink()
        assert_converted(target)
        assert flatmanifest.open(link).generation == generation
    assert names(tmp_path / "kept") == ["target.fman"]


@pytest.mark.parametrize("how", ["itself", "a link", "another path"])
def test_the_input_is_not_replaced(json_path: Path, how: str) -> None:
    before = json_path.read_bytes()
    output = json_path
    if how == "a link":
        output = json_path.with_name("link")
        output.symlink_to(json_path)
    elif how == "another path":
        output = json_path.parent / ".." / json_path.parent.name / json_path.name
    with pytest.raises(flatmanifest.ConvertError, match="the output would replace the input"):
        flatmanifest.convert(json_path, output)
    assert json_path.read_bytes() == before


def test_files_are_as_the_umask_says(json_path: Path) -> None:
    before = os.umask(0o027)
    try:
        assert flatmanifest.convert(json_path).stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


# --- inputs ---


@pytest.mark.parametrize("members", [1, 2])
def test_gzip(tmp_path: Path, members: int) -> None:
    text = json.dumps(sample()).encode()
    cut = len(text) // members
    parts = [text[at : at + cut] for at in range(0, len(text), cut)]
    path = tmp_path / "packed.whatever"
    path.write_bytes(b"".join(map(gzip.compress, parts)))
    assert_converted(flatmanifest.convert(path, tmp_path / "out.fman"))
    with flatmanifest.open(path) as manifest:
        assert manifest == sample()


def test_zeros_behind_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(sample()).encode())
    path = tmp_path / "padded.json.gz"
    path.write_bytes(packed + bytes(10_240 - len(packed)))
    assert flatmanifest.open(path) == sample()


def test_a_gzip_bomb_ends_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    packer = zlib.compressobj(wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(b'{"nodes": {'))
        for _ in range(512):
            file.write(packer.compress(b" " * (1 << 20)))
        file.write(packer.flush())
    program = f"import flatmanifest; flatmanifest.open({str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTE, GIBIBYTE)),
    )
    assert re.search(
        re.escape(f"ConvertError: {path}: byte ") + r"\d+: .* over 200 times its size", done.stderr
    ), done.stderr
    assert names(tmp_path) == ["bomb.json.gz"]


# Values beyond RFC 8259 that Python's json, and so dbt, reads and writes.
READ = [
    "NaN",
    "Infinity",
    "-Infinity",
    '[NaN, -Infinity, {"deep": NaN}]',
    "[1e400, -1e400, 1e308, 1e-400]",
    '"\\ud83d"',
    '"\\ude80\\ud83d"',
    '"\\ud83d\\ud83d\\ude80 \\n\\u00fc"',
    '{"\\ud83d": "\\ude80", "a": {"\\ud83d": 1}}',
    "9" * 4300,
    "-" + "9" * 4300,
    "[" + "1234567890" * 64 + ", -" + "1234567890" * 65 + "1]",
]


@pytest.mark.parametrize("value", READ)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_json_reads(tmp_path: Path, value: str, mark: str) -> None:
    text = f'{{"nodes": {{"model.a.b": {{"name": "b", "fqn": ["a", "b"], "meta": {value}}}}}}}'
    path = tmp_path / "manifest.json"
    path.write_text(mark + text)
    expected = json.loads(text)
    manifest = flatmanifest.open(path)
    manifest.verify()
    assert identical(manifest.to_dict(), expected)
    assert manifest.to_json() == json.dumps(expected)
    assert json.loads(manifest.list_lines(["model.a.b"], "json")[0]) is not None
    assert manifest.select("b+") == ["model.a.b"]
    restored = flatmanifest.open(flatmanifest.convert(path, tmp_path / "again.fman"))
    assert restored.to_json() == manifest.to_json()


def test_integers_whatever_the_interpreter_allows(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"nodes": {}, "a": ' + "7" * 4300 + "}")
    manifest = flatmanifest.open(path)
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert manifest["a"] == (10**4300 - 1) // 9 * 7
    finally:
        sys.set_int_max_str_digits(before)


def test_names_with_surrogates(tmp_path: Path) -> None:
    """Names by which resources are found may contain lone surrogates."""
    unique_id = "model.a.\ud83d"
    model = {"name": "\ud83d", "unique_id": unique_id, "fqn": ["a", "\ud83d"], "tags": ["\ude80"]}
    path = tmp_path / "manifest.json"
    write(path, {"nodes": {unique_id: model}})
    manifest = flatmanifest.open(path)
    manifest.verify()
    assert manifest["nodes"][unique_id]["tags"] == ["\ude80"]
    assert unique_id in manifest["nodes"]
    assert "\ude80" not in manifest["nodes"]
    assert manifest.node(unique_id).name == "\ud83d"
    assert manifest.raw(unique_id, "name") == "\ud83d".encode("utf-8", "surrogatepass")
    assert unique_id in manifest.graph
    assert manifest.graph.id(manifest.graph.row(unique_id)) == unique_id
    assert manifest.select("tag:\ude80") == manifest.select("tag:?") == [unique_id]
    assert manifest.select("tag:??", exclude="\ud83d") == []
    assert manifest.list_lines([unique_id], "name") == ["\ud83d"]


def test_from_a_pipe(tmp_path: Path) -> None:
    read, write = os.pipe()
    try:
        os.write(write, json.dumps(sample()).encode())
        os.close(write)
        assert_converted(flatmanifest.convert(f"/dev/fd/{read}", tmp_path / "out.fman"))
    finally:
        os.close(read)


# --- failures ---


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_write_that_fails_half_way(fman_path: Path) -> None:
    before = fman_path.read_bytes()
    with file_size_limit(1000), pytest.raises(OSError, match="large") as caught:
        flatmanifest.convert(fman_path.with_suffix(".json"))
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(fman_path)
    assert fman_path.read_bytes() == before
    assert names(fman_path.parent) == ["manifest.fman", "manifest.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk(json_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as caught:
        flatmanifest.convert(json_path, "/dev/full")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")


@pytest.mark.parametrize(
    ("source", "target", "error", "number", "blamed"),
    [
        ("nowhere.json", "out.fman", FileNotFoundError, errno.ENOENT, "nowhere.json"),
        ("no/where.json", "out.fman", FileNotFoundError, errno.ENOENT, "no/where.json"),
        (".", "out.fman", IsADirectoryError, errno.EISDIR, "."),
        ("manifest.json/x.json", "out.fman", NotADirectoryError, errno.ENOTDIR, "manifest.json/x"),
        ("manifest.json", "no/out.fman", FileNotFoundError, errno.ENOENT, "no/out.fman"),
        ("manifest.json", ".", IsADirectoryError, errno.EISDIR, "."),
        ("manifest.json", "manifest.json/out", NotADirectoryError, errno.ENOTDIR, "json/out"),
        ("manifest.json", "x" * 300, OSError, errno.ENAMETOOLONG, "x" * 300),
        ("x" * 300, "out.fman", OSError, errno.ENAMETOOLONG, "x" * 300),
    ],
)
def test_os_errors(  # noqa: PLR0913 - a table's columns
    json_path: Path, monkeypatch: pytest.MonkeyPatch,
    source: str, target: str, error: type[OSError], number: int, blamed: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(json_path.parent)
    with pytest.raises(error) as caught:
        flatmanifest.convert(source, target)
    assert caught.value.errno == number
    assert blamed in caught.value.filename
    assert caught.value.strerror == os.strerror(number)
    assert names(json_path.parent) == ["manifest.json"]


def test_os_errors_are_caught_by_their_subclass(tmp_path: Path) -> None:
    """In Python 3.10, ``except`` looks at the type that was raised with the error."""
    try:
        flatmanifest.open(tmp_path / "none.fman")
    except FileNotFoundError as error:
        found = error
    assert found.errno == errno.ENOENT


def test_no_permission_to_read(
    json_path: Path, unprivileged: Callable[[], AbstractContextManager[None]]
) -> None:
    json_path.chmod(0)
    json_path.parent.chmod(0o777)
    for call in (flatmanifest.convert, flatmanifest.open):
        with unprivileged(), pytest.raises(PermissionError) as caught:
            call("manifest.json")
        assert (caught.value.errno, caught.value.filename) == (errno.EACCES, "manifest.json")
    assert names(json_path.parent) == ["manifest.json"]


def test_no_permission_to_write(
    json_path: Path, unprivileged: Callable[[], AbstractContextManager[None]]
) -> None:
    json_path.chmod(0o444)
    json_path.parent.chmod(0o555)
    with unprivileged(), pytest.raises(PermissionError) as caught:
        flatmanifest.convert("manifest.json")
    json_path.parent.chmod(0o755)
    assert (caught.value.errno, caught.value.filename) == (errno.EACCES, "manifest.fman")
    assert names(json_path.parent) == ["manifest.json"]
