"""The result of ``Manifest.select``: a list that a notebook shows with a picture."""

from __future__ import annotations

TYPE_CHECKING = False  # instead of typing.TYPE_CHECKING: importing typing costs each reader memory
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flatmanifest._native import Manifest


class Selection(list[str]):
    """A list of the selected unique_ids, with the manifest that they were selected from.

    ``manifest`` keeps that manifest alive. Copies, slices, sums and pickles are plain lists.
    """

    __slots__ = ("manifest",)

    def __init__(self, unique_ids: Iterable[str] = (), manifest: Manifest | None = None) -> None:
        super().__init__(unique_ids)
        self.manifest = manifest

    def __reduce__(self) -> tuple[type, tuple[list[str]]]:
        return list, (list(self),)

    def __reduce_ex__(self, protocol: object) -> tuple[type, tuple[list[str]]]:
        return self.__reduce__()

    def _repr_html_(self) -> str:
        from flatmanifest import _html  # noqa: PLC0415 - for notebooks

        return _html.of_selection(self)
