"""What all commands of ``pgcredits migrate`` share: options, exit codes, the JSON document."""

from __future__ import annotations

import json
import os
import re
import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pgcredits.cli.interrupts import Terminated, interruptible
from pgcredits.migrate import terminal
from pgcredits.migrate.connection import as_role, resolve, target
from pgcredits.migrate.errors import (
    OK,
    PENDING,
    MigrateError,
    Problem,
    exit_code_of,
)
from pgcredits.migrate.report import Done, Item, document
from pgcredits.migrate.session import ALLOWED, is_allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """'500ms', '2s', '1min' or a bare number of seconds, as seconds.

    With ``is_setting`` it must be a timeout that the server can take.
    """

    name = "duration"

    def __init__(self, *, is_setting: bool = False) -> None:
        self._is_setting = is_setting

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|)", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a duration like 500ms, 2s or 1min", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if self._is_setting and not is_allowed(seconds):
            self.fail(f"{value!r} is not {ALLOWED}", param, ctx)
        return seconds


@dataclass(frozen=True, slots=True)
class Common:
    """Options that stand before or after the command's name."""

    dsn: str | None = None
    role: str | None = None
    directory: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    done: Done = field(default_factory=Done)
    """What the command has committed, for the document of a command that fails."""

    def progress(self, line: str) -> None:
        """One line of progress to stderr."""
        if not self.quiet:
            terminal.say(line)


_COMMON = (
    click.option(
        "--dsn",
        metavar="DSN",
        help="Database, else MIGRATION_DATABASE_URL, DATABASE_URL, or SUPABASE_PROJECT_REF with"
        " SUPABASE_DB_PASSWORD.",
    ),
    click.option(
        "--role",
        metavar="ROLE",
        envvar="PGCREDITS_ROLE",
        show_envvar=True,
        help="Act as this role, of which the login is a member: where the login itself has not the"
        " rights to create roles and schemas.",
    ),
    click.option(
        "--directory",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        envvar="PGCREDITS_SQL",
        show_envvar=True,
        help="Directory of SQL files instead of the one that ships with pgcredits.",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="No progress on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="Tracebacks of unexpected errors."),
)


@contextmanager
def exit_codes(common: Common, command: str) -> Iterator[None]:
    """Turn every way to fail into its exit code, with a text or a JSON document."""
    try:
        with interruptible():
            yield
    except MigrateError as exc:
        for problem in exc.problems:
            terminal.complain(problem)
        _finish(common, command, *exc.problems)
    except click.Abort:
        terminal.say("stopped: nothing was changed")
        _finish(common, command, Problem("interrupted", None, "stopped: nothing was changed"))
    except KeyboardInterrupt as exc:
        notes = getattr(exc, "__notes__", ["what was not committed has been rolled back"])
        message = "\n".join(["interrupted", *notes])
        terminal.say(message)
        code = "terminated" if isinstance(exc, Terminated) else "interrupted"
        _finish(common, command, Problem(code, None, message))
    except (click.ClickException, click.exceptions.Exit):
        raise
    except Exception as exc:
        message = f"unexpected error: {type(exc).__name__}: {exc}"
        terminal.say(message)
        if common.verbose:
            traceback.print_exception(exc)
        _finish(common, command, Problem("unexpected", None, message))


def _finish(common: Common, command: str, *problems: Problem) -> NoReturn:
    """End a command that failed, with what it had committed before."""
    if common.as_json:
        applied = [asdict(item) for item in common.done.applied]
        pruned = common.done.pruned
        print_json(document(command, problems=problems, applied=applied, pruned=pruned))
    click.get_current_context().exit(exit_code_of(problems))


def print_json(value: dict[str, Any]) -> None:
    """Print the one document of a ``--json`` run."""
    click.echo(json.dumps(value, indent=2, default=str))


def common_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the common options, passed on as ``common``; errors become exit codes."""

    @wraps(function)
    def with_common(
        *,
        dsn: str | None,
        role: str | None,
        directory: Path | None,
        as_json: bool,
        quiet: bool,
        verbose: bool,
        **options: Any,
    ) -> None:
        ctx = click.get_current_context()
        outer = ctx.find_object(Common) or Common()
        ctx.obj = common = Common(
            dsn=dsn or outer.dsn,
            role=role or outer.role,
            directory=directory or outer.directory,
            as_json=as_json or outer.as_json,
            quiet=quiet or outer.quiet,
            verbose=verbose or outer.verbose,
        )
        with exit_codes(common, ctx.info_name or "migrate"):
            function(common, **options)

    decorated: Callable[..., None] = with_common
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated


def check_code(problems: tuple[Problem, ...], pending: tuple[Item, ...]) -> int:
    """Exit code of a command that looked: of the problems, else 3 when something is pending."""
    return exit_code_of(problems) or (PENDING if pending else OK)


def dsn_of(common: Common) -> str:
    """Choose the connection string, and say where it came from unless it was given by hand."""
    dsn, origin = resolve(common.dsn, os.environ)
    if common.verbose or origin != "--dsn":
        common.progress(f"database from {origin}: {target(dsn)}")
    return as_role(dsn, common.role) if common.role else dsn
