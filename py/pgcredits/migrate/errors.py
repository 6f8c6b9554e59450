"""What can be wrong, in words of our own, and the exit code that tells a CI job what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgcredits.migrate.report import Applied

OK = 0
UNEXPECTED = 1
PENDING = 3
INTERRUPTED = 130
TERMINATED = 143

EXIT_CODES = {
    # 1: a bug
    "unexpected": UNEXPECTED,
    # 2: the command line or the directory of migrations; found before connecting
    "no_database_given": 2,
    "bad_dsn": 2,
    "usage": 2,
    "bad_limit": 2,
    "no_directory": 2,
    "bad_name": 2,
    "duplicate_number": 2,
    "number_gap": 2,
    "not_text": 2,
    "psql_command": 2,
    "copy_from_stdin": 2,
    "transaction_control": 2,
    "needs_no_transaction": 2,
    "not_one_statement": 2,
    "bad_directive": 2,
    # 2: what was asked for does not fit what is pending
    "not_in_one_transaction": 2,
    "no_reason": 2,
    # 2: what `lint` finds besides
    "enum_value": 2,
    "set_without_local": 2,
    "definer_without_path": 2,
    "create_without_replace": 2,
    # 2: what `bundle` and `new` cannot do
    "not_in_bundle": 2,
    "no_such_migration": 2,
    "no_such_file": 2,
    "not_writable": 2,
    # 4: the files and the database tell different stories; somebody has to look
    "file_edited": 4,
    "file_missing": 4,
    "out_of_order": 4,
    "database_ahead": 4,
    "leftover_function": 4,
    "second_signature": 4,
    "cannot_repair": 4,
    "cannot_baseline": 4,
    # 4: what `verify` finds
    "not_installed": 4,
    "no_fingerprint": 4,
    "object_changed": 4,
    "object_added": 4,
    "object_removed": 4,
    "verify_failed": 4,
    "search_path_not_pinned": 4,
    "execute_granted": 4,
    "table_exposed": 4,
    "wrong_owner": 4,
    "no_row_security": 4,
    "powerful_role": 4,
    # 5: try again later; the database is unchanged
    "lock_held": 5,
    "lock_timeout": 5,
    # 6: a file failed and was rolled back
    "migration_failed": 6,
    # 7: part of a file may be permanent
    "half_applied": 7,
    "no_transaction_failed": 7,
    # 8: the surroundings
    "cannot_connect": 8,
    "connection_lost": 8,
    "server_too_old": 8,
    "missing_privilege": 8,
    "unsuitable_database": 8,
    "read_only_server": 8,
    "transaction_pooler": 8,
    # 130 and 143: somebody has stopped us
    "interrupted": INTERRUPTED,
    "terminated": TERMINATED,
}
"""Exit code of each problem code."""

_MOST_SEVERE_FIRST = (7, 4, 6, 8, 5, 2, INTERRUPTED, TERMINATED, UNEXPECTED)


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason not to go on. ``id`` is the file it is about, or None."""

    code: str
    id: str | None
    message: str
    hint: str | None = None

    @property
    def exit_code(self) -> int:
        """Exit code of section "exit codes" in the documentation of the runner."""
        return EXIT_CODES[self.code]

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  hint: {self.hint}"


class MigrateError(Exception):
    """The runner stopped. ``problems`` is never empty.

    ``applied`` are the files that were committed before it stopped, ``pruned`` the functions that
    were dropped.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
        self.applied: tuple[Applied, ...] = ()
        self.pruned: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The most severe exit code among the problems."""
        return exit_code_of(self.problems)


def exit_code_of(problems: Sequence[Problem]) -> int:
    """Choose the most severe exit code among ``problems``; 0 when there are none."""
    codes = {problem.exit_code for problem in problems}
    return next((code for code in _MOST_SEVERE_FIRST if code in codes), OK)


def refuse(
    code: str,
    message: str,
    *,
    id: str | None = None,  # noqa: A002 -- the name of the field
    hint: str | None = None,
) -> MigrateError:
    """Make a `MigrateError` about one problem."""
    return MigrateError([Problem(code, id, message, hint)])


def repair_hint(file_id: str) -> str:
    """Say how to go on after a file that could not be rolled back."""
    return (
        "look at what it left, then say what is true: `pgcredits migrate repair --mark-pending"
        f" {file_id} --reason …` and `apply` runs it again; `… repair --mark-applied {file_id}"
        " --reason …` if its work is done"
    )
