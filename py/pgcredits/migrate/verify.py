"""`verify`: whether the database is still what the runner left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgcredits.migrate import catalogue, checks, connection, history, lock, security
from pgcredits.migrate.compare import compare
from pgcredits.migrate.errors import Problem, refuse
from pgcredits.migrate.files import discover
from pgcredits.migrate.repair import LOCK_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgcredits.migrate.catalogue import Drift
    from pgcredits.migrate.files import Source
    from pgcredits.migrate.report import Database, Item

_ACCEPT = "or if it is to stay: `verify --accept --reason …`"
_HINTS = {
    "changed": f"take the change back, or put it into a file and apply that, {_ACCEPT}",
    "added": f"drop it, {_ACCEPT}",
    "removed": f"bring it back, {_ACCEPT}",
}
# Goes without saying when the object itself is there or gone.
_PARTS = ("rights of ", "comment on ")


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` looked at, and every finding; none means that all is well."""

    database: Database
    objects: int
    """Objects whose digest is recorded."""
    scripts: tuple[str, ...]
    """Verify scripts that were run."""
    pending: tuple[Item, ...]
    """Files that `apply` would apply; they are no finding."""
    problems: tuple[Problem, ...]


def verify(dsn: str, *, root: Path | None = None) -> Verification:
    """Check history, catalogue, verify scripts and rights. Leaves nothing behind.

    History: recorded checksums against the files. Catalogue: every object against the digest that
    the last run stored. Scripts: ``verify/NNNN_*.sql`` of applied migrations, each rolled back.
    Rights: what must hold in any database. Raises `MigrateError` when it cannot look.
    """
    source = discover(root)
    with connection.connect(dsn) as conn:
        database = connection.describe(conn)
        connection.require_own_session(conn, dsn, writes=False)
        connection.reset(conn)
        snapshot = history.read(conn)
        if not snapshot.rows:
            message = f"pgcredits is not installed in {database.name}"
            missing = Problem("not_installed", None, message, "run `apply` first")
            return Verification(database, 0, (), (), (missing,))
        found = compare(source, snapshot)
        held = catalogue.compare(conn)
        scripts = [file for file in source.checks if file.name[:4] in snapshot.rows]
        problems = [
            *found.problems,
            *(_drift(source, held.drift) if held else [_no_record()]),
            *security.problems(conn),
            *checks.failures(conn, scripts),
        ]
        pending = tuple(item for item in found.items if item.is_pending)
        return Verification(
            database=database,
            objects=held.recorded if held else 0,
            scripts=tuple(file.id for file in scripts),
            pending=pending,
            problems=tuple(problems),
        )


def accept(
    dsn: str, reason: str, *, root: Path | None = None, lock_wait: float = 60.0
) -> Verification:
    """Record the catalogue as it is now, with a line in the log for each object that differs.

    Then `verify`. For changes by hand that are to stay, like an index of one's own. ``lock_wait``:
    seconds to wait for a runner. Raises `MigrateError`; then nothing is recorded.
    """
    if not reason.strip():
        raise refuse("no_reason", "accepting a change needs a reason: it is kept in the log")
    discover(root)
    with connection.connect(dsn) as conn:
        connection.require_own_session(conn, dsn)
        connection.reset(conn)
        with lock.held(conn, lock_wait), conn.transaction():
            conn.execute(LOCK_TIMEOUT)
            held = catalogue.compare(conn)
            for entry in held.drift if held else ():
                history.note_accepted(conn, entry.object, reason)
            if held:
                catalogue.store(conn, None)
    return verify(dsn, root=root)


def _no_record() -> Problem:
    message = "no fingerprint of the catalogue is stored: changes by hand cannot be seen"
    return Problem("no_fingerprint", None, message, "the next `apply` of a file stores it")


def _drift(source: Source, drift: tuple[Drift, ...]) -> Iterator[Problem]:
    whole = {entry.object: entry.change for entry in drift}
    for entry in drift:
        thing = next(
            (entry.object.removeprefix(part) for part in _PARTS if entry.object.startswith(part)),
            None,
        )
        if thing and whole.get(thing) in {"added", "removed"}:
            continue
        was = "were" if entry.object.startswith("rights") else "was"
        message = f"{entry.object} {was} {entry.change} by hand since the last apply"
        yield Problem(f"object_{entry.change}", entry.object, message, _hint(source, entry))


def _hint(source: Source, entry: Drift) -> str:
    """Say how to get it back: for a function there is a file."""
    words = entry.object.split("(")[0].split()
    name = words[-1]
    file = next((file for file in source.functions if name in file.defines), None)
    if file is None or entry.change == "added":
        return _HINTS[entry.change]
    if words[0] == "rights":
        return "`repair --mark-pending functions/access.sql` and `apply` bring them back"
    return f"`repair --mark-pending {file.id}` and `apply` bring the file's text back"
