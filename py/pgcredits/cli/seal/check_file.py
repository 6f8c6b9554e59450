"""`pgcredits seal check`: whether the ledger still is the one whose seals were exported."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.cli.interrupts import Terminated, interruptible
from pgcredits.cli.jobs import INTERRUPTED, TERMINATED
from pgcredits.cli.seal import heads
from pgcredits.cli.verify import screen
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Iterator

FOUND, FAILED = 1, 2


class _Failure(click.ClickException):
    """Nobody knows whether the ledger has been changed."""

    exit_code = FAILED


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--page-size",
    type=click.IntRange(1, 1000),
    envvar="PGCREDITS_SEAL_PAGE_SIZE",
    show_envvar=True,
    default=100,
    show_default=True,
    help="Accounts in one transaction.",
)
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of a role that is a member of credits_reader or credits_admin.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON lines: an object for each finding, and the summary last.",
)
@click.pass_context
def check(
    ctx: click.Context, *, file: Path, page_size: int, database_url: str, as_json: bool
) -> None:
    """Check every account of FILE, which `seal export` wrote, against the ledger as it is now.

    Entries are hashed again up to the end of each chain, and the chain must go through the
    exported seal. Reads in short read-only transactions; a standby will do.

    Exit codes: 0 nothing was changed, 1 something was, 2 wrong use, a file that is not whole, no
    connection, or a run that did not come to its end; 130 and 143 interrupted.
    """
    done = found = 0
    try:
        total = heads.count(file)
        with (
            interruptible(),
            db.connect(database_url, application_name="pgcredits seal check") as conn,
            screen.choose(as_json=as_json) as shown,
        ):
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            conn.read_only = True
            for page in _pages(file, page_size):
                with conn.transaction():
                    findings = rpc.verify_seals(conn, [asdict(head) for head in page])
                done += len(page)
                found += len(findings)
                shown.show([asdict(finding) for finding in findings])
                shown.progress(done, total)
            shown.end(done, done, found)
    except heads.MalformedError as exc:
        raise _Failure(f"{file}: {exc}") from None
    except OSError as exc:
        raise _Failure(f"cannot read {file}: {exc.strerror}") from None
    except CreditsError as exc:
        raise _Failure(f"{exc.sqlstate} {exc}") from None
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as exc:
        raise _Failure(f"{explain(exc)}; has `pgcredits migrate apply` been run here?") from None
    except psycopg.Error as exc:
        raise _Failure(explain(exc)) from None
    except KeyboardInterrupt as exc:
        click.echo("interrupted; not every account has been checked", err=True)
        ctx.exit(TERMINATED if isinstance(exc, Terminated) else INTERRUPTED)
    ctx.exit(FOUND if found else 0)


def _pages(file: Path, size: int) -> Iterator[list[heads.Head]]:
    rows = heads.read(file)
    while page := list(islice(rows, size)):
        yield page
