"""`pgcredits stripe replay` and `reconcile`: what Stripe has and the database does not know."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from pgcredits import rpc
from pgcredits.cli.stripe.common import accounts, as_line, connected, database, key_file, open_api
from pgcredits.stripe_api import StripeTrouble
from pgcredits.stripe_api.compare import Comparison, Finding
from pgcredits.stripe_api.compare import reconcile as reconcile_objects
from pgcredits.stripe_api.compare import replay as replay_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgcredits import db

    Command = Callable[..., Any]
    Compare = Callable[[db.Connection, str, Comparison, Callable[[Finding], None]], None]

_EVENTS_ARE_KEPT = timedelta(days=30)
_BAD = {"failed", "refused"}


class Since(click.ParamType[datetime]):
    """``12h``, ``7d``, or an instant in ISO 8601."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant; without a zone it is in UTC."""
        if found := re.fullmatch(r"([1-9][0-9]{0,4})([hd])", str(value)):
            hours = int(found[1]) * (24 if found[2] == "d" else 1)
            return datetime.now(UTC) - timedelta(hours=hours)
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r}: give 12h, 7d, or a time such as 2030-01-31T12:00Z", param, ctx)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        if instant > datetime.now(UTC):
            self.fail(f"{value!r} is in the future", param, ctx)
        return instant


def _since(default: str, text: str) -> Callable[[Command], Command]:
    return click.option(
        "--since",
        envvar="PGCREDITS_STRIPE_SINCE",
        show_envvar=True,
        type=Since(),
        default=default,
        show_default=True,
        help=text,
    )


@click.command()
@_since("30d", "Events from then on: 12h, 7d, or a time; Stripe keeps them for 30 days.")
@accounts()
@key_file()
@database("credits_admin")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def replay(
    *,
    since: datetime,
    accounts: tuple[str, ...],
    key_file: str | None,
    database_url: str,
    as_json: bool,
) -> None:
    """Fetch the events of Stripe that the relay has missed, and hand them to the database.

    All of them are listed; those that are known change nothing. A restricted key needs to read
    events. Exit code 1 when an account or event fails.
    """
    if since < datetime.now(UTC) - _EVENTS_ARE_KEPT - timedelta(hours=1):
        raise click.UsageError(
            "Stripe keeps events for 30 days; for older ones there is reconcile."
        )
    api = open_api(key_file)

    def compare(
        conn: db.Connection,
        account: str,
        comparison: Comparison,
        tell: Callable[[Finding], None],
    ) -> None:
        replay_events(conn, api, int(since.timestamp()), account, comparison=comparison, tell=tell)

    _run("replay", compare, accounts, database_url, livemode=api.livemode, as_json=as_json)


@click.command()
@click.option("--apply", "apply", is_flag=True, help="Repair what can be repaired.")
@_since("30d", "Objects made from then on: 12h, 7d, or a time.")
@accounts()
@key_file()
@database("credits_admin")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def reconcile(
    *,
    apply: bool,
    since: datetime,
    accounts: tuple[str, ...],
    key_file: str | None,
    database_url: str,
    as_json: bool,
) -> None:
    """Compare paid sessions, paid invoices, refunds and disputes at Stripe with the database.

    It reports what differs. With --apply it hands those objects to the database, where they count
    under the same identity as their events: nothing is granted or taken back twice. Run sync
    before, so that all prices are known. A restricted key needs to read checkout sessions,
    invoices, charges and disputes. Exit code 1 when something differs that was not repaired, or an
    account fails.
    """
    api = open_api(key_file)

    def compare(
        conn: db.Connection,
        account: str,
        comparison: Comparison,
        tell: Callable[[Finding], None],
    ) -> None:
        reconcile_objects(
            conn,
            api,
            int(since.timestamp()),
            account,
            apply=apply,
            comparison=comparison,
            tell=tell,
        )

    _run("reconcile", compare, accounts, database_url, livemode=api.livemode, as_json=as_json)


def _run(
    kind: str,
    compare: Compare,
    accounts: tuple[str, ...],
    database_url: str,
    *,
    livemode: bool,
    as_json: bool,
) -> None:
    """Compare one account after the other, each with a record; none stops the rest."""
    failed = False
    with connected(database_url) as conn:
        for account in ("", *accounts):
            started, problem, comparison = datetime.now(UTC), None, Comparison()
            try:
                with _progress(account, comparison) as refresh:

                    def tell(finding: Finding, refresh: Callable[[], None] = refresh) -> None:
                        _show(finding, as_json=as_json)
                        refresh()

                    compare(conn, account, comparison, tell)
            except StripeTrouble as exc:
                problem = str(exc)
            counts = comparison.counts()
            rpc.record_stripe_run(
                conn,
                kind,
                started,
                counts,
                problem=problem,
                livemode=livemode,
                provider_account=account,
            )
            failed = failed or problem is not None or bool((_BAD | {"reported"}) & counts.keys())
            _report(kind, account, counts, problem, as_json=as_json)
    if failed:
        raise SystemExit(1)


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        click.echo(as_line(asdict(finding)))
        return
    reason = f" ({finding.reason})" if finding.reason else ""
    click.echo(f"{finding.object_id} {finding.kind}: {finding.problem}: {finding.outcome}{reason}")


def _report(
    kind: str, account: str, counts: dict[str, int], problem: str | None, *, as_json: bool
) -> None:
    if as_json:
        click.echo(as_line({"run": kind, "account": account, "counts": counts, "problem": problem}))
        return
    figures = ", ".join(f"{number} {name}" for name, number in counts.items())
    click.echo(f"{account + ': ' if account else ''}{figures}")
    if problem is not None:
        click.echo(f"Error: {problem}", err=True)


@contextmanager
def _progress(account: str, comparison: Comparison) -> Iterator[Callable[[], None]]:
    """Show on a terminal how many objects have been looked at; Stripe does not tell how many."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 -- slow to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        name = account or "your account"
        task = bar.add_task(name, total=None)

        def refresh() -> None:
            bar.update(task, description=f"{name}: {comparison.checked:,} looked at")

        yield refresh
