"""The native module: views of a memory-mapped manifest.

Every object here holds a share of the mapping, so the mapping lives as long as the last of them.
After :meth:`Manifest.close`, use of any of them raises ``ValueError``; memoryviews that were handed
out before stay valid. All of them may be used from several threads. Damage met while reading raises
:class:`FormatError`, never a crash.
"""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, SupportsIndex, TypeVar, overload

_T = TypeVar("_T")

__version__: str

class FormatError(ValueError):
    """The file is no intact .fman file of a version this build reads. Names the file and why."""

class ConvertError(ValueError):
    """The input is no JSON manifest that can be converted: "FILE: byte OFFSET: WHY"."""

class SelectionError(ValueError):
    """A selection that dbt refuses, with dbt's message."""

class Object(Mapping[str, Any]):
    """A JSON object, read in place. Equals the dict that ``json.load`` would give.

    Scalars come out as themselves, containers as further views. Looking a key up takes time
    logarithmic in the number of keys. Pickles, copies and deep-copies as a plain ``dict``.
    """

    __hash__: ClassVar[None]  # type: ignore[assignment]
    __reversed__: ClassVar[None]
    def __len__(self) -> int: ...
    def __getitem__(self, key: str) -> Any: ...
    def __contains__(self, key: object) -> bool: ...
    @overload
    def get(self, key: str) -> Any: ...
    @overload
    def get(self, key: str, default: _T) -> Any | _T: ...
    def __iter__(self) -> Iterator[str]: ...
    def keys(self) -> KeysView[str]: ...
    def values(self) -> ValuesView[Any]: ...
    def items(self) -> ItemsView[str, Any]: ...
    def __eq__(self, other: object) -> bool: ...
    def _iterate_values(self) -> Iterator[Any]: ...
    def _iterate_items(self) -> Iterator[tuple[str, Any]]: ...
    def to_dict(self) -> dict[str, Any]:
        """The plain value, all levels of it. Every container in it is a new one."""
    def to_json(self) -> str:
        """The same text as ``json.dumps`` of the plain value."""

class Array(Sequence[Any]):
    """A JSON array, read in place. Equals the list that ``json.load`` would give."""

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object) -> bool: ...
    def to_list(self) -> list[Any]:
        """The plain value, all levels of it. Every container in it is a new one."""
    def to_json(self) -> str:
        """The same text as ``json.dumps`` of the plain value."""

class Node(Object):
    """A resource: its object, and its hot fields as attributes.

    The properties below come from columns and are ``None`` where the resource has no such string.
    Any other field is an attribute too, looked up in the object; a missing one raises
    ``AttributeError``.
    """

    @property
    def unique_id(self) -> str: ...
    @property
    def resource_type(self) -> str: ...
    @property
    def package_name(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def path(self) -> str | None: ...
    @property
    def original_file_path(self) -> str | None: ...
    @property
    def patch_path(self) -> str | None: ...
    @property
    def source_name(self) -> str | None: ...
    @property
    def materialized(self) -> str | None: ...
    @property
    def access(self) -> str | None: ...
    @property
    def group(self) -> str | None: ...
    @property
    def fqn(self) -> Any: ...
    @property
    def tags(self) -> Any: ...
    @property
    def config(self) -> Any: ...
    @property
    def version(self) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

class Graph:
    """dbt's dependency graph: rows are resources, sorted by unique_id.

    ``indices[indptr[row]:indptr[row + 1]]`` are the rows of a row's children, sorted and distinct;
    ``parent_indptr`` and ``parent_indices`` are the same edges backwards. All four are read-only
    memoryviews of uint32 in the mapping, so ``numpy.asarray`` takes them without a copy.
    """

    def __len__(self) -> int: ...
    @property
    def ids(self) -> list[str]:
        """The unique_id of every row, a new list each time."""
    def id(self, row: int) -> str: ...
    def row(self, unique_id: str) -> int: ...
    @property
    def indptr(self) -> memoryview: ...
    @property
    def indices(self) -> memoryview: ...
    @property
    def parent_indptr(self) -> memoryview: ...
    @property
    def parent_indices(self) -> memoryview: ...

class Manifest(Object):
    """A whole manifest. ``memoryview(m)`` is the file, read-only."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __enter__(self) -> Manifest: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def close(self) -> None:
        """Make every further use an error. The mapping goes when the last view of it is gone."""
    @property
    def closed(self) -> bool: ...
    @property
    def path(self) -> str:
        """What was passed to :func:`open`."""
    @property
    def generation(self) -> int:
        """1 for the first file published at its path, one more for each that replaced it."""
    def node(self, unique_id: str) -> Node:
        """The resource of that id, of any type: models, tests, sources, macros, docs, ...

        Raises ``KeyError`` if there is none.
        """
    def raw(self, unique_id: str, field: str) -> memoryview:
        """The UTF-8 bytes of a string field, in the mapping, without a copy.

        ``field`` may be a dotted path. Raises ``KeyError`` if there is no such resource or field,
        ``TypeError`` if it is not a string.
        """
    @property
    def graph(self) -> Graph: ...
    def select(
        self,
        select: str | Iterable[str] | None = None,
        *,
        exclude: str | Iterable[str] | None = None,
        selector: str | None = None,
        resource_type: str | Iterable[str] | None = None,
        exclude_resource_type: str | Iterable[str] | None = None,
        indirect_selection: str = "eager",
        include_empty: bool = True,
        project_dir: str | PathLike[str] | None = None,
        state: str | PathLike[str] | None = None,
        target: str | PathLike[str] | None = None,
    ) -> list[str]:
        """The unique_ids that ``dbt ls`` lists for these options, sorted as dbt sorts them.

        ``select`` and ``exclude`` are written as on dbt's command line, ``"tag:nightly+ orders"``;
        without any, everything is selected, or what the default selector says. ``selector`` names
        one of the project's YAML selectors. ``resource_type`` may be ``"all"`` and ``"default"``.
        ``include_empty=False`` leaves out models without code, as ``dbt run`` does. ``path:`` looks
        for files in ``project_dir`` if it is given, else among the paths that the manifest names.
        ``state:``, ``result:`` and ``source_status:`` compare with the manifest.json,
        run_results.json and sources.json in the directory ``state``, and with the sources.json in
        ``target``.

        Raises :class:`SelectionError` with dbt's message. What dbt warns of is a
        ``flatmanifest.SelectionWarning``. The GIL is released meanwhile.
        """
    def verify(self) -> None:
        """Check all of the file: structure, references, checksum. Raises :class:`FormatError`."""

def open(path: str | PathLike[str]) -> Manifest:
    """Open an .fman file, or the manifest in a JSON file, gzipped or not.

    A JSON file is converted once into an .fman beside it, which is used again while the JSON is
    unchanged; where none can be written, into anonymous shared memory.

    Raises :class:`FormatError`, :class:`ConvertError` or ``OSError``.
    """

def convert(input: str | PathLike[str], output: str | PathLike[str] | None = None) -> Path:
    """Convert the JSON manifest at ``input`` ("-": standard input) and return the output's path.

    ``output`` defaults to the .fman beside the input. It is replaced as a whole, or on failure left
    as it was. The GIL is released meanwhile. Raises :class:`ConvertError` or ``OSError``.
    """
