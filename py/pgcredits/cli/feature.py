"""`pgcredits feature`: what credits can be used for, and what it costs."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click
import psycopg

from pgcredits import db, rpc
from pgcredits.cli.complaints import explain
from pgcredits.errors import CreditsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., None]


@click.group()
def feature() -> None:
    """Define features, set and list what they cost."""


@contextmanager
def _connected(database_url: str) -> Iterator[db.Connection]:
    try:
        with db.connect(database_url, application_name="pgcredits feature") as conn:
            yield conn
    except CreditsError as exc:
        raise click.ClickException(f"{exc.sqlstate} {exc}") from None
    except psycopg.Error as exc:
        raise click.ClickException(explain(exc)) from None


def _common(role: str) -> Callable[[Command], Command]:
    """Add the options that every command has."""

    def decorate(command: Command) -> Command:
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Print JSON."),
            click.option(
                "--database-url",
                envvar="DATABASE_URL",
                show_envvar=True,
                required=True,
                help=f"Connection string of a role that is a member of {role}.",
            ),
        ):
            command = option(command)
        return command

    return decorate


def _option(name: str, variable: str, text: str, **more: Any) -> Callable[[Command], Command]:
    return click.option(
        name, envvar=f"PGCREDITS_FEATURE_{variable}", show_envvar=True, help=text, **more
    )


def _decimal(_: click.Context, __: click.Parameter, value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise click.BadParameter(f"{value!r} is no decimal number") from None


def _object(_: click.Context, __: click.Parameter, value: str | None) -> dict[str, Any] | None:
    """Read a JSON object."""
    if value is None:
        return None
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise click.BadParameter(f"{value!r} is no JSON object")
    return found


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise click.BadParameter(f"{value!r} is no ISO 8601 instant with a time zone")
    return found


@feature.command()
@click.argument("name")
@_option("--description", "DESCRIPTION", "What it is, for people.")
@_option("--unit", "UNIT", "What a quantity counts, such as page or second.")
@click.option("--on/--off", "is_active", default=None, help="Whether it can be used.")
@_common("credits_admin")
def define(
    *,
    name: str,
    description: str | None,
    unit: str | None,
    is_active: bool | None,
    database_url: str,
    as_json: bool,
) -> None:
    """Define the feature NAME, or change what is given of it."""
    with _connected(database_url) as conn:
        found = rpc.define_feature(
            conn, name, description=description, unit=unit, is_active=is_active
        )
    _show([asdict(found)], as_json=as_json)


@feature.command()
@click.argument("name")
@click.argument("base", callback=_decimal)
@click.option(
    "--per-use", is_flag=True, help="BASE is for a use, whatever its quantity; else for a unit."
)
@_option(
    "--modifiers",
    "MODIFIERS",
    """JSON of modifiers, their options and factors, such as '{"mode": {"fast": 1, "hd": 2.5}}'.""",
    callback=_object,
)
@_option(
    "--defaults",
    "DEFAULTS",
    """JSON of the options that need not be chosen, such as '{"mode": "fast"}'.""",
    callback=_object,
)
@_option("--minimum", "MINIMUM", "Least credits of one use.", type=int)
@_option("--maximum", "MAXIMUM", "Most credits of one use.", type=int)
@_option(
    "--rounding",
    "ROUNDING",
    "How the product is made whole.",
    type=click.Choice(["up", "down", "nearest"]),
)
@click.option(
    "--from",
    "valid_from",
    envvar="PGCREDITS_FEATURE_FROM",
    show_envvar=True,
    callback=_instant,
    help="When it begins (ISO 8601 with a time zone); now by default.",
)
@_common("credits_admin")
def price(
    *,
    name: str,
    base: Decimal,
    per_use: bool,
    modifiers: dict[str, Any] | None,
    defaults: dict[str, Any] | None,
    minimum: int | None,
    maximum: int | None,
    rounding: str | None,
    valid_from: datetime | None,
    database_url: str,
    as_json: bool,
) -> None:
    """Set what the feature NAME costs: BASE credits, times modifiers and quantity.

    It is a new version; older ones stay, with the uses that they priced.
    """
    with _connected(database_url) as conn:
        found = rpc.set_rate_card(
            conn,
            name,
            base,
            charge="per_use" if per_use else "per_unit",
            modifiers=modifiers,
            defaults=defaults,
            minimum=minimum,
            maximum=maximum,
            rounding=rounding,
            valid_from=valid_from,
        )
    _show([asdict(found)], as_json=as_json)


@feature.command("list")
@click.argument("name", required=False)
@_common("credits_reader")
def list_(*, name: str | None, database_url: str, as_json: bool) -> None:
    """List all features with what they cost now, or all prices of the feature NAME."""
    with _connected(database_url) as conn:
        rows = [asdict(row) for row in (_features(conn) if name is None else _cards(conn, name))]
    _show(rows, as_json=as_json)


def _features(conn: db.Connection) -> Iterator[rpc.Feature]:
    page = rpc.list_features(conn, limit=1000)
    while page:
        yield from page
        page = rpc.list_features(conn, limit=1000, after=page[-1].feature)


def _cards(conn: db.Connection, name: str) -> Iterator[rpc.RateCard]:
    page = rpc.list_rate_cards(conn, name, limit=1000)
    while page:
        yield from page
        page = rpc.list_rate_cards(conn, name, limit=1000, before=page[-1].rate_card)


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, default=_plain))
        return
    for row in rows:
        click.echo(_line(row))


def _plain(value: datetime | Decimal) -> str:
    """Decimals as text, so that nothing is lost on the way."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _line(row: dict[str, Any]) -> str:
    said = row["feature"]
    if not row.get("is_active", True):
        said += ", off"
    if row["rate_card"] is None:
        return f"{said}: no price yet"
    unit = row.get("unit", "unit") if row["charge"] == "per_unit" else "use"
    said += f": {row['base']} a {unit}"
    for name, options in row["modifiers"].items():
        default = row["defaults"].get(name)
        said += f", {name} " + " ".join(
            f"{option}{'*' if option == default else ''}={factor}"
            for option, factor in options.items()
        )
    said += f", rounded {row['rounding']}" if row["rounding"] != "nearest" else ", rounded"
    if row["minimum"]:
        said += f", at least {row['minimum']}"
    if row["maximum"] is not None:
        said += f", at most {row['maximum']}"
    return f"{said} (version {row['rate_card']}, from {row['valid_from'].isoformat()})"
