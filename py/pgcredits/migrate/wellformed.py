"""What is wrong with files that can be read: their numbers, and what they hold.

It is found before anything runs: what the server would answer with a riddle, what would escape the
transaction of its file, and what cannot run in one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pgcredits.migrate import sqltext
from pgcredits.migrate.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits.migrate.files import SqlFile

NO_TRANSACTION = "no-transaction"
"""The directive of a file that cannot run in a transaction."""

_TRANSACTION_WORDS = frozenset(
    {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}
)


def check_numbers(versioned: list[SqlFile]) -> Iterator[Problem]:
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


def check_numbers_of_scripts(checks: list[SqlFile], numbers: set[str]) -> Iterator[Problem]:
    """Each verify script belongs to a versioned file."""
    for file in checks:
        number = file.name[:4]
        if number not in numbers:
            message = f"{file.shown_path}: there is no migration {number}"
            yield Problem("bad_name", file.id, message, "it must have the number of a migration")


def check(file: SqlFile) -> Iterator[Problem]:
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
