"""`apply`: bring a database up to the files, one transaction after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgcredits.migrate import connection, history, lock, outside, sqltext
from pgcredits.migrate.compare import Comparison, Unit, Wanted, compare
from pgcredits.migrate.errors import MigrateError, Problem
from pgcredits.migrate.files import Source, discover
from pgcredits.migrate.report import Done, Report
from pgcredits.migrate.runner import Runner
from pgcredits.migrate.session import Limits
from pgcredits.migrate.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pgcredits.migrate.connection import Connection


def apply(
    dsn: str,
    *,
    root: Path | None = None,
    to: str | None = None,
    allow_out_of_order: bool = False,
    single_transaction: bool = False,
    prune: bool = False,
    allow_downgrade: bool = False,
    dry_run: bool = False,
    lock_wait: float = 60.0,
    lock_timeout: float = 2.0,
    statement_timeout: float = 0.0,
    tries: int = 5,
    on_progress: Callable[[str], None] | None = None,
    done: Done | None = None,
) -> Report:
    """Apply every pending file below ``root`` to the database, and say what was applied.

    ``to``: apply no migration after this number; if that leaves some, the functions, which may need
    them, are left too. ``allow_out_of_order``: apply numbers below the newest applied one.
    ``single_transaction``: all files in one transaction; refused where that cannot work. ``prune``:
    drop functions in our schemas that no file defines, instead of refusing. ``allow_downgrade``:
    replace functions that a newer version of pgcredits has applied by those of this one, instead of
    refusing; a newer migration is refused all the same. ``dry_run``: run everything in one
    transaction, roll it back, and report which tables were locked. That takes the locks, and keeps
    them until the end: it is for a copy of the database.

    ``lock_wait``: seconds to wait for another runner. ``lock_timeout``: seconds that a statement
    may wait for a lock of somebody's session (0: for ever), before its whole file is rolled back
    and tried again, ``tries`` times in all. ``statement_timeout``: seconds for one statement (0: no
    limit). ``on_progress`` gets one line of text for each file after its commit, and for each wait;
    the latter from another thread. ``done`` is filled with what is committed, for whoever needs to
    know although a signal ended the run.

    Each versioned file is one transaction with its record; the changed functions share the one of
    the last versioned file. A file that cannot run in a transaction runs alone, without a
    ``lock_timeout``. Raises `MigrateError`; transactions that were committed before stay.
    """
    source = discover(root)
    limits = Limits(lock_timeout, statement_timeout, tries)
    wanted = Wanted(to, allow_out_of_order, prune, allow_downgrade)
    done = Done() if done is None else done
    try:
        return _apply(
            dsn,
            source,
            wanted,
            limits,
            done,
            progress=on_progress or lock.silent,
            single_transaction=single_transaction,
            dry_run=dry_run,
            lock_wait=lock_wait,
        )
    except MigrateError as exc:
        exc.applied, exc.pruned = tuple(done.applied), tuple(done.pruned)
        raise


def _apply(
    dsn: str,
    source: Source,
    wanted: Wanted,
    limits: Limits,
    done: Done,
    *,
    progress: Callable[[str], None],
    single_transaction: bool,
    dry_run: bool,
    lock_wait: float,
) -> Report:
    with connection.connect(dsn) as conn:
        found = compare(source, history.read(conn), wanted)
        if found.problems and not lock.is_held(conn):
            raise outside.explain(conn, source, found.problems)
        if not found.problems and not found.units:
            return _report(conn, source, found, done, dry_run=False)
        connection.require_own_session(conn, dsn)
        connection.reset(conn)
        with lock.held(conn, lock_wait, progress) as pid, Watcher(dsn, pid, progress) as watcher:
            # Somebody else may have changed things until now; what was running has ended.
            found = compare(source, history.read(conn), wanted)
            if found.problems:
                raise outside.explain(conn, source, found.problems)
            runner = Runner(
                conn, pid, source, limits, progress, watcher, wanted.prune, dry_run, done
            )
            runner.run(_batches(found.units, single_transaction, dry_run))
        return _report(conn, source, found, done, dry_run=dry_run)


def _batches(
    units: Sequence[Unit], single_transaction: bool, dry_run: bool
) -> Sequence[Sequence[Unit]]:
    """Say what shares a transaction."""
    if single_transaction and (problems := [*_obstacles(units)]):
        raise MigrateError(problems)
    if dry_run:
        units = [unit for unit in units if not unit.file or unit.file.in_transaction]
    if not units:
        return []
    return [units] if single_transaction or dry_run else [[unit] for unit in units]


def _obstacles(units: Sequence[Unit]) -> Iterator[Problem]:
    """Find the files that cannot share a transaction with others."""
    for file in (unit.file for unit in units if unit.file):
        if not file.in_transaction:
            reason = "it cannot run in a transaction"
        elif any(sqltext.adds_enum_value(statement.tokens) for statement in file.statements):
            reason = "nothing can use a value of ALTER TYPE … ADD VALUE before its commit"
        else:
            continue
        message = f"{file.name} is pending, and {reason}"
        hint = f"apply without --single-transaction, or up to the file before {file.id} with --to"
        yield Problem("not_in_one_transaction", file.id, message, hint)


def _report(
    conn: Connection, source: Source, found: Comparison, done: Done, *, dry_run: bool
) -> Report:
    ids = {item.id for item in done.applied}
    waiting = [item for item in found.items if item.is_pending and item.id in source.by_id]
    return Report(
        database=connection.describe(conn),
        applied=tuple(done.applied),
        fingerprint=source.fingerprint,
        pruned=tuple(done.pruned),
        left=tuple(item for item in waiting if item.id not in ids),
        dry_run=dry_run,
    )
