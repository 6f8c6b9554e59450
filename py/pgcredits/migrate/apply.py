"""`apply`: bring a database up to the files, one transaction after the other."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import TransactionStatus

from pgcredits.migrate import connection, functions, history, lock, script
from pgcredits.migrate.compare import Unit, catalogue_problems, compare
from pgcredits.migrate.errors import MigrateError, Problem, refuse
from pgcredits.migrate.files import Source, SqlFile, discover
from pgcredits.migrate.report import Applied, Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pgcredits.migrate.connection import Connection

_TRY_AGAIN = frozenset({"55P03", "40P01"})  # lock not available, deadlock

# Roles belong to the whole cluster: a run in another database may create them at the same moment.
_BOOTSTRAP_TRY_AGAIN = _TRY_AGAIN | {"23505", "42710", "XX000"}

# What bootstrap.sql says about the server that it finds.
_SURROUNDINGS = {"42501": "missing_privilege", "55000": "unsuitable_database"}


@dataclass(frozen=True, slots=True)
class _Runner:
    """One run: an open connection that holds the lock, and its limits."""

    conn: Connection
    lock_pid: int
    source: Source
    lock_timeout: float
    statement_timeout: float
    tries: int
    progress: Callable[[str], None]

    def run(self, units: tuple[Unit, ...]) -> list[Applied]:
        """Apply the units in order. What is committed stays when a later one fails."""
        applied: list[Applied] = []
        for unit in units:
            try:
                done = self._persist(unit)
            except MigrateError as exc:
                exc.applied = tuple(applied)
                raise
            for file, milliseconds in done:
                self.progress(f"ok {file.label} {milliseconds} ms")
                applied.append(Applied(file.id, file.kind, file.name, milliseconds))
        return applied

    def _persist(self, unit: Unit) -> list[tuple[SqlFile, int]]:
        """One unit, again from its start while somebody is in the way."""
        is_bootstrap = unit.file is not None and unit.file.kind == "bootstrap"
        again = _BOOTSTRAP_TRY_AGAIN if is_bootstrap else _TRY_AGAIN
        attempt = 1
        while True:
            try:
                return self._transact(unit)
            except script.ScriptError as failure:
                if failure.sqlstate not in again or attempt >= self.tries:
                    raise self._explain(failure, attempt) from failure
                pause = 0.25 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 -- no secret
                reason = failure.error.diag.message_primary
                self.progress(f"retry {failure.file.label} in {pause:.1f} s: {reason}")
                time.sleep(pause)
                attempt += 1

    def _transact(self, unit: Unit) -> list[tuple[SqlFile, int]]:
        """One unit in one transaction, with its rows."""
        connection.reset(self.conn)
        try:
            begun = self._begin(unit)
            done = []
            if unit.file:
                done.append((unit.file, script.run(self.conn, unit.file)))
                self._require_transaction(begun, unit.file)
                self.conn.execute(history.ENTER)
                history.record(self.conn, *done[0])
            if unit.is_last:
                self.conn.execute(history.ENTER)
                done += functions.apply(self.conn, self.source, unit.functions, unit.forget)
                self._check_catalogue(unit)
            if done:
                self._require_transaction(begun, done[-1][0])
            self._commit(done)
        except BaseException:
            with suppress(psycopg.Error):
                self.conn.execute("rollback")
            raise
        return done

    def _begin(self, unit: Unit) -> str:
        """Open the transaction with its settings, and return its id."""
        self.conn.execute("begin")
        if connection.backend_pid(self.conn) != self.lock_pid:
            raise connection.refuse_pooler()
        self.conn.execute(
            "select set_config('lock_timeout', %s, true),"
            " set_config('statement_timeout', %s, true),"
            " set_config('search_path', '', true)",
            (_milliseconds(self.lock_timeout), _milliseconds(self.statement_timeout)),
        )
        if unit.file is None or unit.file.kind != "bootstrap":
            self.conn.execute(history.ENTER)
        return self._transaction_id()

    def _transaction_id(self) -> str:
        row = self.conn.execute("select pg_catalog.pg_current_xact_id()::text").fetchone()
        return str(row[0]) if row else ""

    def _require_transaction(self, begun: str, file: SqlFile) -> None:
        """Stop when a file has ended our transaction, before its record could say otherwise."""
        inside = self.conn.info.transaction_status == TransactionStatus.INTRANS
        if not inside or self._transaction_id() != begun:
            raise refuse(
                "half_applied",
                f"{file.shown_path} ended the transaction: a part of it is permanent, and it is not"
                " recorded",
                id=file.id,
                hint="look at what it left in the database and undo it by hand",
            )

    def _check_catalogue(self, unit: Unit) -> None:
        existing = history.routines(self.conn)
        if problems := catalogue_problems(self.source, existing, unit.forget):
            raise MigrateError(problems)

    def _commit(self, done: list[tuple[SqlFile, int]]) -> None:
        try:
            self.conn.execute("commit")
        except psycopg.Error as exc:  # a deferred constraint speaks only now
            if not done:
                raise
            raise script.ScriptError(done[0][0], exc) from exc

    def _explain(self, failure: script.ScriptError, attempt: int) -> MigrateError:
        if self.conn.closed:
            return refuse(
                "connection_lost",
                f"the connection was lost in {failure.file.label}: {str(failure).strip()}",
                id=failure.file.id,
                hint=connection.LOST_HINT,
            )
        message, hint, code = failure.describe(), None, "migration_failed"
        if failure.sqlstate in _TRY_AGAIN:
            code, hint = "lock_timeout", connection.BUSY_HINT
            message = f"gave up after {attempt} tries: {message}"
        elif failure.file.kind == "bootstrap":
            code = _SURROUNDINGS.get(failure.sqlstate, code)
            hint = connection.PRIVILEGE_HINT if code == "missing_privilege" else None
        return MigrateError([Problem(code, failure.file.id, message, hint)])


def apply(
    dsn: str,
    *,
    root: Path | None = None,
    lock_wait: float = 60.0,
    lock_timeout: float = 2.0,
    statement_timeout: float = 0.0,
    tries: int = 5,
    on_progress: Callable[[str], None] | None = None,
) -> Report:
    """Apply every pending file below ``root`` to the database, and say what was applied.

    ``lock_wait``: seconds to wait for another runner. ``lock_timeout``: seconds that a statement
    may wait for a lock of somebody's session (0: for ever), before its whole file is rolled back
    and tried again, ``tries`` times in all. ``statement_timeout``: seconds for one statement (0: no
    limit). ``on_progress`` gets one line of text for each file after its commit, and for each wait.

    Each versioned file is one transaction with its record; the changed functions share the one of
    the last versioned file. Raises `MigrateError`; transactions that were committed before stay.
    """
    source = discover(root)
    progress = on_progress or _silent
    with connection.connect(dsn) as conn:
        applied: list[Applied] = []
        if _compare(conn, source):
            connection.require_own_session(conn, dsn)
            with lock.held(conn, lock_wait, progress) as pid:
                limits = (lock_timeout, statement_timeout, tries)
                runner = _Runner(conn, pid, source, *limits, progress)
                applied = runner.run(_compare(conn, source))
        return Report(connection.describe(conn), tuple(applied), source.fingerprint)


def _compare(conn: Connection, source: Source) -> tuple[Unit, ...]:
    """Find what has to run now, or raise when something is wrong."""
    found = compare(source, history.read(conn))
    if found.problems:
        raise MigrateError(found.problems)
    return found.units


def _silent(line: str) -> None:
    del line


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
