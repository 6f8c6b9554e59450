"""What the runner answers: frozen records with a JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pgcredits.migrate.errors import OK, Problem, exit_code_of

if TYPE_CHECKING:
    from datetime import datetime

State = Literal[
    "applied",  # recorded with the text that the file has
    "pending",  # never applied
    "changed",  # repeatable or bootstrap: the text is another one, it will be applied again
    "dropped",  # repeatable: its function is gone from the database, it will be applied again
    "removed",  # repeatable: recorded, but there is no such file any more
    "edited",  # versioned: the text is another one than what was applied; refused
    "missing",  # versioned: recorded, but there is no such file; refused
    "ahead",  # versioned: recorded, and newer than every file; refused
    "out of order",  # versioned: never applied, although later ones were; refused
    "unfinished",  # recorded as started or failed; refused
]


@dataclass(frozen=True, slots=True)
class Database:
    """Where the runner is connected; never a password."""

    name: str
    host: str
    port: int
    user: str
    server_version: str

    def __str__(self) -> str:
        return f"{self.name} on {self.host}:{self.port} (PostgreSQL {self.server_version})"


@dataclass(frozen=True, slots=True)
class Item:
    """A file or a recorded row, and how the two compare."""

    id: str
    kind: str
    name: str
    state: State
    applied_at: datetime | None = None
    execution_ms: int | None = None

    @property
    def is_pending(self) -> bool:
        """Whether `apply` has something to do for it."""
        return self.state in {"pending", "changed", "dropped", "removed"}


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction: labels of its files in order, and of files whose record is deleted."""

    files: tuple[str, ...]
    forgotten: tuple[str, ...] = ()
    in_transaction: bool = True
    """False: one file that cannot run in a transaction."""


@dataclass(frozen=True, slots=True)
class TableLock:
    """A lock that a file held on a table that was there before it, until its commit."""

    oid: int
    table: str
    mode: str
    """As in PostgreSQL's documentation, without spaces and without "Lock": 'AccessExclusive'."""
    rows: int | None
    """The planner's estimate; None when the table was never analysed."""

    def __str__(self) -> str:
        return f"{self.mode} {self.table}" + ("" if self.rows is None else f" ~{self.rows} rows")


@dataclass(frozen=True, slots=True)
class Applied:
    """A file that ran. ``execution_ms`` is the time of its statements, without the commit."""

    id: str
    kind: str
    name: str
    execution_ms: int
    locks: tuple[TableLock, ...] = ()
    """Of a versioned file; reads (AccessShare) are left out."""


@dataclass(slots=True)
class Done:
    """What a run has committed so far, in order; of a dry run, what it would have.

    It grows while the run goes on, so that it is right whatever ends the run, a signal too.
    """

    applied: list[Applied] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Status:
    """How files and database compare, in the order in which files are applied."""

    database: Database
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]

    @property
    def pending(self) -> tuple[Item, ...]:
        """What `apply` would do something about."""
        return tuple(item for item in self.items if item.is_pending)

    @property
    def is_current(self) -> bool:
        """Nothing pending and nothing wrong."""
        return not self.pending and not self.problems


@dataclass(frozen=True, slots=True)
class Plan:
    """What `apply` would do; with problems it would refuse, and ``steps`` is empty."""

    database: Database
    steps: tuple[Step, ...]
    pending: tuple[Item, ...]
    problems: tuple[Problem, ...]
    sql: str
    """The same as one script for psql; empty when there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `apply` did; nothing in ``applied`` means that the database was current."""

    database: Database
    applied: tuple[Applied, ...]
    fingerprint: str
    pruned: tuple[str, ...] = ()
    """Signatures of functions that were dropped because no file defines them."""
    left: tuple[Item, ...] = ()
    """Files that are still pending: those after ``to``, or that a dry run cannot run."""
    dry_run: bool = False
    """Nothing was kept: ``applied`` and ``pruned`` say what would have been done."""


def document(
    command: str,
    *,
    database: Database | None = None,
    exit_code: int | None = None,
    problems: tuple[Problem, ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """Build the JSON document of a command: one outline for success and failure."""
    code = exit_code_of(problems) if exit_code is None else exit_code
    return {
        "command": command,
        "ok": code == OK,
        "exit_code": code,
        "database": asdict(database) if database else None,
        **more,
        "problems": [asdict(problem) for problem in problems],
    }
