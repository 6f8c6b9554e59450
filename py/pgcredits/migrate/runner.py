"""One run on a connection that holds the lock: transactions, retries, and what each file locked."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import TransactionStatus

from pgcredits.migrate import (
    bodies,
    catalogue,
    checks,
    connection,
    functions,
    history,
    outside,
    script,
    tables,
)
from pgcredits.migrate.compare import catalogue_problems
from pgcredits.migrate.errors import MigrateError, Problem, refuse
from pgcredits.migrate.report import Applied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgcredits.migrate.compare import Unit
    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import Source, SqlFile
    from pgcredits.migrate.report import TableLock
    from pgcredits.migrate.watch import Watcher

_TRY_AGAIN = frozenset({"55P03", "40P01"})  # lock not available, deadlock

# Roles belong to the whole cluster: a run in another database may create them at the same moment.
_BOOTSTRAP_TRY_AGAIN = _TRY_AGAIN | {"23505", "42710", "XX000"}

# What bootstrap.sql says about the server that it finds.
SURROUNDINGS = {"42501": "missing_privilege", "55000": "unsuitable_database"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a statement may wait for a lock and may take (0: no limit), and tries in all."""

    lock_timeout: float
    statement_timeout: float
    tries: int


@dataclass(slots=True)
class Runner:
    """One run. What is committed stays in ``applied`` and ``pruned`` when a later part fails."""

    conn: Connection
    lock_pid: int
    source: Source
    limits: Limits
    progress: Callable[[str], None]
    watcher: Watcher
    prune: bool = False
    dry_run: bool = False
    applied: list[Applied] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    _known: frozenset[int] = frozenset()
    _held: set[TableLock] = field(default_factory=set)

    def run(self, batches: Sequence[Sequence[Unit]]) -> None:
        """Apply each batch in one transaction, in order.

        A file that cannot run in a transaction must be the only one of its batch.
        """
        self._known = tables.existing(self.conn)
        try:
            for batch in batches:
                first = batch[0].file
                if first and not first.in_transaction:
                    self._run_outside(first)
                else:
                    self._persist(batch)
        except MigrateError as exc:
            exc.applied = tuple(self.applied)
            raise

    def _persist(self, batch: Sequence[Unit]) -> None:
        """One batch, again from its start while somebody is in the way."""
        has_bootstrap = any(unit.file and unit.file.kind == "bootstrap" for unit in batch)
        again = _BOOTSTRAP_TRY_AGAIN if has_bootstrap else _TRY_AGAIN
        attempt = 1
        while True:
            try:
                done, pruned = self._transact(batch)
            except script.ScriptError as failure:
                if failure.sqlstate not in again or attempt >= self.limits.tries:
                    raise self._explain(failure, attempt) from failure
                pause = 0.25 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 -- no secret
                reason = failure.error.diag.message_primary
                self.progress(f"retry {failure.file.label} in {pause:.1f} s: {reason}")
                time.sleep(pause)
                attempt += 1
            else:
                break
        for applied, label in done:
            self._tell(applied, label)
        for routine in pruned:
            self.progress(f"{'would drop' if self.dry_run else 'dropped'} {routine}")
        self.pruned += pruned

    def _tell(self, applied: Applied, label: str) -> None:
        verb = "would apply" if self.dry_run else "ok"
        locks = ", ".join(map(str, applied.locks))
        self.progress(
            f"{verb} {label} {applied.execution_ms} ms{f' (locks: {locks})' if locks else ''}"
        )
        self.applied.append(applied)

    def _transact(self, batch: Sequence[Unit]) -> tuple[list[tuple[Applied, str]], list[str]]:
        """One batch in one transaction, with its rows."""
        connection.reset(self.conn)
        done: list[tuple[Applied, str]] = []
        pruned: list[str] = []
        file = None
        try:
            begun = self._begin()
            before = catalogue.before(self.conn)
            for unit in batch:
                if unit.file:
                    file = unit.file
                    done.append((self._run_file(file, begun), file.label))
                if unit.is_last:
                    ran, dropped = self._run_last(unit, begun)
                    done += ran
                    pruned += dropped
            self.conn.execute(history.ENTER)
            catalogue.store(self.conn, before)
            for unit in batch:
                if unit.file:
                    checks.run_within(self.conn, self.source.checks_of(unit.file.id))
            self._end(file)
        except BaseException:
            with suppress(psycopg.Error):
                self.conn.execute("rollback")
            raise
        return done, pruned

    def _begin(self) -> str:
        """Open the transaction with its settings, and return its id."""
        self.conn.execute("begin")
        if connection.backend_pid(self.conn) != self.lock_pid:
            raise connection.refuse_pooler()
        self._held = set()
        self._set_limits()
        return self._transaction_id()

    def _run_file(self, file: SqlFile, begun: str) -> Applied:
        """Run one bootstrap or versioned file, and record it."""
        if file.kind != "bootstrap":
            self.conn.execute(history.ENTER)
        with self.watcher.over(file.label):
            milliseconds = script.run(self.conn, file)
        self._require_transaction(begun, file)
        connection.reset(self.conn)
        self._set_limits()
        locks = [x for x in tables.locked(self.conn, self._known) if x not in self._held]
        self._held.update(locks)
        self.conn.execute(history.ENTER)
        history.record(self.conn, file, milliseconds)
        return Applied(file.id, file.kind, file.name, milliseconds, tuple(locks))

    def _run_last(self, unit: Unit, begun: str) -> tuple[list[tuple[Applied, str]], list[str]]:
        """Run the functions of the last unit, and look whether all fits together."""
        self.conn.execute(history.ENTER)
        with self.watcher.over("functions"):
            ran, pruned = functions.apply(
                self.conn, self.source, unit.functions, unit.forget, prune=self.prune
            )
        if ran:
            self._require_transaction(begun, ran[-1][0])
        existing = history.routines(self.conn)
        if problems := catalogue_problems(self.source, existing, unit.forget):
            raise MigrateError(problems)
        bodies.check(self.conn, self.source)
        done = [(Applied(f.id, f.kind, f.name, time), f.label) for f, time in ran]
        return done, pruned

    def _set_limits(self) -> None:
        self.conn.execute(
            "select set_config('lock_timeout', %s, true),"
            " set_config('statement_timeout', %s, true),"
            " set_config('search_path', '', true)",
            (milliseconds(self.limits.lock_timeout), milliseconds(self.limits.statement_timeout)),
        )

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

    def _end(self, file: SqlFile | None) -> None:
        """Commit, or find out whether it would go and roll back."""
        try:
            if self.dry_run:
                self.conn.execute("set constraints all immediate")
            self.conn.execute("rollback" if self.dry_run else "commit")
        except psycopg.Error as exc:  # a deferred constraint speaks only now
            if file is None:
                raise
            raise script.ScriptError(file, exc) from exc

    def _run_outside(self, file: SqlFile) -> None:
        """One file that cannot run in a transaction."""
        connection.reset(self.conn)
        # Outside a transaction, each statement may meet another session.
        if {connection.backend_pid(self.conn) for _ in range(3)} != {self.lock_pid}:
            raise connection.refuse_pooler()
        timeout = milliseconds(self.limits.statement_timeout)
        with self.watcher.over(file.label):
            time = outside.run(self.conn, self.source, file, timeout, self.progress)
        self._tell(Applied(file.id, file.kind, file.name, time), file.label)

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
            code = SURROUNDINGS.get(failure.sqlstate, code)
            hint = connection.PRIVILEGE_HINT if code == "missing_privilege" else None
        return MigrateError([Problem(code, failure.file.id, message, hint)])


def milliseconds(seconds: float) -> str:
    """Write seconds as a server setting."""
    return str(round(seconds * 1000))
