"""`status` and `plan`: looking without touching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.migrate import connection, history, psql
from pgcredits.migrate.compare import Unit, Wanted, compare
from pgcredits.migrate.files import discover
from pgcredits.migrate.report import Plan, Status, Step

if TYPE_CHECKING:
    from pathlib import Path


def status(dsn: str, *, root: Path | None = None) -> Status:
    """Compare files and database. Changes nothing; takes no lock but a reader's."""
    source = discover(root)
    with connection.connect(dsn) as conn:
        found = compare(source, history.read(conn))
        return Status(connection.describe(conn), found.items, found.problems)


def plan(dsn: str, *, root: Path | None = None, allow_downgrade: bool = False) -> Plan:
    """Say what `apply` would do now, with the same ``allow_downgrade``.

    Changes nothing; takes no lock but a reader's.
    """
    source = discover(root)
    with connection.connect(dsn) as conn:
        wanted = Wanted(allow_downgrade=allow_downgrade)
        found = compare(source, history.read(conn), wanted)
        units = () if found.problems else found.units
        return Plan(
            database=connection.describe(conn),
            steps=tuple(step for step in map(_step, units) if step.files or step.forgotten),
            pending=tuple(item for item in found.items if item.is_pending),
            problems=found.problems,
            sql=psql.render(source, units),
        )


def _step(unit: Unit) -> Step:
    files = ((unit.file,) if unit.file else ()) + unit.functions
    outside = bool(unit.file and not unit.file.in_transaction)
    return Step(tuple(file.label for file in files), unit.forget, not outside)
