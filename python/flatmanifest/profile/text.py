"""A report as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flatmanifest.profile.functions import Function
from flatmanifest.profile.report import PhaseRow, Report

BAR = 30


def lines(report: Report, against: Report | None = None) -> Iterator[str]:
    """The lines of a report, beside an earlier report if there is one."""
    yield ""
    yield f"flatmanifest profile: {' '.join(report.command)}"
    yield ", ".join(f"{name} {text}" for name, text in report.environment.items())
    if report.exit_status:
        error = f": {report.error}" if report.error else ""
        yield f"the command failed with exit status {report.exit_status}{error}; this is what ran"
    yield ""
    yield from _breakdown(report, against)
    yield ""
    yield from _serialized(report)
    for order, title in (("cumulative", "with all they called"), ("own", "without")):
        if order in report.functions:
            yield ""
            yield from _functions(report.functions[order], order, title)
    if report.notes:
        yield ""
        yield from report.notes


def _breakdown(report: Report, against: Report | None) -> Iterator[str]:
    head = ["TIMING BREAKDOWN", "seconds", "share"]
    if against is not None:
        head += ["before", "ratio"]
    if report.peak is not None:
        head += ["grows", "peak"]
    head += ["calls", ""]
    rows = []
    for phase in report.phases:
        rows.append(_phase_row(phase, report, against))
        rows += [
            [
                f"    {call.name}",
                f"({call.seconds:.3f})",
                *[""] * (len(head) - 4),
                f"{call.calls:,}",
                "",
            ]
            for call in phase.functions
        ]
    total = ["total", f"{report.seconds:.3f}", "100.0%"]
    if against is not None:
        total += [f"{against.seconds:.3f}", _ratio(against.seconds, report.seconds)]
    if report.peak is not None:
        total += ["", _megabytes(report.peak)]
    yield from table([head, *rows, [*total, "", ""]], left={0, len(head) - 1})
    share = report.wrapper_seconds / report.seconds if report.seconds else 0.0
    yield (
        f"(in brackets: with the other phases that they call). Clocks and ledger were called "
        f"{report.wrapper_calls:,} times, which took {report.wrapper_seconds:.3f} s, {share:.2%}"
    )


def _phase_row(phase: PhaseRow, report: Report, against: Report | None) -> list[str]:
    share = phase.seconds / report.seconds if report.seconds else 0.0
    row = [f"  {phase.name}", f"{phase.seconds:.3f}", f"{share:.1%}"]
    if against is not None:
        before = against.phase(phase.name)
        seconds = before.seconds if before is not None else 0.0
        row += [f"{seconds:.3f}", _ratio(seconds, phase.seconds)]
    if report.peak is not None:
        row += [_megabytes(phase.growth), _megabytes(phase.peak)]
    return [*row, f"{phase.calls:,}", "█" * round(share * BAR)]


def _serialized(report: Report) -> Iterator[str]:
    if not report.serialized:
        yield "SERIALIZATION  none of a manifest, and nothing large"
        return
    rows = [["SERIALIZATION", "", "times", "MB", "seconds", "by"]]
    rows += [
        [
            f"  {'manifest' if row.manifest or row.format.startswith('fman') else 'other'}",
            f"{'to' if row.is_written else 'from'} {row.format}",
            f"{row.times:,}",
            f"{row.bytes / 1e6:,.1f}",
            f"{row.seconds:.3f}",
            row.caller,
        ]
        for row in report.serialized
    ]
    yield from table(rows, left={0, 1, 5})
    yield from (f"! {sentence}" for sentence in report.double)


def _functions(functions: Sequence[Function], order: str, title: str) -> Iterator[str]:
    rows = [["cumulative", "own", "calls", "function"]]
    rows += [[f"{f.cumulative:.3f}", f"{f.own:.3f}", f"{f.calls:,}", f.name] for f in functions]
    yield f"TOP {len(functions)} FUNCTIONS by {order} seconds ({title})"
    yield from table(rows, left={3})


def table(rows: Sequence[Sequence[str]], left: Iterable[int] = (0,)) -> Iterator[str]:
    """The rows as lines with aligned columns: right-aligned, except the columns in ``left``."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    to_left = set(left)
    for row in rows:
        cells = (
            cell.ljust(width) if column in to_left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.1f} MB"


def _ratio(before: float, now: float) -> str:
    return f"{before / now:.2f}x" if now > 0 and before > 0 else ""
