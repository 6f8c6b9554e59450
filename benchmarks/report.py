"""What a run found, for people and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from benchmarks.cases import Case

Environment = dict[str, "str | int | list[float]"]


def document(environment: Environment, cases: Sequence[Case]) -> dict[str, Any]:
    """Everything as one JSON object: the medians, the ratios and every single round."""
    return {
        "environment": environment,
        "cases": [
            {
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
            for case in cases
        ],
    }


def show(console: Console, environment: Environment, cases: Sequence[Case]) -> None:
    """Print one table a case (medians; the ratio is that of each round), and the environment."""
    for case in cases:
        table = Table(title=case.title, title_justify="left", title_style="bold")
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
    console.print(", ".join(f"{name} {value}" for name, value in environment.items()))
