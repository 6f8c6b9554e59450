"""``pgcredits migrate``: apply, status and plan, for people and for CI jobs.

The result goes to stdout, progress and complaints to stderr. Needs psycopg and click alone.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pgcredits import migrate as runner
from pgcredits.migrate import terminal
from pgcredits.migrate.connection import resolve
from pgcredits.migrate.errors import (
    INTERRUPTED,
    OK,
    PENDING,
    TERMINATED,
    UNEXPECTED,
    MigrateError,
    Problem,
    exit_code_of,
)
from pgcredits.migrate.report import Applied, Item, document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """'500ms', '2s', '1min' or a bare number of seconds, as seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|)", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a duration like 500ms, 2s or 1min", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True, slots=True)
class Common:
    """Options that stand before or after the command's name."""

    dsn: str | None = None
    directory: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    def progress(self, line: str) -> None:
        """One line of progress to stderr."""
        if not self.quiet:
            terminal.say(line)


class _Terminated(KeyboardInterrupt):
    """SIGTERM; the driver cancels the running statement as for Ctrl-C."""


_COMMON = (
    click.option(
        "--dsn", metavar="DSN", help="Database, else MIGRATION_DATABASE_URL or DATABASE_URL."
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
def _exit_codes(common: Common, command: str) -> Iterator[None]:
    """Turn every way to fail into its exit code, with a text or a JSON document."""
    try:
        with _sigterm_as_interrupt():
            yield
    except MigrateError as exc:
        for problem in exc.problems:
            terminal.complain(problem)
        _finish(common, command, exc.exit_code, applied=exc.applied, problems=exc.problems)
    except (KeyboardInterrupt, click.Abort) as exc:
        code = TERMINATED if isinstance(exc, _Terminated) else INTERRUPTED
        terminal.say("interrupted; the file that was running has been rolled back")
        _finish(common, command, code)
    except (click.ClickException, click.exceptions.Exit):
        raise
    except Exception as exc:
        terminal.say(f"unexpected error: {type(exc).__name__}: {exc}")
        if common.verbose:
            traceback.print_exception(exc)
        _finish(common, command, UNEXPECTED)


def _finish(
    common: Common,
    command: str,
    code: int,
    *,
    applied: Sequence[Applied] = (),
    problems: tuple[Problem, ...] = (),
) -> NoReturn:
    if common.as_json:
        rows = [asdict(item) for item in applied]
        _print_json(document(command, exit_code=code, applied=rows, problems=problems))
    click.get_current_context().exit(code)


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise _Terminated

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, indent=2, default=str))


def _common(function: Callable[..., None]) -> Callable[..., None]:
    """Add the common options, passed on as ``common``; errors become exit codes."""

    @wraps(function)
    def with_common(
        *,
        dsn: str | None,
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
            directory=directory or outer.directory,
            as_json=as_json or outer.as_json,
            quiet=quiet or outer.quiet,
            verbose=verbose or outer.verbose,
        )
        with _exit_codes(common, ctx.info_name or "migrate"):
            function(common, **options)

    decorated: Callable[..., None] = with_common
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated


@click.group(invoke_without_command=True)
@click.option("--yes", is_flag=True, help="Without a command: apply, and do not ask.")
@_common
def migrate(common: Common, *, yes: bool) -> None:
    """Bring a database up to the SQL files, or see what that would do.

    Without a command: apply; on a terminal the plan is shown first, and you are asked.

    \b
    Exit codes
      0    done, or nothing to do
      1    unexpected error: a bug
      2    wrong usage, or files that cannot be used
      3    --check: something is pending
      4    files and database do not fit together: somebody has to look
      5    somebody is in the way: nothing changed, try again
      6    a file failed and was rolled back
      7    part of a file may be permanent: somebody has to look
      8    no connection, wrong server, missing rights, transaction pooler
      130  Ctrl-C; 143 SIGTERM: the file that was running was rolled back
    """  # noqa: D301 -- click wants the backspace itself
    if click.get_current_context().invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and not yes:
        if common.as_json:
            raise click.UsageError("--json without a command needs --yes")
        planned = runner.plan(_dsn(common), root=common.directory)
        terminal.show_plan(planned)
        if planned.problems:
            click.get_current_context().exit(exit_code_of(planned.problems))
        if not planned.pending:
            return
        click.confirm("Apply?", abort=True, err=True)
    _apply(common, {})


@migrate.command("apply")
@click.option("--lock-wait", type=Duration(), help="Wait for another runner. [default: 60s]")
@click.option(
    "--lock-timeout",
    type=Duration(),
    help="Longest wait for somebody's lock before the file is tried again. [default: 2s]",
)
@click.option("--statement-timeout", type=Duration(), help="For one statement. [default: none]")
@click.option("--tries", type=click.IntRange(min=1), help="How often in all. [default: 5]")
@_common
def apply_command(common: Common, **limits: Any) -> None:
    """Apply all pending files, one transaction after the other."""
    _apply(common, limits)


@migrate.command("status")
@click.option("--check", is_flag=True, help="Exit code 3 when files are pending, 4 when refused.")
@_common
def status_command(common: Common, *, check: bool) -> None:
    """Show every file and whether it is applied. Takes no locks."""
    found = runner.status(_dsn(common), root=common.directory)
    code = _check(found.problems, found.pending) if check else OK
    if common.as_json:
        items, pending = map(asdict, found.items), map(asdict, found.pending)
        _print_json(
            document(
                "status",
                database=found.database,
                exit_code=code,
                files=[*items],
                pending=[*pending],
                problems=found.problems,
            )
        )
    else:
        terminal.show_status(found)
    click.get_current_context().exit(code)


@migrate.command("plan")
@click.option("--sql", "as_sql", is_flag=True, help="Print one script that psql can run.")
@click.option("--check", is_flag=True, help="Exit code 3 when files are pending.")
@_common
def plan_command(common: Common, *, as_sql: bool, check: bool) -> None:
    """Show what apply would do, one line a transaction. Takes no locks."""
    if as_sql and common.as_json:
        raise click.UsageError("--sql and --json exclude each other")
    found = runner.plan(_dsn(common), root=common.directory)
    code = _check(found.problems, found.pending if check else ())
    if common.as_json:
        _print_json(
            document(
                "plan",
                database=found.database,
                exit_code=code,
                steps=[asdict(step) for step in found.steps],
                pending=[asdict(item) for item in found.pending],
                problems=found.problems,
            )
        )
    elif as_sql:
        terminal.show_sql(found)
    else:
        terminal.show_plan(found)
    click.get_current_context().exit(code)


def _apply(common: Common, limits: dict[str, Any]) -> None:
    given = {name: value for name, value in limits.items() if value is not None}
    report = runner.apply(_dsn(common), root=common.directory, on_progress=common.progress, **given)
    if common.as_json:
        applied = [asdict(item) for item in report.applied]
        _print_json(
            document(
                "apply",
                database=report.database,
                applied=applied,
                pending=[],
                fingerprint=report.fingerprint,
            )
        )
    else:
        terminal.show_report(report)


def _check(problems: tuple[Problem, ...], pending: tuple[Item, ...]) -> int:
    return exit_code_of(problems) or (PENDING if pending else OK)


def _dsn(common: Common) -> str:
    dsn, origin = resolve(common.dsn, os.environ)
    if common.verbose:
        terminal.say(f"database from {origin}")
    return dsn


if __name__ == "__main__":
    migrate()
