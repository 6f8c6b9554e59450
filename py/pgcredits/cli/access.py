"""`pgcredits access`: who may call what."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
import psycopg
from psycopg import sql

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOUND, _FAILED = 1, 2
_KINDS = ("service", "user", "webhook", "reader", "admin")
_ROLE = """
select r.rolinherit, current_setting('server_version_num')::integer >= 160000
  from pg_catalog.pg_roles r
 where r.rolname = %s
"""


class _Failure(click.ClickException):
    exit_code = _FAILED


@contextmanager
def _connected(database_url: str) -> Iterator[db.Connection]:
    try:
        with db.connect(database_url, application_name="pgcredits access") as conn:
            yield conn
    except CreditsError as exc:
        raise _Failure(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise _Failure(explain(exc)) from None


@click.group()
def access() -> None:
    """Say who may call the credits functions, and check that nobody else can."""


@access.command()
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of a role that is a member of credits_reader or credits_admin.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a finding.")
@click.pass_context
def audit(ctx: click.Context, *, database_url: str, as_json: bool) -> None:
    """List every deviation from the rights that pgcredits gives, and what mends it.

    Exit codes: 0 nothing found, 1 something found, 2 wrong use or no connection.
    """
    with _connected(database_url) as conn:
        findings = rpc.audit_access(conn)
    for finding in findings:
        if as_json:
            click.echo(json.dumps(asdict(finding)))
            continue
        whom = f" ({finding.role})" if finding.role else ""
        click.echo(f"{finding.violation}: {finding.object}{whom}\n    {finding.remedy};")
    if not as_json:
        click.echo(f"{len(findings)} deviations" if findings else "nobody has a right too many")
    ctx.exit(_FOUND if findings else 0)


@access.command()
@click.option(
    "--service", multiple=True, metavar="ROLE", help="Server code: grants, spends, reads."
)
@click.option("--user", multiple=True, metavar="ROLE", help="End users: their own account alone.")
@click.option("--webhook", multiple=True, metavar="ROLE", help="The relay: hands events in.")
@click.option("--reader", multiple=True, metavar="ROLE", help="Reports: reads everything.")
@click.option("--admin", multiple=True, metavar="ROLE", help="Operators: adjust, freeze, close.")
@click.option("--dry-run", is_flag=True, help="Only print the statements.")
@click.option(
    "--database-url",
    envvar="DATABASE_URL",
    show_envvar=True,
    required=True,
    help="Connection string of the role that has installed pgcredits.",
)
def grant(*, dry_run: bool, database_url: str, **roles: tuple[str, ...]) -> None:
    """Make roles of yours members of the roles of pgcredits; each option may be repeated.

    Prints every statement that it runs; all of them run, or none. Exit codes: 0 done, 2 refused.
    """
    wanted = [(kind, role) for kind in _KINDS for role in roles[kind]]
    if not wanted:
        raise click.UsageError(f"Name a role: {', '.join(f'--{kind}' for kind in _KINDS)}.")
    with _connected(database_url) as conn:
        for kind, role in wanted:
            statement = _membership(conn, f"credits_{kind}", role)
            click.echo(f"{statement};")
            if not dry_run:
                conn.execute(statement.encode())


def _membership(conn: db.Connection, ours: str, role: str) -> str:
    """Return the statement that gives ``role`` the rights of ``ours``.

    A membership that is not inherited would give nothing to the calls of the role.
    """
    row = conn.execute(_ROLE, (role,)).fetchone()
    if row is None:
        raise _Failure(f"there is no role {role!r}: create it first")
    inherits, by_membership = row
    if role == "anon":
        raise _Failure("anon is everybody: nobody who has not signed in may call the functions")
    names = sql.SQL("grant {} to {}").format(sql.Identifier(ours), sql.Identifier(role))
    statement: str = names.as_string(conn)
    if by_membership:
        return f"{statement} with inherit true"
    if not inherits:
        quoted = sql.Identifier(role).as_string(conn)
        raise _Failure(
            f"{role} does not inherit from what it is a member of: alter role {quoted} inherit"
        )
    return statement
