"""The native module: views of a memory-mapped manifest.

Every object here holds a share of the mapping, so the mapping lives as long as the last of them.
After :meth:`Manifest.close`, use of any of them raises ``ValueError``; memoryviews that were handed
out before stay valid. All of them may be used from several threads. Damage met while reading raises
:class:`FormatError`, never a crash.
"""

from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, SupportsIndex, TypeVar, final, overload

from flatmanifest._selection import Selection

_T = TypeVar("_T")

__version__: str

class FormatError(ValueError):
    """The file is no intact .fman file of a version this build reads. Names the file and why."""

class ConvertError(ValueError):
    """The input is no JSON manifest that can be converted: "FILE: byte OFFSET: WHY"."""

class SelectionError(ValueError):
    """A selection that dbt refuses, with dbt's message."""

class GraphError(ValueError):
    """A graph that cannot be what is asked of it. dbt's message where dbt has one."""

class GenerationError(ValueError):
    """A manifest that was sent to this process is not at its path any more. Says what to do."""

class NodeNotFoundError(KeyError):
    """An id that is not in the graph: "Node X not found in the graph!", as dbt says it."""

class Object(Mapping[str, Any]):
    """A JSON object, read in place. Equals the dict that ``json.load`` would give.

    Scalars come out as themselves, containers as further views. Looking a key up takes time
    logarithmic in the number of keys. Pickles, copies, deep-copies and merges (``|``) as a plain
    ``dict``; a whole :class:`Manifest` pickles as where it is. ``type(view)(mapping)`` is a plain
    ``dict`` too, for programs that make again what they were given by its type.
    """

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(cls, mapping: Any, /) -> dict[str, Any]: ...  # type: ignore[misc]
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
    def __reversed__(self) -> Iterator[str]: ...
    def __eq__(self, other: object) -> bool: ...
    def __or__(self, other: dict[str, Any] | Object, /) -> dict[str, Any]: ...
    def __ror__(self, other: dict[str, Any], /) -> dict[str, Any]: ...
    def _repr_html_(self) -> str: ...
    def _iterate_values(self) -> Iterator[Any]: ...
    def _iterate_items(self) -> Iterator[tuple[str, Any]]: ...
    def copy(self) -> dict[str, Any]:
        """:meth:`to_dict`."""
    def to_dict(self) -> dict[str, Any]:
        """The plain value, all levels of it. Every container in it is a new one."""
    def to_json(self) -> str:
        """The same text as ``json.dumps`` of the plain value."""

class Array(Sequence[Any]):
    """A JSON array, read in place. Equals the list that ``json.load`` would give.

    Slices, sums (``+``), copies and pickles are plain lists, and so is ``type(view)(values)``.
    """

    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(cls, values: Iterable[Any], /) -> list[Any]: ...  # type: ignore[misc]
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __eq__(self, other: object) -> bool: ...
    def __add__(self, other: list[Any] | Array, /) -> list[Any]: ...
    def __radd__(self, other: list[Any], /) -> list[Any]: ...
    def copy(self) -> list[Any]:
        """:meth:`to_list`."""
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

@final
class Graph:
    """A directed graph of unique_ids: dbt's, or one of your own.

    ``m.graph`` is the graph of a manifest, read in place. It has dbt's nodes (sources, models,
    tests, exposures, ...) and an edge from each to what depends on it. Lists, and everything that
    order decides, are in the order in which dbt links the graph (dbt.compilation, ``Linker``) and
    networkx keeps it: nodes as they were added, a node's edges as they were added. Results equal
    those of dbt's ``Graph``, ``Linker`` and ``GraphQueue``, and networkx's where the name is its.

    Nodes also have row numbers, for programs: the methods ``..._rows`` take and give those, as
    read-only memoryviews of uint32, which ``numpy.asarray`` takes without a copy. In ``m.graph``
    rows are sorted by unique_id; ``Graph(edges)`` numbers nodes as they come. A graph that is made
    from another keeps its rows: what is known of a row holds in both, and a row that is no node any
    more keeps its id.

    Changes (``add_node``, ...) are this object's alone: neither the file nor another holder of
    ``m.graph`` sees them. The first one takes time linear in the graph, and so does the first call
    that needs dbt's order. Everything else states its time, with n nodes and e edges.

    Many threads may read at once; long computations release the GIL. After the manifest is closed,
    its graph, and every graph made from that, raises ``ValueError``. ``unique_id`` arguments raise
    :class:`NodeNotFoundError` if there is no such node, ``row`` arguments ``IndexError``.
    ``depth=None`` is any depth, 1 the nearest, 0 and less nothing.
    """

    def __init__(self, edges: Iterable[tuple[str, str]] = (), nodes: Iterable[str] = ()) -> None:
        """Make a graph of (parent, child) pairs; ``nodes`` come first, as in networkx."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, unique_id: object) -> bool: ...
    def _repr_html_(self) -> str: ...

    # Nodes and edges

    @property
    def ids(self) -> list[str]:
        """The unique_id of every row, a new list each time."""
    def id(self, row: int) -> str: ...
    def row(self, unique_id: str) -> int:
        """The row of a node. Raises ``KeyError``, with the id, if there is none. O(log n)."""
    def nodes(self) -> list[str]:
        """Every node, in the graph's order."""
    def edges(self) -> list[tuple[str, str]]:
        """(parent, child) of every edge, by parent, in the graph's order."""
    def test_edges(self) -> list[tuple[str, str]]:
        """Those edges that make a node wait for a test: ``edge_type`` "parent_test" in dbt."""
    def number_of_edges(self) -> int: ...
    def has_edge(self, parent: str, child: str) -> bool: ...
    def in_degree(self, unique_id: str) -> int: ...
    def out_degree(self, unique_id: str) -> int: ...
    def successors(self, unique_id: str) -> list[str]: ...
    def predecessors(self, unique_id: str) -> list[str]: ...

    # What is upstream and downstream. These leave test edges out, as dbt does
    # (dbt.graph.graph, Graph.exclude_edge_type), and take time linear in what they walk over.

    def ancestors(self, unique_id: str, depth: int | None = None) -> set[str]:
        """All nodes with a path to this one, of at most ``depth`` edges, without itself."""
    def descendants(self, unique_id: str, depth: int | None = None) -> set[str]:
        """All nodes that a path of at most ``depth`` edges leads to, without itself."""
    def select_children(self, unique_ids: Iterable[str], depth: int | None = None) -> set[str]:
        """The descendants of all these; some of these only if they descend from others."""
    def select_parents(self, unique_ids: Iterable[str], depth: int | None = None) -> set[str]:
        """The ancestors of all these; some of these only if they are ancestors of others."""
    def select_childrens_parents(self, unique_ids: Iterable[str]) -> set[str]:
        """These, all that descends from them, and all that those depend on: dbt's ``@``."""

    def select_successors(self, unique_ids: Iterable[str]) -> set[str]:
        """The successors of all these. Test edges count."""
    def get_dependent_nodes(self, unique_id: str) -> set[str]:
        """``networkx.descendants``: as :meth:`descendants`, but test edges count."""

    # Orders. All O(n + e).

    def topological_sort(self) -> list[str]:
        """``networkx.topological_sort``, ties included.

        Raises :class:`GraphError`, "Found a cycle: a --> b", dbt's message, if there is one.
        """
    def topological_generations(self) -> list[list[str]]:
        """``networkx.topological_generations``: nodes by the longest path to them.

        Raises as :meth:`topological_sort` does.
        """
    def find_cycle(self) -> list[str] | None:
        """The ids on the cycle that ``networkx.find_cycle`` finds, None if there is none.

        dbt names it ``" --> ".join(cycle)`` (dbt.compilation, ``Linker.find_cycles``).
        """
    def check(self) -> None:
        """Raise what dbt has against the graph, as :class:`GraphError` with dbt's message.

        "'a' depends on 'b' which is not in the graph!" (dbt.exceptions,
        ``GraphDependencyNotFoundError``) for the manifest's own graph, or "Found a cycle: a --> b".
        Elsewhere, dependencies on what does not exist have no edge, and cycles are allowed.
        """
    def queue_scores(self) -> dict[str, int]:
        """What dbt runs first of what is ready: the lowest (dbt.graph.queue, ``GraphQueue``).

        A score is the number of the generation; nodes on or after a cycle have none.
        """

    # Paths. Test edges count.

    def shortest_path(self, parent: str, child: str) -> list[str] | None:
        """``networkx.shortest_path``: the nodes from one to the other. None if there is none."""
    def all_paths(self, parent: str, child: str, limit: int | None = None) -> Iterator[list[str]]:
        """Every path that passes no node twice, one at a time, as ``networkx.all_simple_paths``.

        There can be exponentially many; none is long in coming, because only edges after which the
        end can be reached are followed. At most ``limit`` are given.
        """

    # Graphs made from this one

    def subgraph(self, unique_ids: Iterable[str]) -> Graph:
        """These nodes and the edges between them. Ids that are no nodes do not matter. O(n + e)."""
    def get_subset_graph(self, unique_ids: Iterable[str]) -> Graph:
        """These nodes, with an edge wherever a path by way of others led from one to another.

        dbt.graph.graph, ``Graph.get_subset_graph``: the same edges in the same order, and its
        ``ValueError`` for an id that is no node. Can have quadratically many edges.
        """
    def add_test_edges(self, fast: bool = False) -> Graph:
        """The graph with edges that make nodes wait for the tests of what they depend on.

        dbt.compilation, ``Linker.add_test_edges_1`` and, if ``fast``, ``add_test_edges_2``. The
        first adds as many edges as there are pairs of a node and a test upstream. Raises
        :class:`GraphError` for a graph that is no manifest's.
        """
    def transitive_reduction(self) -> Graph:
        """``networkx.transitive_reduction``: no edge that a longer path stands in for.

        Raises :class:`GraphError` if there is a cycle. At worst O(n e).
        """
    def copy(self) -> Graph:
        """The same graph, to be changed apart from this one. O(1): it is copied when it changes."""

    # Changes, as networkx.DiGraph makes them. O(degree) each.

    def add_node(self, unique_id: str) -> None: ...
    def remove_node(self, unique_id: str) -> None:
        """Remove a node and its edges."""
    def add_edge(self, parent: str, child: str) -> None:
        """Add an edge, and its ends where they are missing."""
    def remove_edge(self, parent: str, child: str) -> None:
        """Remove an edge. Raises ``ValueError`` if there is none."""

    # The same by rows

    @property
    def indptr(self) -> memoryview:
        """Compressed sparse rows: ``indices[indptr[row]:indptr[row + 1]]`` are a row's children.

        They are sorted and distinct. ``parent_indptr`` and ``parent_indices`` are the same edges
        backwards. Of ``m.graph``, all four lie in the mapping; else they are computed each time.
        """
    @property
    def indices(self) -> memoryview: ...
    @property
    def parent_indptr(self) -> memoryview: ...
    @property
    def parent_indices(self) -> memoryview: ...
    def node_rows(self) -> memoryview: ...
    def edge_rows(self) -> tuple[memoryview, memoryview]:
        """The rows of all edges' parents, and of their children."""
    def successor_rows(self, row: int) -> memoryview: ...
    def predecessor_rows(self, row: int) -> memoryview: ...
    def ancestor_rows(self, row: int, depth: int | None = None) -> memoryview:
        """Nearest first, as all the following are."""
    def descendant_rows(self, row: int, depth: int | None = None) -> memoryview: ...
    def all_ancestor_rows(self, depth: int | None = None) -> tuple[memoryview, memoryview]:
        """(starts, rows): the ancestors of row r are ``rows[starts[r]:starts[r + 1]]``."""
    def all_descendant_rows(self, depth: int | None = None) -> tuple[memoryview, memoryview]: ...
    def children_rows(
        self, rows: Iterable[int] | memoryview, depth: int | None = None
    ) -> memoryview:
        """``select_children``. ``rows`` may be a buffer of uint32."""
    def parents_rows(
        self, rows: Iterable[int] | memoryview, depth: int | None = None
    ) -> memoryview:
        """``select_parents``."""
    def childrens_parents_rows(self, rows: Iterable[int] | memoryview) -> memoryview:
        """``select_childrens_parents``."""
    def topological_rows(self) -> memoryview: ...
    def generation_rows(self) -> tuple[memoryview, memoryview]:
        """(starts, rows): generation g is ``rows[starts[g]:starts[g + 1]]``."""
    def cycle_rows(self) -> memoryview:
        """Empty if there is no cycle."""
    def queue_score_rows(self) -> memoryview:
        """The score of every row, 0xFFFFFFFF for those without one."""
    def shortest_path_rows(self, parent: int, child: int) -> memoryview:
        """Empty if there is no path."""

    # For other packages. Each raises ImportError, naming the package, if it is not installed.

    def to_networkx(self) -> Any:
        """A ``networkx.DiGraph`` of ids, equal to a ``copy()`` of dbt's, ``edge_type`` included."""
    def to_rustworkx(self) -> Any:
        """A ``rustworkx.PyDiGraph``: ids as nodes, by row; None or "parent_test" as edges.

        A node's index is its row as long as every row is a node.
        """
    def to_scipy(self) -> Any:
        """A ``scipy.sparse.csr_array`` of bool, rows by columns: from a parent to a child.

        Of ``m.graph``, indptr and indices lie in the mapping, and one byte an edge is allocated.
        """

class Manifest(Object):
    """A whole manifest, of one generation. ``memoryview(m)`` is the file, read-only.

    Pickles as its path, generation and checksum: the process that gets it opens the same file, and
    gets :class:`GenerationError` if another has been published there meanwhile. One that is in
    memory only, because no file could be written, pickles as its bytes. Copies are plain dicts, and
    parts of a manifest pickle as plain values.
    """

    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __copy__(self) -> dict[str, Any]: ...
    def __deepcopy__(self, memo: object, /) -> dict[str, Any]: ...
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
    def refresh(self) -> bool:
        """Move on to what is published at the path now; False if that is what this is already.

        Whatever was taken from it before, nodes, graphs, memoryviews, stays what it was, as long as
        it is held, and ``close()`` does not reach it any more. If the file is gone, the manifest
        stays as it is. O(1), one ``stat`` call while nothing has changed. Safe from several
        threads. Raises as :func:`open` does, and stays as it is.
        """
    def _newer(self) -> Manifest | None:
        """What :meth:`refresh` would move on to, as a manifest of its own. Also when closed."""
    def _reference(self) -> tuple[str, int, int, bool] | None:
        """The arguments of :func:`open_generation`; None for what is in memory only."""
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
    def graph(self) -> Graph:
        """The manifest's graph, a new :class:`Graph` each time: changes to one stay there."""
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
        state_modified_compare_more_unrendered_values: bool = False,
        dbt_version: str | None = None,
    ) -> Selection:
        """The unique_ids that ``dbt ls`` lists for these options, sorted as dbt sorts them.

        ``select`` and ``exclude`` are written as on dbt's command line, ``"tag:nightly+ orders"``;
        without any, everything is selected, or what the default selector says. ``selector`` names
        one of the project's YAML selectors. ``resource_type`` may be ``"all"`` and ``"default"``.
        ``include_empty=False`` leaves out models without code, as ``dbt run`` does. ``path:`` looks
        for files in ``project_dir`` if it is given, else among the paths that the manifest names.
        ``state:``, ``result:`` and ``source_status:`` compare with the manifest.json,
        run_results.json and sources.json in the directory ``state``, and with the sources.json in
        ``target``; ``state_modified_compare_more_unrendered_values`` is the flag of that name in
        dbt_project.yml.

        Releases of dbt differ here and there; the one that wrote the manifest is followed, or
        ``dbt_version``, such as ``"1.11.16"``.

        The result is a list, which notebooks show as a table with a picture.

        Raises :class:`SelectionError` with dbt's message. What dbt warns of is a
        ``flatmanifest.SelectionWarning``. The GIL is released meanwhile.
        """
    def select_with_warnings(
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
        state_modified_compare_more_unrendered_values: bool = False,
        dbt_version: str | None = None,
    ) -> tuple[list[str], list[str]]:
        """As :meth:`select`; the texts of the warnings are given back instead of raised."""
    def draw(self, unique_ids: Iterable[str], output: str = "svg") -> str:
        """How these resources hang together, also by way of others: "svg", "dot" or "tree".

        SVG is made by Graphviz's program ``dot``, from its language; a tree is text.
        Raises ``KeyError`` for an id that the manifest has not, ``RuntimeError`` where there is no
        ``dot``, or for a picture of over a million edges.
        """
    def list_lines(
        self,
        unique_ids: Iterable[str],
        output: str = "selector",
        *,
        output_keys: str | Iterable[str] | None = None,
    ) -> list[str]:
        """A line for each resource, as ``dbt ls --output OUTPUT --output-keys KEYS`` prints it.

        ``output`` is ``"selector"``, ``"name"``, ``"path"`` or ``"json"``; ``ValueError`` for all
        others. Raises ``KeyError`` for an id that the manifest has not.
        """
    def verify(self) -> None:
        """Check all of the file: structure, references, checksum. Raises :class:`FormatError`."""

def open(path: str | PathLike[str], *, copy: bool = False) -> Manifest:
    """Open an .fman file, or the manifest in a JSON file, gzipped or not.

    A JSON file is converted once into an .fman beside it, which is used again while the JSON is
    unchanged; where none can be written, into anonymous shared memory.

    ``copy=True`` reads the file into private memory instead of mapping it, and checks its checksum:
    for files that others may write to or cut off in place, which would kill the process (SIGBUS).
    flatmanifest itself only replaces files as a whole. On network file systems that do not keep
    replaced files for those who have them mapped (NFS, SMB, 9P), this is what is always done.

    Raises :class:`FormatError`, :class:`ConvertError` or ``OSError``.
    """

def load(path: str | PathLike[str], *, copy: bool = False) -> dict[str, Any]:
    """The manifest as plain objects: what ``json.load`` gives of it, in a tenth of its time.

    Opens the file as :func:`open` does, a JSON file by the .fman beside it, and closes it. Equal
    strings are one str. Raises as :func:`open` does.
    """

def open_generation(
    path: str | PathLike[str], generation: int, checksum: int, copy: bool
) -> Manifest:
    """Open an .fman file if it is this one; raise :class:`GenerationError` if it is another."""

def open_bytes(bytes: bytes, name: str | PathLike[str]) -> Manifest:
    """The manifest in the bytes of an .fman file, copied into memory that children share."""

def convert(input: str | PathLike[str], output: str | PathLike[str] | None = None) -> Path:
    """Convert the JSON manifest at ``input`` ("-": standard input) and return the output's path.

    ``output`` defaults to the .fman beside the input. It is replaced as a whole, or on failure left
    as it was; several writers take turns, each making a generation of its own. The GIL is released
    meanwhile. Raises :class:`ConvertError` or ``OSError``. If the disk fails once the file is in
    place, a ``RuntimeWarning`` says that it may not survive a power failure.
    """

# Live objects, for flatmanifest.dbt: docs/objects.md.

def publish_objects(
    path: str | PathLike[str],
    root: dict[str, Any],
    describe: Callable[[type], tuple[str, tuple[str, ...] | None]],
    is_lasting: bool,
) -> int:
    """Write dicts, lists, tuples, plain values, dates, dataclasses and Enums into an .fman file.

    ``describe`` names a class, "module:Class", and the fields to store of a dataclass; None for an
    Enum. :class:`Unbuilt` values are taken over from their file without being built. Dataclasses'
    other attributes are left out. If the file ``is_lasting``, it is on the disk when this returns.

    Returns the file's generation. The file is replaced as a whole, or on failure left as it was.
    Raises TypeError and ValueError for what cannot be stored, and ``OSError``.
    """

def open_objects(
    path: str | PathLike[str],
    resolve: Callable[[str], tuple[type, tuple[tuple[str, Callable[[], Any]], ...]]],
) -> StoredObjects:
    """Open what :func:`publish_objects` wrote.

    ``resolve`` finds a class by its name, and the fields that are not stored, with what makes them.
    Raises :class:`FormatError` or ``OSError``.
    """

@final
class StoredObjects:
    """A file of Python objects. Use it with the GIL held."""

    @property
    def generation(self) -> int: ...
    def names(self) -> list[str]:
        """The keys of the dict that was written."""
    def restore(self, key: str) -> Any:
        """Build a value: new objects, of the classes that they were, without ``__init__``."""
    def equals(self, key: str, value: Any) -> bool:
        """Whether a value is what :meth:`restore` would build, types and order of keys included."""
    def manifest(self) -> Manifest:
        """The same file as a manifest: its graph, its columns, selections."""
    def map(self, key: str) -> StoredMap:
        """A value that is a dict, its own values to be built one by one."""

@final
class StoredMap:
    """A dict in a file."""

    def __len__(self) -> int: ...
    def keys(self) -> list[str]: ...
    def column(self, field: str) -> list[Any]:
        """A field of every value, or of a part of it (``"config.enabled"``).

        None where there is none. Members of Enums are given as their values.
        """
    def matches(self, dict: dict[str, Any]) -> bool:
        """Whether a dict has the same keys in the same order and equal values, built or not."""
    def restore(self, index: int) -> Any:
        """Build the value of the key at that place."""
    def equals(self, index: int, value: Any) -> bool:
        """Whether a value is what :meth:`restore` would build."""
    def fill(self, dict: dict[str, Any], finish: Callable[[Any], Any] | None = None) -> None:
        """Give a dict the keys in their order, each with an :class:`Unbuilt` for its value.

        ``finish`` makes of the value what :meth:`Unbuilt.build` gives.
        """

@final
class Unbuilt:
    """Stands in a dict for a value of a :class:`StoredMap` that has not been built.

    Serializers written in C read dicts past their methods, and refuse this, or hand it to the
    function that is given for types which they do not know. It cannot be pickled or copied, and
    ``str()`` of it raises ``TypeError``.
    """

    @property
    def place(self) -> int:
        """Of the value in the map."""
    def build(self) -> Any:
        """Build the value: a new object each time."""

def build_values(dict: dict[str, Any]) -> None:
    """Replace every :class:`Unbuilt` without ``finish`` among a dict's values by its value."""

# Snapshots of files: (digest_low, digest_high, file_count, taken_ns, by_content).

CACHE_VERSION: str
"""The version of the files in the cache: docs/cache-files.md."""

def take_snapshot(
    files: Iterable[str] | dict[str, list[str]],
) -> tuple[int, int, int, int, list[str]]:
    """One digest over paths, each as it is depended on (native/freshness/snapshot.h).

    ``files``: paths that are read, each with all that is below it; or lists of paths by use:
    "read", "listed", "probed", "alone". The GIL is released meanwhile. Raises ``OSError``.
    """

def take_snapshot_of_new(path: str) -> tuple[int, int, int, int, list[str]]:
    """The same for a file that has just been written, whose content need not be looked at.

    Sets its time of modification. Raises ``OSError``.
    """

def is_fresh(files: Iterable[str] | dict[str, list[str]], snapshot: Sequence[Any]) -> bool:
    """Whether a snapshot taken now would be the same. Raises ``OSError``."""

def changed_dependency(fields: dict[str, Any], environment: dict[bytes, bytes]) -> str | None:
    """What dependencies (flatmanifest.dbt.dependencies) are not as they were, in words.

    None if all are. The GIL is released meanwhile. Raises ``OSError``.
    """

def is_worth_retaking(snapshot: Sequence[Any]) -> bool:
    """Whether files whose content is in the snapshot could be known without reading them now."""

def read_files(paths: Iterable[str], most_bytes: int) -> list[bytes | None]:
    """What these files hold, read by several native threads without the GIL.

    None for one that cannot be read, is no regular file, or is longer than ``most_bytes``.
    """

# The front door (native/front), for flatmanifest.dbt.front_door.transcript.

def transcript_path(arguments: list[str], program_directory: str) -> str | None:
    """Where the transcript of ``dbt ARGUMENTS`` is, in this directory and environment.

    None for a command line that the front door does not serve.
    """

def answer_path(arguments: list[str], program_directory: str) -> str | None:
    """Where the answer to it is, if it asks for help or a version; else None."""

def require_trusted_directory(directory: str) -> None:
    """Raise ``FormatError`` for a directory that others than the user and root may write into.

    Nothing for one that is not there. ``FLATMANIFEST_TRUST`` in the environment trusts more people.
    Raises ``OSError`` where it cannot be looked at.
    """

def trim_cache(directory: str, max_bytes: int, kept: str) -> None:
    """Remove what was used longest ago from a cache directory; never the entry of that key.

    Raises ``OSError``.
    """

def environment_digest(environment: dict[bytes, bytes], names: list[str] | None, salt: str) -> str:
    """A digest of these variables and of those that are always depended on.

    Without names, of all but those that a shell changes (native/front/environment.h). ``salt``: 16
    to 64 bytes.
    """

# Artifacts, for flatmanifest.dbt.

def split_json(
    path: str | PathLike[str],
) -> list[tuple[str, list[tuple[str, int, int]] | None, int, int]]:
    """Where the parts of a JSON object lie in its file, as offsets in bytes.

    For each of its members: key; if the value is an object, its members' keys and where their
    values begin and end; where the value begins and ends (0 for objects). Raises
    :class:`ConvertError` or ``OSError``.
    """

def artifact_lines(
    path: str | PathLike[str], unique_ids: Iterable[str], output_keys: Iterable[str]
) -> list[str] | None:
    """The lines of ``dbt ls --output json``, cut out of a manifest.json that dbt has written.

    None if one of the resources is not there, or a key is of a field that is in no artifact. Raises
    :class:`ConvertError` or ``OSError``.
    """
