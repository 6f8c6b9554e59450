"""`pgcredits account cap`: what members of an account may use of its credits."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pgcredits import rpc
from pgcredits.cli.rehearsal import (
    common,
    connected,
    database_option,
    json_option,
    key_option,
    said,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits import db

PERIODS = ("hour", "day", "week", "month", "billing_period", "lifetime")
_PAGE = 1000


@click.group()
def cap() -> None:
    """Set, remove and list what members of an account may use of its credits.

    With --dry-run a cap is set or removed and that is rolled back: what it would do is shown, and
    what would refuse it.
    """


def _arguments(command: Callable[..., None]) -> Callable[..., None]:
    for argument in (
        click.argument("period", type=click.Choice(PERIODS)),
        click.argument("member"),
        click.argument("account_id", metavar="ACCOUNT"),
    ):
        command = argument(command)
    return command


@cap.command(name="set")
@_arguments
@click.argument("credits_", metavar="CREDITS", type=int)
@key_option(required=False)
@common("credits_service or credits_admin")
def set_cap(*, credits_: int, **given: Any) -> None:
    """Let MEMBER use at most CREDITS of ACCOUNT in each PERIOD; 0 forbids.

    What the member has used in the current period counts. A cap that is there is replaced.
    """
    _set(credits_, **given)


@cap.command()
@_arguments
@key_option(required=False)
@common("credits_service or credits_admin")
def remove(**given: Any) -> None:
    """Take the cap of MEMBER for each PERIOD away."""
    _set(None, **given)


@cap.command(name="list")
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--member",
    envvar="PGCREDITS_ACCOUNT_MEMBER",
    show_envvar=True,
    help="Only this member.",
)
@database_option("credits_reader, credits_service or credits_admin")
@json_option
def list_caps(*, account_id: str, member: str | None, database_url: str, as_json: bool) -> None:
    """List the caps of ACCOUNT and what is used of each.

    Members without a cap are not listed.
    """
    found: list[rpc.MemberUsage] = []
    with connected(database_url) as conn:
        while True:
            page = _capped(conn, account_id, member, found[-1].member if found else None)
            found += page
            if len(page) < _PAGE:
                break
    if as_json:
        click.echo(json.dumps([asdict(usage) for usage in found]))
        return
    for usage in found:
        for one in usage.caps:
            click.echo(f"{usage.member}, {one['period']}: {_told(one)}")


def _set(
    credits_: int | None,
    *,
    account_id: str,
    member: str,
    period: str,
    key: str | None,
    reference: str | None,
    dry_run: bool,
    database_url: str,
    as_json: bool,
) -> None:
    with connected(database_url) as conn, conn.transaction(force_rollback=dry_run):
        before = _cap(conn, account_id, member, period)
        receipt = rpc.set_member_cap(
            conn, account_id, member, period, credits_, reference=reference, idempotency_key=key
        )
        after = _cap(conn, account_id, member, period)
    report = {
        "dry_run": dry_run,
        "receipt": asdict(receipt),
        "member": member,
        "period": period,
        "before": before,
        "after": after,
    }
    if as_json:
        click.echo(json.dumps(report, default=lambda instant: instant.isoformat()))
        return
    for line in _lines(report):
        click.echo(line)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield said(report)
    before, after = _told(report["before"]), _told(report["after"])
    yield f"{report['member']}, {report['period']}: {before} -> {after}"


def _capped(
    conn: db.Connection, account_id: str, member: str | None, after: str | None
) -> list[rpc.MemberUsage]:
    return rpc.list_member_usage(
        conn, account_id, member=member, limit=_PAGE, after=after, capped_only=True
    )


def _cap(conn: db.Connection, account_id: str, member: str, period: str) -> dict[str, Any] | None:
    """Return a cap of a member and what is used of it; None where there is none."""
    for usage in _capped(conn, account_id, member, None):
        for one in usage.caps:
            if one["period"] == period:
                return one
    return None


def _told(one: dict[str, Any] | None) -> str:
    if one is None:
        return "no cap"
    text = f"{one['cap']}, of which {one['used']} used"
    return f"{text}, until {one['resets_at']}" if one["resets_at"] else text
