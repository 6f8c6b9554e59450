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
from pgcredits.migrate.report import Applied, Done
from pgcredits.migrate.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgcredits.migrate.compare import Unit
    from pgcredits.migrate.connection import Connection
    from pgcredits.migrate.files import Source, SqlFile
    from pgcredits.migrate.report import TableLock
    from pgcredits.migrate.session import Limits
    from pgcredits.migrate.watch import Watcher

TRY_AGAIN = frozenset({"55P03", "40P01"})
"""Lock not available, deadlock: somebody was in the way."""

# Roles belong to the whole cluster: a run in another database may create them at the same moment.
_BOOTSTRAP_TRY_AGAIN = TRY_AGAIN | {"23505", "42710", "XX000"}

# What bootstrap.sql says about the server that it finds.
SURROUNDINGS = {"42501": "missing_privilege", "55000": "unsuitable_database"}


@dataclass(slots=True)
class Runner:
    """One run. What is committed is in ``done`` at once, whatever ends the run later."""

    conn: Connection
    lock_pid: int
    source: Source
    limits: Limits
    progress: Callable[[str], None]
    watcher: Watcher
    prune: bool = False
    dry_run: bool = False
    done: Done = field(default_factory=Done)
    _session: Session = field(init=False)
    _known: frozenset[int] = frozenset()
    _held: set[TableLock] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._session = Session(self.conn, self.limits)

    def run(self, batches: Sequence[Sequence[Unit]]) -> None:
        """Apply each batch in one transaction, in order.

        A file that cannot run in a transaction must be the only one of its batch.
        """
        self._known = tables.existing(self.conn)
        for batch in batches:
            first = batch[0].file
            if first and not first.in_transaction:
                self._run_outside(first)
            else:
                self._persist(batch)

    def _persist(self, batch: Sequence[Unit]) -> None:
        """One batch, again from its start while somebody is in the way."""
        files = [unit.file for unit in batch if unit.file]
        has_bootstrap = any(file.kind == "bootstrap" for file in files)
        again = _BOOTSTRAP_TRY_AGAIN if has_bootstrap else TRY_AGAIN
        label = files[-1].label if files else "functions"
        attempt = 1
        while True:
            try:
                self._transact(batch)
            except (script.ScriptError, psycopg.Error) as failure:
                if failure.sqlstate not in again or attempt >= self.limits.tries:
                    raise self._explain(failure, label, attempt) from failure
                pause = 0.25 * 2 ** min(attempt, 6) * random.uniform(0.5, 1.0)  # noqa: S311
                if isinstance(failure, script.ScriptError):
                    name, diag = failure.file.label, failure.error.diag
                else:
                    name, diag = label, failure.diag
                self.progress(f"retry {name} in {pause:.1f} s: {diag.message_primary}")
                time.sleep(pause)
                attempt += 1
            else:
                return

    def _transact(self, batch: Sequence[Unit]) -> None:
        """One batch in one transaction, with its rows."""
        applied: list[tuple[Applied, str]] = []
        pruned: list[str] = []
        file, begun, is_ending = None, "", False
        try:
            begun = self._begin()
            before = catalogue.before(self.conn)
            for unit in batch:
                if unit.file:
                    file = unit.file
                    applied.append((self._run_file(file, begun), file.label))
                    checks.run_within(self._session, self.source.checks_of(file.id))
                if unit.is_last:
                    ran, dropped = self._run_last(unit, begun)
                    applied += ran
                    pruned += dropped
            self._session.for_runner(history.ENTER)
            catalogue.store(self.conn, before)
            is_ending = True
            self._end(file)
            self._keep(applied, pruned)
        except BaseException:
            with suppress(psycopg.Error):
                self.conn.execute("rollback")
                # A signal may come just after the server has committed.
                if is_ending and self._is_committed(begun):
                    self._keep(applied, pruned)
            raise
        for item, name in applied:
            self._tell(item, name)
        for routine in pruned:
            self.progress(f"{'would drop' if self.dry_run else 'dropped'} {routine}")

    def _keep(self, applied: Sequence[tuple[Applied, str]], pruned: Sequence[str]) -> None:
        """Note what is committed; twice is as good as once."""
        self.done.applied += [item for item, _ in applied if item not in self.done.applied]
        self.done.pruned += [routine for routine in pruned if routine not in self.done.pruned]

    def _tell(self, applied: Applied, label: str) -> None:
        verb = "would apply" if self.dry_run else "ok"
        locks = ", ".join(map(str, applied.locks))
        self.progress(
            f"{verb} {label} {applied.execution_ms} ms{f' (locks: {locks})' if locks else ''}"
        )

    def _begin(self) -> str:
        """Open the transaction with its settings, and return its id."""
        # A pooler that goes round its sessions shows one of these two another one.
        before = connection.backend_pid(self.conn)
        self.conn.execute("begin")
        if {before, connection.backend_pid(self.conn)} != {self.lock_pid}:
            raise connection.refuse_pooler()
        self._held = set()
        self._session.for_runner()
        return self._transaction_id()

    def _run_file(self, file: SqlFile, begun: str) -> Applied:
        """Run one bootstrap or versioned file, and record it."""
        self._session.for_file(*([] if file.kind == "bootstrap" else [history.ENTER]))
        with self.watcher.over(file.label):
            time = script.run(self.conn, file)
        self._require_transaction(begun, file)
        self._session.for_runner()
        locks = [x for x in tables.locked(self.conn, self._known) if x not in self._held]
        self._held.update(locks)
        self.conn.execute(history.ENTER)
        history.record(self.conn, file, time)
        return Applied(file.id, file.kind, file.name, time, tuple(locks))

    def _run_last(self, unit: Unit, begun: str) -> tuple[list[tuple[Applied, str]], list[str]]:
        """Run the functions of the last unit, and look whether all fits together."""
        self._session.for_runner(history.ENTER)
        with self.watcher.over("functions"):
            ran, pruned = functions.apply(
                self._session, self.source, unit.functions, unit.forget, prune=self.prune
            )
        if ran:
            self._require_transaction(begun, ran[-1][0])
        existing = history.routines(self.conn)
        if problems := catalogue_problems(self.source, existing, unit.forget):
            raise MigrateError(problems)
        bodies.check(self.conn, self.source)
        done = [(Applied(f.id, f.kind, f.name, time), f.label) for f, time in ran]
        return done, pruned

    def _transaction_id(self) -> str:
        row = self.conn.execute("select pg_catalog.pg_current_xact_id()::text").fetchone()
        return str(row[0]) if row else ""

    def _is_committed(self, transaction: str) -> bool:
        query = "select pg_catalog.pg_xact_status(%s::xid8) = 'committed'"
        row = self.conn.execute(query, (transaction,)).fetchone()
        return bool(row and row[0])

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

        def recorded(time: int) -> None:
            self.done.applied.append(Applied(file.id, file.kind, file.name, time))

        with self.watcher.over(file.label):
            outside.run(self._session, self.source, file, self.progress, recorded)
        self._tell(self.done.applied[-1], file.label)

    def _explain(
        self, failure: script.ScriptError | psycopg.Error, label: str, attempt: int
    ) -> Exception:
        """Say what the user can do; errors of the runner's own statements are left to others."""
        tries = "1 try" if attempt == 1 else f"{attempt} tries"
        if not isinstance(failure, script.ScriptError):
            if failure.sqlstate not in TRY_AGAIN or self.conn.closed:
                return failure
            message = f"gave up after {tries}: {label}: {failure.diag.message_primary}"
            return refuse("lock_timeout", message, hint=connection.BUSY_HINT)
        if self.conn.closed:
            return refuse(
                "connection_lost",
                f"the connection was lost in {failure.file.label}: {str(failure).strip()}",
                id=failure.file.id,
                hint=connection.LOST_HINT,
            )
        message, hint, code = failure.describe(), None, "migration_failed"
        if failure.sqlstate in TRY_AGAIN:
            code, hint = "lock_timeout", connection.BUSY_HINT
            message = f"gave up after {tries}: {message}"
        elif failure.file.kind == "bootstrap":
            code = SURROUNDINGS.get(failure.sqlstate, code)
            hint = connection.PRIVILEGE_HINT if code == "missing_privilege" else None
        return MigrateError([Problem(code, failure.file.id, message, hint)])
