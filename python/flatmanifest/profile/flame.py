"""A flame graph of stacks, as SVG.

Brendan Gregg, "The Flame Graph", Communications of the ACM 59:6 (2016): a box per frame as wide as
the share of samples it was in, on top of the frame that called it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

from flatmanifest.profile.stacks import Stacks

WIDTH = 1200.0
ROW = 17
LEAST = WIDTH / 2000  # narrower boxes are not drawn
CHARACTER = 6.6
TEXT_FROM = 5  # characters


@dataclass
class Frame:
    """A frame under one stack of callers. The same function under other callers is another."""

    name: str
    samples: int = 0
    calls: dict[str, Frame] = field(default_factory=dict)


def tree(stacks: Stacks) -> Frame:
    """The tree of all stacks, from their outer ends, under one root frame called "all"."""
    root = Frame("all")
    for stack, count in stacks.items():
        root.samples += count
        frame = root
        for name in stack:
            frame = frame.calls.setdefault(name, Frame(name))
            frame.samples += count
    return root


def svg(stacks: Stacks) -> str:
    """The graph as a ``<svg>`` element that needs nothing else, outermost frames on top."""
    root = tree(stacks)
    boxes = list(_boxes(root, root.samples or 1, 0.0, 0))
    height = (1 + max((level for level, _ in boxes), default=0)) * ROW
    body = "\n".join(text for _, text in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flame" viewBox="0 0 {WIDTH:g} {height}" '
        f'font-family="monospace" font-size="11">\n{body}\n</svg>'
    )


def _boxes(frame: Frame, total: int, x: float, level: int) -> Iterator[tuple[int, str]]:
    width = WIDTH * frame.samples / total
    if width < LEAST:
        return
    share = frame.samples / total
    name = escape(frame.name)
    fits = int(width / CHARACTER)
    label = escape(frame.name[:fits]) if fits >= TEXT_FROM else ""
    y = level * ROW
    box = (
        f'<g><title>{name}: {share:.1%}</title><rect x="{x:.2f}" y="{y}" width="{width:.2f}" '
        f'height="{ROW - 1}" fill="{_color(frame.name)}"/>'
        f'<text x="{x + 3:.2f}" y="{y + 12}">{label}</text></g>'
    )
    yield level, box
    for call in frame.calls.values():
        yield from _boxes(call, total, x, level + 1)
        x += WIDTH * call.samples / total


def _color(name: str) -> str:
    """A colour for a name: warm for Python's frames, cool for native ones."""
    shade = crc32(name.encode()) % 40
    is_python = ".py:" in name or "(<" in name  # <frozen importlib._bootstrap>, <template>
    hue = 20 + shade if is_python else 190 + shade
    return f"hsl({hue} 75% 65%)"
