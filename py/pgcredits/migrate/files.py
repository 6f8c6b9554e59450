"""The SQL files: where they are, what they are called, what they hold.

``sql/bootstrap.sql``                  roles, schemas, the runner's table; idempotent
``sql/migrations/NNNN_name.sql``       versioned: run once, in order, never edited
``sql/functions/api/NAME.sql``         repeatable: run again whenever the text changes
``sql/functions/private/NAME.sql``     the same, for helpers
``sql/functions/access.sql``           repeatable: run after the others, whenever one of them ran
``sql/verify/NNNN_name.sql``           run by `verify` and right after that number; rolled back

Anything else below ``sql/`` is left alone, like ``sql/schema.sql``, which is made from the others.
Everything here works without a database.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pgcredits.migrate import sqltext
from pgcredits.migrate.errors import MigrateError, Problem, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Kind = Literal["bootstrap", "versioned", "repeatable", "check"]

BOOTSTRAP_ID = "bootstrap.sql"
ACCESS_ID = "functions/access.sql"

_VERSIONED_NAME = re.compile(r"(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql")
_CHECK_ID = re.compile(rf"verify/{_VERSIONED_NAME.pattern}")
_FUNCTION_ID = re.compile(r"functions/(?:api|private)/[a-z][a-z0-9_]*\.sql|functions/access\.sql")
_DIRECTIVE = re.compile(r"--\s*migrate:\s*(.*?)\s*")
NO_TRANSACTION = "no-transaction"
_BLANKS = " \t\r\n\f\v"
_TRANSACTION_WORDS = frozenset(
    {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}
)


@dataclass(frozen=True)
class SqlFile:
    """One file. ``id`` is '0003' for a versioned file, else the path below the root."""

    id: str
    kind: Kind
    path: Path
    text: str = field(repr=False)
    """What is sent to the server and hashed: see `normalise`."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def label(self) -> str:
        """How people see it: '0003_payments' or 'functions/api/get_balance'."""
        return (self.name if self.kind == "versioned" else self.id).removesuffix(".sql")

    @property
    def shown_path(self) -> str:
        """The path as a terminal can open it: relative to the working directory if below it."""
        try:
            return str(self.path.relative_to(Path.cwd()))
        except ValueError:
            return str(self.path)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the normalised text in UTF-8, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def statements(self) -> list[sqltext.Statement]:
        """The top-level statements."""
        return sqltext.statements(self.text)

    @cached_property
    def directives(self) -> tuple[str, ...]:
        """What lines ``-- migrate: …`` before the first statement say to the runner."""
        head = self.text[: self.statements[0].start] if self.statements else self.text
        found = (_DIRECTIVE.fullmatch(line.strip()) for line in head.splitlines())
        return tuple(match[1] for match in found if match)

    @property
    def in_transaction(self) -> bool:
        """False for a file that cannot run in a transaction, and says so."""
        return NO_TRANSACTION not in self.directives

    @cached_property
    def defines(self) -> frozenset[str]:
        """Names ``schema.name`` of the routines that the file creates."""
        return sqltext.defined_routines(self.statements)


@dataclass(frozen=True)
class Source:
    """All files below one root, checked. Versioned files are in order and without gaps."""

    root: Path
    bootstrap: SqlFile
    versioned: tuple[SqlFile, ...]
    functions: tuple[SqlFile, ...]
    access: SqlFile | None
    checks: tuple[SqlFile, ...] = ()
    """Verify scripts, in order. They are never recorded, and iteration leaves them out."""

    def __iter__(self) -> Iterator[SqlFile]:
        yield self.bootstrap
        yield from self.versioned
        yield from self.functions
        if self.access:
            yield self.access

    @cached_property
    def by_id(self) -> dict[str, SqlFile]:
        """Each file by its id."""
        return {file.id: file for file in self}

    @cached_property
    def defines(self) -> frozenset[str]:
        """Names ``schema.name`` of all routines that some file creates."""
        return frozenset().union(*(file.defines for file in self))

    def checks_of(self, number: str) -> tuple[SqlFile, ...]:
        """Verify scripts of one versioned file."""
        return tuple(file for file in self.checks if file.path.name.startswith(f"{number}_"))

    @property
    def fingerprint(self) -> str:
        """What ``credits.schema_version()`` answers once exactly these files are applied."""
        lines = sorted(f"{file.id}:{file.checksum}\n" for file in self)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def sql_root() -> Path:
    """Find the SQL files: inside the installed package, else the checkout's ``sql``."""
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "sql", package.parents[1] / "sql"):
        if (candidate / BOOTSTRAP_ID).is_file():
            return candidate
    raise refuse("no_directory", f"no SQL files in {package / 'sql'}, nor in a checkout around it")


def fingerprint(root: Path | None = None) -> str:
    """SHA-256 over ids and checksums of all files: equal to the database's when it is current."""
    return discover(root).fingerprint


def discover(root: Path | None = None) -> Source:
    """Read and check all files below ``root`` (default: `sql_root`).

    Raises `MigrateError` with every problem found: bad names, duplicate numbers, gaps, files that
    are not UTF-8, psql commands, COPY FROM STDIN, transaction control, commands that cannot run in
    a transaction, and files without a transaction that hold more than one.
    """
    root = (root or sql_root()).resolve()
    files, problems = scan(root)
    if problems:
        raise MigrateError(problems)
    functions = [file for file in files if file.kind == "repeatable"]
    return Source(
        root=root,
        bootstrap=files[0],
        versioned=tuple(file for file in files if file.kind == "versioned"),
        functions=tuple(file for file in functions if file.id != ACCESS_ID),
        access=next((file for file in functions if file.id == ACCESS_ID), None),
        checks=tuple(file for file in files if file.kind == "check"),
    )


def scan(root: Path) -> tuple[list[SqlFile], list[Problem]]:
    """Read all files that can be read, bootstrap.sql first, and find what is wrong with them.

    Raises `MigrateError` where there is no bootstrap.sql.
    """
    if not (root / BOOTSTRAP_ID).is_file():
        raise refuse("no_directory", f"{root} has no {BOOTSTRAP_ID}")
    problems: list[Problem] = []

    def read(paths: Iterable[Path]) -> list[SqlFile]:
        found = (_read(root, path, problems) for path in sorted(paths))
        return [file for file in found if file is not None]

    bootstrap = read([root / BOOTSTRAP_ID])
    versioned = read(_entries(root / "migrations"))
    functions = read(path for path in (root / "functions").rglob("*") if path.is_file())
    checks = read(_entries(root / "verify"))
    files = [*bootstrap, *versioned, *functions, *checks]
    problems += _check_numbers(versioned)
    problems += _check_checks(checks, {file.id for file in versioned})
    problems += [problem for file in files for problem in _check(file)]
    return files, problems


def normalise(data: bytes) -> str:
    """Text without what editors and git change on their own.

    The byte order mark goes, CRLF becomes LF, blanks at the end of the file go. Raises ValueError
    for what is not UTF-8 or holds a NUL.
    """
    text = data.decode("utf-8-sig")
    if "\0" in text:
        raise ValueError("NUL character")
    return text.replace("\r\n", "\n").rstrip(_BLANKS)


def _entries(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []


def _read(root: Path, path: Path, problems: list[Problem]) -> SqlFile | None:
    """Read a file, or note why not and return None; hidden files and Markdown are left out."""
    relative = path.relative_to(root).as_posix()
    if path.name.startswith(".") or path.suffix == ".md":
        return None
    number = _VERSIONED_NAME.fullmatch(path.name)
    kind: Kind
    if relative == BOOTSTRAP_ID:
        kind, identity = "bootstrap", relative
    elif path.parent == root / "migrations" and number and path.is_file():
        kind, identity = "versioned", number[1]
    elif _FUNCTION_ID.fullmatch(relative):
        kind, identity = "repeatable", relative
    elif _CHECK_ID.fullmatch(relative) and path.is_file():
        kind, identity = "check", relative
    else:
        hint = (
            "what is read: migrations/NNNN_lower_case_name.sql, functions/api/NAME.sql,"
            " functions/private/NAME.sql, functions/access.sql and"
            " verify/NNNN_lower_case_name.sql"
        )
        problems.append(Problem("bad_name", relative, f"{path}: not a name for a file here", hint))
        return None
    try:
        text = normalise(path.read_bytes())
    except ValueError as exc:
        message = f"{path}: not UTF-8 text ({exc})"
        problems.append(Problem("not_text", identity, message, "save the file as UTF-8"))
        return None
    return SqlFile(identity, kind, path, text)


def _check_numbers(versioned: list[SqlFile]) -> Iterator[Problem]:
    """Numbers are 0001, 0002, 0003 … without gaps."""
    expected = 1
    previous: SqlFile | None = None
    for file in versioned:
        number = int(file.id)
        if previous and file.id == previous.id:
            message = f"two files have the number {file.id}: {previous.name} and {file.name}"
            hint = "give the newer one the next free number"
            yield Problem("duplicate_number", file.id, message, hint)
        elif number != expected:
            message = f"{file.name}: the next number would be {expected:04d}"
            hint = "numbers are consecutive, from 0001 on; was a file lost in a merge?"
            yield Problem("number_gap", file.id, message, hint)
        expected = number + 1
        previous = file


def _check_checks(checks: list[SqlFile], numbers: set[str]) -> Iterator[Problem]:
    """Each verify script belongs to a versioned file."""
    for file in checks:
        number = file.name[:4]
        if number not in numbers:
            message = f"{file.shown_path}: there is no migration {number}"
            yield Problem("bad_name", file.id, message, "it must have the number of a migration")


def _check(file: SqlFile) -> Iterator[Problem]:
    """Find what the server would answer with a riddle, or do behind the runner's back."""

    def problem(code: str, offset: int, message: str, hint: str) -> Problem:
        place = sqltext.place(file.text, offset)
        where = f"{file.shown_path}:{place.line}:{place.column}"
        return Problem(code, file.id, f"{where}: {message}\n{place.source}\n{place.caret}", hint)

    for kind, value, offset in sqltext.tokens(file.text):
        if kind == "symbol" and value == "\\":
            hint = (
                "psql's \\i, \\copy and pg_dump's \\restrict are no SQL: the file must be plain SQL"
            )
            yield problem("psql_command", offset, "a backslash command of psql", hint)
            break
    yield from _check_directives(file)
    for statement in file.statements:
        words = statement.tokens
        if words[0] == "copy" and ("from", "stdin") in pairwise(words):
            hint = "write the rows as INSERT … VALUES"
            yield problem("copy_from_stdin", statement.start, "COPY FROM STDIN has no data", hint)
        elif words[0] in _TRANSACTION_WORDS or words[:2] == ("prepare", "transaction"):
            hint = (
                "the runner opens and ends the transaction, so that the file and its record are one"
            )
            message = f"transaction control ({words[0]}) in a file"
            yield problem("transaction_control", statement.start, message, hint)
        elif file.in_transaction and (command := sqltext.outside_transaction(words)):
            message = f"{command} cannot run inside a transaction"
            hint = (
                "put it alone into a versioned file that begins with the line"
                f" -- migrate: {NO_TRANSACTION}"
            )
            yield problem("needs_no_transaction", statement.start, message, hint)


def _check_directives(file: SqlFile) -> Iterator[Problem]:
    for directive in file.directives:
        if directive != NO_TRANSACTION or file.kind != "versioned":
            message = f"{file.shown_path}: -- migrate: {directive} means nothing here"
            hint = f"what there is: -- migrate: {NO_TRANSACTION}, in versioned files"
            yield Problem("bad_directive", file.id, message, hint)
    if not file.in_transaction and len(file.statements) != 1:
        message = (
            f"{file.shown_path}: a file without a transaction holds exactly one statement,"
            f" this one {len(file.statements)}"
        )
        hint = "several would share one implicit transaction; give each a file of its own"
        yield Problem("not_one_statement", file.id, message, hint)
