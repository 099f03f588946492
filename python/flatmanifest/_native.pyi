"""The native module: views of a memory-mapped manifest.

Lifetime: every view holds a share of the mapping, so the mapping lives as long as its last view.
After :meth:`Manifest.close`, every use of a view raises ``ValueError``; memoryviews that were
handed out before stay valid.

Threads: all views may be used from several threads at once.

Errors: damage in the file that a read meets raises :class:`FormatError`; it never crashes.
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
    """The file is no intact .fman file of a version that this build reads.

    The message names the file and the reason.
    """

class ConvertError(ValueError):
    """The input is no JSON manifest that can be converted.

    The message is "FILE: byte OFFSET: WHY".
    """

class SelectionError(ValueError):
    """dbt refuses this selection. The message is dbt's."""

class DiffError(ValueError):
    """Two manifests cannot be compared: they are one, or a resource's macro is in neither.

    The message says what to do.
    """

class GraphError(ValueError):
    """The graph does not allow the operation, for example a sort of a graph with a cycle.

    The message is dbt's where dbt has one.
    """

class GenerationError(ValueError):
    """A manifest that was sent to this process is not at its path any more.

    The message says what to do.
    """

class NodeNotFoundError(KeyError):
    """An id is not in the graph. The message is dbt's: "Node X not found in the graph!"."""

class Object(Mapping[str, Any]):
    """A JSON object, read in place. Equals the dict that ``json.load`` would give.

    Scalars are returned as Python values, containers as further views. A key is found in time
    logarithmic in the number of keys. Pickling, copying, deep-copying and merging (``|``) give a
    plain ``dict``; a whole :class:`Manifest` pickles as a reference to its file instead.
    ``type(view)(mapping)`` is a plain ``dict`` too, for programs that rebuild a value by its type.
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
        """The same as :meth:`to_dict`."""
    def to_dict(self) -> dict[str, Any]:
        """The plain value at all levels. Every container in it is new."""
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
        """The same as :meth:`to_list`."""
    def to_list(self) -> list[Any]:
        """The plain value at all levels. Every container in it is new."""
    def to_json(self) -> str:
        """The same text as ``json.dumps`` of the plain value."""

class Node(Object):
    """A resource: its JSON object, with frequently used fields as attributes.

    The properties below come from columns and are ``None`` if the resource has no such string.
    Every other field is an attribute too, which is looked up in the object; a missing field raises
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
    tests, exposures, ...) and an edge from each node to every node that depends on it.

    Order: lists, and all results that depend on order, follow the order in which dbt links the
    graph (dbt.compilation, ``Linker``) and networkx keeps it. That is the order in which nodes, and
    the edges of each node, were added. Results equal those of dbt's ``Graph``, ``Linker`` and
    ``GraphQueue``; methods with a name of networkx equal networkx.

    Rows: nodes also have row numbers, for programs. The methods ``..._rows`` take and give rows, as
    read-only memoryviews of uint32, which ``numpy.asarray`` takes without a copy. In ``m.graph``
    rows are sorted by unique_id; ``Graph(edges)`` numbers nodes in the order of their appearance. A
    graph that is made from another keeps the rows of the other; a row whose node was removed keeps
    its id.

    Changes (``add_node``, ...) are private to this object: neither the file nor another holder of
    ``m.graph`` sees them. The first change takes time linear in the graph, and so does the first
    call that needs dbt's order. All other methods state their time for n nodes and e edges.

    Threads: many threads may read at once; long computations release the GIL.

    Errors: after the manifest is closed, its graph and every graph made from it raise
    ``ValueError``. A ``unique_id`` argument raises :class:`NodeNotFoundError` if there is no such
    node, a ``row`` argument ``IndexError``.

    ``depth=None`` means any depth, 1 the direct neighbours, 0 or less nothing.
    """

    def __init__(self, edges: Iterable[tuple[str, str]] = (), nodes: Iterable[str] = ()) -> None:
        """Make a graph of (parent, child) pairs. ``nodes`` are added before the edges."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, unique_id: object) -> bool: ...
    def _repr_html_(self) -> str: ...

    # Nodes and edges

    @property
    def ids(self) -> list[str]:
        """The unique_id of every row, as a new list for each call."""
    def id(self, row: int) -> str: ...
    def row(self, unique_id: str) -> int:
        """The row of a node. Raises ``KeyError`` with the id if there is no such node. O(log n)."""
    def nodes(self) -> list[str]:
        """The unique_ids of all nodes, in the graph's order."""
    def edges(self) -> list[tuple[str, str]]:
        """The (parent, child) pairs of all edges, by parent, in the graph's order."""
    def test_edges(self) -> list[tuple[str, str]]:
        """The edges that make a node wait for a test: ``edge_type`` "parent_test" in dbt."""
    def number_of_edges(self) -> int: ...
    def has_edge(self, parent: str, child: str) -> bool: ...
    def in_degree(self, unique_id: str) -> int: ...
    def out_degree(self, unique_id: str) -> int: ...
    def successors(self, unique_id: str) -> list[str]: ...
    def predecessors(self, unique_id: str) -> list[str]: ...

    # Upstream and downstream nodes. These methods leave test edges out, as dbt does
    # (dbt.graph.graph, Graph.exclude_edge_type). They take time linear in the part of the graph
    # that they walk over.

    def ancestors(self, unique_id: str, depth: int | None = None) -> set[str]:
        """The nodes that have a path of at most ``depth`` edges to this node, without the node."""
    def descendants(self, unique_id: str, depth: int | None = None) -> set[str]:
        """The nodes that a path of at most ``depth`` edges leads to, without the node itself."""
    def select_children(self, unique_ids: Iterable[str], depth: int | None = None) -> set[str]:
        """The descendants of all these nodes.

        A given node is in the result only if it descends from another given node.
        """
    def select_parents(self, unique_ids: Iterable[str], depth: int | None = None) -> set[str]:
        """The ancestors of all these nodes.

        A given node is in the result only if it is an ancestor of another given node.
        """
    def select_childrens_parents(self, unique_ids: Iterable[str]) -> set[str]:
        """These nodes, their descendants, and all ancestors of both: dbt's ``@`` operator."""

    def select_successors(self, unique_ids: Iterable[str]) -> set[str]:
        """The successors of all these nodes. Test edges count."""
    def get_dependent_nodes(self, unique_id: str) -> set[str]:
        """The result of ``networkx.descendants``: as :meth:`descendants`, but test edges count."""

    # Orders. All O(n + e).

    def topological_sort(self) -> list[str]:
        """The result of ``networkx.topological_sort``, ties included.

        Raises :class:`GraphError` with dbt's message, "Found a cycle: a --> b", if there is one.
        """
    def topological_generations(self) -> list[list[str]]:
        """The result of ``networkx.topological_generations``: nodes by their longest path.

        A node's generation is the length of the longest path to it. Raises as
        :meth:`topological_sort` does.
        """
    def find_cycle(self) -> list[str] | None:
        """The ids on the cycle that ``networkx.find_cycle`` finds; None if there is no cycle.

        dbt's message names the cycle as ``" --> ".join(cycle)`` (dbt.compilation,
        ``Linker.find_cycles``).
        """
    def check(self) -> None:
        """Raise :class:`GraphError`, with dbt's message, if dbt would refuse to link the graph.

        The messages are "'a' depends on 'b' which is not in the graph!" (dbt.exceptions,
        ``GraphDependencyNotFoundError``), for the manifest's own graph only, and "Found a cycle:
        a --> b". All other methods ignore dependencies on missing nodes, and allow cycles.
        """
    def queue_scores(self) -> dict[str, int]:
        """The priority of each node: dbt runs the ready node with the lowest score first.

        A score is the number of the node's generation (dbt.graph.queue, ``GraphQueue``). Nodes on a
        cycle or after one have no score.
        """

    # Paths. Test edges count.

    def shortest_path(self, parent: str, child: str) -> list[str] | None:
        """The nodes of ``networkx.shortest_path``, both ends included; None if there is no path."""
    def all_paths(self, parent: str, child: str, limit: int | None = None) -> Iterator[list[str]]:
        """Every path that passes no node twice, one at a time, as ``networkx.all_simple_paths``.

        There can be exponentially many paths, and at most ``limit`` are given. The search follows
        only edges from which the end can be reached, so each path comes soon.
        """

    # Graphs made from this one

    def subgraph(self, unique_ids: Iterable[str]) -> Graph:
        """These nodes and the edges between them. Ids without a node are ignored. O(n + e)."""
    def get_subset_graph(self, unique_ids: Iterable[str]) -> Graph:
        """These nodes, with an edge wherever a path through other nodes led from one to another.

        Edges and their order are those of dbt.graph.graph, ``Graph.get_subset_graph``, and so is
        the ``ValueError`` for an id that is no node. Can have quadratically many edges.
        """
    def add_test_edges(self, fast: bool = False) -> Graph:
        """A copy with edges that make each node wait for the tests of its ancestors.

        Follows dbt.compilation, ``Linker.add_test_edges_1``, or ``add_test_edges_2`` if ``fast``.
        The first adds as many edges as there are pairs of a node and a test upstream. Raises
        :class:`GraphError` if this graph comes from no manifest.
        """
    def transitive_reduction(self) -> Graph:
        """The result of ``networkx.transitive_reduction``: no edge that a longer path replaces.

        Raises :class:`GraphError` if there is a cycle. At worst O(n e).
        """
    def copy(self) -> Graph:
        """An independent copy. O(1): the first change to either one copies the data."""

    # Changes, as networkx.DiGraph makes them. O(degree) each.

    def add_node(self, unique_id: str) -> None: ...
    def remove_node(self, unique_id: str) -> None:
        """Remove a node and its edges."""
    def add_edge(self, parent: str, child: str) -> None:
        """Add an edge, and its two nodes if they are missing."""
    def remove_edge(self, parent: str, child: str) -> None:
        """Remove an edge. Raises ``ValueError`` if there is no such edge."""

    # The same by rows

    @property
    def indptr(self) -> memoryview:
        """Compressed sparse rows: ``indices[indptr[row]:indptr[row + 1]]`` are a row's children.

        The children are sorted and distinct. ``parent_indptr`` and ``parent_indices`` hold the same
        edges backwards. In ``m.graph`` all four lie in the mapping; in every other graph they are
        computed at each access.
        """
    @property
    def indices(self) -> memoryview: ...
    @property
    def parent_indptr(self) -> memoryview: ...
    @property
    def parent_indices(self) -> memoryview: ...
    def node_rows(self) -> memoryview: ...
    def edge_rows(self) -> tuple[memoryview, memoryview]:
        """(parents, children): two arrays of equal length with the rows of every edge's ends."""
    def successor_rows(self, row: int) -> memoryview: ...
    def predecessor_rows(self, row: int) -> memoryview: ...
    def ancestor_rows(self, row: int, depth: int | None = None) -> memoryview:
        """The ancestors of a row, nearest first, as in all methods below."""
    def descendant_rows(self, row: int, depth: int | None = None) -> memoryview: ...
    def all_ancestor_rows(self, depth: int | None = None) -> tuple[memoryview, memoryview]:
        """(starts, rows): the ancestors of row r are ``rows[starts[r]:starts[r + 1]]``."""
    def all_descendant_rows(self, depth: int | None = None) -> tuple[memoryview, memoryview]: ...
    def children_rows(
        self, rows: Iterable[int] | memoryview, depth: int | None = None
    ) -> memoryview:
        """The rows of ``select_children``. ``rows`` may be a buffer of uint32."""
    def parents_rows(
        self, rows: Iterable[int] | memoryview, depth: int | None = None
    ) -> memoryview:
        """The rows of ``select_parents``. ``rows`` may be a buffer of uint32."""
    def childrens_parents_rows(self, rows: Iterable[int] | memoryview) -> memoryview:
        """The rows of ``select_childrens_parents``. ``rows`` may be a buffer of uint32."""
    def topological_rows(self) -> memoryview: ...
    def generation_rows(self) -> tuple[memoryview, memoryview]:
        """(starts, rows): generation g is ``rows[starts[g]:starts[g + 1]]``."""
    def cycle_rows(self) -> memoryview:
        """The rows on the cycle of :meth:`find_cycle`; empty if there is no cycle."""
    def queue_score_rows(self) -> memoryview:
        """The score of every row; 0xFFFFFFFF for a row without a score."""
    def shortest_path_rows(self, parent: int, child: int) -> memoryview:
        """The rows of :meth:`shortest_path`; empty if there is no path."""

    # For other packages. Each raises ImportError, naming the package, if it is not installed.

    def to_networkx(self) -> Any:
        """A ``networkx.DiGraph`` of ids, equal to a copy of dbt's graph, ``edge_type`` included."""
    def to_rustworkx(self) -> Any:
        """A ``rustworkx.PyDiGraph``: ids as nodes, by row; None or "parent_test" as edges.

        A node's index is its row as long as every row is a node. No edge is there twice, but the
        new graph's ``multigraph`` is True: otherwise each edge would be compared with its siblings.
        """
    def to_scipy(self) -> Any:
        """A ``scipy.sparse.csr_array`` of bool and shape (n, n): from a parent's row to a child's.

        For ``m.graph``, indptr and indices lie in the mapping; only one byte per edge is allocated.
        """

class Manifest(Object):
    """A whole manifest, of one generation. ``memoryview(m)`` is the file, read-only.

    A manifest pickles as its path, generation and checksum. The process that unpickles it opens the
    same file, or raises :class:`GenerationError` if another generation was published meanwhile. A
    manifest that is in memory only, because no file could be written, pickles as its bytes. Copies
    are plain dicts, and parts of a manifest pickle as plain values.
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
        """Make every further use of this manifest and its views raise ``ValueError``.

        The mapping is freed when the last view of it is gone. May be called again.
        """
    @property
    def closed(self) -> bool: ...
    @property
    def path(self) -> str:
        """The path that was passed to :func:`open`."""
    @property
    def generation(self) -> int:
        """1 for the first file published at its path, one more for each that replaced it."""
    def refresh(self) -> bool:
        """Move on to the file that is published at the path now; False if it is the current one.

        Nodes, graphs and memoryviews that were taken before keep showing the old generation as
        long as they are held, and ``close()`` does not close them any more. If the file is gone,
        the manifest keeps its generation. O(1): one ``stat`` call while nothing has changed. Safe
        from several threads. Raises as :func:`open` does; the manifest then keeps its generation.
        """
    def _newer(self) -> Manifest | None:
        """The generation that :meth:`refresh` would move on to, as another manifest.

        None if there is no newer one. Also works on a closed manifest.
        """
    def _reference(self) -> tuple[str, int, int, bool] | None:
        """The arguments of :func:`open_generation`; None for a manifest that is in memory only."""
    def node(self, unique_id: str) -> Node:
        """The resource of that id, of any type: models, tests, sources, macros, docs, ...

        Raises ``KeyError`` if there is no such resource.
        """
    def raw(self, unique_id: str, field: str) -> memoryview:
        """The UTF-8 bytes of a string field, in the mapping, without a copy.

        ``field`` may be a dotted path. The memoryview keeps the mapping alive. Raises ``KeyError``
        if there is no such resource or field, ``TypeError`` if the field is not a string.
        """
    @property
    def graph(self) -> Graph:
        """The manifest's graph, as a new :class:`Graph` for each call: each has its own changes."""
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

        - ``select`` and ``exclude`` are written as on dbt's command line:
          ``"tag:nightly+ orders"``. Without both, the default selector decides; without a default
          selector, everything is selected.
        - ``selector`` names one of the project's YAML selectors.
        - ``resource_type`` may also be ``"all"`` or ``"default"``.
        - ``include_empty=False`` leaves out models without code, as ``dbt run`` does.
        - ``project_dir``: ``path:`` looks for files in it. Without it, ``path:`` looks among the
          paths that the manifest names.
        - ``state``: a directory with manifest.json, run_results.json and sources.json. ``state:``,
          ``result:`` and ``source_status:`` compare with these.
        - ``target``: a directory with the sources.json that ``source_status:`` also needs.
        - ``state_modified_compare_more_unrendered_values`` is the flag of that name in
          dbt_project.yml.
        - ``dbt_version``, such as ``"1.11.16"``: the release of dbt to follow where releases
          differ. The default is the release that wrote the manifest.

        The result is a list, which notebooks show as a table with a picture.

        Raises :class:`SelectionError` with dbt's message. Each warning of dbt's becomes a
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
        """(unique_ids, warnings): as :meth:`select`, but with the texts of warnings as a list."""
    def draw(self, unique_ids: Iterable[str], output: str = "svg") -> str:
        """A picture of these resources and the paths between them: "svg", "dot" or "tree".

        "svg" needs Graphviz's program ``dot``, "dot" is Graphviz's language, and "tree" is text.
        Raises ``KeyError`` for an id that is not in the manifest, ``RuntimeError`` if ``dot`` is
        missing or fails, or if the picture would have over a million edges.
        """
    def list_lines(
        self,
        unique_ids: Iterable[str],
        output: str = "selector",
        *,
        output_keys: str | Iterable[str] | None = None,
    ) -> list[str]:
        """A line for each resource, as ``dbt ls --output OUTPUT --output-keys KEYS`` prints it.

        ``output`` is ``"selector"``, ``"name"``, ``"path"`` or ``"json"``. Raises ``ValueError``
        for any other ``output``, ``KeyError`` for an id that is not in the manifest.
        """
    def verify(self) -> None:
        """Check the whole file: structure, references, checksum. Raises :class:`FormatError`."""

def open(path: str | PathLike[str], *, copy: bool = False) -> Manifest:
    """Open an .fman file, or the manifest in a JSON file, gzipped or not.

    A JSON file is converted once into an .fman file beside it, which is used again while the JSON
    is unchanged. Where no file can be written, the JSON is converted into anonymous shared memory.

    ``copy=True`` reads the file into private memory instead of mapping it, and checks its checksum.
    It protects against other programs that write to the file or truncate it in place: for a mapped
    file, truncation kills the process (SIGBUS). flatmanifest itself only replaces whole files. On
    network file systems where a replaced file does not stay readable (NFS, SMB, 9P), every file is
    copied.

    Raises :class:`FormatError`, :class:`ConvertError` or ``OSError``.
    """

def load(path: str | PathLike[str], *, copy: bool = False) -> dict[str, Any]:
    """The manifest as plain objects, equal to those of ``json.load``, in a tenth of its time.

    Opens the file as :func:`open` does (a JSON file by the .fman beside it), and closes it. Equal
    strings are one str object. Raises as :func:`open` does.
    """

def open_generation(
    path: str | PathLike[str], generation: int, checksum: int, copy: bool
) -> Manifest:
    """Open an .fman file of this generation and checksum.

    Raises :class:`GenerationError` if the file at the path is another one, or as :func:`open`.
    """

def open_bytes(bytes: bytes, name: str | PathLike[str]) -> Manifest:
    """Open the bytes of an .fman file, copied into memory that child processes share.

    ``name`` takes the place of the path in messages.
    """

def convert(input: str | PathLike[str], output: str | PathLike[str] | None = None) -> Path:
    """Convert the JSON manifest at ``input`` ("-": standard input) and return the output's path.

    ``output`` defaults to the .fman file beside the input. The output is replaced as a whole; if
    the conversion fails, the old output stays. Several writers take turns, and each makes a
    generation of its own. The GIL is released meanwhile.

    Raises :class:`ConvertError` or ``OSError``. If the disk fails after the file is in place, a
    ``RuntimeWarning`` says that the file may not survive a power failure.
    """

# Live objects, for flatmanifest.dbt: docs/objects.md.

def publish_objects(
    path: str | PathLike[str],
    root: dict[str, Any],
    describe: Callable[[type], tuple[str, tuple[str, ...] | None]],
    is_lasting: bool,
) -> int:
    """Write dicts, lists, tuples, plain values, dates, dataclasses and Enums into an .fman file.

    ``describe(cls)`` gives the name of a class, "module:Class", and the names of the dataclass
    fields to store; None instead of the fields for an Enum. Other attributes of a dataclass object
    are left out. :class:`Unbuilt` values are copied from their file without being built. If
    ``is_lasting``, the file is on the disk when the function returns.

    Returns the file's generation. The file is replaced as a whole; on failure the old file stays.
    Raises ``TypeError`` or ``ValueError`` for a value that cannot be stored, and ``OSError``.
    """

def open_objects(
    path: str | PathLike[str],
    resolve: Callable[[str], tuple[type, tuple[tuple[str, Callable[[], Any]], ...]]],
) -> StoredObjects:
    """Open a file that :func:`publish_objects` wrote.

    ``resolve(name)`` gives the class of a name, and (field, factory) pairs for the fields that are
    not stored. Raises :class:`FormatError` or ``OSError``.
    """

@final
class StoredObjects:
    """A mapped file of Python objects. All methods need the GIL."""

    @property
    def generation(self) -> int: ...
    def names(self) -> list[str]:
        """The keys of the dict that was written."""
    def restore(self, key: str) -> Any:
        """Build the value of a key: new objects of the stored classes, without ``__init__``."""
    def equals(self, key: str, value: Any) -> bool:
        """Whether a value equals the stored one, types and order of keys included."""
    def manifest(self) -> Manifest:
        """The same file as a manifest: its graph, its columns, selections."""
    def map(self, key: str) -> StoredMap:
        """The value of a key that holds a dict. The values of that dict are built one by one."""

@final
class StoredMap:
    """A dict in a mapped file."""

    def __len__(self) -> int: ...
    def keys(self) -> list[str]: ...
    def column(self, field: str) -> list[Any]:
        """A field of every value, in the order of the keys; a dotted path (``"config.enabled"``).

        An entry is None where a value has no such field. Members of Enums are given as their
        values.
        """
    def dated(self, *apart: str) -> list[str]:
        """The keys of the values that have a date or a datetime in other fields than these."""
    def matches(self, dict: dict[str, Any]) -> bool:
        """Whether a dict has the same keys in the same order and equal values, built or not."""
    def differing(self, dict: dict[str, Any]) -> list[str] | None:
        """The keys of a dict whose values differ, built or not, in their order.

        None if the dict has not the same keys in the same order.
        """
    def restore(self, index: int) -> Any:
        """Build the value of the key at that index."""
    def equals(self, index: int, value: Any) -> bool:
        """Whether a value equals the one that :meth:`restore` would build."""
    def fill(self, dict: dict[str, Any], finish: Callable[[Any], Any] | None = None) -> None:
        """Give a dict the keys in their order, each with an :class:`Unbuilt` as its value.

        If ``finish`` is given, :meth:`Unbuilt.build` returns ``finish(value)``.
        """

@final
class Unbuilt:
    """A placeholder in a dict for a value of a :class:`StoredMap` that has not been built.

    Serializers written in C read dicts without calling their methods. They refuse an Unbuilt, or
    pass it to the function that is given for unknown types. An Unbuilt cannot be pickled or copied,
    and ``str()`` of it raises ``TypeError``.
    """

    @property
    def place(self) -> int:
        """The index of the value in the map."""
    def build(self) -> Any:
        """Build the value: a new object for each call."""

def build_values(dict: dict[str, Any]) -> None:
    """Replace every :class:`Unbuilt` in a dict by its value, except those with ``finish``."""

# Snapshots of files: (digest_low, digest_high, file_count, taken_ns, by_content).

CACHE_VERSION: str
"""The version of the files in the cache: docs/cache-files.md."""

def take_snapshot(
    files: Iterable[str] | dict[str, list[str]],
) -> tuple[int, int, int, int, list[str]]:
    """One digest over paths, each according to its use (native/freshness/snapshot.h).

    ``files``: paths that are read, each with everything below it; or lists of paths by use: "read",
    "listed", "probed", "alone". The GIL is released meanwhile. Raises ``OSError``.
    """

def take_snapshot_of_new(path: str) -> tuple[int, int, int, int, list[str]]:
    """A snapshot of a file that the caller has just written, without reading its content.

    Sets the file's time of modification. Raises ``OSError``.
    """

def is_fresh(files: Iterable[str] | dict[str, list[str]], snapshot: Sequence[Any]) -> bool:
    """Whether a snapshot of the files now would equal this one. Raises ``OSError``."""

def changed_dependency(fields: dict[str, Any], environment: dict[bytes, bytes]) -> str | None:
    """A description of the first dependency that has changed; None if none has.

    ``fields`` are those of flatmanifest.dbt.dependencies, ``Dependencies``. The GIL is released
    meanwhile. Raises ``OSError``.
    """

def is_worth_retaking(snapshot: Sequence[Any]) -> bool:
    """Whether a new snapshot would save reading files: this one includes the content of some."""

def read_files(paths: Iterable[str], most_bytes: int) -> list[bytes | None]:
    """The contents of these files, read by several native threads without the GIL.

    None for a path that cannot be read, is no regular file, or is longer than ``most_bytes``.
    """

# The front door (native/front), for flatmanifest.dbt.front_door.transcript.

def transcript_path(arguments: list[str], program_directory: str) -> str | None:
    """The path of the transcript of ``dbt ARGUMENTS``, for the current directory and environment.

    None for a command line that the front door does not serve.
    """

@final
class Roots:
    """The directories that paths are relative to (native/portable/roots.h)."""

    def relative(self, path: str) -> str:
        """A path with a mark instead of the root that it begins with; other texts stay."""

    def relative_text(self, text: str) -> str:
        """A text with marks instead of the paths of roots, wherever they occur."""

    def occurs_in(self, text: str, letters: str) -> bool:
        """Whether the path of a root with one of these letters occurs in a text."""

    def are_written_plainly(self, in_json: bool) -> bool:
        """Whether no directory is escaped in Python's repr, and, if asked, in JSON."""

    def paths(self, letters: str) -> list[str]:
        """All directories with one of these letters."""

def parse_roots(project: str, target: str, program_directory: str) -> Roots:
    """The roots of a parse: project, target directory, Python and home."""

def portable_command(arguments: list[str], program_directory: str) -> tuple[str, Roots] | None:
    """The key of the portable transcripts of ``dbt ARGUMENTS``, and the roots of the command.

    For the current directory and environment. None for a command line that the front door does not
    serve.
    """

def portable_files(files: dict[str, list[str]], roots: Roots) -> tuple[dict[str, list[str]], str]:
    """Paths by use with marks, and the digest of their contents.

    Directories above roots are left out. The GIL is released meanwhile. Raises ``OSError``.
    """

def portable_environment(
    environment: dict[bytes, bytes], names: list[str], salt: str, roots: Roots, is_parse: bool
) -> str:
    """A digest of variables that is the same in any place (native/front/environment.h)."""

def write_packed(path: str | Path, contents: bytes) -> dict[str, Any]:
    """Write a compressed file; return ``size`` and ``digest`` of the contents.

    The GIL is released meanwhile. Raises ``OSError``.
    """

def write_marked_entry(entry: Path, packed: str | Path, roots: Roots) -> dict[str, Any]:
    """Write the portable form of an entry as a compressed file, as :func:`write_packed` does.

    Raises ``FormatError`` for an entry that holds only in this place, and ``OSError``.
    """

def import_entry(
    directories: list[bytes], key: str, roots: Roots, environment: dict[bytes, bytes]
) -> str | None:
    """Make a portable entry with this key a local one (native/front/portable_cache.h).

    ``directories``: the cache, and its layers. Returns the path of the local entry; None if no
    portable one holds here. The GIL is released meanwhile. Raises ``OSError``.
    """

def entry_key(parts: list[str]) -> str:
    """The key of an entry: a digest of texts that are to be equal."""

def cache_directories(chosen: str) -> list[str]:
    """The directories that a value of FLATMANIFEST_CACHE_DIR lists; at least one."""

def answer_path(arguments: list[str], program_directory: str) -> str | None:
    """The path of the answer to ``dbt ARGUMENTS``; None unless it asks for help or a version."""

def cache_directory(project_dir: str = "", target_path: str = "") -> str | None:
    """The cache directory of a project, by default of the one here or the nearest above.

    None if there is no project, or if its target path cannot be told without a YAML parser.
    """

def is_read_at_start(name: str) -> bool:
    """Whether an environment variable takes effect before any code of Python runs."""

def count_run(directory: str, command: str, because: str, not_recorded: str) -> None:
    """Count a run of dbt in the history of a cache directory (native/front/history.h).

    Does nothing if there is no directory. Raises ``FormatError`` if others may write there, and
    ``OSError``.
    """

def require_trusted_directory(directory: str) -> None:
    """Raise ``FormatError`` if others than the user and root may write into the directory.

    A missing directory is trusted. ``FLATMANIFEST_TRUST`` in the environment trusts more users.
    Raises ``OSError`` if the directory cannot be examined.
    """

def most_cache_bytes() -> int:
    """The size limit of a cache: ``FLATMANIFEST_CACHE_SIZE``."""

def trim_cache(directory: str, max_bytes: int, kept: str) -> None:
    """Remove the least recently used entries until a cache directory has ``max_bytes`` or less.

    The entry with the key ``kept`` stays. Raises ``OSError``.
    """

def environment_digest(environment: dict[bytes, bytes], names: list[str] | None, salt: str) -> str:
    """A digest of these variables and of those that every entry depends on.

    ``names=None`` means all variables except those that a shell changes
    (native/front/environment.h). ``salt``: 16 to 64 bytes.
    """

# Portable files (native/front/portable_cache.h), for flatmanifest.dbt.cache.portable and
# flatmanifest.remote. Paths and texts may be any bytes, as os.fsdecode gives them.

def verify_packed(path: str | PathLike[str], size: int, digest: str) -> None:
    """Raise :class:`FormatError` unless a compressed file has contents of this size and digest.

    Takes memory for the file and for ``size`` bytes. Raises ``OSError``.
    """

def first_that_holds(
    records: list[str], roots: Roots, environment: dict[bytes, bytes], is_parse: bool
) -> str | None:
    """The first of these portable records whose dependencies are the same here.

    None if there is none. A record that cannot be read does not count.
    """

# Artifacts, for flatmanifest.dbt.

def split_json(
    path: str | PathLike[str],
) -> list[tuple[str, list[tuple[str, int, int]] | None, int, int]]:
    """The places of a JSON object's members in its file, as byte offsets.

    For each member: (key, members, begin, end). If the value is an object, ``members`` are (key,
    begin, end) of the object's own members, and begin and end are 0; else ``members`` is None.
    Raises :class:`ConvertError` or ``OSError``.
    """

def artifact_lines(
    path: str | PathLike[str], unique_ids: Iterable[str], output_keys: Iterable[str]
) -> list[str] | None:
    """The lines of ``dbt ls --output json``, cut out of a manifest.json that dbt has written.

    None if a resource is missing, or if a key names a field that is in no artifact. Raises
    :class:`ConvertError` or ``OSError``.
    """

# Differences, for flatmanifest.diff.

@final
class ManifestDiff:
    """How two manifests differ. Holds a share of both mappings."""

    def render(self, output: str) -> str:
        """The differences as "text", "markdown" or "json", with a line end.

        Raises :class:`DiffError` for another output.
        """
    def is_empty(self) -> bool: ...

def diff_manifests(
    old: Manifest | str | bytes | PathLike[str] | PathLike[bytes],
    new: Manifest | str | bytes | PathLike[str] | PathLike[bytes],
    *,
    state_modified_compare_more_unrendered_values: bool = False,
) -> ManifestDiff:
    """Compare two manifests: :func:`flatmanifest.diff` has the arguments and errors."""
