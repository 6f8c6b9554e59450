"""`pgcredits verify` itself: pages of accounts, each in a short transaction of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.cli.interrupts import Terminated, interruptible
from pgcredits.cli.times import Since
from pgcredits.cli.verify import screen
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

FOUND, FAILED, INTERRUPTED, TERMINATED = 1, 2, 130, 143


class _Failure(click.ClickException):
    """Nobody knows whether there is anything to find."""

    exit_code = FAILED


@click.command()
@click.option(
    "--account",
    metavar="ID",
    envvar="PGCREDITS_VERIFY_ACCOUNT",
    show_envvar=True,
    help="Only this account.",
)
@click.option(
    "--since",
    type=Since(),
    metavar="WHEN",
    envvar="PGCREDITS_VERIFY_SINCE",
    show_envvar=True,
    help="Only accounts that had entries since: an interval before now (90min, 24h, 7d, 2w) or an "
    "instant with its zone.",
)
@click.option(
    "--page-size",
    type=click.IntRange(1, 10_000),
    envvar="PGCREDITS_VERIFY_PAGE_SIZE",
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
def verify(
    ctx: click.Context,
    *,
    account: str | None,
    since: datetime | None,
    page_size: int,
    database_url: str,
    as_json: bool,
) -> None:
    """Check that every balance follows from the ledger, account by account.

    Reads one page of accounts after another, each in a short transaction of its own that is
    read-only, sees one snapshot and locks nothing. A standby will do. Without --account and --since
    rows that belong to no account are found too.

    Exit codes: 0 nothing found, 1 something found, 2 wrong use, no connection, or a run that did
    not come to its end; 130 and 143 interrupted.
    """
    if account is not None and since is not None:
        raise click.UsageError("--account and --since exclude each other.")
    found = 0
    try:
        with (
            interruptible(),
            db.connect(database_url, application_name="pgcredits verify") as conn,
            screen.choose(as_json=as_json) as shown,
        ):
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            conn.read_only = True
            pages = _pages(conn, page_size, since) if account is None else _one(conn, account)
            accounts = verified = 0
            for page in pages:
                accounts += page.accounts
                verified += page.verified
                found += len(page.findings)
                shown.show(page.findings)
                shown.progress(accounts, _total(page, accounts))
            shown.end(accounts, verified, found)
    except CreditsError as exc:
        raise _Failure(f"{exc.sqlstate} {exc}") from None
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName) as exc:
        raise _Failure(f"{explain(exc)}; has `pgcredits migrate apply` been run here?") from None
    except psycopg.Error as exc:
        raise _Failure(explain(exc)) from None
    except KeyboardInterrupt as exc:
        click.echo("interrupted; not every account has been verified", err=True)
        ctx.exit(TERMINATED if isinstance(exc, Terminated) else INTERRUPTED)
    ctx.exit(FOUND if found else 0)


def _pages(conn: db.Connection, size: int, since: datetime | None) -> Iterator[rpc.VerifiedPage]:
    """Every page up to the last one."""
    after = None
    while True:
        with conn.transaction():
            page = rpc.verify_page(conn, limit=size, after=after, since=since)
        yield page
        if not page.has_more:
            return
        after = page.last_account_id


def _one(conn: db.Connection, account: str) -> Iterator[rpc.VerifiedPage]:
    """One account as a page. An id that nobody has is a mistake of the caller, not a good sign."""
    with conn.transaction():
        findings = [asdict(finding) for finding in rpc.verify(conn, account)]
        if not findings and rpc.get_balance(conn, account).status is None:
            raise _Failure(f"there is no account {account!r}")
    yield rpc.VerifiedPage(1, 1, 1, account, has_more=False, findings=findings)


def _total(page: rpc.VerifiedPage, done: int) -> int | None:
    """About how many accounts there are; the server's estimate may be old."""
    if not page.has_more:
        return done
    return None if page.estimated_accounts is None else max(page.estimated_accounts, done + 1)
