"""`pgcredits feature define`, `price` and `list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from pgcredits.cli import main

if TYPE_CHECKING:
    from tests.clock import Clock

from tests.functions.support import NOW


def run(dsn: str, *arguments: str, role: str = "credits_admin") -> Result:
    """Run a command with the rights of a role and no more."""
    restricted = make_conninfo(dsn, options=f"-c role={role}")
    return CliRunner(env={"DATABASE_URL": restricted}).invoke(main, ["feature", *arguments])


def test_a_feature_from_its_definition_to_its_prices(dsn: str, clock: Clock) -> None:
    clock.set(NOW)
    defined = run(dsn, "define", "image", "--unit", "picture", "--description", "An image")
    assert (defined.exit_code, defined.stdout) == (0, "image: no price yet\n")
    priced = run(
        dsn, "price", "image", "1.5", "--modifiers", '{"mode": {"fast": 1, "hd": 2.5}}',
        "--defaults", '{"mode": "fast"}', "--minimum", "1", "--maximum", "9",
    )  # fmt: skip
    first = "1.5 a {}, mode hd=2.5 fast*=1, rounded up, at least 1, at most 9 (version 1, from {})"
    assert priced.exit_code == 0, priced.output
    assert priced.stdout == f"image: {first.format('unit', NOW.isoformat())}\n"
    later = run(
        dsn,
        "price",
        "image",
        "4",
        "--per-use",
        "--rounding",
        "nearest",
        "--from",
        "2031-01-01T00:00Z",
    )
    second = "image: 4 a use, rounded (version 2, from 2031-01-01T00:00:00+00:00)"
    assert later.stdout.splitlines() == [second]
    listed = run(dsn, "list", role="credits_reader")
    assert listed.stdout == f"image: {first.format('picture', NOW.isoformat())}\n"
    cards = run(dsn, "list", "image", "--json", role="credits_reader")
    assert [(card["rate_card"], card["base"]) for card in json.loads(cards.stdout)] == [
        (2, "4"),
        (1, "1.5"),
    ]
    off = run(dsn, "define", "image", "--off")
    assert off.stdout.startswith("image, off: 1.5 a picture")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("price", "image", "x"), "'x' is no decimal number"),
        (("price", "image", "1", "--modifiers", "[]"), "'[]' is no JSON object"),
        (("price", "image", "1", "--defaults", "{"), "'{' is no JSON object"),
        (
            ("price", "image", "1", "--from", "2031-01-01"),
            "is no ISO 8601 instant with a time zone",
        ),
        (("price", "image", "1", "--from", "soon"), "is no ISO 8601 instant with a time zone"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], complaint: str) -> None:
    told = CliRunner(env={"DATABASE_URL": "postgresql:///x"}).invoke(main, ["feature", *arguments])
    assert told.exit_code == 2
    assert complaint in told.output


def test_refusals_and_missing_rights(dsn: str) -> None:
    unknown = run(dsn, "price", "image", "1")
    assert unknown.exit_code == 1
    assert "PT404 feature not found" in unknown.output
    denied = run(dsn, "define", "image", role="credits_reader")
    assert denied.exit_code == 1
    assert "permission denied" in denied.output
