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
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pgcredits.migrate import sqltext, wellformed
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
_BLANKS = " \t\r\n\f\v"


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
        return wellformed.NO_TRANSACTION not in self.directives

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
    problems += wellformed.check_numbers(versioned)
    problems += wellformed.check_numbers_of_scripts(checks, {file.id for file in versioned})
    problems += [problem for file in files for problem in wellformed.check(file)]
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
