"""How two manifests differ, as dbt's ``state:`` methods see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flatmanifest import _native

if TYPE_CHECKING:
    from os import PathLike


class Diff(dict[str, Any]):
    """The differences, as a dict with the keys of ``flatmanifest diff --output json``.

    ``broken_contracts``, ``added``, ``removed``, ``renamed``, ``modified``, ``exposures`` and
    ``downstream`` are lists of dicts, ``macros`` has a list of unique_ids for each kind of change.
    Copies and pickles are plain dicts.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.ManifestDiff) -> None:
        """Read what native code has found."""
        super().__init__(json.loads(native.render("json")))
        self._native = native

    @property
    def is_empty(self) -> bool:
        """Whether all lists are empty, those of macros and broken contracts included."""
        return self._native.is_empty()

    def text(self) -> str:
        """Return what ``flatmanifest diff`` prints."""
        return self._native.render("text")

    def markdown(self) -> str:
        """Return Markdown for a pull request; long lists are cut after 100 entries."""
        return self._native.render("markdown")

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (dict(self),)

    def __reduce_ex__(self, protocol: object) -> tuple[type, tuple[dict[str, Any]]]:
        return self.__reduce__()


def diff(
    old: str | bytes | PathLike[str] | PathLike[bytes] | _native.Manifest,
    new: str | bytes | PathLike[str] | PathLike[bytes] | _native.Manifest,
    *,
    state_modified_compare_more_unrendered_values: bool = False,
) -> Diff:
    """Compare a manifest with an earlier one, as ``flatmanifest diff`` does.

    - ``old`` and ``new`` are open manifests, or paths: of an .fman file, of a manifest's JSON,
      gzipped or not, or of a directory that has ``manifest.json`` or ``target/manifest.json``. JSON
      is converted once beside itself, as :func:`flatmanifest.open` does.
    - ``state_modified_compare_more_unrendered_values`` is dbt's flag of that name.

    ``modified`` is what ``state:modified`` selects less ``state:new``; docs/diff.md says where the
    result differs from dbt's. A broken contract is reported, not raised. The GIL is released.

    :raises OSError: a file cannot be read, or a directory has no manifest.
    :raises FormatError: a file is damaged.
    :raises ConvertError: a file's text is no manifest.
    :raises DiffError: both are one manifest, or a manifest cannot be compared.
    :raises ValueError: a manifest is closed.
    """
    return Diff(
        _native.diff_manifests(
            old,
            new,
            state_modified_compare_more_unrendered_values=(
                state_modified_compare_more_unrendered_values
            ),
        )
    )
