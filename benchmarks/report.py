"""What a run found, for people and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table

from benchmarks.sweep import LOTS_A_SECOND, SHARE_OF_RATE, SweepCase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from benchmarks.cases import Case

    Found = Case | SweepCase

Environment = dict[str, "str | int | list[float]"]


def document(environment: Environment, found: Sequence[Found]) -> dict[str, Any]:
    """Everything as one JSON object: the medians, the ratios and every single round."""
    return {
        "environment": environment,
        "cases": [
            _sweep_document(one) if isinstance(one, SweepCase) else _case_document(one)
            for one in found
        ],
    }


def _case_document(case: Case) -> dict[str, Any]:
    return {
        "case": case.name,
        "title": case.title,
        "scripts": {
            name: {
                "cpu_ms_per_1000": round(case.cpu_ms(name), 1),
                "least_cpu_ms_per_1000": round(case.least_cpu_ms(name), 1),
                "spends_per_second": round(case.rate(name)),
                "rounds_cpu_ms_per_1000": [round(cost.cpu_ms, 1) for cost in costs],
            }
            for name, costs in case.costs.items()
        },
        "ratios": [
            {
                "of": case.measured,
                "to": wanted.against,
                "figure": wanted.figure,
                "ratio": round(case.ratio(wanted), 3),
                "wanted": {
                    "low": wanted.low,
                    "high": None if math.isinf(wanted.high) else wanted.high,
                },
            }
            for wanted in case.wanted
        ],
    }


def _sweep_document(case: SweepCase) -> dict[str, Any]:
    found = case.meanwhile
    return {
        "case": case.name,
        "title": case.title,
        "layouts": [
            {
                "layout": layout.layout,
                "lots": layout.lots,
                "batches": layout.batches,
                "cpu_s": round(layout.cpu, 2),
                "elapsed_s": round(layout.elapsed, 2),
                "lots_per_cpu_s": round(layout.lots_a_second),
                "longest_batch_s": round(layout.longest, 3),
                "wal_bytes_per_lot": round(layout.wal / max(layout.lots, 1)),
            }
            for layout in case.layouts
        ],
        "spends_elsewhere": {
            "spends_per_second_alone": [round(rate) for rate in found.alone],
            "spends_per_second_beside": [round(rate) for rate in found.beside],
            "share": round(found.share, 3),
        },
        "spends_on_swept_accounts": {
            "count": len(found.waits),
            "longest_s": round(max(found.waits, default=0.0), 3),
            "longest_batch_s": round(found.longest_batch, 3),
        },
        "wanted": {"lots_per_cpu_s": LOTS_A_SECOND, "share": SHARE_OF_RATE},
    }


def show(console: Console, environment: Environment, found: Sequence[Found]) -> None:
    """Print one table a case (medians; the ratio is that of each round), and the environment."""
    for one in found:
        if isinstance(one, SweepCase):
            _show_sweep(console, one)
        else:
            _show_case(console, one)
    console.print(", ".join(f"{name} {value}" for name, value in environment.items()))


def _show_case(console: Console, case: Case) -> None:
    table = _table(case.title)
    table.add_column("script")
    for heading in ("CPU ms/1000", "least", "spends/s", f"{case.measured} to it", "wanted"):
        table.add_column(heading, justify="right")
    wanted = {bound.against: bound for bound in case.wanted}
    for name in case.costs:
        bound = wanted.get(name)
        table.add_row(
            name,
            f"{case.cpu_ms(name):.1f}",
            f"{case.least_cpu_ms(name):.1f}",
            f"{case.rate(name):,.0f}",
            "" if bound is None else f"{case.ratio(bound):.2f}",
            "" if bound is None else str(bound),
        )
    console.print(table)


def _show_sweep(console: Console, case: SweepCase) -> None:
    table = _table(case.title)
    table.add_column("layout")
    for heading in ("lots/CPU s", "wanted", "longest batch, s", "log, bytes/lot"):
        table.add_column(heading, justify="right")
    for layout in case.layouts:
        table.add_row(
            layout.layout,
            f"{layout.lots_a_second:,.0f}",
            f"{LOTS_A_SECOND:,}",
            f"{layout.longest:.2f}",
            f"{layout.wal / max(layout.lots, 1):,.0f}",
        )
    console.print(table)
    found = case.meanwhile
    console.print(
        f"spends elsewhere keep {found.share:.2f} of their rate (wanted {SHARE_OF_RATE});"
        f" {len(found.waits):,} spends on accounts about to be swept took at most"
        f" {max(found.waits, default=0.0):.2f} s, a batch at most {found.longest_batch:.2f} s"
    )


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold")
