"""`pgcredits stripe set-price`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main

if TYPE_CHECKING:
    from tests.client import Credits


def set_price(dsn: str, *arguments: str) -> Result:
    """Run the command with the rights of an administrator and no more."""
    admin = make_conninfo(dsn, options="-c role=credits_admin")
    return CliRunner(env={"DATABASE_URL": admin}).invoke(main, ["stripe", "set-price", *arguments])


def prices(credits: Credits) -> list[tuple[str, int, int | None]]:
    return credits.conn.execute(
        "select p.price, p.credits, p.rollover_cap from credits_private.stripe_price_terms p"
    ).fetchall()


def test_a_price_is_set_and_set_again(dsn: str, credits: Credits) -> None:
    done = set_price(dsn, "price_pro", "--credits", "500")
    assert (done.exit_code, done.stdout) == (
        0,
        "price_pro grants 500 credits a unit, carries over at most 0\n",
    )
    assert prices(credits) == [("price_pro", 500, 0)]
    done = set_price(dsn, "price_pro", "--credits", "600", "--rollover-cap", "none")
    assert (done.exit_code, done.stdout) == (
        0,
        "price_pro grants 600 credits a unit, carries over everything\n",
    )
    assert prices(credits) == [("price_pro", 600, None)]


def test_json(dsn: str, credits: Credits) -> None:
    done = set_price(dsn, "price_pro", "--credits", "500", "--rollover-cap", "100", "--json")
    row = json.loads(done.stdout)
    assert row.pop("updated_at").startswith("20")
    assert row == {
        "price": "price_pro",
        "credits": 500,
        "rollover_cap": 100,
        "proration": "none",
    }
    assert prices(credits) == [("price_pro", 500, 100)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["price_pro", "--credits", "0"], "p_credits"),
        (["price_pro", "--credits", "99999999999999999999"], "out of range"),
        (["price_pro", "--credits", "5", "--rollover-cap", "-1"], "p_rollover_cap"),
        (["", "--credits", "5"], "p_price"),
    ],
)
def test_what_the_database_refuses_is_exit_code_1(
    dsn: str, credits: Credits, arguments: list[str], said: str
) -> None:
    done = set_price(dsn, *arguments)
    assert done.exit_code == 1
    assert said in done.stderr
    assert prices(credits) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["price_pro"],
        ["price_pro", "--credits", "many"],
        ["price_pro", "--credits", "5", "--rollover-cap", "some"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    done = CliRunner(env={"DATABASE_URL": "postgresql:///x"}).invoke(
        main, ["stripe", "set-price", *arguments]
    )
    assert done.exit_code == 2


def test_no_password_is_printed() -> None:
    for url in (
        "postgresql://u:hidden-password@127.0.0.1:1/x",
        "postgresql://u:hidden-password@127.0.0.1:port/x y",
        "u hidden-password",
    ):
        done = CliRunner(env={"DATABASE_URL": url}).invoke(
            main, ["stripe", "set-price", "price_pro", "--credits", "5"]
        )
        assert done.exit_code == 1
        assert "hidden-password" not in done.output
